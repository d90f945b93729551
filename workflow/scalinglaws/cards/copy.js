"use strict";
/* Buttons that copy the command beside them. */
for (const button of document.querySelectorAll("button[data-copy]")) {
  const command = button.parentElement.querySelector("code");
  button.hidden = false;
  button.addEventListener("click", async () => {
    const selection = getSelection();
    selection.selectAllChildren(command);
    let copied = false;
    try {
      await navigator.clipboard.writeText(command.textContent);
      copied = true;
    } catch {
      copied = document.execCommand("copy"); // pages opened from a folder may have no clipboard
    }
    button.textContent = copied ? "copied" : "selected";
  });
}

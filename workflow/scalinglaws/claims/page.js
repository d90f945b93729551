// Filters, order, permalinks and copying on the ledger's page, which is whole without them.
//
// The part of the address after # is either the name of a claim, or the state of the filters as
// `verdict=differs,undecided&paper=bahri2021&order=off`; both can be sent to somebody.
"use strict";
(() => {
  const form = document.querySelector(".controls");
  const count = form.querySelector("output");
  const nothing = document.querySelector(".nothing");
  const flat = document.querySelector(".flat");
  const sections = [...document.querySelectorAll(".of-paper")];
  const claims = [...document.querySelectorAll(".claim")].map((node, place) => ({
    node,
    place,
    home: node.parentElement,
    number: Number(node.dataset.number),
    off: node.dataset.off === "" ? -Infinity : Number(node.dataset.off),
    text: node.textContent.toLowerCase(),
  }));
  const CHOICES = ["paper", "kind", "figure", "order"];

  const chosen = () =>
    [...form.querySelectorAll("[name=verdict]:checked")].map((box) => box.value);

  const state = () => {
    const found = new URLSearchParams();
    if (chosen().length) found.set("verdict", chosen().join(","));
    for (const name of CHOICES) if (form[name].value) found.set(name, form[name].value);
    if (form.primary.checked) found.set("primary", "yes");
    if (form.search.value.trim()) found.set("search", form.search.value.trim());
    return found;
  };

  const restore = (wanted) => {
    const verdicts = (wanted.get("verdict") || "").split(",");
    for (const box of form.querySelectorAll("[name=verdict]")) {
      box.checked = verdicts.includes(box.value);
    }
    for (const name of CHOICES) {
      const known = [...form[name].options].some((one) => one.value === wanted.get(name));
      form[name].value = known ? wanted.get(name) : "";
    }
    form.primary.checked = wanted.get("primary") === "yes";
    form.search.value = wanted.get("search") || "";
  };

  const matches = (claim, verdicts, words) => {
    const facts = claim.node.dataset;
    return (
      (!verdicts.length || verdicts.includes(facts.verdict)) &&
      ["paper", "kind", "figure"].every(
        (name) => !form[name].value || form[name].value === facts[name],
      ) &&
      (!form.primary.checked || facts.primary === "yes") &&
      words.every((word) => claim.text.includes(word))
    );
  };

  // Self-checks are in no sum with the claims of the papers.
  const told = (shown) => {
    const [own, papers] = [true, false].map((ours) => {
      const among = (list) =>
        list.filter((claim) => (claim.node.dataset.kind === "ours") === ours).length;
      return `${among(shown)} of ${among(claims)}`;
    });
    return `${papers} claims, ${own} self-checks`;
  };

  const show = () => {
    const verdicts = chosen();
    const words = form.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = claims.filter((claim) => matches(claim, verdicts, words));
    const wanted = new Set(shown);
    for (const claim of claims) {
      claim.node.hidden = !wanted.has(claim) && !claim.node.classList.contains("asked");
    }
    count.textContent = told(shown);
    nothing.hidden = claims.some((claim) => !claim.node.hidden);
    arrange(form.order.value);
    for (const section of sections) {
      section.hidden = flat.hidden === false || !section.querySelector(".claim:not([hidden])");
    }
  };

  let arranged = "";
  const arrange = (order) => {
    flat.hidden = order !== "off";
    if (order === arranged) return;
    arranged = order;
    const keys = { off: (one) => -one.off, number: (one) => one.number };
    const key = keys[order] || ((one) => one.place);
    const sorted = [...claims].sort((a, b) => compare(key(a), key(b)) || a.place - b.place);
    for (const claim of sorted) (order === "off" ? flat : claim.home).append(claim.node);
  };
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

  // A claim that is asked for by name is shown where a filter would hide it, and unfolded.
  const ask = (name) => {
    for (const claim of claims) claim.node.classList.toggle("asked", claim.node.id === name);
    show();
    const node = name && document.getElementById(name);
    if (!node || !node.classList.contains("claim")) return;
    node.querySelector("details").open = true;
    node.scrollIntoView();
    node.focus({ preventScroll: true });
  };

  const named = (address) => {
    try {
      return decodeURIComponent(address);
    } catch {
      return address; // a stray per cent sign
    }
  };

  const follow = () => {
    const address = location.hash.slice(1);
    if (!address || address.includes("=")) {
      restore(new URLSearchParams(address));
      ask("");
      if (address) form.scrollIntoView(); // a view was asked for, not the whole page
    } else {
      ask(named(address));
    }
  };

  const changed = () => {
    for (const claim of claims) claim.node.classList.remove("asked");
    history.replaceState(null, "", `#${state()}`);
    show();
  };

  form.addEventListener("input", changed);
  form.addEventListener("change", changed); // all that some browsers tell of a list
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(changed));
  addEventListener("hashchange", follow);

  for (const cell of document.querySelectorAll(".counts td[data-verdict] b")) {
    if (cell.textContent === "0") continue;
    const { kind, verdict } = cell.parentElement.dataset;
    const link = document.createElement("a");
    link.href = `#${new URLSearchParams({ verdict, kind })}`;
    cell.replaceWith(link);
    link.append(cell);
  }

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
  };
  for (const { node } of claims) {
    const command = node.querySelector(".command").textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "copy command";
    button.title = command;
    button.addEventListener("click", async () => {
      await copy(command);
      button.focus();
      button.textContent = "copied";
      setTimeout(() => (button.textContent = "copy command"), 1500);
    });
    node.querySelector(".links").append(button);
  }

  document.documentElement.classList.add("scripted");
  form.hidden = false;
  follow();
})();

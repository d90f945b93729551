"""What holds for every page: nothing fetched, nothing cut, readable, reachable by keyboard.

Each check of a page that is open gives the offenders as short texts; a sound page has none.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from chromium import LOCAL, Browser
from selenium.webdriver.common.keys import Keys

# An element as people would look for it in the page.
TOOLS = """
const told = (node) => {
  const named = node.closest("[id]");
  const part = node.className && node.className.baseVal === undefined ? `.${node.className}` : "";
  const text = (node.textContent || "").trim().slice(0, 40);
  return `${node.tagName.toLowerCase()}${part} in #${named ? named.id : ""}: ${text}`;
};
const hiddenOnPurpose = (node) => node.closest(".hidden, .skip, script, style, title, head");
const seen = (node) => !hiddenOnPurpose(node) && node.checkVisibility({ visibilityProperty: true });
const nodes = [...document.body.querySelectorAll("*")].filter(seen);
"""

WIDER_THAN_WINDOW = """
const page = document.documentElement;
return page.scrollWidth > page.clientWidth ? [`${page.scrollWidth} in ${page.clientWidth}`] : [];
"""

# A box narrower than what it holds, or one that begins or ends outside the window.
CUT = (
    TOOLS
    + """
const found = [];
const edge = document.documentElement.clientWidth;
for (const node of nodes) {
  const box = node.getBoundingClientRect();
  if (!box.width || !box.height) continue;
  if (box.left < -1 || box.right > edge + 1) found.push(`outside: ${told(node)}`);
  if (node.closest("svg") || ["SELECT", "OPTION", "INPUT"].includes(node.tagName)) continue;
  if (getComputedStyle(node).display.startsWith("inline")) continue;
  if (node.scrollWidth > node.clientWidth + 1) found.push(`too narrow: ${told(node)}`);
  const hides = getComputedStyle(node).overflowY !== "visible";
  if (hides && node.scrollHeight > node.clientHeight + 1) found.push(`too low: ${told(node)}`);
}
return found;
"""
)

# Not only laid out: what lies in the middle of a picture must be the picture itself.
UNSEEN_PICTURES = (
    TOOLS
    + """
const found = [];
for (const picture of nodes.filter((node) => ["svg", "IMG", "CANVAS"].includes(node.tagName))) {
  if (picture.tagName === "IMG" && !(picture.complete && picture.naturalWidth)) {
    found.push(`not loaded: ${picture.getAttribute("src").slice(0, 60)}`);
    continue;
  }
  picture.scrollIntoView({ block: "center", inline: "nearest" });
  const box = picture.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  if (!box.width || !box.height || !top || !(picture === top || picture.contains(top))) {
    found.push(`${told(picture)} is covered by ${top ? told(top) : "nothing"}`);
  }
}
scrollTo(0, 0);
return found;
"""
)

# Contrast of WCAG 2.2, success criterion 1.4.3, of each text on the colour behind it.
PALE = (
    TOOLS
    + """
const numbers = (colour) => {
  const found = colour.match(/[\\d.]+/g).map(Number);
  return found.length === 3 ? [...found, 1] : found;
};
const light = ([r, g, b]) => {
  const [x, y, z] = [r, g, b].map((value) => {
    const c = value / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const behind = (node) => {
  for (let at = node; at; at = at.parentElement) {
    const colour = numbers(getComputedStyle(at).backgroundColor);
    if (colour[3] === 1) return colour;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
};
const found = new Set();
for (const node of nodes) {
  const own = [...node.childNodes].some((part) => part.nodeType === 3 && part.data.trim());
  if (!own && !["SELECT", "INPUT"].includes(node.tagName)) continue;
  const style = getComputedStyle(node);
  const text = numbers(node.closest("svg") ? style.fill : style.color);
  const [a, b] = [light(text), light(behind(node))].sort((x, y) => y - x);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  const ratio = (a + 0.05) / (b + 0.05);
  if (ratio < (large ? 3 : 4.5)) found.add(`${ratio.toFixed(2)}: ${told(node)}`);
}
return [...found];
"""
)

# Notes each control that gets the focus by its place among all, and those on which it hides.
WATCH_FOCUS = (
    TOOLS
    + """
const wanted = "a[href], button, input, select, textarea, summary, [tabindex='0']";
const all = [...document.querySelectorAll(wanted)].filter(
  (node) => node.checkVisibility() && !node.disabled,
);
window.focused = [];
window.ringless = [];
addEventListener("focusin", ({ target }) => {
  window.focused.push(all.indexOf(target));
  const ringed = [target, target.nextElementSibling].some((one) => {
    if (!one) return false;
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  });
  if (!ringed) window.ringless.push(told(target));
});
document.activeElement.blur();
return all.length;
"""
)


def beyond_the_window(browser: Browser) -> list[str]:
    return list(browser.run(WIDER_THAN_WINDOW))


def cut(browser: Browser) -> list[str]:
    return list(browser.run(CUT))


def unseen_pictures(browser: Browser) -> list[str]:
    return list(browser.run(UNSEEN_PICTURES))


def pale(browser: Browser) -> list[str]:
    return list(browser.run(PALE))


def nameless(browser: Browser) -> list[str]:
    """Controls, links and pictures without a name for those who do not see them."""
    roles = ("button", "link", "checkbox", "combobox", "searchbox", "textbox", "slider", "image")
    tree = browser.command("Accessibility.getFullAXTree")["nodes"]
    shown = [node for node in tree if not node["ignored"]]
    return [
        f"{node['role']['value']} without a name"
        for node in shown
        if node.get("role", {}).get("value") in roles
        and not node.get("name", {}).get("value", "").strip()
    ]


PAPERS = "https://arxiv.org/abs/"  # what a page may lead to beyond the results


def dead_links(browser: Browser, folder: Path) -> list[str]:
    """Links to parts of the page that are not there, to missing files, and out of ``folder``."""
    found = browser.run("return [...document.links].map((one) => one.getAttribute('href'))")
    parts = set(browser.run("return [...document.querySelectorAll('[id]')].map((one) => one.id)"))
    dead = []
    for link in dict.fromkeys(found):
        file, _, part = unquote(link).partition("#")
        if link.startswith(PAPERS):
            continue
        if ":" in file:
            dead.append(f"{link} leaves the folder of results")
        elif file and not (folder / file).is_file():
            dead.append(f"{link} is no file")
        elif not file and part not in parts and "=" not in part:
            dead.append(f"{link} is no part of the page")
    return dead


def unreached(browser: Browser) -> list[str]:
    """Controls that the tabulator does not reach in the page's order, or whose focus hides."""
    number = browser.run(WATCH_FOCUS)
    browser.press(*[Keys.TAB] * number)
    reached = browser.run("return window.focused")
    problems = [] if reached == list(range(number)) else [f"the order is {reached}"]
    return problems + [f"no ring: {node}" for node in browser.run("return window.ringless")]


Check = Callable[[Browser], list[str]]
CHECKS: dict[str, Check] = {
    "beyond the window": beyond_the_window,
    "cut": cut,
    "pictures out of sight": unseen_pictures,
    "too little contrast": pale,
    "without a name": nameless,
}


def problems(browser: Browser) -> dict[str, Any]:
    """All that is wrong with the page that is open, and what it asked of a network."""
    found: dict[str, Any] = {name: check(browser) for name, check in CHECKS.items()}
    log = browser.log()
    found["asked of a network"] = [url for url in log.requests if not url.startswith(LOCAL)]
    found["told by the console"] = log.errors
    return {name: offenders for name, offenders in found.items() if offenders}

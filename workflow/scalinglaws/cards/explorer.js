"use strict";
/* The fit window, moved by hand over the points of a curve. */
const explorer = (() => {
  const section = document.getElementById("window");
  const lines = JSON.parse(document.getElementById("lines").textContent);
  const part = (name) => section.querySelector(`[data-part=${name}]`);
  const [choice, first, last] = ["choice", "first", "last"].map(part);
  const host = part("plot");
  const WORDS = {
    fit: "interval of the fit",
    rough: "rough interval",
    none: "no interval: these points carry no bars, or no law is determined",
  };
  let line = lines[0], drawn = null;

  function window_() {
    return [Number(first.value), Number(last.value)];
  }

  function registered() {
    return window_().every((place, end) => place === line.window[end]);
  }

  /* The slopes' own name, with what the exponent is of. */
  function show() {
    const [a, b] = window_(), found = laws.windowed(line, a, b);
    const inside = (i) => i >= a && i <= b;
    const points = line.x.map((x, i) => ({x, y: line.y[i], low: line.low[i], high: line.high[i],
      inside: inside(i)}));
    const ends = [line.x[a], line.x[b]];
    const curve = found ? [{x: [0, 1 / 2, 1].map((t) => ends[0] * (ends[1] / ends[0]) ** t),
      look: "fit"}] : [];
    for (const each of curve) each.y = each.x.map(found.at);
    drawn = plot.draw(host, {curves: curve, points, shaded: ends,
      dashed: line.window.map((place) => line.x[place]), names: {x: line.names[0], y: line.names[1]},
      title: `${line.name}: points, fit window and fitted law`});
    handles(a, b);
    told(found, ends);
    first.setAttribute("aria-valuetext", `from ${short(ends[0])}`);
    last.setAttribute("aria-valuetext", `to ${short(ends[1])}`);
  }

  const short = (value) => String(Number(value.toPrecision(4)));

  function told(found, ends) {
    const moved = !registered();
    part("state").textContent = moved
      ? "Exploration: the verdict stands by the registered window."
      : "The registered window.";
    part("state").classList.toggle("moved", moved);
    part("back").disabled = !moved;
    part("ends").textContent = `${short(ends[0])} to ${short(ends[1])}`
      + (moved ? ` (registered: ${line.window.map((p) => short(line.x[p])).join(" to ")})` : "");
    part("exponent").textContent = found ? laws.text(found.value, found.interval) : "not determined";
    part("from").textContent = found ? WORDS[found.from] : "";
    const rows = line.targets.map((target) => claimRow(target, found));
    part("claims").replaceChildren(...rows);
    part("none").hidden = rows.length > 0;
  }

  function claimRow(target, found) {
    const value = found && laws.derived(target, found), row = document.createElement("li");
    const word = laws.verdict(value && value.interval, target.band);
    const add = (name, look, text) => {
      const made = document.createElement(name);
      made.className = look;
      made.textContent = text;
      row.append(made, " ");
      return made;
    };
    add("span", `verdict ${word}`, word);
    add("a", "", target.label).href = `../ledger.html#${target.claim}`;
    add("span", "value", value ? laws.text(value.value, value.interval) : "no value");
    add("small", "", `against ${target.published}; the ledger says ${target.verdict}`);
    return row;
  }

  /* Two edges to drag; the range inputs do the same from the keyboard. */
  function handles(a, b) {
    [[first, a], [last, b]].forEach(([input, place]) => {
      const at = drawn.x(line.x[place]);
      plot.element(drawn.svg, "line", {class: "edge", x1: at, x2: at, y1: drawn.top, y2: drawn.bottom});
      const grip = plot.element(drawn.svg, "rect", {class: "grip", x: at - 14, y: drawn.top,
        width: 28, height: drawn.bottom - drawn.top, rx: 4});
      plot.element(drawn.svg, "circle", {class: "knob", cx: at,
        cy: (drawn.top + drawn.bottom) / 2, r: 7});
      grip.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        drag(input);
      });
    });
  }

  function drag(input) {
    const follow = (event) => {
      const box = drawn.svg.getBoundingClientRect();
      const pixel = (event.clientX - box.left) * drawn.svg.viewBox.baseVal.width / box.width;
      const distance = (x) => Math.abs(drawn.x(x) - pixel);
      const nearest = line.x.reduce((best, x, i) => distance(x) < distance(line.x[best]) ? i : best, 0);
      move(input, nearest);
    };
    const stop = () => {
      removeEventListener("pointermove", follow);
      removeEventListener("pointerup", stop);
      removeEventListener("pointercancel", stop);
    };
    addEventListener("pointermove", follow);
    addEventListener("pointerup", stop);
    addEventListener("pointercancel", stop);
  }

  /* An edge stops where the other would leave too few points between them. */
  function move(input, place) {
    const [a, b] = window_();
    input.value = input === first
      ? Math.min(place, b - laws.LEAST + 1) : Math.max(place, a + laws.LEAST - 1);
    show();
  }

  function take(number) {
    line = lines[number];
    for (const input of [first, last]) input.max = line.x.length - 1;
    back();
    part("rule").textContent = line.rule;
    part("quantity").textContent = line.quantity;
  }

  function back() {
    [first.value, last.value] = line.window;
    show();
  }

  lines.forEach((each, number) => choice.append(new Option(each.name, number)));
  choice.addEventListener("change", () => take(Number(choice.value)));
  for (const input of [first, last]) {
    input.addEventListener("input", () => move(input, Number(input.value)));
  }
  part("back").addEventListener("click", back);
  section.hidden = false;
  take(0);
  plot.withWidth(host, show);
  return {lines};
})();

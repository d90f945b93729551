"use strict";
/* One log-log drawing as SVG: curves, points with bars, shaded and dashed ranges. */
const plot = (() => {
  const SPACE = "http://www.w3.org/2000/svg", EDGE = {left: 76, right: 14, top: 12, bottom: 44};

  function element(parent, name, attributes, text) {
    const made = document.createElementNS(SPACE, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  }

  /* Places of ticks: powers of ten, or also 2 and 5 times these where the range is short. */
  function ticks(low, high, most) {
    const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high)), found = [];
    const every = Math.max(1, Math.ceil((last - first) / most));
    const factors = last - first <= 2 ? [1, 2, 5] : [1];
    for (let k = first; k <= last; k++) {
      if ((k - first) % every) continue;
      for (const factor of factors) {
        const value = factor * 10 ** k;
        if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) found.push([value, factor, k]);
      }
    }
    return found.length > 1 ? found : even(low, high);
  }

  /* Of a range too short for these: even steps. */
  function even(low, high) {
    const rough = (high - low) / 4, unit = 10 ** Math.floor(Math.log10(rough));
    const step = unit * [1, 2, 5, 10].find((factor) => factor * unit >= rough * (1 - 1e-9));
    const found = [];
    for (let k = Math.ceil(low / step); k * step <= high; k++) found.push([k * step, 0, 0]);
    return found;
  }

  function tickText(node, [value, factor, k]) {
    if (!factor) {
      node.textContent = String(Number(value.toPrecision(4)));
      return;
    }
    if (k > -4 && k < 5) {
      node.textContent = value >= 1 ? value.toFixed(0) : value.toFixed(-k);
      return;
    }
    node.textContent = factor === 1 ? "10" : `${factor}·10`;
    element(node, "tspan", {dy: "-0.45em", "font-size": "0.75em"}, String(k).replace("-", "\u2212"));
  }

  /* The span of positive numbers, with a little room on both sides. */
  function span(values) {
    const usable = values.filter((value) => Number.isFinite(value) && value > 0);
    const low = Math.min(...usable), high = Math.max(...usable), room = (high / low) ** 0.05 * 1.03;
    return [low / room, high * room];
  }

  function path(curve, x, y, bottom, top) {
    let text = "", down = false;
    curve.x.forEach((value, i) => {
      const there = curve.y[i] > 0 && Number.isFinite(curve.y[i]);
      const place = there ? y(curve.y[i]) : NaN;
      const shown = there && place > top - 1e4 && place < bottom + 1e4;
      if (shown) text += `${down ? "L" : "M"}${x(value).toFixed(2)} ${place.toFixed(2)}`;
      down = shown;
    });
    return text;
  }

  /* Draws into `host` and returns the scale of x in pixels and its inverse.

     - `curves`: {x, y, look} with `look` a class of the style sheet; `points`: {x, y, low, high,
       inside}; `shaded`, `dashed`: [x, x] or null; `range`: {x, y} instead of what the data span */
  function draw(host, {curves, points = [], shaded, dashed, range = {}, names, title}) {
    const width = Math.min(Math.max(host.clientWidth, 280), 760);
    const height = Math.round(width < 520 ? width * 0.82 : width * 0.56);
    const xs = range.x || span([...points.map((p) => p.x), ...curves.flatMap((c) => c.x)]);
    const ys = range.y || span([...points.flatMap((p) => [p.y, p.low, p.high]),
      ...curves.flatMap((c) => c.y)].filter((v) => v !== null));
    const right = width - EDGE.right, bottom = height - EDGE.bottom;
    const unit = (value, [low, high]) => Math.log(value / low) / Math.log(high / low);
    const x = (value) => EDGE.left + unit(value, xs) * (right - EDGE.left);
    const y = (value) => bottom - unit(value, ys) * (bottom - EDGE.top);
    host.replaceChildren();
    const svg = element(host, "svg", {viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
      "aria-label": title});
    const clip = `clip-${host.id}`;
    element(element(element(svg, "defs", {}), "clipPath", {id: clip}), "rect", {x: EDGE.left,
      y: EDGE.top, width: right - EDGE.left, height: bottom - EDGE.top});
    const inner = element(svg, "g", {"clip-path": `url(#${clip})`});
    if (shaded) {
      element(inner, "rect", {class: "window", x: x(shaded[0]), y: EDGE.top,
        width: Math.max(x(shaded[1]) - x(shaded[0]), 1), height: bottom - EDGE.top});
    }
    for (const at of dashed || []) {
      element(inner, "line", {class: "registered", x1: x(at), x2: x(at), y1: EDGE.top, y2: bottom});
    }
    for (const tick of ticks(...xs, width < 520 ? 5 : 9)) {
      element(svg, "line", {class: "tick", x1: x(tick[0]), x2: x(tick[0]), y1: bottom, y2: bottom + 5});
      tickText(element(svg, "text", {class: "tick", x: x(tick[0]), y: bottom + 19,
        "text-anchor": "middle"}), tick);
    }
    for (const tick of ticks(...ys, 7)) {
      const place = y(tick[0]);
      element(svg, "line", {class: "tick", x1: EDGE.left - 5, x2: EDGE.left, y1: place, y2: place});
      tickText(element(svg, "text", {class: "tick", x: EDGE.left - 8, y: place + 4,
        "text-anchor": "end"}), tick);
    }
    element(svg, "path", {class: "axis", d: `M${EDGE.left} ${EDGE.top}V${bottom}H${right}`});
    element(svg, "text", {class: "name", x: (EDGE.left + right) / 2, y: height - 6,
      "text-anchor": "middle"}, names.x);
    element(svg, "text", {class: "name", "text-anchor": "middle",
      transform: `translate(13 ${(EDGE.top + bottom) / 2}) rotate(-90)`}, names.y);
    for (const curve of curves) {
      element(inner, "path", {class: `curve ${curve.look}`, d: path(curve, x, y, bottom, EDGE.top)});
    }
    for (const point of points) {
      const look = point.inside ? "point" : "point outside", at = x(point.x);
      const foot = point.low > 0 ? y(point.low) : bottom;
      if (point.high > 0) {
        element(inner, "line", {class: look, x1: at, x2: at, y1: foot, y2: y(point.high)});
      }
      if (point.y > 0) element(inner, "circle", {class: look, cx: at, cy: y(point.y), r: 4});
    }
    return {svg, x, top: EDGE.top, bottom, left: EDGE.left, right};
  }

  /* Calls `act` now and whenever the width of `host` changes. */
  function withWidth(host, act) {
    let last = 0;
    new ResizeObserver(() => {
      if (host.clientWidth !== last) {
        last = host.clientWidth;
        act();
      }
    }).observe(host);
  }

  return {draw, element, withWidth, span};
})();

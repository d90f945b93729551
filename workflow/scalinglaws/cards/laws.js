"use strict";
/* Exponents of the plotted points, as statistics/seed_lines.py and statistics/bend.py find them.

   A law is fitted to x, y and half-widths e of the points' bars. `vector` says how the exponent
   follows from the points: what error each of them has is carried by it into the exponent's. */
const laws = (() => {
  const LEAST = 3, FIRST = -2, STEP = 0.05, STEPS = 160;
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const dot = (a, b) => sum(a.map((value, place) => value * b[place]));

  /* A straight line through logarithms, all points alike. */
  function straight(x, y) {
    if (x.length < 2 || y.some((value) => !(value > 0))) return null;
    const u = x.map(Math.log), z = y.map(Math.log), centre = sum(u) / u.length;
    const from = u.map((value) => value - centre), norm = dot(from, from);
    if (!(norm > 0)) return null;
    const vector = from.map((value) => -value / norm), exponent = dot(vector, z);
    const level = sum(z) / z.length + exponent * centre;
    return {exponent, vector, at: (t) => Math.exp(level - exponent * Math.log(t))};
  }

  /* Inverse variances from a power law through the half-widths, which are too rough one by one. */
  function noiseWeights(x, y, e) {
    const least = 1e-12 * Math.max(...y.map(Math.abs), 1e-300);
    const known = e.map((value, place) => place).filter((place) => e[place] > least);
    if (!known.length) return y.map((value) => 1 / Math.max(Math.abs(value), least) ** 2);
    if (known.length < 2) return y.map(() => 1);
    const line = straight(known.map((p) => x[p]), known.map((p) => e[p]));
    const smooth = x.map(line.at), largest = Math.max(...smooth);
    return smooth.map((value) => (largest / value) ** 2);
  }

  /* y = A x^-a through values that may be negative, each weighted by its own scatter. */
  function signed(x, y, e) {
    if (x.length < 2 || e.some((value) => !Number.isFinite(value))) return null;
    const weights = noiseWeights(x, y, e), logs = x.map(Math.log);
    const centre = sum(logs) / logs.length, u = logs.map((value) => value - centre);
    const power = (a) => u.map((value) => Math.exp(-a * value));
    const direction = (a) => {
      const p = power(a), slopes = p.map((value, i) => u[i] * value);
      const overlap = dot(slopes.map((v, i) => v * p[i]), weights) / dot(p.map((v) => v * v), weights);
      return slopes.map((value, i) => weights[i] * (value - overlap * p[i]));
    };
    const score = (a) => dot(direction(a), y);
    const explained = (a) => {
      const p = power(a), overlap = dot(p, weights.map((w, i) => w * y[i]));
      return overlap > 0 ? overlap ** 2 / dot(p.map((v) => v * v), weights) : -Infinity;
    };
    const grid = Array.from({length: STEPS + 1}, (_, k) => FIRST + k * STEP);
    const values = grid.map(explained), best = values.indexOf(Math.max(...values));
    if (best < 1 || best >= STEPS) return null;
    let low = grid[best - 1], high = grid[best + 1];
    const below = score(low);
    if (!(below * score(high) <= 0)) return null;
    for (let k = 0; k < 100; k++) {
      const middle = (low + high) / 2;
      if (score(middle) * below > 0) low = middle; else high = middle;
    }
    const exponent = (low + high) / 2, p = power(exponent), d = direction(exponent);
    const amplitude = dot(p, weights.map((w, i) => w * y[i])) / dot(p, p.map((v, i) => v * weights[i]));
    const slope = -amplitude * dot(d, u.map((value, i) => value * p[i]));
    return {exponent, vector: d.map((value) => value / slope),
      at: (t) => amplitude * Math.exp(-exponent * (Math.log(t) - centre))};
  }

  /* Half-widths of the bars in the scale that is fitted; NaN without a bar. */
  function bars(line) {
    return line.y.map((value, i) => {
      const low = line.low[i], high = line.high[i];
      if (low === null || high === null) return NaN;
      if (line.mean === "signed") return (high - low) / 2;
      return low > 0 ? Math.log(high / low) / 2 : (high - low) / 2 / value;
    });
  }

  /* The law of the points first to last of a line, in the quantity's sign. */
  function law(line, first, last) {
    const cut = (values) => values.slice(first, last + 1);
    const x = cut(line.x), y = cut(line.y), e = cut(bars(line));
    const found = line.mean === "signed" ? signed(x, y, e) : straight(x, y);
    if (!found) return null;
    return {...found, value: line.sign * found.exponent, e,
      vector: found.vector.map((part) => line.sign * part)};
  }

  const reach = (vector, e) => Math.sqrt(sum(vector.map((part, i) => (part * e[i]) ** 2)));

  /* The slopes of the window's lower and upper half; the middle of an odd number is in both. */
  function halves(line, first, last) {
    const size = last - first + 1, half = Math.floor((size + 1) / 2);
    const early = law(line, first, first + half - 1), late = law(line, last - half + 1, last);
    if (!early || !late) return null;
    const nothing = Array(size - half).fill(0);
    const of = (a, b) => [...late.vector.map((v) => 0), ...nothing].map((_, i) =>
      a * [...nothing, ...late.vector][i] + b * [...early.vector, ...nothing][i]);
    return {early: early.value, late: late.value, of};
  }

  /* What the fit's own intervals are of those of points with independent errors. */
  function calibration(line) {
    const [first, last] = line.window, whole = law(line, first, last);
    if (!whole || !line.seed_interval) return null;
    const plain = reach(whole.vector, whole.e);
    if (!(plain > 0)) return null;
    const two = halves(line, first, last), [low, high] = line.seed_interval;
    const apart = two && line.bend ? reach(two.of(1, -1), whole.e) : 0;
    return {below: (line.estimate - low) / plain, above: (high - line.estimate) / plain,
      change: apart > 0 ? (line.bend[2] - line.bend[1]) / 2 / apart : null};
  }

  /* Exponent, interval and where that comes from, for any window. */
  function windowed(line, first, last) {
    if (last - first + 1 < LEAST) return null;
    const found = law(line, first, last);
    if (!found) return null;
    const own = line.stored.find(([a, b]) => a === first && b === last);
    if (own) return {value: found.value, interval: own[2].slice(1), from: "fit", at: found.at};
    const scale = calibration(line);
    if (!scale) return {value: found.value, interval: null, from: "none", at: found.at};
    const plain = reach(found.vector, found.e);
    const ends = [found.value - scale.below * plain, found.value + scale.above * plain];
    const two = scale.change === null ? null : halves(line, first, last);
    if (two) {
      const error = (a, b) => scale.change * reach(two.of(a, b), found.e);
      const beyond = 2 * two.late - two.early;
      if (Math.abs(two.late - two.early) > error(1, -1)) {
        ends.push(two.early, two.late, beyond - error(2, -1), beyond + error(2, -1));
      }
    }
    if (ends.some((end) => !Number.isFinite(end))) {
      return {value: found.value, interval: null, from: "none", at: found.at};
    }
    return {value: found.value, interval: [Math.min(...ends), Math.max(...ends)], from: "rough",
      at: found.at};
  }

  /* A number that follows from the exponent, with its interval; null where it has no value. */
  function derived(target, found) {
    const turn = (value) => target.inverse ? target.factor / value : target.factor * value;
    if (target.inverse && !(found.value > 0)) return null;
    const ends = found.interval && !(target.inverse && !(found.interval[0] > 0))
      ? found.interval.map(turn).sort((a, b) => a - b) : null;
    return {value: turn(found.value), interval: ends};
  }

  function verdict(interval, band) {
    if (!interval) return "undecided";
    const low = band[0] === null ? -Infinity : band[0], high = band[1] === null ? Infinity : band[1];
    if (low <= interval[0] && interval[1] <= high) return "reproduced";
    return interval[1] < low || interval[0] > high ? "differs" : "undecided";
  }

  /* The rounding of rounding.py: as many digits as the interval supports. */
  function power(value) {
    return value ? parseInt(Math.abs(value).toExponential(15).split("e")[1], 10) : 0;
  }
  function decimals(low, high, scale) {
    const finest = 5 - power(scale), half = Math.abs(high - low) / 2;
    if (!(half > 0) || !Number.isFinite(half)) return finest;
    const leading = power(half), digits = half / 10 ** leading < 3.55 ? 1 : 0;
    return Math.min(digits - leading, finest);
  }
  function rounded(value, places) {
    const unit = 10 ** Math.max(-places, 0);
    const text = (Math.round(value / unit) * unit).toFixed(0);
    const shown = places > 0 ? value.toFixed(Math.min(places, 20)) : text;
    return (Number(shown) === 0 ? shown.replace("-", "") : shown).replace("-", "\u2212");
  }
  function text(value, interval) {
    if (!interval) return rounded(value, Math.max(3 - power(value), 0));
    const places = decimals(...interval, Math.max(...[value, ...interval].map(Math.abs)));
    const [own, low, high] = [value, ...interval].map((number) => rounded(number, places));
    return own === low && own === high ? own : `${own} [${low}, ${high}]`;
  }

  return {LEAST, straight, signed, bars, law, halves, windowed, derived, verdict, text};
})();

"use strict";
/* Closed forms of the theory, as functions of sliders. Each returns curves, a range and facts. */
const formulas = (() => {
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const geometric = (low, high, count) => Array.from({length: count}, (_, k) =>
    low * (high / low) ** (k / (count - 1)));
  const short = (value) => value === 0 ? "0" : Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3
    ? value.toExponential(2).replace("e+", " × 10^").replace("e-", " × 10^\u2212")
    : String(Number(value.toPrecision(4)));

  /* Gamma function for 0 < s < 1 and beyond (Lanczos, 15 digits). */
  const LANCZOS = [0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
    -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
    1.5056327351493116e-7];
  function gamma(s) {
    if (s < 0.5) return Math.PI / (Math.sin(Math.PI * s) * gamma(1 - s));
    const t = s + 6.5;
    const series = LANCZOS.slice(1).reduce((total, c, i) => total + c / (s + i), LANCZOS[0]);
    return Math.sqrt(2 * Math.PI) * t ** (s - 0.5) * Math.exp(-t) * series;
  }

  /* theory/power_law_spectrum.eigenvalues */
  function eigenvalues(levels, beta) {
    const unscaled = Array.from({length: levels}, (_, k) => (k + 1) ** -(1 + beta));
    const scale = levels / sum(unscaled);
    return unscaled.map((value) => value * scale);
  }

  /* theory/linear.feature_error: the first `trainable` directions learn, from zero weights. */
  function featureError(variances, trainable, alphas, eta) {
    const rest = sum(variances.slice(trainable)), learning = variances.slice(0, trainable);
    return alphas.map((alpha) => (rest + sum(learning.map((value) =>
      value * Math.exp(-2 * eta * value * alpha)))) / (2 * variances.length));
  }

  /* theory/linear.power_law_error with sigma_J = 0 */
  function powerLawError(variances, beta, alphas, eta) {
    const s = beta / (1 + beta), levels = variances.length;
    const amplitude = gamma(s) * variances[0] / levels / (2 * (1 + beta));
    return alphas.map((alpha) => amplitude * (2 * eta * variances[0] * alpha) ** -s);
  }

  function linearStudent({beta, levels, halvings, eta}) {
    const size = Math.round(2 ** levels), spectrum = eigenvalues(size, beta);
    const learning = Math.max(Math.round(size / 2 ** halvings), 1);
    const ends = [1 / (2 * eta * spectrum[0]), 1 / (2 * eta * spectrum[size - 1])];
    const alphas = geometric(0.01, 1e5, 141);
    const error = featureError(spectrum, learning, alphas, eta);
    const law = powerLawError(spectrum, beta, alphas, eta);
    const inside = (values) => values.map((value, i) =>
      alphas[i] >= ends[0] && alphas[i] <= ends[1] ? value : NaN);
    const floor = sum(spectrum.slice(learning)) / (2 * size);
    return {
      curves: [{x: alphas, y: error, look: "ours"}, {x: alphas, y: inside(law), look: "law"}],
      range: {x: [0.01, 1e5], y: [1e-4, 1]},
      facts: [["exponent β / (1 + β)", short(beta / (1 + beta))],
        ["power law between α =", `${short(ends[0])} and ${short(ends[1])}`],
        [`left by ${learning} of ${size} directions`, short(floor)]],
    };
  }

  /* theory/resolution.resolution_exponent, theory/kernel_learning_curve.variance_limited_excess */
  function twoRegimes({dimension, fixed, measured}) {
    const sizes = geometric(2, 2 ** 20, 161), size = Math.round(2 ** fixed);
    const exponent = 4 / dimension, beyond = (D) => size / (D - size - 1);
    const excess = sizes.map((D) => D > size + 2 ? beyond(D) : NaN);
    const resolution = sizes.map((D) => (D / 2) ** -exponent);
    const ours = (measured || {})[dimension];
    return {
      curves: [{x: sizes, y: resolution, look: "ours"}, {x: sizes, y: excess, look: "law"}],
      range: {x: [2, 2 ** 20], y: [1e-6, 2]},
      facts: [["resolution-limited exponent 4 / d", short(exponent)],
        ...(measured ? [["ours at this d", ours || "not run at this scale"]] : []),
        [`variance-limited local exponent at D = 10 P = ${10 * size}`,
          short(10 * size / (9 * size - 1))],
        ["its limit", "1"]],
    };
  }

  /* theory/perceptron_square.overlap; null where the examples are fitted exactly */
  function overlap(alpha, lambda) {
    const balance = (R) => Math.PI * R * R / (2 * alpha)
      * (1 + lambda * lambda - 4 * lambda * R / Math.sqrt(2 * Math.PI)) - (1 - R * R);
    let low = 0, high = 1;
    for (let k = 0; k < 100; k++) {
      const middle = (low + high) / 2;
      if (balance(middle) < 0) low = middle; else high = middle;
    }
    const found = (low + high) / 2;
    return Math.sqrt(Math.PI / 2) * found * lambda >= alpha ? null : found;
  }

  const hebb = (alpha) => Math.atan(Math.sqrt(Math.PI / (2 * alpha))) / Math.PI;

  function squareLoss({alpha}) {
    const load = 10 ** alpha, lambdas = geometric(0.02, 20, 121);
    const error = lambdas.map((lambda) => {
      const R = overlap(load, lambda);
      return R === null ? NaN : Math.acos(Math.min(R, 1)) / Math.PI;
    });
    const level = hebb(load), early = lambdas.map((lambda) =>
      level * Math.sqrt(1 - 4 * lambda / Math.sqrt(2 * Math.PI) + lambda * lambda));
    const usable = error.filter(Number.isFinite), best = Math.min(...usable);
    return {
      curves: [{x: lambdas, y: error, look: "ours"}, {x: lambdas, y: early, look: "law"},
        {x: [0.02, 20], y: [level, level], look: "level"}],
      range: {x: [0.02, 20], y: [1e-3, 0.6]},
      facts: [["examples per weight α", short(load)], ["Hebb rule", short(level)],
        ["smallest error", `${short(best)} at λ = ${short(lambdas[error.indexOf(best)])}`]],
    };
  }

  const named = {linear_student: linearStudent, two_regimes: twoRegimes, square_loss: squareLoss};

  function start() {
    const section = document.getElementById("formula");
    const given = JSON.parse(document.getElementById("formula-terms").textContent);
    const part = (name) => section.querySelector(`[data-part=${name}]`);
    const inputs = [...section.querySelectorAll("input[type=range]")];
    const host = part("plot");
    const show = () => {
      const values = Object.fromEntries(inputs.map((input) => [input.name, Number(input.value)]));
      const found = named[given.formula]({...values, measured: given.measured});
      for (const input of inputs) {
        const shift = given.powers[input.name];
        const text = shift ? short(shift ** Number(input.value)) : short(Number(input.value));
        part(`value-${input.name}`).textContent = text;
        input.setAttribute("aria-valuetext", text);
      }
      plot.draw(host, {...found, names: given.names, title: given.title});
      part("facts").replaceChildren(...found.facts.flatMap(([name, value]) => {
        const term = document.createElement("dt"), told = document.createElement("dd");
        term.textContent = name;
        told.textContent = value;
        return [term, told];
      }));
    };
    for (const input of inputs) input.addEventListener("input", show);
    section.hidden = false;
    plot.withWidth(host, show);
  }

  if (document.getElementById("formula")) start();
  return {gamma, eigenvalues, featureError, powerLawError, overlap, hebb, ...named};
})();

"""The laws of arXiv:2505.13230 for trained networks, with intervals over seeds.

The whole chain (mean curve, optimum, window, slopes) runs anew for every draw of seeds, for all
draws at once.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from scalinglaws.curves.norm_curves import Means, Runs, errors_at_optimum, means_of
from scalinglaws.statistics.bend import bend_of, judged
from scalinglaws.statistics.bootstrap import Interval, student_interval
from scalinglaws.statistics.exponents import exponent_over_seeds
from scalinglaws.statistics.law_facts import OWN_RULE, scans_of, windows_of
from scalinglaws.statistics.norm_laws import (
    FEWEST_POINTS,
    LAWS,
    Window,
    laws,
    log10_of,
    log_slope,
    window_from,
)
from scalinglaws.statistics.offset_laws import law_1_with_offset
from scalinglaws.statistics.over_seeds import drawn_counts, of_drawn, of_interval
from scalinglaws.statistics.quantity import (
    GIVEN_TEST_SET,
    Quantity,
    finite_pair,
    quantity,
    unavailable,
)
from scalinglaws.statistics.seed_lines import Local
from scalinglaws.statistics.student import LEVEL, Estimate
from scalinglaws.streams import generator

Array = np.ndarray
PAPER = "damico2025"
SPREADS = ("early_spread", "collapse_spread")
CHUNK = 250  # draws at once: some tens of megabytes
OFFSET_RULE = "as without offset, but with an offset fitted jointly"


def counts_of(settings: Mapping[str, Any], label: str, n_seeds: int) -> Array:
    """(draws, seeds) how often each seed is drawn; the stream depends on the label alone."""
    source = generator(settings["seed"], PAPER, "laws_over_seeds", {"label": label}, "draws")
    return drawn_counts(n_seeds, settings["draws"], source)


def facts_of(runs: Runs) -> dict[str, Any]:
    return {
        "n_seeds": len(runs.errors),
        "n_masked": runs.masked,
        "rule": OWN_RULE,
        "target": GIVEN_TEST_SET,
    }


def law_quantities(
    runs: Runs, settings: Mapping[str, Any], label: str, names: tuple[str, ...] = LAWS
) -> dict[str, Quantity]:
    """The named laws and spreads, each with its interval over seeds, window and scan."""
    window = window_from(settings, runs.sizes)
    means = means_of(runs)
    point = laws(means, window)
    counts = counts_of(settings, label, len(runs.errors))
    drawn = drawn_laws(runs, window, counts)
    scans, windows = scans_of(means, window), windows_of(means, window)
    halves = local_laws(runs, window, point, drawn)
    found = {}
    for name in names:
        facts = {**facts_of(runs), "scan": scans.get(name), **windows.get(name, {})}
        if not np.isfinite(point[name]):
            facts["why"] = "too few sizes or points in the window determine no law"
        if name in SPREADS:
            found[name] = spread_quantity(float(point[name]), drawn[name], **facts)
        elif name in halves:
            found[name] = bent_quantity(halves[name], drawn[name], **facts)
        else:
            found[name] = law_over_sizes(name, runs, means, drawn[name], facts)
    return found


def law_over_sizes(
    name: str, runs: Runs, means: Means, drawn: Array, facts: dict[str, Any]
) -> Quantity:
    """Law 2 and the measured exponent: lines over all sizes through means over seeds.

    The error at the optimum varies as at a fixed norm, to first order: it is smallest there. Where
    one seed alone reaches the optimum of a size, only the bootstrap can tell how it varies.
    """
    grows = name == "gamma_2"
    samples = runs.optima if grows else errors_at_optimum(runs, means)
    if np.any(np.isfinite(samples).sum(axis=0) < min(2, len(samples))):
        curve = means.optima if grows else np.nanmin(means.errors, axis=-1)
        slope = float(log_slope(np.log10(runs.sizes), log10_of(curve)))
        return of_drawn(slope if grows else -slope, drawn, **facts)
    found = exponent_over_seeds(
        runs.sizes,
        samples,
        mean="arithmetic",
        sign=-1 if grows else +1,
        rule=OWN_RULE,
        target=GIVEN_TEST_SET,
        min_points=FEWEST_POINTS,
    )
    window = [float(runs.sizes[0]), float(runs.sizes[-1])]
    scan = finite_pair(facts["scan"])
    return {**found, "window": window, "n_masked": runs.masked, "scan": scan}


def local_laws(
    runs: Runs, window: Window, point: Mapping[str, Array], drawn: Mapping[str, Array]
) -> dict[str, Local]:
    """gamma_1, the prediction and its difference from the measured exponent, in the window of law 1
    and in its lower and upper half, with the jackknife's influences of the seeds.
    """
    middle = (window.first + window.last) / 2
    parts = {"early": replace(window, last=middle), "late": replace(window, first=middle)}
    n_seeds = len(runs.errors)
    left_out = means_of(runs, 1.0 - np.eye(n_seeds))
    means, found = means_of(runs), {}
    of_part = {name: (laws(means, part), laws(left_out, part)) for name, part in parts.items()}
    of_whole = laws(left_out, window)
    for name in ("gamma_1", "gamma_predicted", "gamma_difference"):
        interval = student_interval(float(point[name]), drawn[name], n_seeds, LEVEL)
        whole = jackknifed(point[name], of_whole[name], (interval.low, interval.high))
        early, late = (jackknifed(value[name], left[name]) for value, left in of_part.values())
        size = max(abs(whole.value), abs(float(point["gamma_measured"])) * (name != "gamma_1"))
        found[name] = Local(whole, early, late, size)
    return found


def jackknifed(value: Array, left_out: Array, ends: tuple[float, float] | None = None) -> Estimate:
    """A law and its values (seeds,) with each seed left out."""
    influences = (len(left_out) - 1) * (left_out.mean() - left_out)
    return Estimate(float(value), influences, inverted=None if ends is None else lambda: ends)


def bent_quantity(local: Local, drawn: Array, **facts: Any) -> Quantity:
    """A law with its bootstrap interval, the model term and the seeds left out in it."""
    n_seeds = facts.pop("n_seeds")
    found = of_drawn(local.whole.value, drawn, n_seeds, **facts)
    if found["estimate"] is None or found["interval"] is None:
        return found
    bend = bend_of(local)
    low, high = judged(local, bend)
    values = np.sort(found["estimate"] - local.whole.influences / max(n_seeds - 1, 1))
    variants = {}
    for word, value in (("lowest", values[0]), ("highest", values[-1])):
        if n_seeds > 2 and np.isfinite(value):
            reach = (low - local.whole.value, high - local.whole.value)
            variants[f"one seed left out, {word}"] = [float(value + end) for end in (0, *reach)]
    return {**found, "interval": [low, high], "bend": bend, "variants": variants}


def spread_quantity(value: float, drawn: Array, **facts: Any) -> Quantity:
    """A standard deviation over sizes, freed of what the seeds' noise adds to it.

    Noise in mean curves adds its variance to the square of the spread; every bootstrap draw adds
    it once more. So their mean excess is taken off and the interval formed, both of the square.
    Without this, 95 % intervals of 12 seeds cover 77 %.
    """
    n_seeds = facts.pop("n_seeds")
    squares = drawn**2
    good = squares[np.isfinite(squares)]
    if not np.isfinite(value) or n_seeds < 2 or not len(good):
        return of_drawn(value, drawn, n_seeds, **facts)
    noise = float(good.mean() - value**2) * n_seeds / (n_seeds - 1)
    found = student_interval(value**2 - noise, squares, n_seeds, LEVEL)
    estimate, low, high = (
        float(np.sqrt(max(0.0, end))) for end in (found.estimate, found.low, found.high)
    )
    if not np.isfinite(found.low + found.high):
        low = high = float("nan")
    error = found.standard_error / (2 * value) if value > 0 else None
    interval = Interval(estimate, low, high, error or float("nan"), found.draws)
    return of_interval(interval, n_seeds, **facts)


def drawn_laws(runs: Runs, window: Window, counts: Array) -> dict[str, Array]:
    parts = [
        laws(means_of(runs, counts[first : first + CHUNK]), window)
        for first in range(0, len(counts), CHUNK)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def bootstrapped(
    point: float, values: Array, runs: Runs, *, rule: str | None = None, **facts: Any
) -> Quantity:
    return of_drawn(point, values, **{**facts_of(runs), "rule": rule, **facts})


def offset_quantities(runs: Runs, settings: Mapping[str, Any]) -> dict[str, Quantity]:
    """The exponents with the offsets q_1, q_2 and q of the paper's Eqs. 2, 3 and 5."""
    means = means_of(runs)
    draws: dict[str, Any] = {
        "mean": "arithmetic",
        "offset": True,
        "rule": OFFSET_RULE,
        "target": GIVEN_TEST_SET,
    }
    first = law_1_with_offset(means, window_from(settings, runs.sizes))
    why = "estimated on mean curves, without an interval"
    return {
        "gamma_1_with_offset": quantity(
            first.exponent,
            None,
            n_points=first.sizes,
            why=why,
            **{**facts_of(runs), "rule": OFFSET_RULE},
        ),
        # growth as P^g is a decay in 1 / P
        "gamma_2_with_offset": over_sizes(1 / runs.sizes, runs.optima, runs, draws),
        "gamma_measured_with_offset": over_sizes(
            runs.sizes, errors_at_optimum(runs, means), runs, draws
        ),
    }


def over_sizes(x: Array, samples: Array, runs: Runs, draws: Mapping[str, Any]) -> Quantity:
    found = exponent_over_seeds(x, samples, **draws)
    window = (float(runs.sizes[0]), float(runs.sizes[-1]))
    return {**found, "window": list(window)}


def geometric_gamma_2(runs: Runs) -> Quantity:
    """Law 2 with the geometric instead of the arithmetic mean over seeds of the optimal norms.

    Only this one goes with a power of the norm: lambda -> lambda^c leaves gamma_1 gamma_2 as it is.
    """
    found = exponent_over_seeds(
        runs.sizes, runs.optima, sign=-1, target=GIVEN_TEST_SET, min_points=FEWEST_POINTS
    )
    return {**found, "window": None, "scan": None, "n_masked": runs.masked}


def absent(names: tuple[str, ...], why: str) -> dict[str, Quantity]:
    return {name: unavailable(why) for name in names}

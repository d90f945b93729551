"""The laws of arXiv:2505.13230 for trained networks, with intervals over seeds.

The whole chain (mean curve, optimum, window, slopes) runs anew for every draw of seeds, for all
draws at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from scalinglaws.curves.norm_curves import Means, Runs, errors_at_optimum, means_of
from scalinglaws.statistics.bend import bend_of, judged, moved, slopes_of, within_window
from scalinglaws.statistics.bootstrap import Interval, student_interval
from scalinglaws.statistics.exponents import exponent_over_seeds
from scalinglaws.statistics.law_facts import OWN_RULE, scans_of, windows_of
from scalinglaws.statistics.norm_laws import (
    FEWEST_POINTS,
    LAWS,
    Window,
    laws,
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
from scalinglaws.statistics.student import Estimate, influences_of
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
    left_out = laws(means_of(runs, leave_one_out(runs)), window)
    scans, windows = scans_of(means, window), windows_of(means, window)
    halves = local_laws(runs, window, point)
    found = {}
    for name in names:
        facts = {**facts_of(runs), "scan": scans.get(name), **windows.get(name, {})}
        if not np.isfinite(point[name]):
            facts["why"] = "too few sizes or points in the window determine no law"
        if name in SPREADS:
            found[name] = spread_quantity(float(point[name]), drawn[name], left_out[name], **facts)
        elif name in halves:
            found[name] = bent_quantity(
                float(point[name]), drawn[name], left_out[name], halves[name], **facts
            )
        else:
            found[name] = law_over_sizes(name, runs, means, facts) or of_drawn(
                float(point[name]), drawn[name], left_out[name], **facts
            )
    return found


def leave_one_out(runs: Runs) -> Array:
    """(seeds, seeds) counts in which each seed is left out in turn."""
    return 1.0 - np.eye(len(runs.errors))


def law_over_sizes(
    name: str, runs: Runs, means: Means, facts: Mapping[str, Any]
) -> Quantity | None:
    """Law 2 and the measured exponent: lines over all sizes through means over seeds.

    The error at the optimum varies as at a fixed norm, to first order: it is smallest there. Where
    one seed alone reaches the optimum of a size, only the bootstrap can tell how it varies: None.
    """
    grows = name == "gamma_2"
    samples = runs.optima if grows else errors_at_optimum(runs, means)
    if np.any(np.isfinite(samples).sum(axis=0) < min(2, len(samples))):
        return None
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
    runs: Runs, window: Window, point: Mapping[str, Array]
) -> dict[str, tuple[Estimate, Estimate, float]]:
    """gamma_1, the prediction and its difference from the measured exponent in the lower and upper
    half of law 1's window, and the size by which a bend is measured.
    """
    middle = (window.first + window.last) / 2
    parts = (replace(window, last=middle), replace(window, first=middle))
    left_out, means = means_of(runs, leave_one_out(runs)), means_of(runs)
    values = [(laws(means, part), laws(left_out, part)) for part in parts]
    found = {}
    for name in ("gamma_1", "gamma_predicted", "gamma_difference"):
        early, late = (
            Estimate(float(value[name]), influences_of(left[name])) for value, left in values
        )
        others = () if name == "gamma_1" else ("gamma_measured", "gamma_predicted")
        size = max(abs(float(point[other])) for other in (name, *others))
        found[name] = (early, late, size)
    return found


def bent_quantity(
    value: float,
    drawn: Array,
    left_out: Array,
    halves: tuple[Estimate, Estimate, float],
    **facts: Any,
) -> Quantity:
    """A law with its bootstrap interval, the model term and the seeds left out."""
    found = of_drawn(value, drawn, left_out, **facts)
    if found["estimate"] is None or found["interval"] is None:
        return found
    low, high = found["interval"]
    local = Local(Estimate(value, influences_of(left_out), inverted=lambda: (low, high)), *halves)
    bend = bend_of(local)
    ends, within = judged(local, bend), within_window(local, bend)
    return {
        **found,
        "interval": list(ends),
        "window_interval": list(within),
        "bend": bend,
        "variants": left_out_variants(value, ends, left_out),
        "window_variants": left_out_variants(value, within, left_out),
        "variant_slopes": left_out_slopes(value, slopes_of(local, bend), left_out),
    }


def left_out_variants(
    value: float, ends: tuple[float, float], left_out: Array
) -> dict[str, list[float]]:
    """With the extreme seed left out, whose reaches are taken as those of all."""
    return {
        name: [float(other + end - value) for end in (value, *ends)]
        for name, other in extremes(left_out).items()
    }


def left_out_slopes(
    value: float, slopes: Mapping[str, Sequence[float]] | None, left_out: Array
) -> dict[str, dict[str, list[float]]]:
    if slopes is None:
        return {}
    return {name: moved(slopes, other - value) for name, other in extremes(left_out).items()}


def extremes(left_out: Array) -> dict[str, float]:
    """What is found with one seed left out, at its lowest and highest."""
    if len(left_out) <= 2 or not np.all(np.isfinite(left_out)):
        return {}
    return {
        "one seed left out, lowest": float(left_out.min()),
        "one seed left out, highest": float(left_out.max()),
    }


def spread_quantity(value: float, drawn: Array, left_out: Array, **facts: Any) -> Quantity:
    """A standard deviation over sizes, freed of what the seeds' noise adds to it.

    Noise in mean curves adds its variance to the square of the spread; every bootstrap draw adds
    it once more. So their mean excess is taken off and the interval formed, both of the square.
    Without this, 95 % intervals of 12 seeds cover 77 %.
    """
    n_seeds, squares = len(left_out), drawn**2
    good = squares[np.isfinite(squares)]
    if not np.isfinite(value) or n_seeds < 2 or not len(good):
        return of_drawn(value, drawn, left_out, **facts)
    noise = float(good.mean() - value**2) * n_seeds / (n_seeds - 1)
    found = student_interval(value**2 - noise, squares, left_out**2)
    estimate, low, high = (
        float(np.sqrt(max(0.0, end))) for end in (found.estimate, found.low, found.high)
    )
    if not np.isfinite(found.low + found.high):
        low = high = float("nan")
    error = found.standard_error / (2 * value) if value > 0 else None
    interval = Interval(estimate, low, high, error or float("nan"), found.draws)
    return of_interval(interval, **facts)


def drawn_laws(runs: Runs, window: Window, counts: Array) -> dict[str, Array]:
    parts = [
        laws(means_of(runs, counts[first : first + CHUNK]), window)
        for first in range(0, len(counts), CHUNK)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def bootstrapped(
    point: float, values: Array, left_out: Array, runs: Runs, **facts: Any
) -> Quantity:
    return of_drawn(point, values, left_out, **{**facts_of(runs), "rule": None, **facts})


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

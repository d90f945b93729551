"""The laws of arXiv:2505.13230 for trained networks, with intervals over seeds.

The whole chain (mean curve, optimum, window, slopes) runs anew for every draw of seeds, for all
draws at once.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalinglaws.curves.norm_curves import (
    Runs,
    errors_at_optimum,
    means_of,
)
from scalinglaws.statistics.bootstrap import exponent_over_seeds
from scalinglaws.statistics.law_facts import OWN_RULE, scans_of, windows_of
from scalinglaws.statistics.norm_laws import LAWS, Window, laws, log10_of, log_slope, window_from
from scalinglaws.statistics.offset_laws import law_1_with_offset
from scalinglaws.statistics.over_seeds import drawn_counts, of_drawn
from scalinglaws.statistics.quantity import Quantity, quantity, unavailable
from scalinglaws.streams import generator

Array = np.ndarray
PAPER = "damico2025"
CHUNK = 250  # draws at once: some tens of megabytes
OFFSET_RULE = "as without offset, but with an offset fitted jointly"


def counts_of(settings: Mapping[str, Any], label: str, n_seeds: int) -> Array:
    """(draws, seeds) how often each seed is drawn; the stream depends on the label alone."""
    source = generator(settings["seed"], PAPER, "laws_over_seeds", {"label": label}, "draws")
    return drawn_counts(n_seeds, settings["draws"], source)


def facts_of(runs: Runs) -> dict[str, Any]:
    return {"n_seeds": len(runs.errors), "n_masked": runs.masked, "rule": OWN_RULE}


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
    found = {}
    for name in names:
        estimate = float(point[name])
        facts = {**facts_of(runs), "scan": scans.get(name), **windows.get(name, {})}
        if not np.isfinite(estimate):
            facts["why"] = "too few sizes or points in the window determine no law"
        found[name] = of_drawn(estimate, drawn[name], **facts)
    return found


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


def offset_quantities(runs: Runs, settings: Mapping[str, Any], label: str) -> dict[str, Quantity]:
    """The exponents with the offsets q_1, q_2 and q of the paper's Eqs. 2, 3 and 5."""
    means = means_of(runs)
    draws: dict[str, Any] = {
        "mean": "arithmetic",
        "offset": True,
        "generator": generator(settings["seed"], PAPER, "laws_over_seeds", {}, f"{label} offset"),
        "rule": OFFSET_RULE,
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


def geometric_gamma_2(runs: Runs, settings: Mapping[str, Any], label: str) -> Quantity:
    """Law 2 with the geometric instead of the arithmetic mean over seeds of the optimal norms.

    Only this one goes with a power of the norm: lambda -> lambda^c leaves gamma_1 gamma_2 as it is.
    """
    sizes, logs = np.log10(runs.sizes), log10_of(runs.optima)
    counts = counts_of(settings, label, len(logs))
    finite = np.isfinite(logs)
    weight = counts @ finite
    total = counts @ np.where(finite, logs, 0.0)
    drawn = np.divide(total, weight, out=np.full(total.shape, np.nan), where=weight > 0)
    point = float(log_slope(sizes, np.nanmean(logs, axis=0)))
    return bootstrapped(point, log_slope(sizes, drawn), runs, n_points=len(sizes))


def absent(names: tuple[str, ...], why: str) -> dict[str, Quantity]:
    return {name: unavailable(why) for name in names}

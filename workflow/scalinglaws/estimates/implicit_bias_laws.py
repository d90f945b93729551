"""Laws 1 and 2 and the product law of arXiv:2505.13230 for networks, ours and the authors' own.

The same chain (mean curve, optimum, window, slopes) runs on our curves, with a bootstrap over
seeds around the whole of it; on the authors' released mean curves; and on these once more in the
windows that the authors chose, which must return the exponents they published.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.errors import InputError
from scalinglaws.fitting.bootstrap import bootstrap, bootstrap_quantity
from scalinglaws.fitting.norm_curves import (
    Means,
    Runs,
    Window,
    branch_scan,
    laws,
    means_of,
    optima_of_means,
    refuse_empty_curves,
    released_means,
    runs_of,
    window_from,
)
from scalinglaws.fitting.quantity import NUMERICAL, Quantity, quantity, unavailable
from scalinglaws.fitting.windows import window_scan
from scalinglaws.streams import generator

PAPER, FIT = "damico2025", "implicit_bias_laws"
NEED_CURVES = (
    *("gamma_1", "gamma_2", "gamma_predicted", "gamma_measured", "gamma_difference"),
    *("early_spread", "optima_at_last_point", "seeds_reaching_optimum"),
)
ROUNDING = 1e-9  # of a least-squares slope in float64, generously
NO_SEEDS = "the authors released means over seeds without their spread, so there is no interval"
OWN_RULE = (
    "law 1: part of the descending branch in log norm between its start and the optimum, for the "
    "largest sizes; law 2 and the measured exponent: all sizes"
)
AUTHORS_RULE = "window of norm / optimal norm and sizes as in the authors' notebook"


def estimate(
    tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]
) -> dict[str, Quantity]:
    """Quantities of our curves (plain names and, for Eq. 6's norm, ``_bartlett``), of the released
    curves in our windows (``released_``) and in the authors' windows (``refit_``).
    """
    curves, released = tables["cnn_curves"], tables["released_curves"]
    chosen = released[released["set"] == settings["authors"]["set"]]
    found = own_quantities(curves, "spectral_complexity", settings)
    full = own_quantities(curves, "spectral_complexity_bartlett", settings)
    return {
        **found,
        **{f"{name}_bartlett": full[name] for name in full if name.startswith("gamma")},
        **released_quantities(chosen, settings),
        **refit_quantities(chosen, settings["authors"]),
    }


def own_quantities(
    table: pd.DataFrame, norm: str, settings: Mapping[str, Any]
) -> dict[str, Quantity]:
    runs = runs_of(table, norm, settings["grid_step"])
    window = window_from(settings, runs.sizes)
    means = means_of(runs)
    facts: dict[str, Any] = {
        "n_seeds": len(runs.errors),
        "n_masked": runs.masked,
        "rule": OWN_RULE,
    }
    try:
        refuse_empty_curves(means)
        exponents = law_quantities(runs, means, window, norm, settings, facts)
        exponents |= optimum_facts(runs, means, facts)
    except InputError as problem:
        exponents = {name: unavailable(str(problem), **facts) for name in NEED_CURVES}
    return {**exponents, "norm_monotone_share": monotone_quantity(runs, settings, facts)}


def law_quantities(
    runs: Runs,
    means: Means,
    window: Window,
    norm: str,
    settings: Mapping[str, Any],
    facts: Mapping[str, Any],
) -> dict[str, Quantity]:
    """The exponents with intervals; the whole chain runs anew for every draw of seeds."""

    @cache  # few seeds have few distinct draws: 35 multisets of 4 seeds among 2,000 draws
    def chain(drawn: tuple[int, ...]) -> dict[str, float]:
        return laws(means_of(runs, np.array(drawn)), window)

    def statistic(name: str) -> Callable[[np.ndarray], float]:
        return lambda drawn: chain(tuple(sorted(drawn.tolist())))[name]

    scans, windows = scans_of(means, window), windows_of(means, window)
    found = {}
    for name in laws(means, window):
        interval = bootstrap(
            statistic(name),
            len(runs.errors),
            draws=settings["draws"],
            generator=generator(settings["seed"], PAPER, FIT, {"norm": norm}, name),
        )
        found[name] = bootstrap_quantity(
            interval,
            scan=scans.get(name),
            **windows.get(name, {}),
            **facts,
        )
    return found


def windows_of(means: Means, window: Window) -> dict[str, dict[str, Any]]:
    """Where each exponent was fitted: norms for law 1, training sizes for the others."""
    bounds = [
        window.bounds(means.grid, curve)
        for size, curve in zip(means.sizes, means.errors, strict=True)
        if size >= window.smallest_size
    ]
    points = sum(int(np.sum((means.grid >= low) & (means.grid <= high))) for low, high in bounds)
    early = {"window": (min(b[0] for b in bounds), max(b[1] for b in bounds)), "n_points": points}
    over_sizes = {"window": (means.sizes[0], means.sizes[-1]), "n_points": len(means.sizes)}
    return {
        "gamma_1": early,
        **dict.fromkeys(("gamma_2", "gamma_measured", "gamma_predicted"), over_sizes),
        "gamma_difference": over_sizes,
    }


def scans_of(means: Means, window: Window) -> dict[str, tuple[float, float]]:
    """Envelopes over windows; that of the prediction moves the window of law 1 only."""
    first = branch_scan(means, window)
    low, high, _ = window_scan(means.sizes, means.optima, min_points=3)
    decay = window_scan(means.sizes, optima_of_means(means)[1], min_points=3)
    gamma_2 = laws(means, window)["gamma_2"]
    products = sorted(end * gamma_2 for end in first)
    return {
        "gamma_1": first,
        "gamma_2": (-high, -low),
        "gamma_predicted": (products[0], products[1]),
        "gamma_measured": decay[:2],
    }


def monotone_quantity(
    runs: Runs, settings: Mapping[str, Any], facts: Mapping[str, Any]
) -> Quantity:
    """Share of logged steps in which the norm did not fall, mean over sizes and seeds."""
    interval = bootstrap(
        lambda drawn: float(np.nanmean(runs.monotone[drawn])),
        len(runs.errors),
        draws=settings["draws"],
        generator=generator(settings["seed"], PAPER, FIT, {}, "norm_monotone_share"),
    )
    return bootstrap_quantity(
        interval,
        n_points=runs.monotone.size,
        **{**facts, "rule": None},
    )


def optimum_facts(runs: Runs, means: Means, facts: Mapping[str, Any]) -> dict[str, Quantity]:
    """What the optimum rests on: how often it is the end of the curve, and how many seeds reach it.

    At the end of a curve the "optimal norm" is only the norm at which training stopped.
    """
    best = np.nanargmin(means.errors, axis=1)
    last = np.array([np.flatnonzero(np.isfinite(curve))[-1] for curve in means.errors])
    reaching = np.isfinite(runs.errors[:, np.arange(len(best)), best]).mean(axis=0)
    numbers = {
        "optima_at_last_point": float(np.mean(best >= last - 1)),
        "seeds_reaching_optimum": float(reaching.min()),
    }
    shared = {**facts, "rule": None, "n_points": len(best)}
    why = "a count, not an estimate"
    return {name: quantity(value, None, why=why, **shared) for name, value in numbers.items()}


def released_quantities(table: pd.DataFrame, settings: Mapping[str, Any]) -> dict[str, Quantity]:
    means = released_means(table)
    window = window_from(settings, means.sizes)
    seeds = int(table[table["quantity"] == "seeds"]["value"].iloc[0])
    scans, windows = scans_of(means, window), windows_of(means, window)
    return {
        f"released_{name}": quantity(
            value,
            None,
            n_seeds=seeds,
            rule=OWN_RULE,
            scan=scans.get(name),
            why=NO_SEEDS,
            **windows.get(name, {}),
        )
        for name, value in laws(means, window).items()
    }


def refit_quantities(table: pd.DataFrame, authors: Mapping[str, Any]) -> dict[str, Quantity]:
    """Given numbers in given windows: deterministic, so the interval is rounding error."""
    means = released_means(table)
    low, high = authors["window"]
    window = Window(smallest_size=authors["smallest_size"], relative=(low, high))
    found = laws(means, window)
    names = ("gamma_1", "gamma_2", "gamma_predicted", "gamma_measured")
    return {
        f"refit_{name}": quantity(
            found[name],
            (found[name] - ROUNDING, found[name] + ROUNDING),
            interval_kind=NUMERICAL,
            n_seeds=0,
            rule=AUTHORS_RULE,
            **windows_of(means, window)[name],
        )
        for name in names
    }

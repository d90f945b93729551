"""Laws 1 and 2 and the product law of arXiv:2505.13230 for the networks trained here."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.epoch_curves import epoch_over_norm
from scalinglaws.curves.norm_curves import (
    Runs,
    best_points,
    ends_at_optimum,
    means_of,
)
from scalinglaws.curves.panel_curves import MAIN_TABLES, panel_runs, panel_table
from scalinglaws.errors import InputError
from scalinglaws.statistics.laws_over_seeds import (
    PAPER,
    absent,
    bootstrapped,
    counts_of,
    facts_of,
    geometric_gamma_2,
    law_quantities,
    leave_one_out,
    offset_quantities,
)
from scalinglaws.statistics.norm_laws import LAWS, window_from
from scalinglaws.statistics.over_seeds import mean_over_seeds
from scalinglaws.statistics.quantity import Quantity, quantity
from scalinglaws.statistics.seed_lines import seed_influences
from scalinglaws.streams import generator

OFFSETS = ("gamma_1_with_offset", "gamma_2_with_offset", "gamma_measured_with_offset")
COUNTS = ("optima_at_last_point", "seeds_reaching_optimum")
SIGNS = (
    "norm_slowest_growth",
    "optimum_rank",
    "epoch_over_norm_spread",
    "updates_over_norm_spread",
)
ALL = (*LAWS, "gamma_2_geometric", *OFFSETS, *COUNTS, *SIGNS)


def fit(tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]) -> dict[str, Quantity]:
    """Quantities ``{panel}_{name}`` for every panel of ``settings["panels"]``; panels that are not
    trained at this scale are unavailable.
    """
    found: dict[str, Quantity] = {}
    for panel in settings["panels"]:
        try:
            table = panel_table(tables[MAIN_TABLES[panel.split("_")[0]]], panel)
            own = panel_quantities(panel_runs(table, panel, settings), settings, panel)
        except InputError as problem:
            own = absent(ALL, str(problem))
        found |= {f"{panel}_{name}": one for name, one in own.items()}
    return found


def panel_quantities(runs: Runs, settings: Mapping[str, Any], panel: str) -> dict[str, Quantity]:
    return {
        **law_quantities(runs, settings, panel),
        "gamma_2_geometric": geometric_gamma_2(runs),
        **offset_quantities(runs, settings),
        **optimum_facts(runs),
        "norm_slowest_growth": growth_quantity(runs),
        "optimum_rank": rank_quantity(runs, settings, panel),
        **spread_ratios(runs, settings, panel),
    }


def optimum_facts(runs: Runs) -> dict[str, Quantity]:
    """What the optimum rests on: how often it is the end of the curve, and how many seeds reach it.

    At the end of a curve the "optimal norm" is only the norm at which training stopped.
    """
    errors = means_of(runs).errors
    best = best_points(errors)
    reaching = np.isfinite(runs.errors[:, np.arange(len(best)), best]).mean(axis=0)
    numbers = (float(np.mean(ends_at_optimum(errors))), float(reaching.min()))
    shared = {**facts_of(runs), "rule": None, "n_points": len(best)}
    why = "a count, not an estimate"
    return {
        name: quantity(value, None, why=why, **shared)
        for name, value in zip(COUNTS, numbers, strict=True)
    }


def growth_quantity(runs: Runs) -> Quantity:
    """Growth of log10 of the norm over the quarter of training in which it grows least, at the size
    where it does so least; mean over seeds.
    """
    facts = {**facts_of(runs), "rule": None, "n_points": runs.slowest_growth.size}
    facts.pop("n_seeds")
    return mean_over_seeds(np.min(runs.slowest_growth, axis=1), **facts)


def rank_quantity(runs: Runs, settings: Mapping[str, Any], panel: str) -> Quantity:
    """Spearman's correlation of the optimal norm (mean over seeds) with the training size.

    Ranks do not move until two means change places, so resampled ranks may all agree though two
    means lie close. The interval is that of the ranks of means that vary as Student's t says.
    """
    means = means_of(runs).optima
    point = float(rank_correlation(means))
    n_seeds, draws = len(runs.errors), settings["draws"]
    facts: dict[str, Any] = {**facts_of(runs), "rule": None, "n_points": len(runs.sizes)}
    if n_seeds < 2:
        return quantity(point, None, why="one seed has no spread over seeds", **facts)
    source = generator(settings["seed"], PAPER, "laws_over_seeds", {"label": panel}, "ranks")
    normal = source.standard_normal((draws, n_seeds)) @ seed_influences(runs.optima)
    spread = np.sqrt(source.chisquare(n_seeds - 1, (draws, 1)) / (n_seeds - 1))
    moved = means + normal / spread / np.sqrt(n_seeds * (n_seeds - 1))
    low, high = np.quantile(rank_correlation(moved), (0.025, 0.975))
    kind = "ranks of means that vary by Student t over seeds"
    ends = (min(low, point), max(high, point))
    return quantity(point, ends, interval_kind=kind, degrees=n_seeds - 1, **facts)


def rank_correlation(values: np.ndarray) -> np.ndarray:
    """(...) Spearman's correlation of (..., n) values with their position (sizes are sorted)."""
    ranks = np.argsort(np.argsort(values, axis=-1), axis=-1) - (values.shape[-1] - 1) / 2
    places = np.arange(values.shape[-1]) - (values.shape[-1] - 1) / 2
    rank = (ranks * places).sum(axis=-1) / max((places**2).sum(), 1e-300)
    return np.where(np.isfinite(values).all(axis=-1), rank, np.nan)


def spread_ratios(runs: Runs, settings: Mapping[str, Any], panel: str) -> dict[str, Quantity]:
    """log10 of the error's spread over sizes at equal epoch, and at equal number of updates, over
    that at equal norm: 0 where the norm orders the curves no better than time.
    """
    window = window_from(settings, runs.sizes)
    counts = counts_of(settings, panel, len(runs.errors))
    point = epoch_over_norm(runs, window, np.ones(len(runs.errors)))
    drawn = epoch_over_norm(runs, window, counts)
    left_out = epoch_over_norm(runs, window, leave_one_out(runs))
    return {
        name: bootstrapped(
            float(point[name]),
            drawn[name],
            left_out[name],
            runs,
            n_points=int(window.used(runs.sizes).sum()),
        )
        for name in point
    }

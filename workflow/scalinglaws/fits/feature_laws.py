"""Feature scaling, figure 3 of arXiv 2410.09005: loss left by N_l trained directions; images.

``tail_bias`` is a straight line through the exact losses at N_l, ``published_form_bias`` the form
N_l^-beta - N^-beta at the same points, ``finite_form_bias`` the same in N_l + 1/2 and N + 1/2, all
minus beta. ``tail_ratio`` holds simulation against
Eq 11 of the same start times 1 / (1 - eta s / 2), late in training.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.linear_curves import (
    SeedRun,
    median_deviation,
    part_rows,
    per_seed,
    seed_runs,
)
from scalinglaws.records import as_record
from scalinglaws.statistics.over_seeds import mean_over_seeds
from scalinglaws.statistics.power_law import fit_power_law
from scalinglaws.statistics.quantity import Quantity, computed, tag, unavailable
from scalinglaws.statistics.spectral_exponent import beta_of_tail
from scalinglaws.statistics.windows import thinned, window_scan
from scalinglaws.theory.linear import learning_rate_factor

Tables = Mapping[str, pd.DataFrame]
Found = dict[str, Quantity]
Array = np.ndarray
TAIL_KINDS = ("tail_bias", "published_form_bias", "finite_form_bias")
LOST = "diverged or lack points in the window"


@dataclass(frozen=True)
class Settings:
    """What is asked for of figure 3.

    - `tail_dimensions`, `tail_betas`: N and beta of the exact tails; `trainable`: N_l compared
    - `late`: fraction of the last alpha from which tails are averaged
    - `ranks`: window of a spectrum's exponent: first rank, last as a share of N, points
    - `fit_error`: numerical
    """

    tail_dimensions: tuple[int, ...]
    tail_betas: tuple[float, ...]
    trainable: tuple[int, ...]
    late: float
    datasets: tuple[str, ...]
    ranks: tuple[int, float, int]
    fit_error: float


def fit(tables: Tables, given: Mapping[str, Any]) -> Found:
    """All quantities of figure 3; `given`: see `Settings`."""
    settings = as_record(Settings, given)
    found: Found = {}
    for size in settings.tail_dimensions:
        for beta in settings.tail_betas:
            found |= tail_quantities(tables["linear_theory"], settings, size, beta)
    runs = seed_runs(tables["feature_scaling"])
    found |= simulation_quantities(runs, settings, "")
    images = tables["image_features"]
    for inputs in ("images", "gaussian"):
        chosen = seed_runs(images[images["inputs"] == inputs])
        found |= simulation_quantities(chosen, settings, f"{inputs}_")
    return found | spectrum_quantities(images, settings)


def tail_quantities(theory: pd.DataFrame, settings: Settings, size: int, beta: float) -> Found:
    where, rows = f"N{size}_b{tag(beta)}", part_rows(theory, "tail", dimension=size, beta=beta)
    if len(rows) < 3:
        missing = unavailable(f"fewer than 3 tails at N = {size}, beta = {beta:g} at this scale")
        return {f"{kind}_{where}": missing for kind in TAIL_KINDS}
    counts, tails = rows["n_trainable"].to_numpy(), rows["value"].to_numpy()
    facts: dict[str, Any] = {"n_points": len(counts), "window": (counts[0], counts[-1])}
    line = fit_power_law(counts, tails).exponent
    leading = beta_of_tail(counts, tails, size, middle=False)
    whole = beta_of_tail(counts, tails, size)
    # Few points, each exact: the error is rounding, not the choice of points.
    low, high, _ = window_scan(counts, tails, 3)
    error, scan = settings.fit_error, (low - beta, high - beta)
    return {
        f"tail_bias_{where}": computed(line - beta, error, scan=scan, **facts),
        f"published_form_bias_{where}": computed(leading - beta, error, **facts),
        f"finite_form_bias_{where}": computed(whole - beta, error, **facts),
    }


def simulation_quantities(runs: list[SeedRun], settings: Settings, prefix: str) -> Found:
    found: Found = {}
    for count in settings.trainable:
        names = (f"{prefix}tail_ratio_N{count}", f"{prefix}deviation_N{count}")
        if not runs or count not in runs[0].curves:
            missing = unavailable(f"N_l = {count} was not simulated at this scale")
            found |= dict.fromkeys(names, missing)
            continue
        late, all_alphas = late_points(runs[0].alphas, settings), len(runs[0].alphas)
        alphas = runs[0].alphas[late]
        facts: list[dict[str, Any]] = [
            {"n_points": len(alphas), "window": (alphas[0], alphas[-1])},
            {"n_points": all_alphas},
        ]
        values = (late_ratios(runs, count, late), deviations(runs, count))
        for name, of_seeds, fact in zip(names, values, facts, strict=True):
            masked = sum(int((~np.isfinite(run.curves[count])).sum()) for run in runs)
            fact |= {"n_masked": masked}
            found[name] = mean_over_seeds(of_seeds, lost=LOST, **fact)
    return found


def late_points(alphas: Array, settings: Settings) -> Array:
    return alphas >= settings.late * alphas[-1]


def late_ratios(runs: list[SeedRun], count: int, late: Array) -> Array:
    """Mean over late alphas of SGD / (Eq 11 of the same start * factor of the learning rate)."""

    def ratio(run: SeedRun) -> float:
        factor = learning_rate_factor(run.variances, count, run.eta)
        return float(np.mean((run.curves[count] / (run.features(count) * factor))[late]))

    return per_seed(runs, ratio)


def deviations(runs: list[SeedRun], count: int) -> Array:
    """Median over alpha of |SGD / Eq 11 of the same start - 1|."""
    return per_seed(runs, lambda run: median_deviation(run.curves[count], run.features(count)))


def spectrum_quantities(images: pd.DataFrame, settings: Settings) -> Found:
    """spectrum_beta_mnist5k and so on: lambda_l ~ l^-(1+beta) over a window of ranks."""
    found: Found = {}
    for dataset in settings.datasets:
        rows = images[(images["dataset"] == dataset) & (images["quantity"] == "variance")]
        name = f"spectrum_beta_{dataset}"
        found[name] = (
            unavailable(f"this scale does not use {dataset}")
            if rows.empty
            else spectrum_beta(rows.groupby("direction")["value"].first().to_numpy(), settings)
        )
    return found


def spectrum_beta(variances: Array, settings: Settings) -> Quantity:
    """Straight line through eigenvalues at log-spaced ranks, so that each decade counts alike."""
    first, share, points = settings.ranks
    ranks = np.unique(np.rint(np.geomspace(first, share * len(variances), points)).astype(int))
    chosen = variances[ranks - 1]
    if len(ranks) < 4 or np.any(chosen <= 0):
        return unavailable("fewer than 4 ranks with positive variance in the window")

    def beta(x: Array, y: Array) -> float:
        return fit_power_law(x, y).exponent - 1

    low, high, _ = window_scan(ranks, chosen, max(4, len(ranks) // 2))
    slope, change = thinned(ranks.astype(float), chosen, beta, settings.fit_error)
    return computed(
        slope,
        change,
        n_points=len(ranks),
        window=(ranks[0], ranks[-1]),
        scan=(low - 1, high - 1),
        rule=f"ranks {first:g} to {share:g} N, spaced evenly in log rank",
    )

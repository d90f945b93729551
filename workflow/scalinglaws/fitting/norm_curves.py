"""Test error against a weight norm: mean curves, optima and the two laws of arXiv:2505.13230.

Law 1: along the early branch the error falls as norm^-gamma_1, whatever the training size P.
Law 2: the norm of smallest test error grows as P^gamma_2. Product law: the smallest error falls
as P^-(gamma_1 gamma_2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.errors import InputError
from scalinglaws.fitting.power_law import fit_power_law
from scalinglaws.fitting.windows import select

Array = np.ndarray
FEWEST_POINTS = 3  # of a curve in a window, for a slope


@dataclass(frozen=True)
class Runs:
    """Curves of every seed on one grid of norms.

    - `sizes` (P,), `grid` (norms,)
    - `errors` (seeds, P, norms): NaN at norms a run did not pass
    - `optima` (seeds, P): norm at the seed's smallest test error; NaN where nothing is finite
    - `monotone` (seeds, P): share of steps between logged epochs in which the norm did not fall
    - `masked`: logged epochs left out because a member had diverged
    """

    sizes: Array
    grid: Array
    errors: Array
    optima: Array
    monotone: Array
    masked: int


@dataclass(frozen=True)
class Means:
    """What the laws are fitted to.

    - `sizes` (P,), `grid` (norms,), `errors` (P, norms): mean over the seeds that reach the norm
    - `optima` (P,): arithmetic mean over seeds of the norm at their smallest error
    """

    sizes: Array
    grid: Array
    errors: Array
    optima: Array


@dataclass(frozen=True)
class Window:
    """Part of the descending branch on which law 1 is fitted, and for which sizes.

    The branch runs, in the logarithm of the norm, from the last point at which the error is still
    at least `start_share` of its largest value to the optimum; [`first`, `last`] is the part of it
    that is used. With `relative` the window is instead that range of norm / (norm at optimum).
    Sizes below `smallest_size` are left out.
    """

    smallest_size: float
    start_share: float = 0.9
    first: float = 0.0
    last: float = 0.5
    relative: tuple[float, float] | None = None

    def bounds(self, grid: Array, curve: Array) -> tuple[float, float]:
        """Lowest and highest norm of the window of one curve."""
        best = int(np.nanargmin(curve))
        if self.relative is not None:
            return grid[best] * self.relative[0], grid[best] * self.relative[1]
        before = curve[: best + 1]
        high = np.flatnonzero(before >= self.start_share * np.nanmax(before))[-1]
        length = np.log(grid[best] / grid[high])
        return (
            float(grid[high] * np.exp(self.first * length)),
            float(grid[high] * np.exp(self.last * length)),
        )


def runs_of(table: pd.DataFrame, norm: str, grid_step: float) -> Runs:
    """Interpolate every member's test error linearly in log10(norm) on a grid of whole multiples
    of `grid_step` decades (the grid does not depend on the data, only its ends do).
    """
    wide = (
        table[table["quantity"].isin([norm, "test_error"])]
        .pivot(index=["P", "seed", "step"], columns="quantity", values="value")
        .reset_index()
    )
    finite = wide[np.isfinite(wide[[norm, "test_error"]]).all(axis=1)]
    if finite.empty:
        raise InputError("no member has a finite error and norm; lower the learning rate.")
    logs = np.log10(finite[norm].to_numpy())
    exponents = np.arange(np.ceil(logs.min() / grid_step), np.floor(logs.max() / grid_step) + 1)
    sizes, seeds = np.unique(wide["P"].to_numpy()), np.unique(wide["seed"].to_numpy())
    errors = np.full((len(seeds), len(sizes), len(exponents)), np.nan)
    optima, monotone = np.full(errors.shape[:2], np.nan), np.full(errors.shape[:2], np.nan)
    for at in np.ndindex(*optima.shape):
        run = finite[(finite["seed"] == seeds[at[0]]) & (finite["P"] == sizes[at[1]])]
        if len(run):
            x, y = np.log10(run[norm].to_numpy()), run["test_error"].to_numpy()
            order = np.argsort(x, kind="stable")
            errors[at] = np.interp(exponents * grid_step, x[order], y[order], np.nan, np.nan)
            optima[at] = 10 ** x[np.argmin(y)]
            monotone[at] = np.mean(np.diff(x) >= 0) if len(x) > 1 else np.nan
    grid = 10 ** (exponents * grid_step)
    return Runs(sizes, grid, errors, optima, monotone, len(wide) - len(finite))


def means_of(runs: Runs, seeds: Array | None = None) -> Means:
    """Means over the given seeds (repetitions count); at each norm over those that reach it."""
    chosen = np.arange(len(runs.errors)) if seeds is None else seeds
    errors, optima = finite_mean(runs.errors[chosen]), finite_mean(runs.optima[chosen])
    return Means(runs.sizes, runs.grid, errors, optima)


def finite_mean(values: Array) -> Array:
    """Mean over the first axis of the finite values; NaN where there are none."""
    finite = np.isfinite(values)
    count = finite.sum(axis=0)
    total = np.where(finite, values, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def released_means(table: pd.DataFrame) -> Means:
    """The authors' released means (experiment released_curves, one set)."""
    curves = table[table["quantity"] == "test_error"].pivot(
        index="P", columns="norm", values="value"
    )
    optima = table[table["quantity"] == "norm_at_optimum"].set_index("P")["value"]
    return Means(
        curves.index.to_numpy(dtype=float),
        curves.columns.to_numpy(dtype=float),
        curves.to_numpy(dtype=float),
        optima.loc[curves.index].to_numpy(dtype=float),
    )


def optima_of_means(means: Means) -> tuple[Array, Array]:
    """Norm and error at the minimum of each mean curve, (P,) each."""
    best = np.nanargmin(means.errors, axis=1)
    return means.grid[best], means.errors[np.arange(len(best)), best]


def early_exponents(means: Means, window: Window) -> dict[float, float]:
    """Size -> gamma_1 of its curve in its window; NaN where the window holds too few points."""
    found = {}
    for size, curve in zip(means.sizes, means.errors, strict=True):
        if size >= window.smallest_size:
            inside = select(means.grid, *window.bounds(means.grid, curve)) & np.isfinite(curve)
            enough = inside.sum() >= FEWEST_POINTS
            found[float(size)] = slope(means.grid[inside], -curve[inside]) if enough else np.nan
    return found


def slope(x: Array, y: Array) -> float:
    """Least-squares slope of log|y| against log x; for y < 0 its negative (a decay exponent)."""
    sign = float(np.sign(y[0]))
    return -sign * fit_power_law(x, np.abs(y)).exponent


def laws(means: Means, window: Window) -> dict[str, float]:
    """gamma_1, gamma_2, gamma_predicted = their product, gamma_measured, and the difference.

    gamma_1 is the mean over sizes; the other two are least squares over all sizes. Raises
    InputError when a size has no curve on the grid of norms, or too few points remain.
    """
    refuse_empty_curves(means)
    gamma_1 = float(np.mean(list(early_exponents(means, window).values())))
    gamma_2 = slope(means.sizes, means.optima)
    measured = slope(means.sizes, -optima_of_means(means)[1])
    return {
        "gamma_1": gamma_1,
        "gamma_2": gamma_2,
        "gamma_predicted": gamma_1 * gamma_2,
        "gamma_measured": measured,
        "gamma_difference": gamma_1 * gamma_2 - measured,
        "early_spread": early_spread(means, window),
    }


def refuse_empty_curves(means: Means) -> None:
    empty = means.sizes[~np.isfinite(means.errors).any(axis=1)]
    if len(empty):
        raise InputError(
            f"the runs of size {empty[0]:g} reach no norm of the grid; choose a smaller grid_step "
            "in config/papers, or train longer."
        )


def early_spread(means: Means, window: Window, reach: float = 0.3) -> float:
    """Median over norms of the spread (standard deviation over sizes) of log10(error).

    Taken over norms that all fitted sizes reach, up to `reach` of their smallest optimal norm:
    law 1 says that it vanishes there.
    """
    fitted = means.sizes >= window.smallest_size
    curves = means.errors[fitted]
    early = means.grid <= reach * optima_of_means(means)[0][fitted].min()
    shared = early & np.isfinite(curves).all(axis=0)
    if len(curves) < 2 or not shared.any():
        return float("nan")
    return float(np.median(np.std(np.log10(curves[:, shared]), axis=0, ddof=1)))


def branch_scan(means: Means, window: Window, parts: int = 4) -> tuple[float, float]:
    """Lowest and highest gamma_1 over windows that end on quarters of the descending branch."""
    ends = np.linspace(0.0, 1.0, parts + 1)
    found = []
    for first in range(parts):
        for last in range(first + 1, parts + 1):
            part = Window(window.smallest_size, window.start_share, ends[first], ends[last])
            found.append(np.mean(list(early_exponents(means, part).values())))
    finite = [value for value in found if np.isfinite(value)]
    return (float(min(finite)), float(max(finite))) if finite else (np.nan, np.nan)


def window_from(settings: Mapping[str, Any], sizes: Array) -> Window:
    """The project's own rule: the first part of the branch, for the largest sizes."""
    kept = int(np.ceil(settings["largest_share"] * len(sizes)))
    return Window(
        smallest_size=float(np.sort(sizes)[-kept]),
        start_share=settings["start_share"],
        last=settings["branch_part"],
    )

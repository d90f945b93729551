"""Test error against a weight norm: curves on one grid, their means over seeds, their optima.

The curves of arXiv:2505.13230: every run's error is interpolated in the logarithm of the norm and
averaged over the seeds that reach it; the optimum is the norm of smallest error.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalinglaws.curves.means import Mean, mean_with_interval
from scalinglaws.errors import InputError

Array = np.ndarray
QUARTERS = 4
LEAST_SHARE = 0.5  # of the seeds must reach a norm for it to belong to the mean curve


@dataclass(frozen=True)
class Runs:
    """Curves of every seed on one grid of norms, and against the epoch.

    - `sizes` (P,), `grid` (norms,), `epochs` (logged epochs,)
    - `errors` (seeds, P, norms): NaN at norms a run did not pass
    - `optima` (seeds, P): norm at the seed's smallest test error; NaN where nothing is finite
    - `by_epoch` (seeds, P, epochs): test error at the logged epochs
    - `slowest_growth` (seeds, P): growth of log10 of the norm over that quarter of the logged
      epochs in which it grows least; below 0 where it falls
    - `masked`: logged epochs left out because a member had diverged
    """

    sizes: Array
    grid: Array
    epochs: Array
    errors: Array
    optima: Array
    by_epoch: Array
    slowest_growth: Array
    masked: int


@dataclass(frozen=True)
class Means:
    """What the laws are fitted to. Leading axes (...) number draws of seeds; there may be none.

    - `sizes` (P,), `grid` (norms,), evenly spaced in the logarithm
    - `errors` (..., P, norms): mean over the seeds that reach the norm, NaN where few do
    - `optima` (..., P): arithmetic mean over seeds of the norm at their smallest error
    """

    sizes: Array
    grid: Array
    errors: Array
    optima: Array


def runs_of(table: pd.DataFrame, norm: str, grid_step: float, error: str = "test_error") -> Runs:
    """Interpolate every member's error linearly in log10(norm) on a grid of whole multiples of
    `grid_step` decades (the grid does not depend on the data, only its ends do).

    Raises InputError when no member has a finite error and norm.
    """
    wide = (
        table[table["quantity"].isin([norm, error])]
        .pivot(index=["P", "seed", "step"], columns="quantity", values="value")
        .reset_index()
    )
    if norm not in wide or error not in wide:
        raise InputError(f"the table holds no {norm} or no {error} of these runs.")
    known = np.isfinite(wide[[norm, error]].to_numpy()).all(axis=1) & (wide[norm].to_numpy() > 0)
    finite = wide[known]
    if finite.empty:
        raise InputError("no member has a finite error and norm; lower the learning rate.")
    logs = np.log10(finite[norm].to_numpy())
    exponents = np.arange(np.ceil(logs.min() / grid_step), np.floor(logs.max() / grid_step) + 1)
    sizes, seeds, epochs = (np.unique(wide[name].to_numpy()) for name in ("P", "seed", "step"))
    errors = np.full((len(seeds), len(sizes), len(exponents)), np.nan)
    by_epoch = np.full((*errors.shape[:2], len(epochs)), np.nan)
    optima, slowest = np.full(errors.shape[:2], np.nan), np.full(errors.shape[:2], np.nan)
    for _, run in finite.groupby(["P", "seed"], sort=True):
        at = place(seeds, run["seed"]), place(sizes, run["P"])
        x, y = np.log10(run[norm].to_numpy()), run[error].to_numpy()
        order = np.argsort(x, kind="stable")
        errors[at] = np.interp(exponents * grid_step, x[order], y[order], np.nan, np.nan)
        by_epoch[(*at, np.searchsorted(epochs, run["step"].to_numpy()))] = y
        # The run's own point: the grid's step must not enter the exponents.
        optima[at] = 10 ** x[np.argmin(y)]
        slowest[at] = slowest_growth(x)
    grid = 10 ** (exponents * grid_step)
    masked = len(wide) - len(finite)
    return Runs(sizes, grid, epochs, errors, optima, by_epoch, slowest, masked)


def slowest_growth(logs: Array) -> float:
    """Of a run's logarithms in order of time: their growth over the quarter where it is least.

    A single logged step may fall by the noise of its minibatches; a quarter of all may not. NaN
    with fewer steps than quarters.
    """
    if len(logs) <= QUARTERS:
        return math.nan
    return float(min(part.sum() for part in np.array_split(np.diff(logs), QUARTERS)))


def place(values: Array, column: pd.Series) -> int:
    return int(np.searchsorted(values, column.to_numpy()[0]))


def means_of(runs: Runs, counts: Array | None = None) -> Means:
    """Means over the seeds, at norms that at least half of them reach, over those that do.

    Beyond, a mean over few seeds would be a minimum by chance: the smallest error of one seed.
    `counts` (..., seeds): how often each seed was drawn; by default each once.
    """
    weights = np.ones(len(runs.errors)) if counts is None else np.asarray(counts, dtype=float)
    return Means(
        runs.sizes,
        runs.grid,
        finite_mean(runs.errors, weights, LEAST_SHARE),
        finite_mean(runs.optima, weights),
    )


def finite_mean(values: Array, weights: Array, least: float = 0.0) -> Array:
    """Weighted mean (..., rest) over the first axis of (seeds, rest) values, of the finite ones;
    NaN where none is, or less than the share `least` of the weight.
    """
    finite = np.isfinite(values)
    count = np.tensordot(weights, finite.astype(float), axes=1)
    total = np.tensordot(weights, np.where(finite, values, 0.0), axes=1)
    # A draw of seeds may hold none of those that are there.
    needed = np.maximum(least * weights.sum(axis=-1), 1e-9)
    enough = count >= needed.reshape(needed.shape + (1,) * (values.ndim - 1))
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=enough)


def released_means(table: pd.DataFrame) -> Means:
    """The authors' released means (experiment released_curves, one set and variant)."""
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


def released_set(table: pd.DataFrame, name: str, variant: int = 0) -> pd.DataFrame:
    """Rows of one set and variant. Raises InputError when the table has none."""
    chosen = table[(table["set"] == name) & (table["variant"] == variant)]
    if chosen.empty:
        raise InputError(f"the released set {name} is not among released_curves at this scale.")
    return chosen


def best_points(errors: Array) -> Array:
    """(...) index of the smallest error along the last axis; 0 where nothing is finite."""
    return np.argmin(np.where(np.isfinite(errors), errors, np.inf), axis=-1)


def optima_of_means(means: Means) -> tuple[Array, Array]:
    """Norm and error at the minimum of each mean curve, (..., P) each; NaN without a curve."""
    best = best_points(means.errors)
    smallest = np.take_along_axis(means.errors, best[..., None], axis=-1)[..., 0]
    return np.where(np.isfinite(smallest), means.grid[best], np.nan), smallest


def errors_at_optimum(runs: Runs, means: Means) -> Array:
    """(seeds, P) errors of the seeds at the optimal norm of the mean curve."""
    best = best_points(means.errors)
    return runs.errors[:, np.arange(len(best)), best]


def seed_bands(errors: Array) -> Mean:
    """(...) mean over the seeds that are there, its 95 % Student interval formed in the logarithm.

    `errors` (seeds, ...) positive or NaN; with less than half of the seeds there is no mean, as in
    `means_of`, with fewer than two no interval.
    """
    positive = np.where(errors > 0, errors, np.nan)
    mean = finite_mean(positive, np.ones(len(errors)), LEAST_SHARE)
    centre, _, high = mean_with_interval(positive, "log")
    return Mean(mean, mean * centre / high, mean * high / centre)


def ends_at_optimum(errors: Array) -> Array:
    """(P,) whether the minimum of a curve is its last point or last but one, that is, the norm at
    which training ended; False without a curve.
    """
    places = np.arange(errors.shape[-1])
    last = np.max(np.where(np.isfinite(errors), places, -1), axis=-1)
    return (best_points(errors) >= last - 1) & (last >= 0)


def subset_of(means: Means, kept: Array) -> Means:
    """The curves of some sizes."""
    return Means(means.sizes[kept], means.grid, means.errors[..., kept, :], means.optima[..., kept])

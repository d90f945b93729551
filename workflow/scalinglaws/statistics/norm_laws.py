"""The two laws and the product law of arXiv:2505.13230, fitted to mean curves.

Law 1: along the early branch the error falls as norm^-gamma_1, whatever the training size P.
Law 2: the norm of smallest test error grows as P^gamma_2. Product law: the smallest error falls
as P^-(gamma_1 gamma_2). Everything is computed for all draws of seeds at once: leading axes (...)
of `Means` are kept. A size counts only where its curve has points; NaN marks what is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scalinglaws.curves.norm_curves import Means, best_points, optima_of_means

Array = np.ndarray
FEWEST_POINTS = 3  # of a curve in a window, and of sizes, for a slope
LAWS = (
    *("gamma_1", "gamma_2", "gamma_predicted", "gamma_measured", "gamma_difference"),
    *("early_spread", "collapse_spread"),
)


@dataclass(frozen=True)
class Window:
    """Part of the descending branch on which law 1 is fitted, and for which sizes.

    The branch runs, in the logarithm of the norm, from the last point at which the error is still
    at least `start_share` of its largest value to the optimum; [`first`, `last`] is the part of it
    that is used. Sizes below `smallest_size` are left out.
    """

    smallest_size: float
    start_share: float = 0.9
    first: float = 0.0
    last: float = 0.5

    def used(self, sizes: Array) -> Array:
        return sizes >= self.smallest_size


def window_from(settings: Mapping[str, Any], sizes: Array) -> Window:
    """The project's own rule: the first part of the branch, for the largest sizes."""
    kept = int(np.ceil(settings["largest_share"] * len(sizes)))
    return Window(
        smallest_size=float(np.sort(sizes)[-kept]),
        start_share=settings["start_share"],
        last=settings["branch_part"],
    )


def branch(errors: Array, window: Window) -> tuple[Array, Array]:
    """(..., P) indices of the start of the descending branch and of the optimum."""
    best = best_points(errors)
    places = np.arange(errors.shape[-1])
    before = np.where(np.isfinite(errors) & (places <= best[..., None]), errors, -np.inf)
    high = window.start_share * before.max(axis=-1, keepdims=True)
    start = np.max(np.where((before >= high) & np.isfinite(before), places, 0), axis=-1)
    return start, best


def window_bounds(means: Means, window: Window) -> tuple[Array, Array]:
    """(..., P) log10 of the lowest and highest norm of each curve's window."""
    start, best = branch(means.errors, window)
    logs = np.log10(means.grid)
    length = logs[best] - logs[start]
    return logs[start] + window.first * length, logs[start] + window.last * length


def early_exponents(means: Means, window: Window) -> Array:
    """(..., P) gamma_1 of each curve in its window; NaN for sizes left out or with few points."""
    low, high = (end[..., None] for end in window_bounds(means, window))
    logs = np.log10(means.grid)
    inside = (logs >= low - 1e-9) & (logs <= high + 1e-9) & window.used(means.sizes)[:, None]
    return -log_slope(logs, log10_of(means.errors), inside)


def log_slope(x: Array, y: Array, inside: Array | None = None) -> Array:
    """(...) least-squares slopes of y (..., n) on x (n,) over the finite points inside; NaN where
    fewer than three are left. `x` and `y` are logarithms already.
    """
    kept = np.isfinite(y) if inside is None else np.isfinite(y) & inside
    count = kept.sum(axis=-1)
    enough = count >= FEWEST_POINTS
    weight = kept / np.maximum(count, 1)[..., None]
    centred = np.where(kept, x - (weight * x).sum(axis=-1, keepdims=True), 0.0)
    squares = (centred**2).sum(axis=-1)
    products = (centred * np.where(kept, y, 0.0)).sum(axis=-1)
    good = enough & (squares > 0)
    return np.divide(products, squares, out=np.full(np.shape(squares), np.nan), where=good)


def log10_of(values: Array) -> Array:
    """NaN for what is not positive (an error of zero has no place on a power law)."""
    return np.log10(values, out=np.full(np.shape(values), np.nan), where=values > 0)


def finite_average(values: Array) -> Array:
    """Mean over the last axis of the finite values; NaN where none is."""
    kept = np.isfinite(values)
    count = kept.sum(axis=-1)
    total = np.where(kept, values, 0.0).sum(axis=-1)
    return np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0)


def laws(means: Means, window: Window) -> dict[str, Array]:
    """Name of `LAWS` -> (...) values.

    gamma_1 is the mean over sizes of the window; gamma_2 and the measured exponent are least
    squares over all sizes.
    """
    sizes = np.log10(means.sizes)
    gamma_1 = finite_average(early_exponents(means, window))
    gamma_2 = log_slope(sizes, log10_of(means.optima))
    measured = -log_slope(sizes, log10_of(optima_of_means(means)[1]))
    return {
        "gamma_1": gamma_1,
        "gamma_2": gamma_2,
        "gamma_predicted": gamma_1 * gamma_2,
        "gamma_measured": measured,
        "gamma_difference": gamma_1 * gamma_2 - measured,
        "early_spread": early_spread(means, window),
        "collapse_spread": collapse_spread(means, window),
    }


def early_spread(means: Means, window: Window, reach: float = 0.3) -> Array:
    """(...) median over norms of the standard deviation over sizes of log10(error).

    Taken over norms that all fitted sizes reach, from where the first of them starts to descend up
    to `reach` of their smallest optimal norm: law 1 says that it vanishes there. Where the norm
    grows too little for that, up to half of the way to it, in the logarithm.
    """
    fitted = window.used(means.sizes)
    curves = means.errors[..., fitted, :]
    start, best = branch(curves, window)
    logs = np.log10(means.grid)
    low, optimum = logs[start].min(axis=-1)[..., None], logs[best].min(axis=-1)[..., None]
    high = np.maximum(optimum + np.log10(reach), (low + optimum) / 2)
    early = (logs >= low - 1e-9) & (logs <= high + 1e-9)
    return median_where(spread(log10_of(curves)), early)


def collapse_spread(means: Means, window: Window) -> Array:
    """(...) median over norm / optimal norm of the standard deviation over sizes of
    log10(error / smallest error), from where the last fitted size starts to descend to 1.

    The grid is even in the logarithm, so curves are matched by shifting whole points.
    """
    fitted = window.used(means.sizes)
    curves = log10_of(means.errors[..., fitted, :])
    start, best = branch(means.errors[..., fitted, :], window)
    steps = np.arange(means.errors.shape[-1])  # grid points before the optimum
    places = best[..., None] - steps
    shifted = np.take_along_axis(curves, np.maximum(places, 0), axis=-1)
    relative = np.where(places >= 0, shifted - shifted[..., :1], np.nan)
    shared = (steps > 0) & (steps <= (best - start).min(axis=-1)[..., None])
    return median_where(spread(relative), shared)


def spread(logarithms: Array) -> Array:
    """(..., n) standard deviation over sizes of (..., P, n); NaN unless all sizes are there."""
    if logarithms.shape[-2] < 2:
        return np.full((*logarithms.shape[:-2], logarithms.shape[-1]), np.nan)
    return np.std(logarithms, axis=-2, ddof=1)


def median_where(values: Array, chosen: Array) -> Array:
    """(...) median over the last axis of the finite chosen values; NaN where there are none."""
    kept = np.where(chosen & np.isfinite(values), values, np.inf)
    count = np.isfinite(kept).sum(axis=-1)
    ordered = np.sort(kept, axis=-1)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    picked = [np.take_along_axis(ordered, at[..., None], axis=-1)[..., 0] for at in (low, high)]
    return np.where(count > 0, np.add(*picked) / 2, np.nan)


def branch_scan(means: Means, window: Window, parts: int = 4) -> tuple[float, float]:
    """Lowest and highest gamma_1 over windows that end on quarters of the descending branch."""
    ends = np.linspace(0.0, 1.0, parts + 1)
    found = [
        float(finite_average(early_exponents(means, replace(window, first=ends[i], last=ends[j]))))
        for i in range(parts)
        for j in range(i + 1, parts + 1)
    ]
    finite = [value for value in found if np.isfinite(value)]
    return (min(finite), max(finite)) if finite else (np.nan, np.nan)

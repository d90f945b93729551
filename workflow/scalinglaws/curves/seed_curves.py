"""Curves of several seeds as points with Student intervals, of arithmetic or geometric means."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import t as student

Array = np.ndarray


def geometric_mean(curves: Array | Sequence[Array]) -> tuple[Array, Array, Array]:
    """Mean and 95 % interval over seeds, each (n,), of (seeds, n) positive values.

    Values that are not finite are left out; fewer than two leave no interval (NaN).
    """
    values = np.asarray(curves, dtype=float)
    good = np.isfinite(values) & (values > 0)
    logs = np.log(values, out=np.full(values.shape, np.nan), where=good)
    count = good.sum(axis=0)
    mean = np.where(good, logs, 0.0).sum(axis=0) / np.where(count > 0, count, np.nan)
    squares = np.where(good, (logs - mean) ** 2, 0.0).sum(axis=0)
    freedom = np.where(count > 1, count - 1, np.nan)
    reach = student.ppf(0.975, freedom) * np.sqrt(squares / freedom / np.maximum(count, 1))
    return np.exp(mean), np.exp(mean - reach), np.exp(mean + reach)


def mean_and_interval(values: Array) -> tuple[Array, Array, Array]:
    """Mean over samples (first axis) and Student's 95 % interval; NaN samples are left out."""
    finite = np.isfinite(values)
    count = np.sum(finite, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):  # one sample has no interval, none no mean
        mean = np.sum(np.where(finite, values, 0.0), axis=0) / count
        square = np.sum(np.where(finite, values - mean, 0.0) ** 2, axis=0)
        reach = student.ppf(0.975, count - 1) * np.sqrt(square / (count - 1) / count)
    return mean, mean - reach, mean + reach


def some_points(alphas: Array, count: int, shift: float = 0.0) -> Array:
    """Indices of about `count` points, evenly spaced along the curve.

    The last one is included, or lies `shift` spacings before the end, so that two curves that
    coincide do not hide each other.
    """
    every = max(1, len(alphas) // count)
    return np.arange(len(alphas))[::-1][int(shift * every) :: every][::-1]

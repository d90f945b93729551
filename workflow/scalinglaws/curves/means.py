"""Means over seeds with Student's 95 % intervals: what figures draw as points with bars."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit  # scipy.stats' own, without its second of import

Array = np.ndarray


class Mean(NamedTuple):
    """A mean over seeds and the ends of its 95 % interval, each (...), in the values' unit.

    NaN ends: there is no interval, and the point is drawn without a bar.
    """

    mean: Array
    low: Array
    high: Array


def mean_with_interval(values: Array | Sequence[Array], mean: str = "arithmetic") -> Mean:
    """Mean over seeds, the first axis of (seeds, ...) values, with Student's 95 % interval.

    `mean`: "arithmetic", or "log" for the geometric mean, whose interval is that of the mean
    logarithm. Values that are not finite (for "log" also those that are not positive) are left
    out. One value that is left has no interval, none has no mean (NaN).
    """
    values = np.asarray(values, dtype=float)
    if mean == "log":
        positive = np.isfinite(values) & (values > 0)
        logs = np.log(values, out=np.full(values.shape, np.nan), where=positive)
        return Mean(*(np.exp(part) for part in mean_with_interval(logs)))
    finite = np.isfinite(values)
    count = finite.sum(axis=0)
    # By hand: nanmean warns of every place that no seed reaches.
    centre = np.where(finite, values, 0.0).sum(axis=0) / np.where(count > 0, count, np.nan)
    squares = np.where(finite, values - centre, 0.0) ** 2
    freedom = np.where(count > 1, count - 1, np.nan)
    error = np.sqrt(squares.sum(axis=0) / freedom / np.maximum(count, 1))
    reach = stdtrit(freedom, 0.975) * error
    return Mean(centre, centre - reach, centre + reach)


def some_points(alphas: Array, count: int, shift: float = 0.0) -> Array:
    """Indices of about `count` points, evenly spaced along the curve.

    The last one is included, or lies `shift` spacings before the end, so that two curves that
    coincide do not hide each other.
    """
    every = max(1, len(alphas) // count)
    return np.arange(len(alphas))[::-1][int(shift * every) :: every][::-1]

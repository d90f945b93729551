"""A curve as forecasts need it: positive, falling, one value per abscissa, not too long."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scalinglaws.errors import InputError

Array = np.ndarray
FEWEST = 6  # points: a fit of four and two rolling origins
ROUNDING = 1e-12  # fall of a logarithm: the slope of equal values is 0 or 1e-17
MOST = 200  # points; of a longer curve, means over as many equal steps in log x


class TooShort(InputError):
    """Nothing can be said of this curve: an answer, where others are asked for too."""


class Curve(NamedTuple):
    """Abscissae (n,), increasing, and values (n,), both positive; what was done to get there."""

    x: Array
    y: Array
    notes: tuple[str, ...] = ()


def as_curve(x: Sequence[float] | Array, y: Sequence[float] | Array) -> Curve:
    """Points in any order; values of one abscissa are averaged (geometric mean).

    Points whose value is missing (NaN) are left out, and said. Raises InputError for what no
    forecast can start from: values that are not positive, one abscissa, values that do not fall.
    """
    given_x, given_y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    notes: list[str] = []
    finite = np.isfinite(given_y)
    if not np.all(finite):
        notes.append(f"{np.sum(~finite)} values are missing or not finite and were left out")
    kept_x, kept_y = given_x[finite], given_y[finite]
    check_positive("x", kept_x)
    check_positive("y", kept_y)
    abscissae, places = np.unique(kept_x, return_inverse=True)
    if 0 < len(abscissae) < len(kept_x):
        repeated = int(np.sum(np.bincount(places) > 1))
        notes.append(f"values of the same x were averaged at {repeated} x (geometric mean)")
    logs = np.bincount(places, np.log(kept_y)) / np.maximum(np.bincount(places), 1)
    if len(abscissae) < FEWEST:
        raise TooShort(
            f"no forecast: {len(abscissae)} different x, at least {FEWEST} are needed (a fit of "
            "four and two later points to test it on); add sizes, or the steps between them."
        )
    span = np.log(abscissae / abscissae[0])
    if -np.polyfit(span, logs, 1)[0] * span[-1] <= ROUNDING:
        raise InputError(
            "no forecast: the values do not fall with x; expected a loss or an error: of an "
            "accuracy give 1 - accuracy, of percentages 100 - percent."
        )
    curve = thinned_curve(abscissae, np.exp(logs))
    if len(curve.x) < len(abscissae):
        notes.append(
            f"{len(abscissae)} points were averaged to {len(curve.x)}, evenly spaced in log x"
        )
    return Curve(curve.x, curve.y, tuple(notes))


LEVEL_STEPS = 200  # of the alternation between seeds' levels and the mean curve


def mean_of_seeds(samples: Array) -> Array:
    """(n,) geometric mean curve of samples (seeds, n), NaN where a seed has no value.

    Every seed has a level of its own (log y = curve + level), so that the curve does not jump
    where a seed ends early or begins late. Values that are not positive raise InputError.
    """
    held = np.isfinite(samples)
    check_positive("y", samples[held])
    logs = np.log(np.where(held, samples, 1.0))
    levels = np.zeros((len(samples), 1))
    for _ in range(LEVEL_STEPS):
        curve = np.sum(np.where(held, logs - levels, 0.0), axis=0) / held.sum(axis=0)
        count = np.maximum(held.sum(axis=1), 1)
        levels = (np.sum(np.where(held, logs - curve, 0.0), axis=1) / count)[:, None]
        levels -= levels.mean()
    return np.asarray(np.exp(curve))


def check_positive(name: str, values: Array) -> None:
    wrong = ~(np.isfinite(values) & (values > 0))
    if np.any(wrong):
        raise InputError(
            f"no forecast: {name} holds {values[int(np.argmax(wrong))]:g}; expected finite numbers "
            "above 0, as a power law has: leave such rows out."
        )


def thinned_curve(x: Array, y: Array) -> Curve:
    """At most MOST points: means of log x and log y over equal steps in log x.

    The last point keeps its place: distances of forecasts are counted from it.
    """
    if len(x) <= MOST:
        return Curve(x, y)
    u = np.log(x)
    steps = np.minimum(((u - u[0]) / (u[-1] - u[0]) * MOST).astype(int), MOST - 1)
    steps[-1] = MOST
    count = np.bincount(steps)
    held = count > 0
    mean_u = np.bincount(steps, u)[held] / count[held]
    mean_v = np.bincount(steps, np.log(y))[held] / count[held]
    means = np.exp(mean_u)
    means[-1] = x[-1]  # the last point alone: no rounding by its logarithm
    return Curve(means, np.exp(mean_v))

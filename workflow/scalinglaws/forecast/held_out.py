"""Forecasts held against what is known: a curve's first part forecasts the rest of the same curve.

The first half of the points is given, but at least as many as a forecast needs; the others are
held out. Points farther off than the record of the first part supports get no forecast and are
counted.
"""

from typing import NamedTuple

import numpy as np

from scalinglaws.errors import InputError
from scalinglaws.forecast.curve import FEWEST
from scalinglaws.forecast.forecasts import Forecaster, forecaster

Array = np.ndarray
LEVEL = 0.9


class HeldOut(NamedTuple):
    """Held-out points (m,) within reach, their forecasts with 90 % intervals.

    `made`: the forecaster of the first part; `beyond`: points held out but out of its reach.
    """

    made: Forecaster
    x: Array
    y: Array
    value: Array
    low: Array
    high: Array
    beyond: int

    @property
    def errors(self) -> Array:
        """(m,) log forecast - log y."""
        return np.asarray(np.log(self.value) - np.log(self.y))

    @property
    def covered(self) -> Array:
        return self.holds(self.y)

    def holds(self, truth: Array) -> Array:
        """(m,) whether each interval holds the truth of its point."""
        return np.asarray((self.low <= truth) & (truth <= self.high))


def forecast_rest(x: Array, y: Array, *, given: int | None = None) -> HeldOut:
    """Forecast the later part of a curve (n,), x increasing, from its first `given` points.

    By default half of them, rounded up, but at least FEWEST. Raises InputError where nothing is
    left to hold out, or the first part has no forecast (forecast.curve.as_curve).
    """
    known = max(FEWEST, -(-len(x) // 2)) if given is None else given
    if len(x) <= known:
        raise InputError(
            f"no forecast: {len(x)} sizes, of which the first {known} are needed to forecast from; "
            "run more sizes."
        )
    made = forecaster(x[:known], y[:known])
    later_x, later_y = np.asarray(x[known:], dtype=float), np.asarray(y[known:], dtype=float)
    near = (later_x <= made.farthest) & np.isfinite(later_y) & (later_y > 0)
    low, high = made.interval(later_x[near], LEVEL)
    return HeldOut(
        made,
        later_x[near],
        later_y[near],
        made.values(later_x[near]),
        low,
        high,
        int(np.sum(~near)),
    )


def straight_line(made: Forecaster, x: Array) -> Array:
    """(m,) the plain power law through the same points, the rival that everybody has."""
    known = made.curve
    slope, level = np.polyfit(np.log(known.x), np.log(known.y), 1)
    return np.asarray(np.exp(level + slope * np.log(x)))

"""Forecasts of a curve whose law changes at a known place: from every origin, some way ahead."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scalinglaws.errors import InputError
from scalinglaws.forecast.forecasts import forecaster
from scalinglaws.forecast.held_out import LEVEL

Array = np.ndarray


class Ahead(NamedTuple):
    """Forecasts (k,): last x known, x forecast, log forecast - log y, 90 % half-width of log y."""

    origin: Array
    x: Array
    error: Array
    half: Array

    @property
    def covered(self) -> Array:
        return np.asarray(np.abs(self.error) <= self.half)

    def only(self, kept: Array) -> "Ahead":
        return Ahead(*(values[kept] for values in self))


def forecasts_ahead(x: Array, y: Array, factors: Sequence[float], first: int, every: int) -> Ahead:
    """From the first `first`, `first` + `every`, ... points (n,): at `factors` times the last x.

    The truth between points is interpolated in both logarithms. Forecasts that the record does not
    support or the curve does not reach are left out, and so are origins without a forecast.
    """
    rows: list[tuple[float, ...]] = []
    for known in range(first, len(x), every):
        last = float(x[known - 1])
        wanted = np.array([last * factor for factor in factors if last * factor <= x[-1]])
        if not len(wanted):
            break
        try:
            made = forecaster(x[:known], y[:known])
        except InputError:
            continue
        near = wanted[wanted <= made.farthest]
        truth = np.interp(np.log(near), np.log(x), np.log(y))
        errors = np.log(made.values(near)) - truth
        halves = made.half_width(near, LEVEL)
        rows += zip([last] * len(near), near, errors, halves, strict=True)
    columns = np.array(rows, dtype=float).reshape(-1, 4).T
    return Ahead(*columns)

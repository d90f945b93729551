"""Forecasts of a curve from its first points, with intervals that its own past has earned.

At rolling origins (the first 4, 5, ... points) three laws are fitted and held against the points
that follow. Those errors say two things: how the laws are averaged (log y weighted by the inverse
mean square error), and how far off a forecast is at the distance h = log(x / last x). Errors
grow about in proportion to h: every law has a slope that is a little wrong. So the half-width in
log y is

    t(nu) * scale * sqrt(h^2 + H0^2),

where scale^2 is the mean over origins of the mean square of error / sqrt(h^2 + H0^2), and nu is
the number of origins (errors are about zero: no mean is taken off), at most 8: origins overlap, so
a longer curve has no more evidence.
The average was weighted by the very errors it is judged with, which flatters it. Therefore an
error counts with the larger of the average's and that of the geometric mean of the two recent
laws, which is fixed.

The constants are round numbers chosen among a few by 43 public learning curves, each choice looked
at on two halves (by hash) apart; README.md beside this file says how to repeat that.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from scalinglaws.errors import InputError
from scalinglaws.forecast.curve import Curve, as_curve
from scalinglaws.forecast.laws import FAMILIES, Laws, fit_laws

Array = np.ndarray
FIRST_ORIGIN = 4  # points
MOST_ORIGINS = 24  # evenly spaced in log x
FEWEST_ORIGINS = 2
KNEE = 0.3  # H0: nearer than 35 % the noise of single points counts more than the slope
ORIGIN_RECENCY = 0.5  # an origin counts by (its x / last x)^0.5: early fits saw less than the last
MOST_FREE = 8
REACH = 2.0  # abstain beyond so many times the longest distance (in log x) of the record
FIXED_PAIR = (0, 1)  # of FAMILIES
LEVELS = (0.5, 0.9)
LEAST_ERROR = 1e-4  # of log y: errors below count alike


class Point(NamedTuple):
    """A forecast at x with its 50 % and 90 % interval; None with the reason where there is none."""

    x: float
    value: float | None
    low_50: float | None
    high_50: float | None
    low_90: float | None
    high_90: float | None
    why: str | None = None


class Record(NamedTuple):
    """What forecasts from earlier points were worth: one entry per (origin, later point).

    `origin`, `n_points`: last x and number of points of the fit; `x`, `distance` h; `error` of the
    average, log forecast - log y; `judged`: |error| that counts; `weight`: of the entry, sum 1.
    """

    origin: Array
    n_points: Array
    x: Array
    distance: Array
    error: Array
    judged: Array
    weight: Array


class Forecaster(NamedTuple):
    """Laws fitted to a whole curve, their shares in the average (sum 1), and the record."""

    curve: Curve
    laws: tuple[Laws, ...]
    shares: Array
    record: Record
    scale: float
    free: float
    floor: float

    @property
    def last(self) -> float:
        return float(self.curve.x[-1])

    @property
    def farthest(self) -> float:
        """Largest x that the record supports."""
        return self.last * float(np.exp(REACH * np.max(self.record.distance)))

    def values(self, x: Array) -> Array:
        """(m,) forecasts, also within the data."""
        return np.asarray(
            np.exp(
                sum(
                    share * np.log(law(x)[-1])
                    for share, law in zip(self.shares, self.laws, strict=True)
                )
            )
        )

    def half_width(self, x: Array, level: float) -> Array:
        """(m,) of log y, beyond the last point."""
        distance = np.maximum(np.log(np.asarray(x, dtype=float) / self.last), 0.0)
        return float(stdtrit(self.free, (1 + level) / 2)) * self.scale * growth(distance)

    def interval(self, x: Array, level: float) -> tuple[Array, Array]:
        values, half = self.values(x), self.half_width(x, level)
        return np.maximum(values * np.exp(-half), self.floor), values * np.exp(half)


def growth(distance: Array) -> Array:
    return np.sqrt(np.square(distance) + KNEE**2)


def forecaster(
    x: Sequence[float] | Array, y: Sequence[float] | Array, *, floor: float = 0.0
) -> Forecaster:
    """Fit a curve of n points, in any order, and judge the fit by its past.

    `floor`: what y cannot fall below (0 for losses and errors). Deterministic given its input.
    Raises InputError where there is nothing to forecast from (forecast.curve.as_curve).
    """
    curve = as_curve(x, y)
    if not 0 <= floor < np.min(curve.y):
        raise InputError(
            f"the floor is {floor:g}; expected 0 or more, and less than every value (the lowest is "
            f"{np.min(curve.y):g})."
        )
    ends = np.append(rolling_ends(curve.x), len(curve.x))
    laws = tuple(fit_laws(curve.x, curve.y, ends, family, floor) for family in FAMILIES)
    logs = np.array([np.log(law(curve.x)) for law in laws])  # (laws, origins + 1, n)
    errors = logs[:, :-1] - np.log(curve.y)
    later = np.arange(len(curve.x))[None, :] >= ends[:-1, None]
    shares = shares_of(errors, later, curve.x)
    record = record_of(errors, later, shares, curve.x, ends[:-1])
    scale = float(np.sqrt(np.sum(record.weight * (record.judged / growth(record.distance)) ** 2)))
    free = float(min(len(ends) - 1, MOST_FREE))
    return Forecaster(curve, laws, shares, record, scale, free, floor)


def rolling_ends(x: Array) -> Array:
    """Numbers of points (k,) after which a forecast is tried: all, or some evenly in log x."""
    n = len(x)
    if n - FIRST_ORIGIN <= MOST_ORIGINS:
        return np.arange(FIRST_ORIGIN, n)
    logs = np.log(x)
    targets = np.linspace(logs[FIRST_ORIGIN - 1], logs[n - 2], MOST_ORIGINS)
    return np.unique(np.searchsorted(logs, targets) + 1)


def shares_of(errors: Array, later: Array, x: Array) -> Array:
    """Shares (laws,) in the average: inverse mean square errors over all origins."""
    spacing = np.broadcast_to(np.gradient(np.log(x)), later.shape) * later
    squares = np.sum(errors**2 * spacing, axis=(1, 2)) / np.sum(spacing)
    inverse = 1 / (squares + LEAST_ERROR**2)
    return np.asarray(inverse / inverse.sum())


def record_of(errors: Array, later: Array, shares: Array, x: Array, ends: Array) -> Record:
    mean = np.tensordot(shares, errors, axes=1)
    fixed = np.mean(errors[list(FIXED_PAIR)], axis=0)
    origin = x[ends - 1]
    spacing = np.where(later, np.gradient(np.log(x)), 0.0)
    of_origin = (origin / x[-1]) ** ORIGIN_RECENCY
    weight = spacing / spacing.sum(axis=1, keepdims=True) * (of_origin / of_origin.sum())[:, None]
    rows, columns = np.nonzero(later)
    return Record(
        origin[rows],
        ends[rows],
        x[columns],
        np.log(x[columns] / origin[rows]),
        mean[later],
        np.maximum(np.abs(mean), np.abs(fixed))[later],
        weight[later],
    )


def forecast(
    x: Sequence[float] | Array,
    y: Sequence[float] | Array,
    at: Sequence[float] | Array,
    *,
    floor: float = 0.0,
) -> list[Point]:
    """Forecasts of the curve x, y (n,) at abscissae `at` (m,), as `forecaster` and `points_at`."""
    return points_at(forecaster(x, y, floor=floor), at)


def points_at(made: Forecaster, at: Sequence[float] | Array) -> list[Point]:
    """One point per abscissa; without numbers, but a reason, where the record supports none."""
    found = []
    for x in map(float, at):
        reason = why_not_at(made, x)
        if reason:
            found.append(Point(x, None, None, None, None, None, reason))
            continue
        where = np.array([x])
        low_50, high_50, low_90, high_90 = (
            float(end[0]) for level in LEVELS for end in made.interval(where, level)
        )
        value = float(made.values(where)[0])
        found.append(Point(x, value, low_50, high_50, low_90, high_90))
    return found


def why_not_at(made: Forecaster, x: float) -> str | None:
    if not x > made.last:
        return f"x = {x:g} is no forecast: the data reach to {made.last:g}"
    if x > made.farthest:
        longest = float(np.exp(np.max(made.record.distance)))
        return (
            f"x = {x:g} is {x / made.last:.3g} times the last x, and the record of this curve "
            f"tests distances of up to {longest:.3g} times: nothing is said beyond "
            f"{made.farthest:.4g}"
        )
    return None


class Need(NamedTuple):
    """How large x must be for y to fall to a target, with 50 % and 90 % interval.

    Ends are None where y does not get there within what the record supports.
    """

    target: float
    x: float | None
    low_50: float | None
    high_50: float | None
    low_90: float | None
    high_90: float | None
    why: str | None = None


STEPS = 2000  # of the search for a target, evenly in log x; interpolated between


def need_for(made: Forecaster, target: float) -> Need:
    """x at which the forecast and the ends of its intervals cross `target`."""
    reached = made.curve.y <= target
    if np.any(reached):
        first = made.curve.x[int(np.argmax(reached))]
        why = f"{target:g} is no forecast: the data reach it at x = {first:g}"
        return Need(target, None, None, None, None, None, why)
    x = np.geomspace(made.last, made.farthest, STEPS)
    curves = [made.values(x), *(end for level in LEVELS for end in made.interval(x, level))]
    crossed = [crossing(x, values, target) for values in curves]
    missing = "the forecast" if crossed[0] is None else "an end of an interval"
    never = (
        f"{missing} does not fall to {target:g} before x = {made.farthest:.4g}, and nothing is "
        "said beyond"
    )
    centre, low_50, high_50, low_90, high_90 = crossed
    return Need(
        target, centre, low_50, high_50, low_90, high_90, never if None in crossed else None
    )


def crossing(x: Array, values: Array, target: float) -> float | None:
    """First x (m,) at which values (m,) are at or below the target, between points in log x."""
    below = np.flatnonzero(values <= target)
    if len(below) == 0:
        return None
    place = int(below[0])
    if place == 0:
        return float(x[0])
    before, after = np.log(values[place - 1]), np.log(values[place])
    share = (before - np.log(target)) / (before - after)
    return float(x[place - 1] * (x[place] / x[place - 1]) ** share)

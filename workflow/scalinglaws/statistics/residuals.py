"""The exponent of one curve without repetitions, with an interval from its residuals.

What scatters around the law is all there is to tell an error from. Without an offset this is the
textbook interval of a regression slope in the logarithms. With an offset the exponent is far from
linear; its interval holds every exponent whose best fit is not significantly worse than the best
of all (F test with 1 and n - 3 degrees of freedom, the profile of the sum of squares). Residuals
never count as smaller than the rounding of double precision: an interval of width zero would claim
more than the numbers can hold.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import fdtri, stdtrit

from scalinglaws.errors import InputError
from scalinglaws.statistics.power_law import (
    EXPONENTS,
    ROUNDING,
    end_between,
    fit_power_law,
    linear_part,
    power_of_two,
    refined,
    slope_weights,
)
from scalinglaws.statistics.quantity import Quantity, quantity, unavailable
from scalinglaws.statistics.windows import fitted_window, select, window_scan

Array = np.ndarray
KIND = "residuals around the law"
GRID_POINTS = 401  # of the profile over the exponent; its ends are refined between neighbours


def exponent_of_curve(
    x: Array,
    y: Array,
    *,
    offset: bool = False,
    window: Sequence[float] | None = None,
    level: float = 0.95,
) -> Quantity:
    """Decay exponent of y (n,) against x (n,), in any order.

    Never raises for the data's sake: what cannot be estimated is unavailable, with the reason.
    """
    order = np.argsort(x, kind="stable")
    x, y = np.asarray(x, dtype=float)[order], np.asarray(y, dtype=float)[order]
    inside = np.full(len(x), True) if window is None else select(x, *window)
    facts: dict[str, Any] = {
        "n_points": int(inside.sum()),
        "n_seeds": 1,
        "window": fitted_window(x[inside]),
        "level": level,
    }
    try:
        law = fit_power_law(x[inside], y[inside], offset=offset)
    except InputError as problem:
        return unavailable(str(problem), **facts)
    interval = profile_interval if offset else line_interval
    estimate, low, high = interval(x[inside], y[inside], law.exponent, level)
    least = ROUNDING * abs(estimate)  # of the exponent itself
    low, high = min(low, estimate - least), max(high, estimate + least)
    lowest, highest, _ = window_scan(x, y, 4 + offset, offset=offset)
    if window is None:  # all points are one of the windows, whose exponent is refined here
        lowest, highest = min(lowest, estimate), max(highest, estimate)
    free = inside.sum() - 2
    error = None if offset else (high - low) / 2 / stdtrit(free, (1 + level) / 2)
    facts |= {"interval_kind": KIND, "scan": (lowest, highest), "standard_error": error}
    return quantity(estimate, (low, high), **facts)


def line_interval(x: Array, y: Array, exponent: float, level: float) -> tuple[float, float, float]:
    """Slope of log y on log x, and the ends of its interval: n - 2 degrees of freedom."""
    weights = slope_weights(x, np.ones(len(x)))
    residuals = np.log(y) + exponent * np.log(x)
    residuals -= residuals.mean()
    free = len(x) - 2
    rounding = ROUNDING * max(1.0, np.max(np.abs(np.log(y))), np.max(np.abs(exponent * np.log(x))))
    variance = max(residuals @ residuals / free, rounding**2)
    error = np.sqrt(variance * (weights @ weights))
    reach = float(stdtrit(free, (1 + level) / 2) * error)
    return exponent, exponent - reach, exponent + reach


def profile_interval(
    x: Array, y: Array, exponent: float, level: float
) -> tuple[float, float, float]:
    """Best exponent, and the ends of those that the residuals do not reject; NaN if unbounded.

    The ends are roots, not points of a grid: at little noise the interval is narrower than any
    grid's spacing.
    """
    free = len(x) - 3
    # Units in which powers and squares stay near one.
    u, z = x / np.exp(np.mean(np.log(x))), y / power_of_two(y)
    fitted = fit_power_law(u, z, offset=True)(u)
    if free < 1 or not np.all(np.isfinite(fitted)):
        return exponent, np.nan, np.nan
    weights = 1.0 / np.where(fitted > 0, fitted, z) ** 2  # as the fit's second pass

    def squares(exponents: Array) -> Array:
        return np.asarray(linear_part(exponents, u, z, weights)[0] * weights.sum())

    exponent = refined(exponent, u, z, weights)
    best = max(float(squares(np.array([exponent]))[0]), len(x) * ROUNDING**2)
    most = best * (1 + fdtri(1, free, level) / free)
    grid = np.unique(np.append(np.geomspace(*EXPONENTS, GRID_POINTS), exponent))
    kept = np.flatnonzero((squares(grid) <= most) | (grid == exponent))
    first, last = kept[0], kept[-1]
    if first == 0 or last == len(grid) - 1:
        return exponent, np.nan, np.nan

    def excess(candidate: float) -> float:
        return float(squares(np.array([candidate]))[0]) - most

    return (
        exponent,
        end_between(excess, grid[first], grid[first - 1]),
        end_between(excess, grid[last], grid[last + 1]),
    )

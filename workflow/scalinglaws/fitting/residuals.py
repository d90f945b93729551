"""The exponent of one curve without repetitions, with an interval from its residuals.

What scatters around the law is all there is to tell an error from. Without an offset this is the
textbook interval of a regression slope in the logarithms. With an offset the exponent is far from
linear; its interval holds every exponent whose best fit is not significantly worse than the best
of all (F test with 1 and n - 3 degrees of freedom, the profile of the sum of squares).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import f as fisher
from scipy.stats import t as student

from scalinglaws.errors import InputError
from scalinglaws.fitting.power_law import EXPONENTS, fit_power_law, linear_part, slope_weights
from scalinglaws.fitting.quantity import Quantity, quantity, unavailable
from scalinglaws.fitting.windows import select, window_scan

Array = np.ndarray
KIND = "residuals around the law"


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
        "window": window if window is not None or not len(x) else (x[0], x[-1]),
        "level": level,
    }
    try:
        law = fit_power_law(x[inside], y[inside], offset=offset)
    except InputError as problem:
        return unavailable(str(problem), **facts)
    interval = profile_interval if offset else line_interval
    low, high = interval(x[inside], y[inside], law.exponent, level)
    scan = window_scan(x, y, 4 + offset, offset=offset)[:2]
    error = None if offset else (high - low) / 2 / student.ppf((1 + level) / 2, inside.sum() - 2)
    facts |= {"interval_kind": KIND, "scan": scan, "standard_error": error}
    return quantity(law.exponent, (low, high), **facts)


def line_interval(x: Array, y: Array, exponent: float, level: float) -> tuple[float, float]:
    """Regression slope of log y on log x: n - 2 degrees of freedom."""
    weights = slope_weights(x, np.ones(len(x)))
    residuals = np.log(y) + exponent * np.log(x)
    residuals -= residuals.mean()
    free = len(x) - 2
    error = np.sqrt(residuals @ residuals / free * (weights @ weights))
    reach = float(student.ppf((1 + level) / 2, free) * error)
    return exponent - reach, exponent + reach


def profile_interval(x: Array, y: Array, exponent: float, level: float) -> tuple[float, float]:
    """Exponents that the residuals do not reject; NaN ends where they bound none."""
    free = len(x) - 3
    if free < 1:
        return np.nan, np.nan
    fitted = fit_power_law(x, y, offset=True)(x)
    weights = 1.0 / np.where(fitted > 0, fitted, y) ** 2  # as the fit's second pass
    scale = np.exp(np.mean(np.log(x)))
    grid = np.unique(np.append(np.geomspace(*EXPONENTS, 4001), exponent))
    losses = linear_part(grid, x / scale, y, weights)[0]
    best = losses[grid == exponent][0]
    kept = grid[losses <= best * (1 + fisher.ppf(level, 1, free) / free)]
    bounded = kept[0] > grid[0] and kept[-1] < grid[-1]
    return (float(kept[0]), float(kept[-1])) if bounded else (np.nan, np.nan)

"""Power laws y = amplitude * x**(-exponent) + offset, fitted by relative least squares.

Without an offset this is ordinary least squares in the logarithms. With an offset the model is
linear in amplitude and offset for any given exponent, so both are projected out and one bounded
search in the exponent is left (variable projection, Golub and Pereyra 1973): the three-parameter
problem is ill-conditioned, the projected one is not. Searching in the offset instead, with a
straight line through log(y - offset), has a criterion that vanishes as the offset goes to minus
infinity, so it needs a bound that decides the answer.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from scalinglaws.errors import InputError

Array = np.ndarray
EXPONENTS = (0.01, 10.0)  # range of the search with an offset; ends count as "not determined"
GRID = np.geomspace(*EXPONENTS, 160)


@dataclass(frozen=True)
class PowerLaw:
    """y = amplitude * x**(-exponent) + offset; a positive exponent is a decay."""

    exponent: float
    amplitude: float
    offset: float = 0.0

    def __call__(self, x: Array) -> Array:
        return self.amplitude * np.asarray(x, dtype=float) ** -self.exponent + self.offset


def fit_power_law(
    x: Array, y: Array, *, weights: Array | None = None, offset: bool = False
) -> PowerLaw:
    """Fit a power law to points of positive x and y.

    Arguments:
    - `x`, `y`: (n,), any units.
    - `weights`: (n,) inverse variances of log y, up to a factor; equal by default.
    - `offset`: fit an offset jointly (needs one point more). It is not held positive: a bound
      would bias the exponent where the true offset is small.

    Raises InputError, saying why, when the points do not determine the law.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    reason = why_not(x, y, offset=offset)
    if reason:
        raise InputError(f"no power law can be fitted: {reason}; widen the window or the grid.")
    given = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    law = fit_with_offset(x, y, given) if offset else fit_line(x, y, given)
    if offset and not EXPONENTS[0] * 1.02 < law.exponent < EXPONENTS[1] / 1.02:
        raise InputError(
            "no power law can be fitted: the points do not determine an exponent and an offset "
            f"together (the search ended at its bound {law.exponent:.3g}); fit without an offset "
            "or add points over a wider range."
        )
    return law


def why_not(x: Array, y: Array, *, offset: bool = False) -> str | None:
    """The reason why (x, y) determine no power law, or None."""
    needed = 4 if offset else 3
    if len(x) < needed:
        return f"{len(x)} points, at least {needed} are needed"
    if not (np.all(np.isfinite(x)) and np.all(np.isfinite(y))):
        return "a value is not finite"
    if np.any(x <= 0) or np.any(y <= 0):
        return "a value is not positive"
    distinct = len(np.unique(x))
    if distinct < needed - 1:
        return f"{distinct} distinct abscissae, at least {needed - 1} are needed"
    if offset and np.ptp(y) <= 1e-12 * np.max(y):
        return "all values are equal, so nothing tells an offset from a law"
    return None


def slope_weights(x: Array, weights: Array) -> Array:
    """(n,) vector l such that the least-squares slope of z against log x is l @ z."""
    centred = np.log(x) - np.average(np.log(x), weights=weights)
    return weights * centred / np.sum(weights * centred**2)


def fit_line(x: Array, y: Array, weights: Array) -> PowerLaw:
    slope = float(slope_weights(x, weights) @ np.log(y))
    intercept = np.average(np.log(y) - slope * np.log(x), weights=weights)
    return PowerLaw(-slope, float(np.exp(intercept)))


def fit_with_offset(x: Array, y: Array, weights: Array) -> PowerLaw:
    """Two passes: residuals relative to the data, then relative to the first pass's law.

    Dividing by the data alone favours the points that happen to lie low.
    """
    scale = float(np.exp(np.mean(np.log(x))))  # keeps x**(-exponent) near one
    u = x / scale
    law = projected_fit(u, y, weights / y**2)
    fitted = law(u)
    if np.all(fitted > 0):
        law = projected_fit(u, y, weights / fitted**2)
    return PowerLaw(law.exponent, law.amplitude * scale**law.exponent, law.offset)


def projected_fit(x: Array, y: Array, weights: Array) -> PowerLaw:
    """Best exponent on a grid, then refined between its two neighbours."""

    def loss(exponent: float) -> float:
        return float(linear_part(np.array([exponent]), x, y, weights)[0][0])

    losses = linear_part(GRID, x, y, weights)[0]
    best = int(np.argmin(losses))
    low, high = GRID[max(best - 1, 0)], GRID[min(best + 1, len(GRID) - 1)]
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    exponent = float(found.x)
    _, amplitude, offset = linear_part(np.array([exponent]), x, y, weights)
    return PowerLaw(exponent, float(amplitude[0]), float(offset[0]))


def linear_part(exponents: Array, x: Array, y: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Loss, amplitude and offset, each (e,), that are best for each of the given exponents."""
    share = weights / weights.sum()
    powers = x[None, :] ** -exponents[:, None]
    centred = powers - (powers @ share)[:, None]
    y_mean = float(share @ y)
    amplitude = (centred @ (share * (y - y_mean))) / (centred**2 @ share)
    residuals = y - y_mean - amplitude[:, None] * centred
    return residuals**2 @ share, amplitude, y_mean - amplitude * (powers @ share)

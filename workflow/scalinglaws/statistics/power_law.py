"""Power laws y = amplitude * x**(-exponent) + offset, fitted by relative least squares.

Without an offset this is ordinary least squares in the logarithms. With an offset the model is
linear in amplitude and offset for any given exponent, so both are projected out and one bounded
search in the exponent is left (variable projection, Golub and Pereyra 1973): the three-parameter
problem is ill-conditioned, the projected one is not. Searching in the offset instead, with a
straight line through log(y - offset), has a criterion that vanishes as the offset goes to minus
infinity, so it needs a bound that decides the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from scalinglaws.errors import InputError

Array = np.ndarray
EXPONENTS = (0.01, 10.0)  # range of the search with an offset; ends count as "not determined"
GRID = np.geomspace(*EXPONENTS, 160)
COARSE_GRID = GRID[::3]  # both ends; of curves of more points than the next, whose fits are slow
LONG = 1000
# Relative error that is left in y, its logarithm and the law when all are exact: a few roundings.
ROUNDING = 4 * float(np.finfo(float).eps)
HUBER, HUBER_STEPS = 1.345, 50  # 95 % efficient for normal noise
LARGEST = 1e150  # powers of x beyond it are rescaled: their squares would overflow
AT_ONCE = 4_000_000  # powers held at a time, 32 MB: a long curve takes its exponents in turn


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


def huber_slope(x: Array, y: Array) -> float:
    """Slope of y (n,) on x (n,) under Huber's loss: residuals beyond 1.345 of their robust
    standard deviation count linearly, so that one point off the line hardly matters.
    """
    weights = np.ones(len(x))
    slope = 0.0
    for _ in range(HUBER_STEPS):
        centred = x - np.average(x, weights=weights)
        slope = float((weights * centred) @ y / ((weights * centred) @ centred))
        residuals = y - slope * x
        residuals = residuals - np.average(residuals, weights=weights)
        scale = float(np.median(np.abs(residuals))) / 0.6745
        if scale <= ROUNDING * max(1.0, float(np.max(np.abs(y)))):
            break
        weights = np.minimum(1.0, HUBER * scale / np.maximum(np.abs(residuals), 1e-300))
    return slope


def fit_line(x: Array, y: Array, weights: Array) -> PowerLaw:
    slope = float(slope_weights(x, weights) @ np.log(y))
    intercept = np.average(np.log(y) - slope * np.log(x), weights=weights)
    with np.errstate(over="ignore"):
        return PowerLaw(-slope, float(np.exp(intercept)))


def fit_with_offset(x: Array, y: Array, weights: Array) -> PowerLaw:
    """Two passes: residuals relative to the data, then relative to the first pass's law.

    Dividing by the data alone favours the points that happen to lie low.
    """
    scale = np.exp(np.mean(np.log(x)))  # keeps x**(-exponent) near one
    unit = power_of_two(y)  # squares of y would leave double precision beyond 1e+-154
    u, y = x / scale, y / unit
    law = projected_fit(u, y, weights / y**2)
    with np.errstate(over="ignore", invalid="ignore"):
        fitted = law(u)
        if np.all(fitted > 0) and np.all(np.isfinite(fitted)):
            law = projected_fit(u, y, weights / fitted**2)
        amplitude = float(law.amplitude * scale**law.exponent * unit)
    if not 0 < abs(amplitude) < np.inf and law.amplitude:
        raise InputError(
            f"no power law can be fitted: its amplitude at x = 1 is {amplitude:g} in double "
            "precision; divide x by a number of its own size."
        )
    return PowerLaw(law.exponent, amplitude, law.offset * unit)


def power_of_two(values: Array) -> float:
    """About the geometric mean of positive values; dividing by it rounds nothing."""
    return float(2.0 ** np.round(np.mean(np.log2(values))))


def projected_fit(x: Array, y: Array, weights: Array) -> PowerLaw:
    """Best exponent on a grid, then refined between its two neighbours."""

    def loss(exponent: float) -> float:
        return float(linear_part(np.array([exponent]), x, y, weights)[0][0])

    grid = GRID if len(x) <= LONG else COARSE_GRID
    losses = linear_part(grid, x, y, weights)[0]
    if not np.any(np.isfinite(losses)):
        raise InputError(
            "no power law can be fitted: the abscissae lie too close together, or too far apart "
            "for double precision; fit without an offset or choose a window."
        )
    best = int(np.nanargmin(losses))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    exponent = float(found.x)
    _, amplitude, offset = linear_part(np.array([exponent]), x, y, weights)
    return PowerLaw(exponent, float(amplitude[0]), float(offset[0]))


def linear_part(exponents: Array, x: Array, y: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Loss, amplitude and offset, each (e,), that are best for each of the given exponents.

    Losses are NaN where the powers of x are all alike.
    """
    step = max(1, AT_ONCE // len(x))
    parts = [
        few_linear_parts(exponents[first : first + step], x, y, weights)
        for first in range(0, len(exponents), step)
    ]
    losses, amplitudes, offsets = (np.concatenate(part) for part in zip(*parts, strict=True))
    return losses, amplitudes, offsets


def few_linear_parts(
    exponents: Array, x: Array, y: Array, weights: Array
) -> tuple[Array, Array, Array]:
    share = weights / weights.sum()
    powers, factors = powers_and_factors(exponents, x)
    centred = powers - (powers @ share)[:, None]
    y_mean = float(share @ y)
    with np.errstate(divide="ignore", invalid="ignore"):
        amplitude = (centred @ (share * (y - y_mean))) / (centred**2 @ share)
        residuals = y - y_mean - amplitude[:, None] * centred
    return residuals**2 @ share, amplitude * factors, y_mean - amplitude * (powers @ share)


def powers_and_factors(exponents: Array, x: Array) -> tuple[Array, Array]:
    """(e, n) x**-a times a factor (e,) that is one unless they would overflow when squared."""
    with np.errstate(over="ignore"):
        powers = x[None, :] ** -exponents[:, None]
    factors = np.ones(len(exponents))
    wide = np.max(powers, axis=1) > LARGEST
    if np.any(wide):
        logarithms = -exponents[wide, None] * np.log(x)[None, :]
        highest = np.max(logarithms, axis=1)
        powers[wide], factors[wide] = np.exp(logarithms - highest[:, None]), np.exp(-highest)
    return powers, factors


def score_directions(exponents: Array, x: Array, weights: Array) -> Array:
    """(e, n) weights of the score of each exponent: orthogonal to a constant and to x**-a."""
    share = weights / weights.sum()
    logarithm = np.log(x / np.exp(np.mean(np.log(x))))
    logarithms = -exponents[:, None] * logarithm
    # Over very wide x, powers overflow when squared; a factor per exponent changes no sign.
    logarithms -= np.maximum(logarithms.max(axis=1) - np.log(LARGEST), 0.0)[:, None]
    powers = np.exp(logarithms)
    slopes = logarithm * powers
    powers = powers - (powers @ share)[:, None]
    slopes = slopes - (slopes @ share)[:, None]
    overlap = (slopes * powers) @ share / (powers**2 @ share)
    return share * (slopes - overlap[:, None] * powers)


def refined(exponent: float, x: Array, y: Array, weights: Array) -> float:
    """The minimum of the sum of squares near an exponent, by Gauss-Newton steps.

    A search that compares sums of squares stops at half the digits (1e-8), which is wide beside
    the interval of a precise curve. The score is linear there and keeps all digits.
    """
    for _ in range(5):
        _, amplitude, _ = linear_part(np.array([exponent]), x, y, weights)
        direction = score_directions(np.array([exponent]), x, weights)[0]
        slopes = amplitude[0] * np.log(x) * x**-exponent
        with np.errstate(all="ignore"):
            step = float(direction @ y / (direction @ slopes))
        if not abs(step) < 0.01 * exponent:  # far from the minimum, or no number: leave it
            break
        exponent -= step
    return exponent


def end_between(excess: Callable[[float], float], kept: float, rejected: float) -> float:
    """The exponent at which a test begins to reject, between one it keeps and one it rejects.

    One candidate alone may round to another sign than among many: the end lies there then.
    """
    if excess(kept) >= 0:
        return float(kept)
    if excess(rejected) <= 0:
        return float(rejected)
    return float(brentq(excess, kept, rejected, xtol=1e-16, rtol=ROUNDING))

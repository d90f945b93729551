"""Intervals over seeds, the independent unit, with the whole chain inside each draw.

Percentile intervals over few seeds are too narrow: the bootstrap variance of a mean of n values
is smaller than the unbiased one by (n - 1) / n, and the normal tail is thinner than Student's
(with 4 seeds the percentile interval covers about 82 %). So the bootstrap supplies the standard
error, which is corrected by sqrt(n / (n - 1)), and Student's t with n - 1 degrees of freedom
supplies the width. For a statistic that is linear in the seeds (the exponent of a geometric mean
curve) this is the exact t interval, whatever the correlation between the points of a curve.

With a fitted offset the exponent is far from linear and its bootstrap distribution heavy-tailed.
There the interval is found by inverting a t test instead, see ``offset_interval``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit  # scipy.stats' own, without its second of import

from scalinglaws.errors import InputError
from scalinglaws.statistics.power_law import (
    AT_ONCE,
    EXPONENTS,
    ROUNDING,
    end_between,
    fit_power_law,
    power_of_two,
    refined,
    score_directions,
    slope_weights,
    why_not,
)
from scalinglaws.statistics.quantity import Quantity, quantity, unavailable
from scalinglaws.statistics.windows import fitted_window, select, window_scan

Array = np.ndarray
BOOTSTRAP_KIND = "bootstrap over seeds, Student t"
INVERSION_KIND = "inverted Student t test over seeds"
FAILED_SHARE = 0.05  # above it, the draws that worked are no fair sample of all draws


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval; NaN ends mean that none could be found."""

    estimate: float
    low: float
    high: float
    standard_error: float
    draws: int


def bootstrap(
    statistic: Callable[[Array], float],
    n_units: int,
    *,
    draws: int = 2000,
    generator: np.random.Generator,
    level: float = 0.95,
) -> Interval:
    """Bootstrap any chain over its independent units (seeds).

    Arguments:
    - `statistic`: runs the whole chain on the units of an integer index array (n_units,), which
      holds repetitions; NaN or InputError marks a draw in which the chain fails.
    - `draws`: resamples; 2,000 leave 1.6 % Monte Carlo error on the standard error.

    With one unit, or with more than 5 % failed draws, the ends are NaN.
    """
    estimate = attempt(statistic, np.arange(n_units))
    chosen = generator.integers(n_units, size=(draws, n_units))
    values = np.array([attempt(statistic, indices) for indices in chosen])
    return student_interval(estimate, values, n_units, level)


def attempt(statistic: Callable[[Array], float], indices: Array) -> float:
    try:
        return float(statistic(indices))
    except InputError:
        return float("nan")


def student_interval(estimate: float, values: Array, n_units: int, level: float) -> Interval:
    """estimate -+ t(n - 1) * sqrt(n / (n - 1)) * (standard deviation over bootstrap draws)."""
    good = values[np.isfinite(values)]
    if n_units < 2 or len(good) < max(2, (1 - FAILED_SHARE) * len(values)):
        return Interval(estimate, np.nan, np.nan, np.nan, len(values))
    error = float(np.std(good, ddof=1) * np.sqrt(n_units / (n_units - 1)))
    reach = critical(n_units, level) * error
    return Interval(estimate, estimate - reach, estimate + reach, error, len(values))


def critical(n_units: int, level: float) -> float:
    return float(stdtrit(n_units - 1, (1 + level) / 2))


def exponent_over_seeds(
    x: Sequence[float] | Array,
    samples: Array,
    *,
    mean: str = "log",
    offset: bool = False,
    sign: int = +1,
    generator: np.random.Generator,
    draws: int = 2000,
    window: Sequence[float] | None = None,
    rule: str | None = None,
    level: float = 0.95,
    min_points: int = 4,
) -> Quantity:
    """Exponent of the mean curve, with its interval over seeds and its window scan.

    Arguments:
    - `x`: (n,) positive abscissae, any order.
    - `samples`: (seeds, n) values; a value that is not finite (a diverged member) is left out of
      the mean at its abscissa and counted under ``n_masked``; a point with fewer than two finite
      seeds leaves the fit.
    - `mean`: "log" (geometric mean over seeds) or "arithmetic".
    - `offset`: fit an offset jointly; this needs the arithmetic mean.
    - `sign`: +1 reports the decay exponent, -1 the growth exponent of the same fit.
    - `window`, `rule`: fit only low <= x <= high, and the rule that chose this.

    Never raises for the data's sake: what cannot be estimated is unavailable, with the reason.
    """
    if mean not in ("log", "arithmetic") or (offset and mean != "arithmetic"):
        raise ValueError(f"mean={mean!r} with offset={offset}: offsets add, so do arithmetic means")
    order = np.argsort(np.asarray(x, dtype=float), kind="stable")
    x, samples = np.asarray(x, dtype=float)[order], np.asarray(samples, dtype=float)[:, order]
    inside = np.full(len(x), True) if window is None else select(x, *window)
    n_masked = int(np.sum(~np.isfinite(samples[:, inside])))
    # A point that one seed alone supports would enter with no spread, as if it were exact.
    inside &= np.isfinite(samples).sum(axis=0) >= min(2, len(samples))
    facts: dict[str, Any] = {
        "n_points": int(inside.sum()),
        "n_seeds": len(samples),
        "n_masked": n_masked,
        "window": fitted_window(x[inside]) if window is None else window,
        "rule": rule,
        "level": level,
    }
    try:
        found = exponent_interval(
            x[inside], samples[:, inside], mean, offset, generator, draws, level
        )
    except InputError as problem:
        return unavailable(str(problem), **facts)
    low, high = scan_of_mean(x, samples, mean, offset, min_points)
    return quantity(
        sign * found.estimate,
        sorted((sign * found.low, sign * found.high)),
        standard_error=found.standard_error,
        interval_kind=INVERSION_KIND if offset else BOOTSTRAP_KIND,
        scan=sorted((sign * low, sign * high)),
        why=None if np.isfinite(found.low + found.high) else why_no_interval(len(samples), offset),
        **facts,
    )


def why_no_interval(n_seeds: int, offset: bool) -> str:
    if n_seeds < 2:
        return "one seed has no spread over seeds, so there is no interval"
    if offset:
        return "the seeds do not bound the exponent and the offset together"
    return "too many bootstrap draws left an abscissa without a finite value"


def scan_of_mean(
    x: Array, samples: Array, mean: str, offset: bool, min_points: int
) -> tuple[float, float]:
    usable = np.any(np.isfinite(samples), axis=0)
    curve = mean_curve(samples[:, usable], mean)
    low, high, _ = window_scan(x[usable], curve, min_points + offset, offset=offset)
    return low, high


def mean_curve(samples: Array, mean: str) -> Array:
    """(n,) mean over seeds of (seeds, n) samples, over the finite values; NaN where none is."""
    finite = np.isfinite(samples)
    total = np.sum(np.where(finite, additive(samples, mean), 0.0), axis=0)
    count = finite.sum(axis=0)
    average = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return np.exp(average) if mean == "log" else average


def additive(samples: Array, mean: str) -> Array:
    """What is averaged over seeds: the values or their logarithms."""
    return log_or_nan(samples) if mean == "log" else samples


def log_or_nan(values: Array) -> Array:
    return np.log(values, out=np.full(values.shape, np.nan), where=values > 0)


def exponent_interval(
    x: Array,
    samples: Array,
    mean: str,
    offset: bool,
    generator: np.random.Generator,
    draws: int,
    level: float,
) -> Interval:
    """Estimate and interval in one window. Raises InputError when there is no estimate."""
    if mean == "log" and np.any(samples <= 0):
        raise InputError("a value is not positive, so there is no geometric mean over seeds.")
    curve = mean_curve(samples, mean)
    reason = why_not(x, curve, offset=offset)
    if reason:
        raise InputError(f"the mean curve determines no power law: {reason}.")
    if offset:
        return offset_interval(x, samples, curve, level)
    return line_interval(x, samples, mean, curve, generator, draws, level)


def line_interval(
    x: Array,
    samples: Array,
    mean: str,
    curve: Array,
    generator: np.random.Generator,
    draws: int,
    level: float,
) -> Interval:
    """Many draws at once: resampled means are counts @ values, their slopes one more product."""
    n_seeds = len(samples)
    line = slope_weights(x, np.ones(len(x)))
    finite = np.isfinite(samples)
    values = np.where(finite, additive(samples, mean), 0.0)
    counts = generator.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=draws).astype(float)

    def exponents(counts: Array) -> Array:
        present = counts @ finite
        means = np.divide(
            counts @ values, present, out=np.full(present.shape, np.nan), where=present > 0
        )
        return -(means if mean == "log" else log_or_nan(means)) @ line

    step = max(1, AT_ONCE // len(x))
    found = [exponents(counts[first : first + step]) for first in range(0, draws, step)]
    estimate = float(-line @ np.log(curve))
    interval = student_interval(estimate, np.concatenate(found), n_seeds, level)
    # Seeds that agree in all digits still carry the rounding of those digits.
    rounding = ROUNDING * max(1.0, np.max(np.abs(np.log(curve)))) * float(np.sqrt(line @ line))
    if interval.standard_error >= rounding or not np.isfinite(interval.standard_error):
        return interval
    reach = critical(n_seeds, level) * rounding
    return Interval(estimate, estimate - reach, estimate + reach, rounding, interval.draws)


def offset_interval(x: Array, samples: Array, curve: Array, level: float) -> Interval:
    """Exponent next to a fitted offset, with the interval of a t test over seeds, inverted.

    For a candidate exponent, the score is the sum over points of direction * y, where direction
    is the model's derivative by the exponent made orthogonal (in the fit's weights) to amplitude
    and offset. It is linear in the seeds' curves and has mean zero at the true exponent, so
    Student's t over the seeds holds there exactly for normal noise, however ill-conditioned the
    fit (the reasoning of Fieller's interval). The interval is the run of exponents around the
    estimate that the test does not reject; ends are NaN where that run is not bounded.
    """
    unit = power_of_two(curve)  # squares of values would leave double precision beyond 1e+-154
    samples, curve = samples / unit, curve / unit
    law = fit_power_law(x, curve, offset=True)
    n_seeds = len(samples)
    if n_seeds < 2:
        return Interval(law.exponent, np.nan, np.nan, np.nan, 0)
    finite = np.isfinite(samples)
    count = finite.sum(axis=0)
    unbiased = np.sqrt(count / np.maximum(count - 1, 1)) / count
    deviations = np.where(finite, samples - curve, 0.0) * unbiased
    threshold = critical(n_seeds, level)
    weights = law(x) ** -2.0

    def rejects(exponents: Array) -> Array:
        directions = score_directions(np.atleast_1d(exponents), x, weights)
        variance = np.sum((directions @ deviations.T) ** 2, axis=1)
        # Seeds that agree in all digits still carry the rounding of those digits.
        variance += directions**2 @ (ROUNDING * curve) ** 2
        return (directions @ curve) ** 2 - threshold**2 * variance

    inner = refined(law.exponent, x, curve, weights)
    low = boundary(rejects, inner, EXPONENTS[0])
    high = boundary(rejects, inner, EXPONENTS[1])
    # The search for the estimate stops at 1e-8, which may lie outside a narrower interval.
    outside = law.exponent < low or law.exponent > high
    estimate = inner if outside else law.exponent
    return Interval(estimate, low, high, (high - low) / (2 * threshold), 0)


def boundary(rejects: Callable[[Array], Array], start: float, end: float) -> float:
    """First exponent between start and end at which the test begins to reject, else NaN."""
    grid = np.geomspace(start, end, 200)
    crossed = np.flatnonzero(rejects(grid) > 0)
    if len(crossed) == 0:
        return float("nan")
    if crossed[0] == 0:  # the estimate itself, by rounding
        return start
    inner, outer = float(grid[crossed[0] - 1]), float(grid[crossed[0]])

    def rejection(exponent: float) -> float:
        return float(rejects(np.array([exponent]))[0])

    return end_between(rejection, inner, outer)

"""Exponents of curves over seeds, as statistics of which every seed's contribution is known.

A straight line through a geometric mean curve is linear in the seeds, so are its slopes over parts
of the window, and sums and differences of slopes of several curves that share their seeds. One
algebra serves them all: value and influences of the seeds (`student.Estimate`).

Three means over seeds:
- "log": the geometric mean, for values that are positive and multiply their noise
- "arithmetic": the mean of positive values (variances, errors), whose logarithm is fitted
- "signed": the mean of differences that fall towards zero and then scatter on both sides of it. A
  logarithm cannot be taken; leaving out what is not positive keeps the lucky values and makes
  slopes too small by .1 to .3. There y = A x^-a is fitted to the mean as it is, every point
  weighted by its own scatter over the seeds, and the interval inverts a t test (`signed_exponent`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from scalinglaws.errors import InputError
from scalinglaws.statistics.power_law import ROUNDING, end_between, slope_weights, why_not
from scalinglaws.statistics.student import LEVEL, Estimate, combined, reaches

Array = np.ndarray
MEANS = ("log", "arithmetic", "signed")
SIGNED_EXPONENTS = np.linspace(-2.0, 6.0, 161)  # searched; an end counts as "not determined"
LEAST_POINTS = 3


class Choice(NamedTuple):
    """Which seeds, and by how many points the window's start and end are moved (positive: on)."""

    seeds: Array
    start: int = 0
    end: int = 0


class Local(NamedTuple):
    """An exponent in its window, and those of the window's lower and upper half in log x.

    `size`: of the largest exponent in it, by which a bend is measured. `early` and `late` are None
    where a half determines none.
    """

    whole: Estimate
    early: Estimate | None
    late: Estimate | None
    size: float


def sum_of(parts: Sequence[Local], weights: Sequence[float]) -> Local:
    """Weighted sum of exponents of curves that share their seeds."""

    def of(chosen: list[Estimate | None]) -> Estimate | None:
        there = [part for part in chosen if part is not None]
        return combined(there, list(weights)) if len(there) == len(parts) else None

    return Local(
        combined([part.whole for part in parts], list(weights)),
        of([part.early for part in parts]),
        of([part.late for part in parts]),
        max(part.size for part in parts),
    )


@dataclass(frozen=True)
class SeedLine:
    """A curve over seeds: `x` (n,) increasing, `samples` (seeds, n), `inside` (n,) the window."""

    x: Array
    samples: Array
    inside: Array
    mean: str = "log"

    def part(self, choice: Choice) -> tuple[Array, Array]:
        """x (points,) and samples (seeds, points) of the chosen seeds in the moved window.

        A point that one seed alone supports would enter with no spread, as if it were exact: it is
        left out. Raises InputError where the window cannot be moved so far.
        """
        samples = self.samples[choice.seeds]
        usable = np.isfinite(samples).sum(axis=0) >= min(2, len(samples))
        x, samples, inside = self.x[usable], samples[:, usable], self.inside[usable]
        places = np.flatnonzero(inside)
        if not len(places):
            return x[:0], samples[:, :0]
        first, last = places[0] + choice.start, places[-1] + choice.end
        if first < 0 or last >= len(x):
            raise InputError("the window has no point beyond its end.")
        return x[first : last + 1], samples[:, first : last + 1]

    def local(self, choice: Choice) -> Local:
        """Raises InputError, saying why, when there is no exponent."""
        return local_of(*self.part(choice), lambda x, values: exponent_of(x, values, self.mean))


def local_of(x: Array, samples: Array, exponent: Callable[[Array, Array], Estimate]) -> Local:
    """The exponent of the whole and of both halves; the middle one of an odd number is in both."""
    if len(x) < LEAST_POINTS:
        raise InputError(
            f"the mean curve determines no power law: {len(x)} points, at least {LEAST_POINTS} are "
            "needed."
        )
    whole = exponent(x, samples)
    half = (len(x) + 1) // 2
    parts: list[Estimate | None] = []
    for chosen in (slice(half), slice(len(x) - half, None)):
        try:
            parts.append(exponent(x[chosen], samples[:, chosen]))
        except InputError:
            parts.append(None)
    return Local(whole, parts[0], parts[1], abs(whole.value))


def exponent_of(x: Array, samples: Array, mean: str, weights: Array | None = None) -> Estimate:
    """Decay exponent of the mean over seeds of samples (seeds, n).

    `weights` (n,): of log y, equal by default; not for the signed mean, which has its own.
    Two points have the exponent between them. Raises InputError when there is none.
    """
    if mean == "signed":
        return signed_exponent(x, samples)
    if mean == "log" and np.any(samples <= 0):
        raise InputError("a value is not positive, so there is no geometric mean over seeds.")
    curve = mean_curve(samples, mean)
    check_curve(x, curve)
    line = slope_weights(x, np.ones(len(x)) if weights is None else weights)
    influences = seed_influences(additive(samples, mean))
    if mean == "arithmetic":
        influences = influences / curve
    # Seeds that agree in all digits still carry the rounding of those digits.
    rounding = ROUNDING * max(1.0, np.max(np.abs(np.log(curve)))) * float(np.sqrt(line @ line))
    return Estimate(float(-line @ np.log(curve)), -influences @ line, rounding)


def check_curve(x: Array, curve: Array) -> None:
    """Raises InputError unless two points or more are positive and distinct."""
    reason = why_not(x, curve) if len(x) != 2 else None
    if len(x) == 2 and not (np.all(np.isfinite(curve)) and np.all(curve > 0) and x[0] < x[1]):
        reason = "a value is not positive"
    if reason:
        raise InputError(f"the mean curve determines no power law: {reason}.")


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


def seed_influences(values: Array) -> Array:
    """(seeds, n) contributions of the seeds to the means over the finite values at every point.

    Where a seed is missing the others count more, so that the variance of every point is unbiased.
    """
    finite = np.isfinite(values)
    count = finite.sum(axis=0)
    known = np.where(finite, values, 0.0)
    deviations = np.where(finite, known - known.sum(axis=0) / np.maximum(count, 1), 0.0)
    seeds = len(values)
    factor = np.sqrt(seeds * (seeds - 1) * count / np.maximum(count - 1, 1)) / np.maximum(count, 1)
    return deviations * factor


def signed_exponent(x: Array, samples: Array, weights: Array | None = None) -> Estimate:
    """Exponent a of y = A x^-a, A positive, fitted to the arithmetic mean without logarithms.

    The weighted least squares of least sum over the points; `weights` (n,) are inverse variances
    of the mean, by default those of `noise_weights`. The interval is the run of exponents that
    a t test does not reject: for a candidate a the score, the sum of direction * y with direction
    the law's derivative by a made orthogonal to x^-a, is linear in the seeds and has mean zero at
    the true exponent (Fieller's reasoning). Raises InputError where no exponent is determined.
    """
    curve = mean_curve(samples, "arithmetic")
    if len(x) < 2 or len(np.unique(x)) < 2 or not np.all(np.isfinite(curve)):
        raise InputError(f"the mean curve determines no power law: {len(x)} finite points.")
    weights = noise_weights(x, samples) if weights is None else weights
    directions, powers = signed_directions(SIGNED_EXPONENTS, x, weights)
    scores = directions @ curve
    best = best_place(curve, powers, weights)

    def score(exponent: float) -> float:
        return float((signed_directions(np.array([exponent]), x, weights)[0] @ curve)[0])

    low, high = SIGNED_EXPONENTS[best - 1], SIGNED_EXPONENTS[best + 1]
    if scores[best - 1] * scores[best + 1] > 0:
        raise InputError("the mean curve determines no power law: noise hides where it falls.")
    exponent = float(brentq(score, low, high, xtol=1e-14))
    direction, power = (part[0] for part in signed_directions(np.array([exponent]), x, weights))
    amplitude = (weights * power) @ curve / ((weights * power) @ power)
    contributions = seed_influences(samples)
    slope = -amplitude * (direction @ (np.log(x) * power))
    influences = (contributions @ direction) / slope
    rounding = ROUNDING * np.sqrt(direction**2 @ curve**2) / abs(slope)
    found = Estimate(exponent, influences, float(rounding))
    if len(samples) < 2:
        return found
    return found._replace(inverted=lambda: kept_run(exponent, x, curve, contributions, weights))


def best_place(curve: Array, powers: Array, weights: Array) -> int:
    """Place in the grid of the least sum of squares with a positive amplitude."""
    overlap = powers @ (weights * curve)
    explained = np.where(overlap > 0, overlap**2 / (powers**2 @ weights), -np.inf)
    best = int(np.argmax(explained))
    if best in (0, len(explained) - 1):
        raise InputError("the mean curve determines no power law: noise hides how fast it falls.")
    return best


def signed_directions(exponents: Array, x: Array, weights: Array) -> tuple[Array, Array]:
    """(e, n) weights of the score of each exponent, orthogonal to x^-a, and (e, n) those powers,
    in units in which x is about one.
    """
    logarithm = np.log(x) - np.mean(np.log(x))
    powers = np.exp(-exponents[:, None] * logarithm)
    slopes = logarithm * powers
    overlap = (slopes * powers) @ weights / (powers**2 @ weights)
    return weights * (slopes - overlap[:, None] * powers), powers


def noise_weights(x: Array, samples: Array) -> Array:
    """(n,) inverse variances of the mean, from a power law through the standard deviations.

    A standard deviation over a few seeds is too rough to be a weight by itself. Without any
    scatter, and with one seed, errors count as relative.
    """
    curve = mean_curve(samples, "arithmetic")
    spread = np.sqrt((seed_influences(samples) ** 2).mean(axis=0))
    least = 1e-12 * max(float(np.max(np.abs(curve))), 1e-300)
    if len(samples) < 2 or np.all(spread <= least):
        return 1.0 / np.maximum(np.abs(curve), least) ** 2
    known = spread > least
    if known.sum() < 2:
        return np.full(len(x), 1.0)
    slope, level = np.polyfit(np.log(x[known]), np.log(spread[known]), 1)
    smooth = np.exp(slope * np.log(x) + level)
    return (smooth.max() / smooth) ** 2  # a common factor changes nothing


def kept_run(
    exponent: float, x: Array, curve: Array, contributions: Array, weights: Array
) -> tuple[float, float]:
    """Ends of the run of exponents around the estimate that the t test keeps; NaN: unbounded."""

    def rejects(exponents: Array) -> Array:
        return rejection(
            signed_directions(np.atleast_1d(exponents), x, weights)[0], curve, contributions
        )

    low, high = SIGNED_EXPONENTS[0] - 2, SIGNED_EXPONENTS[-1] + 2
    return (
        boundary(rejects, np.linspace(exponent, low, 200)),
        boundary(rejects, np.linspace(exponent, high, 200)),
    )


def rejection(directions: Array, curve: Array, contributions: Array, level: float = LEVEL) -> Array:
    """(e,) positive where the t test over seeds rejects that the mean score is zero.

    `directions` (e, n), `curve` (n,), `contributions` (seeds, n) of the seeds to the curve.
    """
    score = directions @ curve
    # Seeds that agree in all digits still carry the rounding of those digits.
    rounding = np.sqrt(directions**2 @ (ROUNDING * curve) ** 2)
    reach = reaches(directions @ contributions.T, level, rounding)
    return np.where(score > 0, score - reach.below, -score - reach.above)


def boundary(rejects: Callable[[Array], Array], grid: Array) -> float:
    """First exponent along a grid, from the estimate on, at which a test rejects; else NaN."""
    crossed = np.flatnonzero(rejects(grid) > 0)
    if len(crossed) == 0:
        return float("nan")
    if crossed[0] == 0:  # the estimate itself, by rounding
        return float(grid[0])
    inner, outer = float(grid[crossed[0] - 1]), float(grid[crossed[0]])
    return end_between(lambda at: float(rejects(np.array([at]))[0]), inner, outer)

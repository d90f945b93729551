"""Intervals over seeds, the independent unit, of chains that are no smooth function of the means.

Percentile intervals over few seeds are too narrow: the bootstrap variance of a mean of n values
is smaller than the unbiased one by (n - 1) / n, and the normal tail is thinner than Student's
(with 4 seeds the percentile interval covers about 82 %). So the bootstrap supplies the standard
error, which is corrected by sqrt(n / (n - 1)), and the skewness; Student's t with n - 1 degrees of
freedom, corrected for the jackknife's skewness (statistics/student.py), supplies the width. For a
mean over seeds this is the interval of its influences.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scalinglaws.errors import InputError
from scalinglaws.statistics.student import LEVEL, influences_of, skewness, widened

Array = np.ndarray
BOOTSTRAP_KIND = "bootstrap over seeds, Student t, corrected for skewness"
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
    everyone = np.arange(n_units)
    estimate = attempt(statistic, everyone)
    chosen = generator.integers(n_units, size=(draws, n_units))
    values = np.array([attempt(statistic, indices) for indices in chosen])
    left_out = np.array([attempt(statistic, np.delete(everyone, one)) for one in everyone])
    return student_interval(estimate, values, left_out, level)


def attempt(statistic: Callable[[Array], float], indices: Array) -> float:
    try:
        return float(statistic(indices)) if len(indices) else float("nan")
    except InputError:
        return float("nan")


def student_interval(
    estimate: float, values: Array, left_out: Array, level: float = LEVEL
) -> Interval:
    """The interval from the values (draws,) of a statistic over bootstrap draws, and its values
    (units,) with each unit left out.

    The latter give the skewness: that of 2,000 draws has an error of .2 at six units.
    """
    n_units = len(left_out)
    good = values[np.isfinite(values)]
    if n_units < 2 or len(good) < max(2, (1 - FAILED_SHARE) * len(values)):
        return Interval(estimate, np.nan, np.nan, np.nan, len(values))
    error = float(np.std(good, ddof=1) * np.sqrt(n_units / (n_units - 1)))
    influences = influences_of(left_out)
    skew = skewness(influences if np.all(np.isfinite(influences)) else np.zeros(n_units))
    reach = widened(np.asarray(error), skew, n_units, level)
    low, high = estimate - float(reach.below), estimate + float(reach.above)
    return Interval(estimate, low, high, error, len(values))

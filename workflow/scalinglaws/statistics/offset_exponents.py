"""An exponent next to a fitted offset, with its interval over seeds.

With a fitted offset the exponent is far from linear and its bootstrap distribution heavy-tailed.
So the interval is found by inverting a t test: for a candidate exponent, the score is the sum over
points of direction * y, where direction is the model's derivative by the exponent made orthogonal
(in the fit's weights) to amplitude and offset. It is linear in the seeds' curves and has mean zero
at the true exponent, so Student's t over the seeds holds there exactly for normal noise, however
ill-conditioned the fit (the reasoning of Fieller's interval). The interval is the run of exponents
around the estimate that the test does not reject.
"""

from typing import NamedTuple

import numpy as np

from scalinglaws.errors import InputError
from scalinglaws.statistics.power_law import (
    EXPONENTS,
    fit_power_law,
    power_of_two,
    refined,
    score_directions,
    why_not,
)
from scalinglaws.statistics.seed_lines import boundary, mean_curve, rejection, seed_influences
from scalinglaws.statistics.student import LEVEL, critical

Array = np.ndarray


class Found(NamedTuple):
    """NaN ends where the run of exponents is not bounded."""

    estimate: float
    low: float
    high: float
    standard_error: float


def offset_exponent(x: Array, samples: Array) -> Found:
    """Of x (n,), increasing, and samples (seeds, n). Raises InputError without an estimate."""
    curve = mean_curve(samples, "arithmetic")
    reason = why_not(x, curve, offset=True)
    if reason:
        raise InputError(f"the mean curve determines no power law: {reason}.")
    unit = power_of_two(curve)  # squares of values would leave double precision beyond 1e+-154
    samples, curve = samples / unit, curve / unit
    law = fit_power_law(x, curve, offset=True)
    n_seeds = len(samples)
    if n_seeds < 2:
        return Found(law.exponent, np.nan, np.nan, np.nan)
    contributions = seed_influences(samples)
    weights = law(x) ** -2.0

    def rejects(exponents: Array) -> Array:
        return rejection(
            score_directions(np.atleast_1d(exponents), x, weights), curve, contributions
        )

    inner = refined(law.exponent, x, curve, weights)
    low, high = (boundary(rejects, np.geomspace(inner, end, 200)) for end in EXPONENTS)
    # The search for the estimate stops at 1e-8, which may lie outside a narrower interval.
    outside = law.exponent < low or law.exponent > high
    estimate = inner if outside else law.exponent
    return Found(estimate, low, high, (high - low) / (2 * critical(n_seeds, LEVEL)))

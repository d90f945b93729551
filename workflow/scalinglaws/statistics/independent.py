"""Sums of quantities that share no random numbers."""

import math
from collections.abc import Sequence

from scalinglaws.statistics.bootstrap import BOOTSTRAP_KIND, critical
from scalinglaws.statistics.quantity import Quantity, quantity, unavailable

LEVEL = 0.95


def mean_of_independent(parts: Sequence[Quantity]) -> Quantity:
    """Their mean with an interval; unavailable where one of them is."""
    return weighted_sum(parts, [1 / len(parts)] * len(parts))


def weighted_sum(parts: Sequence[Quantity], weights: Sequence[float]) -> Quantity:
    """Sum of independent quantities times their weights; unavailable where one of them is.

    The standard errors add in squares; the width takes Student's t with the fewest seeds of a
    part, which is on the wide side: the degrees of freedom of a sum are more.
    """
    for part in parts:
        if part["estimate"] is None or part["standard_error"] is None:
            return unavailable(str(part["why"]), n_seeds=part["n_seeds"])
    pairs = list(zip(parts, weights, strict=True))
    estimate = math.fsum(weight * float(part["estimate"] or 0.0) for part, weight in pairs)
    error = math.hypot(*(weight * float(part["standard_error"] or 0.0) for part, weight in pairs))
    seeds = min(part["n_seeds"] for part in parts)
    reach = critical(seeds, LEVEL) * error
    return quantity(
        estimate,
        (estimate - reach, estimate + reach),
        interval_kind=BOOTSTRAP_KIND,
        standard_error=error,
        n_points=sum(part["n_points"] for part in parts),
        n_seeds=seeds,
        n_masked=sum(part["n_masked"] for part in parts),
        rule=parts[0]["rule"],
    )

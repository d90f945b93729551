"""Largest learning rate at which one-pass SGD of the linear network still learns.

No numpy: configurations are refused with these numbers before it is loaded.
Linear network of Worschech & Rosenow (arXiv 2410.09005): loss (zeta - sigma)^2 / 2, student
sigma = (sqrt(M)/K) sum_i x_i, steps (eta / sqrt N) delta xi. The criteria are derived here: the
first holds for N / L -> infinity, the second for the N at hand. They differ by a factor of two at
beta = 1, L = N, where the leading direction alone carries 0.6 of the variance.
"""

from collections.abc import Sequence

from scalinglaws.errors import InputError

# The loss cannot diverge below this rate whatever the spectrum of Gaussian inputs: the worst one
# has a single direction, where eta / (2 (1 - eta)) < 1.
SAFE_FOR_EVERY_SPECTRUM = 2 / 3


def order_parameter_critical_rate(student_units: int = 1, teacher_units: int = 1) -> float:
    """2 K / M, where d v / d alpha of the order-parameter theory turns unstable.

    It depends neither on beta nor on L, because only Tr(Sigma) / N = 1 enters: the drift of
    `theory.linear` is stable while eta Tr(Sigma) / (2N) < 1, and units K, M act as eta M / K.
    """
    return 2.0 * student_units / teacher_units


def check_theory_rate(where: str, eta: float) -> None:
    """Raises InputError when the order-parameter theory has no decaying solution at this eta."""
    critical = order_parameter_critical_rate()
    if not eta < critical:
        raise InputError(
            f"{where} is {eta}; expected less than {critical:g} (2 K / M), the critical learning "
            "rate beyond which the loss grows: give a smaller one."
        )


def power_law_shares(levels: int, beta: float) -> list[float]:
    """Shares p_k = lambda_k / N of the input variance for L = N = `levels`, descending, sum 1."""
    unscaled = [rank ** -(1.0 + beta) for rank in range(1, levels + 1)]
    total = sum(unscaled)
    return [value / total for value in unscaled]


def sgd_critical_rate(shares: Sequence[float]) -> float:
    """Root eta of sum_k eta p_k / (2 (1 - eta p_k)) = 1: one-pass SGD at finite N, K = M = 1.

    The mean square of each weight's error has this fixed point for Gaussian inputs; above it the
    mean loss grows without bound. shares: p_k = lambda_k / N, sum 1. Tends to 2 when no p_k
    stays finite.
    """
    # Each term is at least eta p / 2, so the root is at most 2; the sum grows with eta up to its
    # first pole at 1 / max p.
    low, high = 0.0, min(2.0, 1.0 / max(shares))
    for _ in range(80):
        middle = (low + high) / 2
        if middle in (low, high):  # neighbours in double precision
            break
        if gain(shares, middle) < 1:
            low = middle
        else:
            high = middle
    return low  # not the middle: a rate that is called stable is stable


def gain(shares: Sequence[float], eta: float) -> float:
    """sum_k eta p_k / (2 (1 - eta p_k)); infinite where a direction alone is unstable.

    The loss that one unit of loss brings back by its noise, summed over all later steps.
    """
    if eta * max(shares) >= 1:
        return float("inf")
    return sum(eta * share / (2 * (1 - eta * share)) for share in shares)

"""Largest learning rate at which one-pass SGD of the linear network still learns.

Standard library only: configurations are refused with these numbers before numpy is loaded.
Setting of Worschech & Rosenow (arXiv 2410.09005), section 4: loss (zeta - sigma)^2 / 2, student
sigma = (sqrt(M)/K) sum_i x_i, steps (eta / sqrt N) delta xi.
"""

from collections.abc import Sequence

# The loss cannot diverge below this rate whatever the spectrum of Gaussian inputs: the worst one
# has a single direction, where eta / (2 (1 - eta)) < 1.
SAFE_FOR_EVERY_SPECTRUM = 2 / 3


def order_parameter_critical_rate(student_units: int = 1, teacher_units: int = 1) -> float:
    """2 K / M, where d v / d alpha of the order-parameter theory turns unstable.

    It depends neither on beta nor on L, because only Tr(Sigma) / N = 1 enters.
    """
    return 2.0 * student_units / teacher_units


def power_law_shares(levels: int, beta: float) -> list[float]:
    """Shares p_k = lambda_k / N of the input variance for L = N, descending, sum 1."""
    unscaled = [rank ** -(1.0 + beta) for rank in range(1, levels + 1)]
    total = sum(unscaled)
    return [value / total for value in unscaled]


def sgd_critical_rate(shares: Sequence[float]) -> float:
    """Root eta of sum_k eta p_k / (2 (1 - eta p_k)) = 1: one-pass SGD at finite N, K = M = 1.

    The mean square of each weight's error has this fixed point for Gaussian inputs; above it the
    mean loss grows without bound. shares: p_k = lambda_k / N, sum 1. Tends to 2 when no p_k
    stays finite.
    """
    low, high = 0.0, min(2.0, 1.0 / max(shares))
    for _ in range(80):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if gain(shares, middle) < 1:
            low = middle
        else:
            high = middle
    return low


def gain(shares: Sequence[float], eta: float) -> float:
    """sum_k eta p_k / (2 (1 - eta p_k)); infinite where a direction alone is unstable."""
    if eta * max(shares) >= 1:
        return float("inf")
    return sum(eta * share / (2 * (1 - eta * share)) for share in shares)

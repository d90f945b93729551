"""Self-consistent learning curve of kernel regression, from the kernel's spectrum alone.

Bahri et al. (arXiv:2102.06701), appendix E: with eigenvalues lambda_i, target coefficients
omega_i and D examples, kappa solves 1 = sum_i lambda_i / (kappa + D lambda_i) and

    2 L(D) = kappa^2 / (1 - gamma) sum_i lambda_i omega_i^2 / (kappa + D lambda_i)^2,
    gamma  = sum_i D lambda_i^2 / (kappa + D lambda_i)^2.

For omega_i^2 = 1 this is exactly kappa, because sum lambda / (kappa + D lambda) equals
kappa sum lambda / (kappa + D lambda)^2 + gamma. Losses are half mean squared errors.
"""

import math

import numpy as np
from scipy.optimize import brentq

Array = np.ndarray
FLOOR = 1e-280  # of kappa / trace: the search for kappa stays above it


def power_law_eigenvalues(alpha: float, size: int) -> Array:
    """lambda_i = i^-(1 + alpha), i = 1..size, float64."""
    return np.arange(1, size + 1, dtype=np.float64) ** -(1.0 + alpha)


def kappa(eigenvalues: Array, samples: float) -> float:
    """kappa of one D; 0 from D = number of positive eigenvalues on, where all is learned.

    - `eigenvalues`: (n,), any order; those that rounding left at or below zero are no features.
    """
    values = np.asarray(eigenvalues, dtype=np.float64)
    values = values[values > 0]
    if samples >= len(values):
        return 0.0
    total = float(values.sum())

    def excess(logarithm: float) -> float:
        return float(np.sum(values / (math.exp(logarithm) + samples * values))) - 1.0

    # Searched in log(kappa), which falls towards zero without bound as D nears the number of
    # eigenvalues. Each term is at most lambda / kappa, so kappa is at most the trace.
    bounds = (math.log(total) + math.log(FLOOR), math.log(total) + 1e-9)
    return math.exp(brentq(excess, *bounds, xtol=1e-13, rtol=1e-14))


def gamma(eigenvalues: Array, samples: float, kappa_value: float) -> float:
    """gamma of one D, from 0 to 1: the loss is 1 / (1 - gamma) times that of the mean student."""
    share = eigenvalues / (kappa_value + samples * eigenvalues)
    return float(samples * np.sum(share**2))


def infinite_kappa(alpha: float, samples: float) -> float:
    """kappa of lambda_i = i^-(1 + alpha) without end: [(pi/a) / sin(pi/a)]^a D^-alpha, a = 1+alpha.

    The sum over i is taken as an integral, which holds for D of about 10 and more:
    int_0^inf di / (kappa i^a + D) = (1/D) (D / kappa)^(1/a) (pi/a) / sin(pi/a).
    """
    a = 1.0 + alpha
    return float((math.pi / a / math.sin(math.pi / a)) ** a * samples**-alpha)


def infinite_gamma(alpha: float) -> float:
    """gamma of the same spectrum, whatever D: alpha / (1 + alpha), from the same integral."""
    return alpha / (1.0 + alpha)


def variance_limited_excess(limit: float, fixed: int, growing: Array) -> Array:
    """L(D, P) - L(P) = L(P) P / (D - P - 1) of Gaussian features, D > P + 1; D and P may swap.

    `limit` is L(P), `fixed` is P, `growing` are the values of D. The classical result for
    Gaussian designs: what the P features cannot explain acts as independent noise. The local
    exponent is therefore D / (D - P - 1), not yet 1: 1.14 at D = 8 P.
    """
    return limit * fixed / (np.asarray(growing, dtype=float) - fixed - 1.0)

"""Perceptrons of given norm that minimise the square loss, by one eigenvalue problem per sample.

Patterns are y x / sqrt(N) as in `scalinglaws.training.logistic`; the loss is the sum over examples
of (1 - lambda D_i)^2 / (2 lambda), D_i = pattern_i . w, over |w|^2 = N (D'Amico, Bocchi, Negri,
arXiv 2505.13230, appendix; lambda is the student's norm at unit sharpness).
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq


def fixed_norm_minimisers(patterns: np.ndarray, lambdas: Sequence[float]) -> np.ndarray:
    """Minimisers, shape (len(lambdas), N), for one sample's patterns (P, N) with P > N.

    With G = patterns^T patterns and b the sum of the patterns, w = (lambda G + mu)^-1 b, where mu
    above minus the smallest eigenvalue of lambda G makes the norm right: the global minimum, also
    where mu < 0 because the sphere is larger than the least-squares solution asks for.
    """
    eigenvalues, vectors = np.linalg.eigh(patterns.T @ patterns)
    pull = vectors.T @ np.sum(patterns, axis=0)
    return np.array([vectors @ on_sphere(eigenvalues, pull, lam) for lam in lambdas])


def on_sphere(eigenvalues: np.ndarray, pull: np.ndarray, lam: float) -> np.ndarray:
    """Components of the minimiser along the eigenvectors; eigenvalues in increasing order."""
    radius = np.sqrt(len(pull))
    rises = lam * (eigenvalues - eigenvalues[0])

    def excess(log_gap: float) -> float:
        return float(np.log(np.linalg.norm(pull / (rises + np.exp(log_gap))) / radius))

    # gap = mu + lambda * smallest eigenvalue: the first component alone, or all of them together
    # as if they were degenerate, bound the length from below and above.
    low, high = np.log(abs(pull[0]) / radius), np.log(np.linalg.norm(pull) / radius)
    gap = np.exp(brentq(excess, low - 1e-9, high + 1e-9, xtol=1e-13))
    components: np.ndarray = pull / (rises + gap)
    return components

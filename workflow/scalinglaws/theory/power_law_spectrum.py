"""Power-law covariance spectrum of Worschech & Rosenow (arXiv 2410.09005).

Sigma in R^(N x N) has L distinct eigenvalues lambda_l proportional to l^-(1+beta), each N/L times,
scaled so that their mean is one. numpy only: simulations use it without loading JAX.
"""

import numpy as np


def eigenvalues(levels: int, beta: float) -> np.ndarray:
    """The L distinct eigenvalues, shape (L,), descending, mean 1.

    lambda_l = (L / H) l^-(1+beta), H = sum_l l^-(1+beta), so that Tr(Sigma) = N. The first grows
    like L / zeta(1+beta): it, and not N, sets the fastest time 1 / (eta lambda_1).
    """
    unscaled = np.arange(1, levels + 1, dtype=np.float64) ** -(1.0 + beta)
    return unscaled * (levels / unscaled.sum())


def multiplicity(levels: int, dimension: int) -> int:
    """How often each eigenvalue occurs, N/L. Raises ValueError when L does not divide N."""
    if levels < 1 or dimension % levels:
        raise ValueError(f"{levels} levels do not divide dimension {dimension}")
    return dimension // levels


def input_variances(levels: int, dimension: int, beta: float) -> np.ndarray:
    """Diagonal of Sigma, shape (N,): contiguous blocks of equal eigenvalues, descending."""
    return np.repeat(eigenvalues(levels, beta), multiplicity(levels, dimension))


def moment(levels: int, beta: float, order: int) -> float:
    """mu_p = (1/L) sum_k lambda_k^p; mu_1 = 1, mu_2 -> L zeta(2+2beta) / zeta(1+beta)^2."""
    return float(np.mean(eigenvalues(levels, beta) ** order))

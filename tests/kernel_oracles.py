"""Formulas that the package's faster or more special ones are held against."""

import numpy as np

from scalinglaws.theory.kernel_learning_curve import gamma, kappa


def learning_curve(eigenvalues: np.ndarray, coefficients: np.ndarray, samples: float) -> float:
    """L(D) of `scalinglaws.theory.kernel_learning_curve`, for any target.

    - `eigenvalues`: (n,); `coefficients`: squares omega_i^2, (n,) or a number for all.
    """
    k = kappa(eigenvalues, samples)
    if k == 0:  # from D = n on all is learned; at D = n itself gamma is 1, and the ratio 0 / 0
        return 0.0
    weights = eigenvalues * coefficients / (k + samples * eigenvalues) ** 2
    return 0.5 * k**2 / (1.0 - gamma(eigenvalues, samples, k)) * float(np.sum(weights))


def skeleton_loss(features: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> float:
    """L(D, P) of `scalinglaws.theory.random_features`.

    features: (N, S); rows (D,) and columns (P,): indices, repetitions count as weights. The
    pseudo-inverse covers D < P, D > P and the peak between them.
    """
    inverse = np.linalg.pinv(features[np.ix_(rows, columns)])
    # The error of every teacher at once: a teacher is a combination of the columns of `features`,
    # and with weights N(0, 1/S) the mean of its squared error is this mean over all entries.
    residual = features - features[:, columns] @ inverse @ features[rows]
    return float(0.5 * np.mean(residual**2))


def sphere_exponent(kernel: str, dimension: int) -> float:
    """alpha_K on the sphere: 3/m for the NNGP of one hidden layer, 1/m for its tangent kernel.

    From the decay of the spherical harmonics' coefficients, k^-(m+3) and k^-(m+1), with k^(m-1)
    harmonics of each degree: the n-th eigenvalue has k ~ n^(1/m) and falls as n^-(1 + alpha_K).
    Raises KeyError for another kernel than "nngp" and "ntk".
    """
    return {"nngp": 3.0, "ntk": 1.0}[kernel] / dimension

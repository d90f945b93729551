"""Ridge regression for many penalties at once, from one eigendecomposition of the smaller Gram.

Penalties are relative to the sum of the squared singular values of the design, so that a penalty
means the same whether examples or features are many. All arrays float64.
"""

from collections.abc import Sequence

import numpy as np

Array = np.ndarray


def ridge_predictions(
    design: Array, targets: Array, held_out: Sequence[Array], penalties: Array
) -> list[Array]:
    """Predictions (penalties, n, outputs) for each design of `held_out` (n, P).

    design: (D, P); targets: (D, outputs); penalties: (penalties,), relative. Minimises
    |design w - targets|^2 + penalty |w|^2.
    """
    # The smaller Gram matrix serves: same predictions, same sum of squared singular values.
    if design.shape[0] < design.shape[1]:
        crossed = [other @ design.T for other in held_out]
        return kernel_predictions(design @ design.T, targets, crossed, penalties)
    values, vectors = np.linalg.eigh(design.T @ design)
    projected = vectors.T @ (design.T @ targets)
    return spread(values, projected, [other @ vectors for other in held_out], penalties)


def kernel_predictions(
    gram: Array, targets: Array, crossed: Sequence[Array], penalties: Array
) -> list[Array]:
    """The same from the kernel between examples: gram (D, D), crossed (n, D) each."""
    values, vectors = np.linalg.eigh(gram)
    projected = vectors.T @ targets
    return spread(values, projected, [other @ vectors for other in crossed], penalties)


def spread(
    values: Array, projected: Array, bases: Sequence[Array], penalties: Array
) -> list[Array]:
    """Predictions (penalties, n, outputs) from eigenvalues (m,), targets in the eigenvectors
    (m, outputs), and the held-out points in them, (n, m) each.
    """
    # A singular Gram matrix has eigenvalues of -1e-16, which a small penalty would not outweigh.
    shrunk = np.clip(values, 0.0, None) + penalties[:, None] * np.clip(values, 0.0, None).sum()
    gains = projected[None] / shrunk[:, :, None]
    return [np.matmul(basis[None], gains) for basis in bases]


def relative_errors(predictions: Array, targets: Array) -> Array:
    """Mean squared error in units of predicting zero, (penalties,).

    predictions: (penalties, n, outputs); targets: (n, outputs).
    """
    residual = np.sum((predictions - targets) ** 2, axis=(1, 2))
    return np.asarray(residual / np.sum(targets**2))


def unexplained(gram: Array, crossed: Array, variances: Array, penalty: float) -> float:
    """Mean posterior variance in units of the prior's: the relative error on the kernel's teachers.

    gram: (D, D); crossed: (n, D); variances: (n,), K(x, x) of the held-out points. The penalty
    enters as noise assumed by the student; teachers are noiseless, and its effect is included
    exactly: k(x)^T A (2 - gram A) k(x) is what is explained, A = (gram + penalty)^-1.
    """
    values, vectors = np.linalg.eigh(gram)
    values = np.clip(values, 0.0, None)
    inverse = 1.0 / (values + penalty * values.sum())
    # Eigenvalues of A (2 - gram A).
    weights = inverse * (2.0 - values * inverse)
    explained = np.sum((crossed @ vectors) ** 2 * weights, axis=1)
    return float(1.0 - explained.sum() / variances.sum())

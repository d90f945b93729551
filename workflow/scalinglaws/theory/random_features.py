"""Exact losses of linear regression on P of S features from D of N examples, teacher averaged.

Bahri et al. (arXiv:2102.06701), Eqs 1 and 2 and appendix E: the teacher is a random combination
of all S features with weights N(0, 1/S), the student uses P of them and learns D examples by
minimum-norm least squares; losses are half mean squared errors over the population. L(P) is the
limit of many examples, L(D) that of all features.

On a finite population with feature matrix F (N x S) and chosen rows D and columns P,

    L(D, P) = |F - F[:, P] pinv(F[D, P]) F[D, :]|^2 / (2 N S),

which is left as it is when F is transposed and D and P change places: the duality is exact, and
the two loss curves differ only in as far as examples and features are spread differently.
All arrays float64.
"""

import numpy as np
from scipy.linalg import cholesky, solve_triangular

Array = np.ndarray
# Share of the mean eigenvalue added to a Gram matrix, far below what the loss resolves: without it
# examples that repeat each other, or rounding at steep spectra, would end Cholesky.
JITTER = 1e-13


def nested_losses(kernel: Array, order: Array) -> Array:
    """Losses after the first 1, 2, ..., len(order) points of `order`, by one factorisation.

    kernel: F F^T / S (N, N) for L(D), order a list of examples; or F^T F / N (S, S) for L(P),
    order a list of features. Half the posterior variance of a Gaussian process, averaged:
    K(x, x) - k(x)^T K_DD^-1 k(x). Returns (len(order),); raises LinAlgError for a kernel that is
    not positive definite on `order`.
    """
    rows = kernel[order]
    explained = explained_by_each(rows[:, order], rows)
    return 0.5 * (np.trace(kernel) - np.cumsum(explained)) / len(kernel)


def nested_gaussian_losses(directions: Array, eigenvalues: Array) -> Array:
    """As `nested_losses` for Gaussian features with that spectrum and an unlimited population.

    directions: (D, S) standard normal numbers; eigenvalues: (S,); returns (D,). Examples (L(D))
    and Gaussian projections of the features (L(P)) lead to the very same formula.
    """
    rows = directions * eigenvalues
    return 0.5 * (eigenvalues.sum() - np.cumsum(explained_by_each(rows @ directions.T, rows)))


def explained_by_each(gram: Array, rows: Array) -> Array:
    """What each point explains beyond those before it: squared rows of L^-1 rows, L L^T = gram.

    gram: (D, D), rows: (D, n), returns (D,). Row i of L^-1 rows is made from the first i rows
    alone (forward substitution), so sums of the result serve every smaller D as well.
    """
    regular = gram + JITTER * np.trace(gram) / len(gram) * np.eye(len(gram))
    lower = cholesky(regular, lower=True)
    return np.sum(solve_triangular(lower, rows, lower=True) ** 2, axis=1)


def gaussian_losses(
    examples: Array, projections: Array, eigenvalues: Array, ridges: Array
) -> Array:
    """L(D, P) for Gaussian features and Gaussian projections, one value per ridge.

    examples: (D, S), projections: (P, S), standard normal; eigenvalues: (S,), diagonal of C;
    ridges: (r,), penalties relative to the sum of the squared singular values of the D x P design;
    returns (r,). Population and teachers are averaged exactly: with M = P^T (design's ridge
    inverse) F_D, 2 L = Tr C - 2 Tr C M + Tr M^T C M (appendix E).
    """
    scaled = projections * eigenvalues
    left, values, right = np.linalg.svd(
        examples * np.sqrt(eigenvalues) @ projections.T, full_matrices=False
    )
    # Both traces in the design's singular vectors, where a ridge is a factor per direction: all
    # penalties for one decomposition.
    cross = left.T @ (examples * eigenvalues**1.5) @ projections.T @ right.T
    students = right @ (scaled @ projections.T) @ right.T
    teachers = left.T @ ((examples * eigenvalues) @ examples.T) @ left
    gains = values / (values**2 + np.asarray(ridges)[:, None] * np.sum(values**2))
    linear = gains @ np.diag(cross)
    quadratic = np.einsum("rk,kl,rl->r", gains, students * teachers, gains)
    return 0.5 * (eigenvalues.sum() - 2.0 * linear + quadratic)


def excess_losses(features: Array, columns: Array, counts: Array) -> tuple[float, Array]:
    """L(P) and L(D, P) - L(P) for weighted examples, on a finite population.

    features: (N, S); columns: the P chosen features; counts: (draws, N) how often each example
    was drawn, D > P in all. The excess is computed as what it is, a positive quadratic form of the
    change in the weights, not as a difference of losses, whose digits it would lose at large D.
    Returns L(P) and (draws,). Transposed features, a list of examples and counts of features give
    L(D) and L(D, P) - L(D).
    """
    chosen = features[:, columns]
    covariance = chosen.T @ chosen / len(features)
    best = least_squares(covariance, chosen.T @ features / len(features))
    residual = features - chosen @ best
    limit = float(0.5 * np.mean(residual**2))
    excess = [weight_excess(chosen, residual, covariance, row) for row in counts]
    return limit, np.array(excess)


def weight_excess(chosen: Array, residual: Array, covariance: Array, counts: Array) -> float:
    """L(D, P) - L(P) of a draw; chosen (N, P), residual (N, S), covariance (P, P), counts (N,)."""
    # Targets enter as residuals of the best student, so the solution is the change in its weights.
    weighted = chosen * counts[:, None]
    change = least_squares(weighted.T @ chosen, weighted.T @ residual)
    return float(0.5 * np.sum(change * (covariance @ change)) / residual.shape[1])


def least_squares(covariance: Array, products: Array) -> Array:
    """Minimum-norm weights (P, S): a ReLU feature may be zero on all examples."""
    return np.linalg.pinv(covariance, rcond=1e-12, hermitian=True) @ products


def gaussian_excess(examples: Array, projections: Array, eigenvalues: Array) -> tuple[float, float]:
    """L(P) and L(D, P) - L(P) for Gaussian features, D > P, averaged over population and teachers.

    Arguments as in `gaussian_losses`. With the arguments exchanged, P > D: L(D) and
    L(D, P) - L(D), by duality.
    """
    scaled = projections * eigenvalues
    covariance = scaled @ projections.T
    best = np.linalg.solve(covariance, scaled)
    limit = float(0.5 * (eigenvalues.sum() - np.sum(best * scaled)))
    # As in `excess_losses`: residuals of the best student are fitted, not targets.
    inputs = examples * np.sqrt(eigenvalues)
    design = inputs @ projections.T
    residual = inputs - design @ best
    change = np.linalg.solve(design.T @ design, design.T @ residual)
    return limit, float(0.5 * np.sum(change * (covariance @ change)))


def nested_test_losses(gram: Array, crossed: Array, variances: Array) -> Array:
    """L after 1..D examples on points held out: gram (D, D), crossed (D, n), variances (n,).

    variances: K(x, x) of the points held out. Returns (D,). Raises LinAlgError as `nested_losses`.
    """
    # As in `nested_losses`, on other points than those that are learned from.
    explained = np.cumsum(explained_by_each(gram, crossed))
    return 0.5 * (variances.sum() - explained) / len(variances)

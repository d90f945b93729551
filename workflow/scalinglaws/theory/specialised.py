"""Specialised phase of the erf committee machine: dynamics of the deviations J - B.

Worschech & Rosenow (arXiv 2410.09005), asymptotic phase (figure 6, left); K = M,
g = erf(x / sqrt 2). Everything is written in the deviations and is linear or quadratic in them: in
terms of the overlaps eps_g is a sum that cancels to 1e-14, which is useless for the eps_g ~ 1e-13
of sigma_J = 1e-6.
"""

import math
from collections.abc import Callable

import numpy as np

from scalinglaws.theory.power_law_spectrum import eigenvalues
from scalinglaws.theory.specialised_modes import mode_weights, noise_matrix

Array = np.ndarray
LANCZOS_STEPS = 400  # quadrature of degree 799: exp(-x t) to rounding for x t up to about 2e4


def mode_window(
    units: int, levels: int, beta: float, eta: float, fast: bool
) -> tuple[float, float]:
    """(a1, a2) = M / (2 eta w lambda_1), M / (2 eta w lambda_L) of the slow or the fast mode.

    Between them the mode decays like alpha^(-beta / (1 + beta)), after a2 exponentially. The fast
    mode's window is earlier by w_f / w_s, 14 at M = 2 and 261 at M = 40, so the exponent that the
    sum of both shows depends on the range: fit inside the slow mode's window.
    """
    lam = eigenvalues(levels, beta)[[0, -1]]
    first, last = units / (2 * eta * mode_weights(units)[int(fast)] * lam)
    return float(first), float(last)


def near_teacher_error(
    alphas: Array, units: int, levels: int, beta: float, eta: float, sigma: float
) -> tuple[Array, Array]:
    """eps_g and d ln eps_g / d ln alpha from J = B + sigma noise, without gradient noise.

    eps_g = (sigma^2 / 2M) sum over modes of multiplicity w <lambda exp(-2 eta w lambda alpha / M)>
    with the mean <.> over levels; large N / L. `alphas` and both results are (points,).
    """
    lam, scale = eigenvalues(levels, beta), sigma**2 / (2 * units)
    total, slope = np.zeros(len(alphas)), np.zeros(len(alphas))
    for weight, times in zip(mode_weights(units), (units - 1, 1), strict=True):
        rates = 2 * eta * weight * lam / units
        # The slope by its own sum: differences in alpha would blur the exponent that is sought.
        for place, alpha in enumerate(alphas):  # one at a time: a million levels fit in memory
            decayed = lam * np.exp(-rates * alpha)
            total[place] += scale * times * weight * decayed.mean()
            slope[place] -= scale * times * weight * alpha * (rates * decayed).mean()
    return total, slope / total


def noisy_error(
    alphas: Array, units: int, levels: int, beta: float, eta: float, sigma: float
) -> Array:
    """As ``near_teacher_error`` with the gradient noise eta^2 lambda_k <delta delta^T>.

    The covariances of slow and fast deviations in all blocks obey one symmetric linear system of
    size 2 L, solved by its eigenvectors. At or beyond ``critical_rate`` it has a growing mode and
    the result grows without bound. Returns (points,); costs (2 L)^3.
    """
    lam, (slow, fast) = eigenvalues(levels, beta), mode_weights(units)
    ss, sf, ff = noise_matrix(units)
    # Slow deviations enter times sqrt(M - 1), their number: only then is the system symmetric, so
    # that eigh serves, whose decay rates are real and whose modes are orthogonal.
    noise = eta**2 / levels * np.kron(np.array([[ss, sf], [sf, ff]]), np.outer(lam, lam))
    decay = 2 * eta / units * np.concatenate([slow * lam, fast * lam])
    rates, modes = np.linalg.eigh(noise - np.diag(decay))
    # `start` and `seen` in the same coordinates: f at alpha = 0, and eps_g = seen . f.
    start = sigma**2 * np.repeat([math.sqrt(units - 1), 1.0], levels)
    seen = np.concatenate([math.sqrt(units - 1) * slow * lam, fast * lam]) / (2 * units * levels)
    return np.exp(np.outer(alphas, rates)) @ ((modes.T @ start) * (modes.T @ seen))


def slope_averages(T: Array) -> tuple[Array, Array]:
    """P_ij = <g'(y_i) g'(y_j)> and the correction C_ij for fields that depend on y.

    <g'(y_i) g'(y_j) u v> = P_ij (<u v> - <u (y_i, y_j)> C_ij <(y_i, y_j) v>), T = <y y^T> (M, M).
    C is (M, M, 2, 2); on the diagonal, where y_i occurs twice, only its first entry is used.
    The product g'(y_i) g'(y_j) is a Gaussian in (y_i, y_j): it tilts the measure, whose inverse
    covariance gains one per occurrence of a field, and <u v> is taken in the tilted one.
    """
    units = len(T)
    P, C = np.empty((units, units)), np.zeros((units, units, 2, 2))
    for i in range(units):
        for j in range(units):
            if i == j:
                P[i, i] = 2 / math.pi / math.sqrt(1 + 2 * T[i, i])
                C[i, i, 0, 0] = 2 / (1 + 2 * T[i, i])
            else:
                tilt = np.eye(2) + T[np.ix_([i, j], [i, j])]
                P[i, j] = 2 / math.pi / math.sqrt(np.linalg.det(tilt))
                C[i, j] = np.linalg.inv(tilt)
    return P, C


def response(deviation: Array, teacher: Array, variances: Array, averages: tuple) -> Array:
    """H D for the quadratic form eps_g = D . H D / 2 near the teacher, (M, N) like D = J - B.

    `variances`: diagonal of Sigma, (N,); `averages`: of ``slope_averages``.
    """
    P, C = averages
    units, dimension = deviation.shape
    weighted = deviation * variances
    # eps_g = <(sum_i g'(y_i) u_i)^2> / (2 M) with u_i = D_i . xi / sqrt(N), to second order in D.
    F = weighted @ teacher.T / dimension  # <u_i y_m>
    own = np.diagonal(F)
    # u_j has <u_j (y_i, y_j)> = (F_ji, F_jj); the coefficients of B_i and B_j in the i-th row:
    first = P * (C[..., 0, 0] * F.T + C[..., 0, 1] * own[None, :])
    second = P * (C[..., 1, 0] * F.T + C[..., 1, 1] * own[None, :])
    pulled = second + np.diag(first.sum(axis=1))
    return (P @ weighted - (pulled @ teacher) * variances) / (units * dimension)


def quadratic_error(deviation: Array, teacher: Array, variances: Array) -> float:
    """eps_g to second order in J - B, for any teacher and N: no cancellation at any size.

    deviation = J - B and teacher are (M, N), `variances` (N,); NaN once the student has diverged.
    """
    averages = slope_averages((teacher * variances) @ teacher.T / teacher.shape[1])
    with np.errstate(all="ignore"):  # a diverged student overflows; its error is NaN
        error = np.sum(deviation * response(deviation, teacher, variances, averages)) / 2
    return float(error) if np.isfinite(error) else math.nan


def realised_error(
    alphas: Array, deviation: Array, teacher: Array, variances: Array, eta: float
) -> Array:
    """eps_g of gradient flow from one realised student and teacher, without gradient noise.

    dD/dalpha = -eta N H D, so eps_g = D . H exp(-2 eta N H alpha) D / 2: Gauss quadrature in the
    spectral measure of H seen by D, with nodes and weights from Lanczos' recursion. Returns
    (points,). H has (M N)^2 entries, 4e8 at M = 40, N = 512: only its action is ever needed.
    """
    averages = slope_averages((teacher * variances) @ teacher.T / teacher.shape[1])

    def applied(vector: Array) -> Array:
        return response(vector.reshape(teacher.shape), teacher, variances, averages).ravel()

    # N examples make one unit of alpha, hence dD/dalpha = -eta N (gradient of eps_g) = -eta N H D.
    rates, weights = spectral_measure(applied, deviation.ravel())
    decays = np.exp(-2 * eta * teacher.shape[1] * np.outer(alphas, rates))
    return decays @ (weights * rates) / 2


def spectral_measure(applied: Callable[[Array], Array], start: Array) -> tuple[Array, Array]:
    """Nodes and weights with start . f(H) start = sum weights f(nodes), by Lanczos' recursion.

    `applied` multiplies a vector (n,) by the symmetric H. Both results have at most
    LANCZOS_STEPS entries; weights are positive and sum to start . start.
    """
    size = min(len(start), LANCZOS_STEPS)
    basis, diagonal, beside = np.zeros((size, len(start))), np.zeros(size), np.zeros(size)
    basis[0], steps = start / np.linalg.norm(start), size
    for i in range(size):
        vector = applied(basis[i])
        diagonal[i] = basis[i] @ vector
        for _ in range(2):  # against all earlier ones, twice: rounding would repeat eigenvalues
            vector -= basis[: i + 1].T @ (basis[: i + 1] @ vector)
        beside[i] = np.linalg.norm(vector)
        # A residual of rounding only: the space is invariant, and the quadrature already exact.
        if i + 1 == size or beside[i] <= 1e-14 * diagonal[0]:
            steps = i + 1
            break
        basis[i + 1] = vector / beside[i]
    tridiagonal = np.diag(diagonal[:steps])
    tridiagonal += np.diag(beside[: steps - 1], 1) + np.diag(beside[: steps - 1], -1)
    # Golub & Welsch: nodes are eigenvalues, weights squared first components of eigenvectors.
    nodes, vectors = np.linalg.eigh(tridiagonal)
    return nodes, (start @ start) * vectors[0] ** 2

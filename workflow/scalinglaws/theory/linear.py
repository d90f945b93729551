"""Linear network learning by one-pass SGD from inputs with a power-law spectrum.

Worschech & Rosenow (arXiv 2410.09005), K = M = 1: the error of the weights along the
k-th eigen-direction, v_k = <(B_k - J_k)^2>, starts at 1 + sigma_J^2, and
eps_g = (1 / 2L) sum_k lambda_k v_k. K = M units behave in the same way; other K and M have the
learning rate (M/K) eta and the start 1 + M sigma_J^2 / K. alpha = examples / N. float64, (L,)
eigenvalues `variances` in descending order, any spectrum unless a power law is named. All
forms are derived here; figure 2 of the paper compares such forms (Eqs 6, 8 and 9) with each other
and with simulations, figure 3 the one with few trained directions (Eq 11).
"""

import numpy as np
from scipy.special import gamma, gammainc

from scalinglaws.theory.power_law_spectrum import eigenvalues

Array = np.ndarray
SMALLEST_COUPLING = 1e-280  # eigenvalues below 1e-140 are no part of any error that is printed
BISECTIONS = 64  # halve a range of at most 1,300 to the rounding of double precision
AT_ONCE = 100_000  # pairs of modes and levels held at a time: they stay in the cache


def first_squares(size: int, sigma_j: float) -> Array:
    """Typical start 1 + sigma_J^2 of every direction, (size,)."""
    return np.full(size, 1.0 + sigma_j**2)


def small_eta_error(variances: Array, squares: Array, alphas: Array, eta: float) -> Array:
    """eps_g for eta -> 0 at fixed eta alpha: (1/2L) sum_k lambda_k v_k e^(-2 eta lambda_k alpha).

    squares: v_k(0), typical or realised (B_k - J_k)^2. Returns (alphas,).
    """
    # Without the term eta^2 of `drift` no direction knows of another.
    rates = 2 * eta * np.asarray(alphas, dtype=float)
    weights = variances * squares / (2 * len(variances))
    # Row by row: all pairs of 200 alphas and 16384 levels at once would take 26 MB a copy.
    return np.array([np.exp(-rate * variances) @ weights for rate in rates])


def drift(variances: Array, eta: float) -> Array:
    """(L, L) symmetric matrix A = -2 eta diag(lambda) + (eta^2 / L) lambda lambda^T of dv/dalpha.

    The second term is the noise of single examples, <delta^2> = 2 eps_g along every input. A is
    stable below the critical rate 2, where its largest eigenvalue changes sign.
    """
    noise = eta**2 / len(variances) * np.outer(variances, variances)
    return noise - np.diag(2 * eta * variances)


def general_eta_error(variances: Array, squares: Array, alphas: Array, eta: float) -> Array:
    """eps_g of the order-parameter theory at any eta: (1/2L) lambda^T exp(A alpha) v(0).

    Returns (alphas,). Late, where the loss is slow, it is `small_eta_error` / (1 - eta / 2).
    """
    rates, weights = decay_modes(variances, squares, eta)
    return np.array([np.exp(-rates * alpha) @ weights for alpha in np.asarray(alphas, dtype=float)])


def decay_modes(variances: Array, squares: Array, eta: float) -> tuple[Array, Array]:
    """Rates s_k and weights with eps_g(alpha) = sum_k weight_k exp(-s_k alpha).

    A is -diag(p) + u u^T with p = 2 eta lambda and u = eta lambda / sqrt(L), so its eigenvalues
    -s solve 1 = sum_j u_j^2 / (p_j - s), one between neighbouring p, with eigenvectors
    u_j / (p_j - s). Distances to the nearest p are solved for, which keeps all digits of the
    slowest modes; a dense eigensolver is exact to the largest rate only, and at steep spectra
    the slowest are 10^20 times smaller. Directions of one eigenvalue act through their mean.
    """
    # Equal p have an eigenvalue that coincides with them: one level each. Descending by the sign.
    levels, members, counts = np.unique(-variances, return_inverse=True, return_counts=True)
    first = np.bincount(members, weights=squares) / counts
    levels = -levels
    with np.errstate(under="ignore"):  # squares of tiny eigenvalues vanish, and are sorted out next
        coupling = counts * (eta * levels) ** 2 / len(variances)
    felt = coupling > SMALLEST_COUPLING
    levels, first, counts, coupling = levels[felt], first[felt], counts[felt], coupling[felt]
    rows = max(1, AT_ONCE // len(levels))
    parts = [
        some_modes(np.arange(start, min(start + rows, len(levels))), levels, coupling, eta)
        for start in range(0, len(levels), rows)
    ]
    rates = np.concatenate([rate for rate, _ in parts])
    # lambda.w (w.v) / w.w for each eigenvector w; its factor lambda is kept apart in `modes`.
    weights = np.concatenate(
        [
            ((modes @ (counts * levels**2)) * (modes @ (counts * levels * first)))
            / (modes**2 @ (counts * levels**2))
            for _, modes in parts
        ]
    )
    return rates, weights / (2 * len(variances))


def some_modes(chosen: Array, levels: Array, coupling: Array, eta: float) -> tuple[Array, Array]:
    """Rates (k,) and eigenvectors over lambda (k, L), up to factors, of the chosen modes."""
    poles = 2 * eta * levels
    # Roots interlace with the poles; the lowest is at most u.u below the last (twice: inside).
    below = np.append(poles[1:], poles[-1] - 2 * coupling.sum())[chosen]
    gaps = poles[chosen] - below

    def excess(origins: Array, distances: Array) -> Array:
        return 1 - (coupling / ((poles - origins[:, None]) + distances[:, None])).sum(axis=1)

    # The sign in the middle of a gap tells in which half its root lies, hence which p is nearest.
    upper = excess(poles[chosen], gaps / 2) > 0
    upper |= chosen == len(levels) - 1  # below the smallest p there is none to start from
    nearest = np.where(upper, chosen, np.minimum(chosen + 1, len(levels) - 1))
    sign = np.where(upper, 1.0, -1.0)
    # Bisection in the logarithm of the distance: it may be smaller than p by any factor.
    # At `low` the nearest pole's own term outweighs 1 and the others, each over half a gap away.
    low = np.log(coupling[nearest] / (2 + 4 * coupling.sum() / gaps))
    high = np.log(gaps / 2)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        beyond = sign * excess(poles[nearest], sign * np.exp(middle)) > 0
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    distances = sign * np.exp((low + high) / 2)
    # Differences of poles first, then the distance: adding it to a pole would round it away.
    modes = distances[:, None] / ((poles - poles[nearest][:, None]) + distances[:, None])
    return poles[nearest] - distances, modes


def finite_size_error(shares: Array, squares: Array, steps: Array, eta: float) -> Array:
    """Mean eps_g of SGD with Gaussian inputs after numbers of steps, exact at any N.

    One example changes the mean squares by v <- (1 - 2 eta p + 2 eta^2 p^2) v + eta^2 p (p . v),
    p_k = lambda_k / N, whatever the start; mixed moments never enter. The term 2 eta^2 p^2, a
    Gaussian's fourth moment, is what the order-parameter theory leaves out: with L = N and beta
    >= 1 it is no correction, for p_1 stays finite.

    - `shares`: p, (N,); `squares`: v(0), (N,); `steps`: numbers of examples. Returns (steps,).
    """
    decay = 1 - 2 * eta * shares + 2 * (eta * shares) ** 2
    # Powers of one symmetric matrix: 10^7 steps cost as much as one.
    factors, modes = np.linalg.eigh(np.diag(decay) + eta**2 * np.outer(shares, shares))
    weights = (shares @ modes) * (squares @ modes) / 2
    # Rounding may leave a factor at 1 + 1e-16 or at -1e-17: both mean its bound.
    factors = np.clip(factors, 0.0, None)
    return np.array([factors ** float(step) @ weights for step in steps])


def incomplete_gamma_error(
    levels: int, beta: float, alphas: Array, eta: float, sigma_j: float, *, ends: bool = False
) -> Array:
    """Small-eta eps_g with the sum over levels replaced by an integral from 1 to L.

    (1 + sigma_J^2) / (2 (1+beta) H) x^(-s) [gamma(s, x) - gamma(s, x L^-(1+beta))] with
    x = 2 eta lambda_1 alpha, s = beta / (1+beta), H = sum_l l^-(1+beta).
    ends: add the Euler-Maclaurin terms of both ends up to the first derivative, which matter
    where few directions carry the loss (beta > 1, alpha near 1 / (2 eta lambda_1)).
    Without them the integral misses up to 1.2 % (beta <= 1) or 8 % (beta = 2) inside the power
    law at L = 1024. Returns (alphas,).
    """
    power, exponent = 1 + beta, decay_exponent(beta)
    first = eigenvalues(levels, beta)[0]
    x = 2 * eta * first * np.asarray(alphas, dtype=float)
    last = float(levels) ** -power
    # gammainc is the regularised function: gamma(s, x) / Gamma(s).
    between = gammainc(exponent, x) - gammainc(exponent, x * last)
    total = x**-exponent * gamma(exponent) * between / power
    if ends:
        total = total + end_terms(x, power, 1.0) + end_terms(x, power, float(levels), upper=True)
    # lambda_1 = L / H, so 1 / H = lambda_1 / L. The integral over l, with y = x l^-(1+beta), is
    # x^-s / (1+beta) int dy y^(s-1) e^-y between the two ends.
    return (1 + sigma_j**2) / 2 * first / levels * total


def end_terms(x: Array, power: float, level: float, *, upper: bool = False) -> Array:
    """f/2 -+ f'/12 of the summand f(l) = l^-power exp(-x l^-power) at one end of the sum."""
    value = level**-power * np.exp(-x * level**-power)
    slope = value * power / level * (x * level**-power - 1)
    return value / 2 + (slope if upper else -slope) / 12


def power_law_error(levels: int, beta: float, alphas: Array, eta: float, sigma_j: float) -> Array:
    """eps_g between 1 / (2 eta lambda_1) and 1 / (2 eta lambda_L): alpha^(-beta / (1+beta)).

    `incomplete_gamma_error` with the bracket at its limit Gamma(s). Returns (alphas,). A finite L
    keeps the exact sum steeper for small beta: at L = 1024, beta = 0.25 its slope is -0.32, not
    -0.2.
    """
    first, exponent = eigenvalues(levels, beta)[0], decay_exponent(beta)
    x = 2 * eta * first * np.asarray(alphas, dtype=float)
    amplitude = (1 + sigma_j**2) * gamma(exponent) * first / levels / (2 * (1 + beta))
    return amplitude * x**-exponent


def decay_exponent(beta: float) -> float:
    """beta / (1 + beta)."""
    return beta / (1 + beta)


def power_law_range(levels: int, beta: float, eta: float) -> tuple[float, float]:
    """alphas 1 / (2 eta lambda_1) and 1 / (2 eta lambda_L) at which the first and last level go."""
    spectrum = eigenvalues(levels, beta)
    return float(1 / (2 * eta * spectrum[0])), float(1 / (2 * eta * spectrum[-1]))


def feature_error(
    variances: Array, squares: Array, trainable: int, alphas: Array, eta: float
) -> Array:
    """eps_g when only the first N_l eigen-directions learn, small eta (section 4.3, Eq 11).

    variances, squares: (N,), descending; returns (alphas,). The others stay at their start.
    Raises ValueError when N_l is not between 0 and N.
    """
    check_trainable(trainable, len(variances))
    # A direction that is not trained has rate 0, and keeps its term of the sum for ever.
    rates = np.where(np.arange(len(variances)) < trainable, variances, 0.0)
    weights = variances * squares / (2 * len(variances))
    return np.array([np.exp(-2 * eta * rates * alpha) @ weights for alpha in np.asarray(alphas)])


def untrained_error(variances: Array, squares: Array, trainable: int) -> float:
    """eps_g(alpha -> infinity) for eta -> 0: what the directions that do not learn leave.

    Raises ValueError when N_l is not between 0 and N.
    """
    check_trainable(trainable, len(variances))
    rest = slice(trainable, None)
    return float(variances[rest] @ squares[rest]) / (2 * len(variances))


def learning_rate_factor(variances: Array, trainable: int, eta: float) -> float:
    """1 / (1 - eta s / 2), s = (1/N) sum_(k <= N_l) lambda_k: what finite eta adds to slow loss.

    Trained directions have no loss of their own left; they hold a share eta s / 2 of eps_g, the
    noise that the whole loss stirs up in them.
    """
    share = float(np.sum(variances[:trainable])) / len(variances)
    return 1 / (1 - eta * share / 2)


def check_trainable(trainable: int, size: int) -> None:
    """Raises ValueError unless 0 <= N_l <= N."""
    if not 0 <= trainable <= size:
        raise ValueError(f"{trainable} trainable directions of {size}")


def power_law_tail(trainable: Array, beta: float, size: float) -> Array:
    """N_l^-beta - N^-beta, proportional to the loss that N_l trained directions of N leave.

    The integral of l^-(1+beta) from N_l to N, times beta. N_l^-beta alone is no substitute: at
    N = 256, beta = 0.3 the slope of the loss itself is -0.6.
    """
    return np.asarray(trainable, dtype=float) ** -beta - float(size) ** -beta

"""Generalisation error of the fixed-norm logistic perceptron: replica symmetric, T = 0.

Teacher and student have N weights, P = alpha N Gaussian examples; the student minimises
sum of V(D) = log(1 + exp(-2 lambda D)) / lambda over |w|^2 = N, with stability
D = y w.x / sqrt(N). Its overlap R with the teacher gives epsilon = arccos(R) / pi. With
u = R / sqrt(1 - R^2), v(t) = D0(t) - t the shift of the proximal point and Dt the Gaussian
measure, the saddle point of the energy (D'Amico, Bocchi, Negri, arXiv 2505.13230; derivation
after Aubin et al. 2020) is

    (A)  1 - R^2           = 2 alpha Int Dt H(-u t) v(t)^2
    (B)  R sqrt(1 - R^2)   = 2 alpha Int Dt phi(u t) v(t).

H(z) = P(N(0,1) > z) and phi is the normal density. The strength x = lim beta (1 - q) of the
proximal point enters through D0 = t + x (1 - tanh(lambda D0)). The loss is convex, so replica
symmetry is exact. Unknowns are logarithms, log u and log k, and so are the residuals: over the
range of alpha and lambda both sides of (A), (B) change by many orders of magnitude.
"""

from collections.abc import Iterable

import numpy as np
from scipy.optimize import minimize_scalar, root
from scipy.special import log_ndtr, ndtr

from scalinglaws.theory.quadrature import gaussian_panels

# Where every continuation starts: there the Hebb rule solves (A), (B) up to O(lambda).
SMALLEST_LAMBDA = 1e-4
# Longest step in log(lambda) that the extrapolated start still survives for every alpha tried.
LONGEST_STEP = 0.5


class NoSolution(ArithmeticError):
    """The saddle-point equations could not be solved to the requested accuracy."""


def epsilon_of(log_u: float) -> float:
    """Generalisation error arccos(R) / pi from log(R / sqrt(1 - R^2)).

    As the arc tangent of 1/u: for R -> 1 the arc cosine would lose half of the digits.
    """
    return float(np.arctan(np.exp(-log_u)) / np.pi)


def softplus(values: np.ndarray) -> np.ndarray:
    """log(1 + e^x) without overflow, elementwise."""
    return np.logaddexp(0.0, values)


def proximal_shift(t: np.ndarray, k: float, lam: float) -> np.ndarray:
    """v(t) = D0(t) - t, where D0 minimises V(D) + (D - t)^2 / (2 x) and k = D0(0) stands for x.

    The strength x = k (1 + exp(2 lambda k)) / 2 overflows long before k does. In y = log v the
    condition y + softplus(2 lambda (t + e^y)) = log k + softplus(2 lambda k) is convex and
    increasing, so Newton's method from an upper bound of the root descends onto it.

    - `t`: any shape; returns v > 0 of that shape. k > 0, lam > 0.
    """
    target = np.log(k) + np.logaddexp(0.0, 2 * lam * k)
    # Two upper bounds: D0 rises and v falls with t, so that v <= k for t > 0 and D0 <= k for t < 0;
    # and softplus only grows when the shift in its argument is dropped.
    y = np.minimum(np.log(k + np.maximum(-t, 0.0)), target - softplus(2 * lam * t))
    for _ in range(60):
        shift = np.exp(y)
        z = 2 * lam * (t + shift)
        soft = softplus(z)
        # exp(z - soft) is the logistic function of z
        step = (y + soft - target) / (1.0 + 2 * lam * shift * np.exp(z - soft))
        y = y - step
        if np.max(np.abs(step)) < 1e-13:
            break
    return np.exp(y)


def saddle_residuals(unknowns: np.ndarray, alpha: float, lam: float) -> np.ndarray:
    """Logarithms of right-hand over left-hand side of (A) and (B) at (log u, log k)."""
    u, k = np.exp(unknowns)
    # The proximal point turns from the plateau D0 = k to D0 = t beyond k, on the scale 1/lambda:
    # at `bend` its tail v ~ k exp(2 lambda (k - t)) has fallen to about 1 / (2 lambda). H(-u t)
    # and phi(u t) vary on 1/u around zero. Nodes of one width would miss both at large alpha.
    bend = k + np.log1p(2 * lam * k) / (2 * lam)
    t, weights = gaussian_panels([(0.0, 1.0 / u), (min(bend, 20.0), 1.0 / lam), (0.0, 1.0)])
    shift = proximal_shift(t, k, lam)
    return residual_pair(t, weights, shift, u, alpha)


def residual_pair(
    t: np.ndarray, weights: np.ndarray, shift: np.ndarray, u: float, alpha: float
) -> np.ndarray:
    """Logarithms for (A) and (B), shape (2,); nodes t, weights of Dt, and v(t) are (n,)."""
    # H(-u t) = ndtr(u t)
    square = 2 * alpha * np.sum(weights * ndtr(u * t) * shift**2)
    linear = 2 * alpha * np.sum(weights * np.exp(-0.5 * (u * t) ** 2) * shift) / np.sqrt(2 * np.pi)
    scale = 1.0 + u**2  # 1 - R^2 = 1 / scale and R sqrt(1 - R^2) = u / scale, without cancellation
    return np.array([np.log(square * scale), np.log(linear * scale / u)])


def solve(alpha: float, lam: float, start: np.ndarray) -> np.ndarray:
    """(log u, log k) at one (alpha, lambda), from a nearby start. Raises NoSolution."""
    found = root(saddle_residuals, start, args=(alpha, lam), method="hybr", tol=1e-13)
    # The solver's own verdict is no use: rounding may keep it from a tolerance it has all but met.
    # The test is written so that NaN fails it.
    if not np.max(np.abs(saddle_residuals(found.x, alpha, lam))) < 1e-10:
        raise NoSolution(f"alpha={alpha}, lambda={lam}: {found.message}")
    return found.x


def hebb_start(alpha: float) -> np.ndarray:
    """(log u, log k) of the limit lambda -> 0, where v(t) = k: the Gaussian integrals are 1/2 and
    1 / sqrt(2 pi (1 + u^2)).
    """
    u = np.sqrt(2 * alpha / np.pi)
    return np.log([u, 1.0 / np.sqrt(alpha * (1.0 + u**2))])


def solutions(alpha: float, lambdas: Iterable[float]) -> np.ndarray:
    """(log u, log k) for increasing lambdas, by continuation in log(lambda) from the Hebb rule.

    Returns shape (len(lambdas), 2). Raises NoSolution.
    """
    # Each start is extrapolated along the last step, so the curve's own points do not decide
    # whether the solver finds the next one: long gaps are cut into pieces.
    targets = np.log(np.asarray(list(lambdas), dtype=float))
    position = min(np.log(SMALLEST_LAMBDA), targets[0])
    here = solve(alpha, np.exp(position), hebb_start(alpha))
    slope = np.zeros(2)
    found = []
    for target in targets:
        pieces = int(np.ceil((target - position) / LONGEST_STEP))
        for step in range(1, pieces + 1):
            length = (target - position) / (pieces - step + 1)
            there = solve(alpha, np.exp(position + length), here + slope * length)
            slope, here, position = (there - here) / length, there, position + length
        found.append(here)
    return np.array(found)


def fixed_norm_error(alpha: float, lambdas: Iterable[float]) -> np.ndarray:
    """epsilon(lambda; alpha) of the fixed-norm logistic perceptron for increasing lambdas.

    Arguments: alpha = examples per weight, lambda = sharpness of the loss (equivalently
    |w| / sqrt(N) at unit sharpness). Returns shape (len(lambdas),). Raises NoSolution.
    """
    return np.array([epsilon_of(log_u) for log_u, _ in solutions(alpha, lambdas)])


def optimum(alpha: float) -> tuple[float, float]:
    """(lambda_opt, epsilon_opt): the minimum of epsilon over lambda. Raises NoSolution.

    Close to the Bayes error but above it, by 4e-5 (alpha = 0.5) to 6.3e-4 (alpha -> infinity)
    of its value.
    """
    # lambda_opt / alpha falls from 1.53 (alpha = 0.5) to 0.8836; 0.14 + 0.88 alpha is close to it.
    guess = np.log(0.14 + 0.8834 * alpha)
    middle = solutions(alpha, [np.exp(guess)])[0]

    # Always from the same start: the value does not depend on what the minimiser asked before.
    def error(log_lam: float) -> float:
        return epsilon_of(solve(alpha, np.exp(log_lam), middle)[0])

    # The minimum is flat: 1e-6 in log(lambda) is 1e-12 in epsilon, finer than `solve` guarantees.
    options = {"xatol": 1e-6}
    found = minimize_scalar(
        error, bounds=(guess - 0.7, guess + 0.7), method="bounded", options=options
    )
    return float(np.exp(found.x)), float(found.fun)


def hebb_error(alpha: float) -> float:
    """Error of the Hebb rule, the limit lambda -> 0: arctan(sqrt(pi / (2 alpha))) / pi."""
    return float(np.arctan(np.sqrt(np.pi / (2 * alpha))) / np.pi)


def maximum_stability(alpha: float) -> tuple[float, float]:
    """(epsilon, kappa) of the perceptron of maximum stability kappa, the limit lambda -> infinity.

    There the shift is v(t) = max(kappa - t, 0) in (A), (B). Raises NoSolution.
    """

    def residuals(unknowns: np.ndarray) -> np.ndarray:
        u, kappa = np.exp(unknowns)
        # The kink of v at kappa is the end of the range: no panel contains it.
        t, weights = gaussian_panels([(0.0, 1.0 / u), (0.0, 1.0)], upper=kappa)
        return residual_pair(t, weights, kappa - t, u, alpha)

    # alpha epsilon -> 0.5005 and alpha kappa -> 1, shifted so as to stay finite at small alpha.
    start = np.log([1.0 / np.tan(np.pi * 0.5005 / (alpha + 0.7)), 1.0 / (alpha + 0.3)])
    found = root(residuals, start, method="hybr", tol=1e-13)
    if not np.max(np.abs(residuals(found.x))) < 1e-10:
        raise NoSolution(f"maximum stability, alpha={alpha}: {found.message}")
    return epsilon_of(found.x[0]), float(np.exp(found.x[1]))


def posterior_overlap(alpha: float) -> float:
    """1 - q, with q the overlap of two weight vectors drawn from the posterior.

    Solves q = (alpha / pi) Int Dt exp(-z^2) / H(-z), z = t sqrt(q / (1 - q)). Unknown is
    s = sqrt(q / (1 - q)), which stays well scaled for q -> 1. Raises NoSolution.
    """

    def residual(unknowns: np.ndarray) -> np.ndarray:
        s = float(np.exp(unknowns[0]))
        t, weights = gaussian_panels([(0.0, 1.0 / s), (0.0, 1.0)])
        z = s * t
        # H(-z) = ndtr(z). Both factors underflow for z < -38, and 0 / 0 would be NaN.
        integral = np.sum(weights * np.exp(-(z**2) - log_ndtr(z)))
        return np.array([np.log(alpha / np.pi * integral * (1.0 + s**-2))])

    # Gibbs' error, 0.6247 / alpha for large alpha.
    start = np.log([1.0 / np.tan(np.pi * 0.6247 / (alpha + 1.3))])
    found = root(residual, start, method="hybr", tol=1e-13)
    if not np.abs(residual(found.x)[0]) < 1e-10:
        raise NoSolution(f"posterior overlap, alpha={alpha}: {found.message}")
    return float(1.0 / (1.0 + np.exp(2 * found.x[0])))  # 1 - q itself, 2e-6 at alpha = 1000


def angle_error(defect: float) -> float:
    """arccos(1 - defect) / pi without cancellation: 1 - cos(x) = 2 sin(x/2)^2."""
    return float(2.0 * np.arcsin(np.sqrt(defect / 2.0)) / np.pi)


def gibbs_error(alpha: float) -> float:
    """Error of a weight vector drawn from the posterior: arccos(q) / pi. Raises NoSolution."""
    return angle_error(posterior_overlap(alpha))


def bayes_error(alpha: float) -> float:
    """Bayes-optimal error arccos(sqrt(q)) / pi. Raises NoSolution."""
    defect = posterior_overlap(alpha)
    # 1 - sqrt(q) = (1 - q) / (1 + sqrt(q))
    return angle_error(defect / (1.0 + np.sqrt(1.0 - defect)))

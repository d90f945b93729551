"""The logistic perceptron with many examples per weight: where its scaling laws come from.

Two limits of the replica-symmetric equations (A), (B) of `scalinglaws.theory.perceptron`
(D'Amico, Bocchi, Negri, arXiv 2505.13230; neither limit is spelt out there):

- alpha -> infinity at fixed lambda (law 1): the proximal strength vanishes, 1 - R^2 =
  pi I(lambda) / alpha with I = Int_0^inf Dt (1 - tanh(lambda t))^2, so that the error over that
  of the Hebb rule is sqrt(2 I), whatever alpha;
- alpha, lambda -> infinity at fixed ratio l = lambda / alpha (law 2, the collapse, the product
  law): only |t| of order sqrt(1 - R^2) matters, the Gaussian measure becomes flat, and
  alpha epsilon = F(l). In units of sqrt(1 - R^2) the sharpness is Lambda = lambda sqrt(1 - R^2),
  v(t) = D0(t) - t, and (A), (B) are

    sqrt(2 pi) / (2 A) = Int dt H(-t) v(t)^2 = Int dt phi(t) v(t),   A = pi F,   l = Lambda / A.
"""

from collections.abc import Iterable

import numpy as np
from scipy.optimize import minimize_scalar, root
from scipy.special import expit, ndtr

from scalinglaws.theory.perceptron import NoSolution, proximal_shift
from scalinglaws.theory.quadrature import EDGE, flat_panels, gaussian_panels

# I -> (2 ln 2 - 1) / (sqrt(2 pi) lambda), the integral of (1 - tanh x)^2 being 2 ln 2 - 1.
# Law 1: error over Hebb's = EARLY_PREFACTOR lambda^(-1/2) for 1 << lambda << alpha.
EARLY_PREFACTOR = float(np.sqrt(2 * (2 * np.log(2) - 1) / np.sqrt(2 * np.pi)))
HEBB_PREFACTOR = float(1 / np.sqrt(2 * np.pi))  # Hebb's error times sqrt(alpha)
# So near to maximum stability that its solution serves: k / sqrt(1 - R^2) = kappa / (pi epsilon)
# with alpha kappa = 1 and alpha epsilon = 0.5005.
FIRST_RATIO, FIRST_STABILITY = 1e3, 0.636
LONGEST_STEP = 0.7  # in log(l)


def early_error(lambdas: Iterable[float]) -> np.ndarray:
    """Error over that of the Hebb rule at fixed lambda, alpha -> infinity: sqrt(2 I(lambda)).

    Returns (len(lambdas),). At alpha = 1000 the exact curve lies 0.3 % (lambda = 1) to 2.7 %
    (lambda = 30) above it.
    """
    found = []
    for lam in lambdas:
        t, weights = gaussian_panels([(0.0, 1.0), (0.0, 1.0 / max(lam, 1.0))], lower=0.0)
        # 1 - tanh(z) = 2 expit(-2 z) without cancellation
        found.append(np.sqrt(2 * np.sum(weights * (2 * expit(-2 * lam * t)) ** 2)))
    return np.array(found)


def flat_residuals(unknowns: np.ndarray, ratio: float) -> np.ndarray:
    """Logarithms (2,) of the integrals over sqrt(2 pi) / (2 A), at (log A, log k), k = D0(0)."""
    scaled, k = np.exp(unknowns)
    sharpness = ratio * scaled
    bend = k + np.log1p(2 * sharpness * k) / (2 * sharpness)
    # The first integrand ends with the exponential tail of v, the left ends with H(-t).
    upper = max(EDGE, bend + 20.0 / sharpness)
    t, weights = flat_panels([(0.0, 1.0), (bend, 1.0 / sharpness)], -EDGE, upper)
    shift = proximal_shift(t, k, sharpness)
    square = np.sum(weights * ndtr(t) * shift**2)
    linear = np.sum(weights * np.exp(-0.5 * t**2) * shift) / np.sqrt(2 * np.pi)
    return np.log(np.array([square, linear]) * 2 * scaled / np.sqrt(2 * np.pi))


def solve(ratio: float, start: np.ndarray) -> np.ndarray:
    """(log A, log k) at one ratio l, from a nearby start. Raises NoSolution."""
    found = root(flat_residuals, start, args=(ratio,), method="hybr", tol=1e-13)
    if not np.max(np.abs(flat_residuals(found.x, ratio))) < 1e-10:
        raise NoSolution(f"lambda / alpha = {ratio}: {found.message}")
    return found.x


def solutions(ratios: Iterable[float]) -> np.ndarray:
    """(log A, log k) for each ratio, (len(ratios), 2), by continuation from maximum stability.

    Downwards: the other end, l -> 0, has no finite solution to start from (F grows as l^(-1/2)).
    The ratios may come in any order. Raises NoSolution.
    """
    targets = np.log(np.asarray(list(ratios), dtype=float))
    position = max(np.log(FIRST_RATIO), float(targets.max()))
    here = solve(float(np.exp(position)), np.log([np.pi * 0.5005, FIRST_STABILITY]))
    slope, found = np.zeros(2), np.empty((len(targets), 2))
    for place in np.argsort(-targets):
        pieces = int(np.ceil((position - targets[place]) / LONGEST_STEP))
        for step in range(pieces):
            length = (targets[place] - position) / (pieces - step)
            there = solve(float(np.exp(position + length)), here + slope * length)
            slope, here, position = (there - here) / length, there, position + length
        found[place] = here
    return found


def scaling_function(ratios: Iterable[float]) -> np.ndarray:
    """F(l) = lim alpha epsilon(lambda = l alpha; alpha), alpha -> infinity. Raises NoSolution.

    ratios: l > 0, any order; returns (len(ratios),). F(infinity) = 0.5005 is maximum stability.
    """
    return np.exp(solutions(ratios)[:, 0]) / np.pi


def scaling_optimum() -> tuple[float, float]:
    """(l, F): ratio lambda_opt / alpha and alpha times the smallest error. Raises NoSolution.

    F = 0.44198 is the constant of the product law. The laws' own prefactors do not give it, for
    the curve bends before its minimum.
    """
    middle = solutions([0.8836])[0]

    def error(log_ratio: float) -> float:
        return float(np.exp(solve(float(np.exp(log_ratio)), middle)[0]) / np.pi)

    found = minimize_scalar(error, bounds=(-0.6, 0.4), method="bounded", options={"xatol": 1e-7})
    return float(np.exp(found.x)), float(found.fun)

"""The fixed-norm perceptron with the square loss V(D) = (1 - lambda D)^2 / (2 lambda).

The counter-example of D'Amico, Bocchi, Negri, arXiv 2505.13230 (appendix): error against norm is
no power law. The proximal shift is linear, v(t) = c (1 - lambda t), all Gaussian averages of (A),
(B) in `scalinglaws.theory.perceptron` are elementary, and they become

    c = sqrt(pi / 2) R / alpha,
    1 - R^2 = (pi R^2 / (2 alpha)) (1 + lambda^2 - 4 lambda R / sqrt(2 pi)).

The bracket is smallest at lambda = sqrt(2 / pi) R, which alpha does not move. The exact form of
the authors' loss is not known; this is the one whose limit lambda -> 0 is the Hebb rule.
"""

from collections.abc import Iterable

import numpy as np
from scipy.optimize import brentq

from scalinglaws.theory.perceptron import NoSolution

BEST_LAMBDA = float(np.sqrt(2 / np.pi))  # alpha -> infinity
BEST_ERROR = float(np.sqrt(1 - 2 / np.pi))  # over Hebb's, alpha -> infinity


def balance(overlap: float, alpha: float, lam: float) -> float:
    """Right-hand minus left-hand side of the second equation, at R = `overlap`."""
    bracket = 1 + lam**2 - 4 * lam * overlap / np.sqrt(2 * np.pi)
    return float(np.pi * overlap**2 / (2 * alpha) * bracket - (1 - overlap**2))


def overlap(alpha: float, lam: float) -> float:
    """Overlap R with the teacher. Raises NoSolution where examples are fitted exactly.

    That is c lambda >= 1: a student so long that the multiplier of the constraint has no value
    for which the minimiser is unique (alpha < 1 only).
    """
    # -1 at R = 0 and above 0 at R = 1 for every lambda: 1 + lambda^2 > 4 lambda / sqrt(2 pi).
    found = float(brentq(balance, 0.0, 1.0, args=(alpha, lam), xtol=1e-15, rtol=1e-14))
    # c lambda = x lambda / (1 + x lambda) < 1 for every strength x of the proximal point.
    if np.sqrt(np.pi / 2) * found * lam >= alpha:
        raise NoSolution(f"square loss, alpha={alpha}, lambda={lam}: examples are fitted exactly")
    return found


def square_loss_error(alpha: float, lambdas: Iterable[float]) -> np.ndarray:
    """epsilon(lambda; alpha) = arccos(R) / pi at fixed norm, (len(lambdas),). Raises NoSolution."""
    return np.array([np.arccos(overlap(alpha, lam)) / np.pi for lam in lambdas])


def early_error(lambdas: np.ndarray) -> np.ndarray:
    """Error over that of the Hebb rule, alpha -> infinity: no dependence on alpha is left.

    The second equation with R -> 1, for arccos(R)^2 -> 1 - R^2 -> pi / (2 alpha) times the
    bracket, and the bracket is 1 at the Hebb rule. Same shape as lambdas.
    """
    return np.sqrt(1 - 4 * lambdas / np.sqrt(2 * np.pi) + lambdas**2)


def optimum(alpha: float) -> tuple[float, float]:
    """(lambda, epsilon) of the smallest error: lambda = sqrt(2 / pi) R. Raises NoSolution."""

    def at_best(value: float) -> float:
        return balance(value, alpha, BEST_LAMBDA * value)

    # Any lambda that lowers the bracket raises R: at the best one both are stationary.
    best = float(brentq(at_best, 0.0, 1.0, xtol=1e-15, rtol=1e-14))
    return BEST_LAMBDA * best, float(np.arccos(best) / np.pi)

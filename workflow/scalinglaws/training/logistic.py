"""Logistic perceptrons on separable data: free-norm gradient descent and fixed-norm minimisers.

An example is kept as the pattern y x / sqrt(N); the stability of example i is D_i = pattern_i . w
and the loss is the sum over examples of log(1 + exp(-2 D_i)). The norm of a perceptron is
lambda = |w| / sqrt(N); at fixed norm this is the sharpness of the loss (D'Amico, Bocchi, Negri,
arXiv 2505.13230). Everything is float64.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

# Newton's method on the sphere survives this growth of lambda from one start to the next.
LARGEST_GROWTH = 2.0


@dataclass
class Descent:
    """State of gradient descent on an ensemble of independent samples; first axis = sample.

    weights (S, N); direction (S, N): running estimate of the steepest-curvature direction;
    time (S,): elapsed gradient-flow time of dw/dt = -grad(loss).
    """

    weights: np.ndarray
    direction: np.ndarray
    time: np.ndarray


def norms(vectors: np.ndarray) -> np.ndarray:
    return np.sqrt(np.sum(vectors**2, axis=-1))


def descend(
    state: Descent, patterns: np.ndarray, steps: int, curvature_step: float, norm_change: float
) -> Descent:
    """Take `steps` gradient steps of all samples; patterns has shape (S, P, N).

    The step is curvature_step / (largest curvature), so that it grows as the loss flattens: a
    constant step would need a time exponential in the norm. The curvature comes from one power
    iteration per step, which shares both passes over the patterns with the gradient. No step
    moves the weights by more than `norm_change` of their norm: without that cap the first step
    lands on the Hebb rule at lambda near 0.5 and the early curve is up to 32 % too high.
    """
    weights, direction, time = state.weights, state.direction, state.time
    transposed = np.swapaxes(patterns, 1, 2)
    for _ in range(steps):
        forward = np.stack([weights, direction], axis=1) @ transposed
        slope, bend = derivatives(forward[:, 0])
        bent = bend * forward[:, 1]
        gradient, product = np.moveaxis(np.stack([slope, bent], axis=1) @ patterns, 1, 0)
        curvature = norms(product)
        step = np.minimum(
            curvature_step / curvature, norm_change * norms(weights) / norms(gradient)
        )
        weights = weights - step[:, None] * gradient
        direction = product / curvature[:, None]
        time = time + step
    return Descent(weights, direction, time)


def generalisation_error(weights: np.ndarray, teacher: np.ndarray) -> np.ndarray:
    """arccos(overlap) / pi along the last axis: disagreement probability on fresh inputs."""
    overlap = np.sum(weights * teacher, axis=-1) / (norms(weights) * norms(teacher))
    return np.arccos(np.clip(overlap, -1.0, 1.0)) / np.pi


def derivatives(stabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivative of the loss, tanh(D) - 1 and 1 - tanh(D)^2.

    Not from tanh: it is 1 to rounding beyond D = 19, and a curvature of zero ends every descent.
    """
    miss = 2.0 * expit(-2.0 * stabilities)
    return -miss, miss * (2.0 - miss)


def gradient_of(weights: np.ndarray, patterns: np.ndarray) -> np.ndarray:
    slope, _ = derivatives(patterns @ weights)
    return slope @ patterns


def hessian_of(weights: np.ndarray, patterns: np.ndarray) -> np.ndarray:
    _, bend = derivatives(patterns @ weights)
    return patterns.T @ (bend[:, None] * patterns)


def newton_on_sphere(
    weights: np.ndarray, patterns: np.ndarray, lam: float, tolerance: float = 1e-11
) -> np.ndarray:
    """Minimiser of the loss over |w|^2 = lambda^2 N for one sample, patterns (P, N).

    Newton's method for grad + mu w = 0 and the constraint: the ridge path, with the ridge
    strength mu as Lagrange multiplier, so that all samples end at the same lambda. Returns NaN
    when it does not converge from the given start.
    """
    size = len(weights)
    weights = weights * (lam * np.sqrt(size) / norms(weights))
    # The multiplier that comes nearest to grad + mu w = 0 at the start.
    ridge = -np.dot(gradient_of(weights, patterns), weights) / np.dot(weights, weights)
    for _ in range(40):
        residual = gradient_of(weights, patterns) + ridge * weights
        excess = 0.5 * (np.dot(weights, weights) - lam**2 * size)
        # In units of mu w, which the gradient balances at the minimum.
        if norms(residual) < tolerance * ridge * lam * np.sqrt(size) and (
            abs(excess) < tolerance * lam**2 * size
        ):
            return weights
        matrix = hessian_of(weights, patterns) + ridge * np.eye(size)
        if not (ridge > 0 and np.all(np.isfinite(matrix))):
            break
        factor = cho_factor(matrix)
        along_residual, along_weights = cho_solve(factor, np.stack([residual, weights], axis=1)).T
        change = (excess - np.dot(weights, along_residual)) / np.dot(weights, along_weights)
        # The multiplier must stay positive for the Hessian to be definite.
        change = max(change, -0.9 * ridge)
        weights = weights - along_residual - change * along_weights
        ridge = ridge + change
    return np.full(size, np.nan)


def fixed_norm_minimisers(patterns: np.ndarray, lambdas: list[float]) -> np.ndarray:
    """Minimisers at increasing lambdas for one sample, shape (len(lambdas), N), by continuation."""
    # Where the norm vanishes the loss is linear, and the Hebb rule is its minimiser.
    weights = np.sum(patterns, axis=0)
    position, found = 0.02, []
    for lam in lambdas:
        pieces = max(1, int(np.ceil(np.log(lam / position) / np.log(LARGEST_GROWTH))))
        for point in np.geomspace(position, lam, pieces + 1)[1:-1].tolist():
            weights = newton_on_sphere(weights, patterns, point)
        weights = newton_on_sphere(weights, patterns, lam)
        position = lam
        found.append(weights)
    return np.array(found)

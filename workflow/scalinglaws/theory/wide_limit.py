"""Infinitely wide fully connected networks without biases, trained by full-batch descent.

The tangent kernel of Jacot et al. (arXiv:1806.07572) in the recursion of Lee et al.
(arXiv:1902.06720): with S_1 = gain x.x' / d and T_1 = S_1,
    S_{l+1} = gain E[phi(u) phi(v)],    T_{l+1} = S_{l+1} + T_l gain E[phi'(u) phi'(v)],
u and v Gaussian with covariance S_l. Expectations in closed form: Cho & Saul 2009 (ReLU) and
Williams 1997 (erf). Everything is float64.
"""

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Averages = Callable[[Array, Array, Array], tuple[Array, Array]]


def relu_averages(both: Array, left: Array, right: Array) -> tuple[Array, Array]:
    """E[phi(u) phi(v)] and E[phi'(u) phi'(v)], covariance `both`, variances `left`, `right`.

    Arrays that broadcast to the shape of `both`. Cho & Saul (2009), orders 1 and 0.
    """
    scale = np.sqrt(left * right)
    # Rounding may put a cosine beyond 1, where arccos is NaN.
    angle = np.arccos(np.clip(both / scale, -1.0, 1.0))
    first = scale * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / (2 * np.pi)
    return first, (np.pi - angle) / (2 * np.pi)


def erf_averages(both: Array, left: Array, right: Array) -> tuple[Array, Array]:
    """As `relu_averages`, for phi = erf, without the 1 / sqrt 2 of committee machines."""
    square = (1 + 2 * left) * (1 + 2 * right)
    first = 2 / np.pi * np.arcsin(2 * both / np.sqrt(square))
    return first, 4 / np.pi / np.sqrt(square - 4 * both**2)


AVERAGES: dict[str, Averages] = {"relu": relu_averages, "erf": erf_averages}


def tangent_kernel(
    left: Array, right: Array, *, activation: str, gain: float, hidden_layers: int
) -> Array:
    """NTK between inputs (features, n) and (features, m), shape (n, m).

    Raises KeyError for an activation that is not in AVERAGES.
    """
    scale = gain / len(left)
    both = scale * left.T @ right
    own = scale * (left**2).sum(0)[:, None], scale * (right**2).sum(0)[None]
    kernel = both
    averages = AVERAGES[activation]
    for _ in range(hidden_layers):
        value, slope = averages(both, *own)
        # Variances keep their value at ReLU's critical gain; erf's saturation shrinks them.
        own = (
            gain * averages(own[0], own[0], own[0])[0],
            gain * averages(own[1], own[1], own[1])[0],
        )
        both = gain * value
        kernel = both + kernel * gain * slope
    return kernel


def trained_outputs(
    train_kernel: Array,
    test_kernel: Array,
    slope: Callable[[Array], Array],
    outputs: int,
    learning_rate: float,
    steps: int,
) -> Array:
    """Outputs (outputs, tests) of the infinitely wide network that starts from zero outputs.

    - `train_kernel` (n, n), `test_kernel` (tests, n);
    - `slope`: gradient of the summed training loss at training outputs (outputs, n).

    Descent at `learning_rate` on the mean loss: f(x) changes by -rate K(x, train) slope(f(train)).
    """
    rate = learning_rate / len(train_kernel)
    current = np.zeros((outputs, len(train_kernel)))
    total = np.zeros_like(current)
    for _ in range(steps):
        signal = slope(current)
        # Test outputs are linear in the signals: their sum is all they need, once, at the end.
        total += signal
        current = current - rate * signal @ train_kernel
    return -rate * total @ test_kernel.T


def largest_stable_rate(train_kernel: Array, curvature: float) -> float:
    """2 / (curvature * largest eigenvalue / examples): above it descent on the mean loss diverges.

    `curvature` bounds the second derivative of one example's loss with respect to its outputs: 2
    for the squared loss, 1/2 for softmax cross-entropy (the largest eigenvalue of
    diag(p) - p p^T). train_kernel: (n, n).
    """
    # Descent on a loss of curvature c in the direction of eigenvalue k multiplies errors there by
    # 1 - rate c k / n, which must stay above -1.
    largest = np.linalg.eigvalsh(train_kernel)[-1] / len(train_kernel)
    return float(2.0 / (curvature * largest))

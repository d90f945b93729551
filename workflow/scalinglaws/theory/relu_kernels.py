"""Kernels of infinitely wide fully connected ReLU networks, by the arc-cosine recursion.

Cho & Saul (2009), Lee et al. (arXiv:1711.00165), Jacot et al. (arXiv:1806.07572); the kernels
that Bahri et al. (arXiv:2102.06701) compare. Weights N(0, 2 / fan-in), no biases; all layers
are trained in the tangent kernel. float64.
"""

import numpy as np

Array = np.ndarray


def relu_kernels(first: Array, second: Array, hidden_layers: int) -> tuple[Array, Array]:
    """(NNGP, NTK) between the rows of first (n, d) and second (m, d), each of shape (n, m).

    The first layer's kernel is 2 x.y / d; each hidden layer maps variances q, q' and correlation
    cos(theta) to sqrt(q q') (sin theta + (pi - theta) cos theta) / pi, with derivative
    (pi - theta) / pi.
    """
    nngp = 2.0 * first @ second.T / first.shape[1]
    lengths = [
        np.sqrt(2.0 / rows.shape[1]) * np.linalg.norm(rows, axis=1) for rows in (first, second)
    ]
    # The critical gain of 2 hands every variance on unchanged, so one `scale` serves all layers; an
    # input of zeros has no angle, and the tiny number gives it the kernel 0 instead of NaN.
    scale = np.maximum(np.outer(*lengths), np.finfo(float).tiny)
    ntk = nngp.copy()
    for _ in range(hidden_layers):
        # Rounding may put an input's cosine with itself beyond 1, where arccos is NaN.
        cosine = np.clip(nngp / scale, -1.0, 1.0)
        angle = np.arccos(cosine)
        # sin(arccos(c)) as sqrt(1 - c^2), which is exactly 0 at c = 1
        nngp = scale * (np.sqrt(1.0 - cosine**2) + (np.pi - angle) * cosine) / np.pi
        ntk = nngp + ntk * (np.pi - angle) / np.pi
    return nngp, ntk


def sphere_points(count: int, dimension: int, stream: np.random.Generator) -> Array:
    """(count, dimension + 1) points, uniform on the unit sphere of that intrinsic dimension."""
    points = stream.standard_normal((count, dimension + 1))
    return points / np.linalg.norm(points, axis=1, keepdims=True)

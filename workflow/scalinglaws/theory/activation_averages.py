"""Order-parameter averages of a committee machine with any activation, by Gauss-Hermite products.

The drift of arXiv 2410.09005 for a general g: delta_i = (sqrt(M)/K) g'(x_i) (zeta - sigma),
A_ij = <d delta_i/d x_j>, Gamma_im = <d delta_i/d y_m>, G_ij = <delta_i delta_j>. Every average
holds at most four different fields, so it is a sum over nodes^4 points at most; for the erf
activation `theory.committee` has closed forms. Accuracy is exponential in `nodes` for a smooth g.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.special import erf

Function = Callable[[np.ndarray], np.ndarray]


class Activation(NamedTuple):
    """g and its first two derivatives, elementwise."""

    value: Function
    slope: Function
    curvature: Function


def erf_slope(x: np.ndarray) -> np.ndarray:
    """g'(x) = sqrt(2/pi) exp(-x^2/2) of g = erf(x / sqrt 2), elementwise."""
    return math.sqrt(2 / math.pi) * np.exp(-(x**2) / 2)


ERF = Activation(lambda x: erf(x / math.sqrt(2)), erf_slope, lambda x: -x * erf_slope(x))
TANH = Activation(
    np.tanh,
    lambda x: 1 - np.tanh(x) ** 2,
    lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2),
)
# Slope 1, curvature 0: every average is of degree 2 at most, and two nodes are exact.
LINEAR = Activation(lambda x: x, np.ones_like, np.zeros_like)


@cache  # the arrays are shared between calls: read them, never write
def hermite_grid(fields: int, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (nodes^fields, fields) and weights (nodes^fields,), sum 1, of the standard normal."""
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    # hermegauss integrates against exp(-x^2/2), whose integral is sqrt(2 pi) and not 1.
    points = np.stack(np.meshgrid(*[x] * fields, indexing="ij"), axis=-1).reshape(-1, fields)
    weights = np.stack(np.meshgrid(*[w / w.sum()] * fields, indexing="ij"), axis=-1)
    return points, weights.reshape(-1, fields).prod(axis=1)


def gaussian_average(function: Function, covariance: np.ndarray, nodes: int) -> float:
    """<function(z)> for z normal with `covariance` (n, n); function maps (n, points) to (points,).

    The symmetric root also serves covariances without full rank (a field that copies another).
    """
    values, vectors = np.linalg.eigh(covariance)
    # Where Cholesky would refuse: zero eigenvalues come out as -1e-17 as easily as +1e-17.
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    points, weights = hermite_grid(len(covariance), nodes)
    return float(weights @ function(root @ points.T))


def mean_product(
    covariance: np.ndarray, factors: tuple[tuple[int, Function], ...], nodes: int
) -> float:
    """<product of functions of single fields>; factors are (number of the field, function).

    - `covariance`: (n, n) of all fields; only the fields named in `factors` are integrated over.
    """
    # A field that occurs twice is one dimension: nodes^3 points for <g'(x)^2 g(y) g(z)>.
    fields = sorted({field for field, _ in factors})
    place = {field: number for number, field in enumerate(fields)}

    def product(z: np.ndarray) -> np.ndarray:
        return np.prod([function(z[place[field]]) for field, function in factors], axis=0)

    return gaussian_average(product, covariance[np.ix_(fields, fields)], nodes)


def drift_averages(
    covariance: np.ndarray,
    student_units: int,
    activation: Activation,
    output_weights: np.ndarray,
    nodes: int = 24,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A (K, K), Gamma (K, M) and G (K, K) of fields (x, y) with a covariance (K+M, K+M).

    `output_weights` are w_p with zeta - sigma = sum_p w_p g(z_p) (`committee.output_weights`).
    Costs K^2 (K+M)^2 / 4 sums over nodes^4 points: for tests and small machines. With 24 nodes
    the erf averages agree with their closed forms to 2e-8 (tests).
    """
    K, fields = student_units, len(covariance)
    g, slope, curvature = activation
    gain = -float(output_weights[0])  # sqrt(M)/K: a student's output weight is its negative
    slopes = np.empty((K, fields))
    A, G = np.zeros((K, K)), np.zeros((K, K))
    for i in range(K):
        for p in range(fields):
            # Derivative of zeta - sigma by z_p. To a student p it is the first term of A_ip,
            # -(M/K^2) <g' g'>; to a teacher p it is Gamma_ip = <g' g'> / K.
            pair = mean_product(covariance, ((i, slope), (p, slope)), nodes)
            slopes[i, p] = gain * output_weights[p] * pair
            # Derivative of the factor g'(x_i): it knows x_i only, hence A's diagonal.
            bend = mean_product(covariance, ((i, curvature), (p, g)), nodes)
            A[i, i] += gain * output_weights[p] * bend
        for j in range(i + 1):
            G[i, j] = G[j, i] = gain**2 * noise(covariance, i, j, activation, output_weights, nodes)
    return A + slopes[:, :K], slopes[:, K:], G


def noise(
    covariance: np.ndarray,
    i: int,
    j: int,
    activation: Activation,
    output_weights: np.ndarray,
    nodes: int,
) -> float:
    """<g'(x_i) g'(x_j) (zeta - sigma)^2>, pairs of outputs counted once and doubled.

    Times (sqrt(M)/K)^2 it is G_ij; arguments as in `drift_averages`.
    """
    g, slope, _ = activation
    total = 0.0
    for p, first in enumerate(output_weights):
        for q, second in enumerate(output_weights[: p + 1]):
            four = ((i, slope), (j, slope), (p, g), (q, g))
            weight = first * second * (1 if p == q else 2)
            total += weight * mean_product(covariance, four, nodes)
    return float(total)


def generalisation_error(
    covariance: np.ndarray, activation: Activation, output_weights: np.ndarray, nodes: int = 24
) -> float:
    """eps_g = <(zeta - sigma)^2> / 2 of fields with a covariance (K+M, K+M)."""
    total = 0.0
    for p, first in enumerate(output_weights):
        for q, second in enumerate(output_weights):
            pair = ((p, activation.value), (q, activation.value))
            total += first * second * mean_product(covariance, pair, nodes)
    return total / 2

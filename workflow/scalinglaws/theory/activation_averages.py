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
    return math.sqrt(2 / math.pi) * np.exp(-(x**2) / 2)


ERF = Activation(lambda x: erf(x / math.sqrt(2)), erf_slope, lambda x: -x * erf_slope(x))
TANH = Activation(
    np.tanh,
    lambda x: 1 - np.tanh(x) ** 2,
    lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2),
)
LINEAR = Activation(lambda x: x, np.ones_like, np.zeros_like)


@cache
def hermite_grid(fields: int, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (nodes^fields, fields) and weights of the standard normal in `fields` dimensions."""
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    points = np.stack(np.meshgrid(*[x] * fields, indexing="ij"), axis=-1).reshape(-1, fields)
    weights = np.stack(np.meshgrid(*[w / w.sum()] * fields, indexing="ij"), axis=-1)
    return points, weights.reshape(-1, fields).prod(axis=1)


def gaussian_average(function: Function, covariance: np.ndarray, nodes: int) -> float:
    """<function(z)> for z normal with `covariance` (n, n); function maps (n, points) to (points,).

    The symmetric root also serves covariances without full rank (a field that copies another).
    """
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    points, weights = hermite_grid(len(covariance), nodes)
    return float(weights @ function(root @ points.T))


def mean_product(
    covariance: np.ndarray, factors: tuple[tuple[int, Function], ...], nodes: int
) -> float:
    """<product of functions of single fields>; factors are (number of the field, function)."""
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
    Costs K^2 (K+M)^2 / 4 sums over nodes^4 points: for tests and small machines.
    """
    K, fields = student_units, len(covariance)
    g, slope, curvature = activation
    gain = -float(output_weights[0])
    slopes = np.empty((K, fields))
    A, G = np.zeros((K, K)), np.zeros((K, K))
    for i in range(K):
        for p in range(fields):
            pair = mean_product(covariance, ((i, slope), (p, slope)), nodes)
            slopes[i, p] = gain * output_weights[p] * pair
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
    """<g'(x_i) g'(x_j) (zeta - sigma)^2>, pairs of outputs counted once and doubled."""
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
    """eps_g = <(zeta - sigma)^2> / 2."""
    total = 0.0
    for p, first in enumerate(output_weights):
        for q, second in enumerate(output_weights):
            pair = ((p, activation.value), (q, activation.value))
            total += first * second * mean_product(covariance, pair, nodes)
    return total / 2

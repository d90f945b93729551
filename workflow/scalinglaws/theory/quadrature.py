"""Gauss-Legendre panels for integrals of functions with structure on known small scales."""

from collections.abc import Sequence
from functools import cache

import numpy as np

# Beyond |t| = 9 the Gaussian measure is below 1e-18.
EDGE = 9.0
# Exact to degree 31 on each panel. A function that changes on the scale of its panels is then
# integrated to 1e-11 (tests: a logistic step of width 1e-3; moments of the Gaussian to 1e-12).
NODES = 16


@cache
def legendre(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on [-1, 1], each (nodes,); shared between calls, not to be written to."""
    return np.polynomial.legendre.leggauss(nodes)


def flat_panels(
    features: Sequence[tuple[float, float]], lower: float, upper: float
) -> tuple[np.ndarray, np.ndarray]:
    """Nodes t and weights of Int_lower^upper dt f(t).

    Each feature (centre, scale) says that f varies on `scale` near `centre`: panels of about
    that width surround the centre and double with the distance. Returns two arrays of one shape.
    """
    # Doubling widths reach the ends in log2(range / scale) panels: any number of decades is cheap,
    # where panels of one width would need range / scale of them.
    edges = {lower, upper}
    for centre, scale in features:
        doublings = max(1, int(np.ceil(np.log2((upper - lower) / scale))))
        reach = scale * 2.0 ** np.arange(-1, doublings + 1)
        marks = np.concatenate([[centre], centre + reach, centre - reach])
        edges.update(marks[(marks > lower) & (marks < upper)].tolist())
    borders = np.array(sorted(edges))
    x, w = legendre(NODES)
    half = 0.5 * np.diff(borders)[:, None]
    return (borders[:-1, None] + half * (1.0 + x)).ravel(), (half * w).ravel()


def gaussian_panels(
    features: Sequence[tuple[float, float]], lower: float = -EDGE, upper: float = EDGE
) -> tuple[np.ndarray, np.ndarray]:
    """As `flat_panels`, for Int_lower^upper dt phi(t) f(t), phi the standard normal density.

    A feature of scale 1 at 0 should be among the features, for phi itself.
    """
    t, weights = flat_panels(features, max(lower, -EDGE), min(upper, EDGE))
    return t, weights * np.exp(-0.5 * t**2) / np.sqrt(2 * np.pi)

"""Intrinsic dimension from distances to the nearest neighbours (Sharma and Kaplan's estimator).

Bahri et al. (arXiv:2102.06701), appendix A, average the estimates from k = 2, 3 and 4 neighbours.
"""

import numpy as np
from scipy.spatial import cKDTree

NEIGHBOURS = (2, 3, 4)
SHARE = 0.9  # the largest ratios are few and noisy


def intrinsic_dimensions(points: np.ndarray) -> np.ndarray:
    """Estimates for k = 2, 3, 4 from (n, features) points; their mean is the one reported.

    With mu = r_k / r_1, P(mu) = (1 - mu^(-d))^(k - 1): the slope of -log(1 - P^(1 / (k - 1)))
    against log mu through the origin, over the lowest 90 % of the points, is d. Repeated points
    are left out; NaN when fewer than ten points remain or a coordinate is not finite. Expect too
    little above 15 to 20 dimensions, and near boundaries (arXiv:2004.10802). Returns (3,).
    """
    if not np.isfinite(points).all():
        return np.full(len(NEIGHBOURS), np.nan)
    # A repeated point has r_1 = 0 and an infinite ratio.
    unique = np.unique(np.asarray(points, dtype=np.float64), axis=0)
    if len(unique) < 10:
        return np.full(len(NEIGHBOURS), np.nan)
    distances, _ = cKDTree(unique).query(unique, k=max(NEIGHBOURS) + 1)
    ratios = distances[:, 2:] / distances[:, 1:2]  # column 0 is the point itself
    return np.array([from_ratios(ratios[:, k - 2], k) for k in NEIGHBOURS])


def from_ratios(ratios: np.ndarray, k: int) -> float:
    """Estimate from mu = r_k / r_1 of all points, (n,)."""
    count = len(ratios)
    kept = int(SHARE * count)
    x = np.log(np.sort(ratios)[:kept])
    # Ranks over all points, not over those kept: the fit sees the lower part of P(mu) only.
    cumulative = np.arange(1, kept + 1) / count
    # The least-squares slope without intercept, since P(1) = 0 is known.
    y = -np.log1p(-(cumulative ** (1.0 / (k - 1))))
    return float((x @ y) / (x @ x))

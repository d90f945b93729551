"""Where the laws of arXiv:2505.13230 were fitted, and how much the choice of window matters."""

from typing import Any

import numpy as np

from scalinglaws.curves.norm_curves import Means, optima_of_means
from scalinglaws.statistics.norm_laws import (
    Window,
    branch_scan,
    early_exponents,
    laws,
    window_bounds,
)
from scalinglaws.statistics.windows import window_scan

OWN_RULE = (
    "law 1: part of the descending branch in log norm between its start and the optimum, for the "
    "largest sizes; law 2 and the measured exponent: all sizes"
)


def windows_of(means: Means, window: Window) -> dict[str, dict[str, Any]]:
    """Where each exponent was fitted: norms for law 1, training sizes for the others."""
    counted = np.isfinite(early_exponents(means, window))
    low, high = (10 ** end[counted] for end in window_bounds(means, window))
    points = sum(
        int(np.sum((means.grid >= first) & (means.grid <= last)))
        for first, last in zip(low, high, strict=True)
    )
    ends = (float(low.min()), float(high.max())) if counted.any() else None
    over_sizes = {"window": (means.sizes[0], means.sizes[-1]), "n_points": len(means.sizes)}
    return {
        "gamma_1": {"window": ends, "n_points": points},
        "early_spread": {"n_points": int(counted.sum())},
        "collapse_spread": {"n_points": int(counted.sum())},
        **dict.fromkeys(("gamma_2", "gamma_measured", "gamma_predicted"), over_sizes),
        "gamma_difference": over_sizes,
    }


def scans_of(means: Means, window: Window) -> dict[str, tuple[float, float]]:
    """Envelopes over windows; that of the prediction moves the window of law 1 only."""
    first = branch_scan(means, window)
    gamma_2 = float(laws(means, window)["gamma_2"])
    products = sorted(end * gamma_2 for end in first)
    return {
        "gamma_1": first,
        "gamma_2": scan_over_sizes(means.sizes, means.optima, -1),
        "gamma_predicted": (products[0], products[1]),
        "gamma_measured": scan_over_sizes(means.sizes, optima_of_means(means)[1], +1),
    }


def scan_over_sizes(sizes: np.ndarray, values: np.ndarray, sign: int) -> tuple[float, float]:
    """Envelope over contiguous ranges of sizes; `sign` +1 for decays, -1 for growth."""
    kept = np.isfinite(values) & (values > 0)
    low, high, _ = window_scan(sizes[kept], values[kept], min_points=3)
    ends = sorted((sign * low, sign * high))
    return ends[0], ends[1]

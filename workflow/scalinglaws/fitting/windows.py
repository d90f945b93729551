"""Fit windows: choosing points by a rule fixed in advance, and how much the choice matters."""

import numpy as np

from scalinglaws.errors import InputError
from scalinglaws.fitting.power_law import fit_power_law

Window = tuple[float, float, float]  # first abscissa, last abscissa, exponent


def select(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """(n,) mask of the points with low <= x <= high, ends included up to rounding."""
    x = np.asarray(x, dtype=float)
    return (x >= low * (1 - 1e-9)) & (x <= high * (1 + 1e-9))


def window_scan(
    x: np.ndarray, y: np.ndarray, min_points: int = 4, *, offset: bool = False
) -> tuple[float, float, list[Window]]:
    """Lowest and highest exponent over all contiguous windows, and every window's exponent.

    `x` (n,) must be sorted. Windows that determine no law are left out; with none left, both
    ends are NaN.
    """
    windows: list[Window] = []
    for first in range(len(x)):
        for stop in range(first + min_points, len(x) + 1):
            try:
                law = fit_power_law(x[first:stop], y[first:stop], offset=offset)
            except InputError:
                continue
            windows.append((float(x[first]), float(x[stop - 1]), law.exponent))
    if not windows:
        return float("nan"), float("nan"), []
    exponents = [exponent for _, _, exponent in windows]
    return min(exponents), max(exponents), windows

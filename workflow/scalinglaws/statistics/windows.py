"""Fit windows: choosing points by a rule fixed in advance, and how much the choice matters."""

from collections.abc import Callable

import numpy as np

from scalinglaws.errors import InputError
from scalinglaws.statistics.power_law import fit_power_law

Window = tuple[float, float, float]  # first abscissa, last abscissa, exponent
# Windows are pairs of points: their number grows as the square of a curve's length, and 2,000
# points took minutes. Up to so many points all pairs are fitted (with an offset a fit costs
# twenty times more), on a longer curve those of a few points evenly spaced in log x.
ALL_OF, ALL_WITH_OFFSET = 200, 32
SOME_OF, SOME_WITH_OFFSET = 48, 12


def select(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """(n,) mask of the points with low <= x <= high, ends included up to rounding."""
    x = np.asarray(x, dtype=float)
    return (x >= low * (1 - 1e-9)) & (x <= high * (1 + 1e-9))


def fitted_window(inside: np.ndarray) -> tuple[float, float] | None:
    """First and last of the abscissae that are fitted, (n,) sorted; None if none is."""
    return (float(inside[0]), float(inside[-1])) if len(inside) else None


def window_scan(
    x: np.ndarray, y: np.ndarray, min_points: int = 4, *, offset: bool = False
) -> tuple[float, float, list[Window]]:
    """Lowest and highest exponent over contiguous windows, and every window's exponent.

    `x` (n,) must be sorted. All windows are fitted of curves of up to 200 points (32 with an
    offset), of longer ones those between 48 (12) points evenly spaced in log x. Windows that
    determine no law are left out; with none left, both ends are NaN.
    """
    windows: list[Window] = []
    ends = scan_ends(x, offset)
    for number, first in enumerate(ends):
        for last in ends[number:]:
            if last - first + 1 < min_points:
                continue
            inside = slice(first, last + 1)
            try:
                law = fit_power_law(x[inside], y[inside], offset=offset)
            except InputError:
                continue
            windows.append((float(x[first]), float(x[last]), law.exponent))
    if not windows:
        return float("nan"), float("nan"), []
    exponents = [exponent for _, _, exponent in windows]
    return min(exponents), max(exponents), windows


def thinned(
    x: np.ndarray, y: np.ndarray, measure: Callable[[np.ndarray, np.ndarray], float], floor: float
) -> tuple[float, float]:
    """A measure of a curve (n,) and its change when every second point is left out, at least
    `floor`.
    """
    full = measure(x, y)
    return full, max(abs(full - measure(x[::2], y[::2])), floor)


def scan_ends(x: np.ndarray, offset: bool) -> list[int]:
    """Places in sorted x (n,) at which the windows of a scan begin and end, first and last too."""
    most, some = (ALL_WITH_OFFSET, SOME_WITH_OFFSET) if offset else (ALL_OF, SOME_OF)
    usable = np.flatnonzero((x > 0) & np.isfinite(x))
    if len(x) <= most or len(usable) < 2:
        return list(range(len(x)))
    logarithms = np.log(x[usable])
    targets = np.linspace(logarithms[0], logarithms[-1], some)
    found = np.searchsorted(logarithms, targets)
    return sorted({0, len(x) - 1} | {int(usable[min(place, len(usable) - 1)]) for place in found})

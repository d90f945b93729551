"""The laws of arXiv:2505.13230 with their offsets: Eqs. 2, 3 and 5.

The authors set the offsets to zero in every fit; here they are fitted jointly.
"""

from dataclasses import dataclass

import numpy as np

from scalinglaws.curves.norm_curves import Means
from scalinglaws.errors import InputError
from scalinglaws.statistics.norm_laws import Window, window_bounds
from scalinglaws.statistics.power_law import fit_power_law
from scalinglaws.statistics.windows import select


@dataclass(frozen=True)
class EarlyOffset:
    """Mean exponent over `sizes` curves that determine exponent and offset; NaN without any."""

    exponent: float
    sizes: int


def law_1_with_offset(means: Means, window: Window) -> EarlyOffset:
    low, high = (10**end for end in window_bounds(means, window))
    found = []
    for number in np.flatnonzero(window.used(means.sizes)):
        curve = means.errors[number]
        inside = select(means.grid, low[number], high[number]) & np.isfinite(curve)
        try:
            # norms run over up to 50 decades: only their ratio to the window's start matters
            law = fit_power_law(means.grid[inside] / low[number], curve[inside], offset=True)
        except InputError:
            continue
        found.append(law.exponent)
    return EarlyOffset(float(np.mean(found)) if found else float("nan"), len(found))


def exponent_with_offset(x: np.ndarray, y: np.ndarray) -> float:
    """Decay exponent next to a fitted offset; NaN where the points do not determine both."""
    try:
        return fit_power_law(x, y, offset=True).exponent
    except InputError:
        return float("nan")

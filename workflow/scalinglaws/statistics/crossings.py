"""Where a falling curve passes a level."""

import numpy as np


def crossing(alphas: np.ndarray, errors: np.ndarray, level: float) -> float:
    """First alpha at which a curve falls below a level, interpolated in logarithms; else NaN."""
    below = np.flatnonzero(errors < level)
    if len(below) == 0 or below[0] == 0 or not np.isfinite(errors[below[0] - 1]):
        return float("nan")
    pair = slice(below[0] - 1, below[0] + 1)
    logarithms = np.log(errors[pair])[::-1]
    return float(np.exp(np.interp(np.log(level), logarithms, np.log(alphas[pair])[::-1])))

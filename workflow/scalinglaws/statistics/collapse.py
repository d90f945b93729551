"""How well curves of several sizes fall onto one: the spread over sizes at matched abscissa."""

import numpy as np

from scalinglaws.errors import InputError


def log_spread(curves: np.ndarray, references: np.ndarray) -> np.ndarray:
    """(n,) standard deviation over sizes of log10(y / reference), zero for a perfect collapse.

    Arguments:
    - `curves`: (sizes, n) positive values at abscissae already matched between sizes.
    - `references`: (sizes,) each curve's own scale, for example its value at its optimum.

    A column with fewer than two finite values is NaN. Raises InputError for values <= 0.
    """
    curves, references = np.asarray(curves, dtype=float), np.asarray(references, dtype=float)
    if np.any(curves <= 0) or np.any(references <= 0):
        raise InputError("curves to be collapsed must be positive; leave out zeros and negatives.")
    logarithms = np.log10(curves / references[:, None])
    enough = np.sum(np.isfinite(logarithms), axis=0) >= 2
    spread = np.full(curves.shape[1], np.nan)
    spread[enough] = np.nanstd(logarithms[:, enough], axis=0, ddof=1)
    return spread

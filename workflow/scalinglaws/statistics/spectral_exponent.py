"""Exponent beta of a power-law spectrum, from forms that know its finite number of directions.

A straight line in logarithms is biased: the decay alpha^(-beta / (1+beta)) is reached only far
from both cut-offs, and the loss left by N_l of N directions falls as N_l^-beta - N^-beta. Here
the whole form is fitted, beta and a free amplitude (arXiv 2410.09005, the linear network).
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar

from scalinglaws.errors import InputError
from scalinglaws.theory.linear import incomplete_gamma_error, power_law_tail

Array = np.ndarray
BETAS = np.geomspace(0.02, 10.0, 80)  # range of the search; its ends count as "not determined"


def beta_of_decay(alphas: Array, errors: Array, levels: int, eta: float) -> float:
    """beta from eps_g(alpha) of the linear network with `levels` eigenvalues at small eta.

    Fits the incomplete-gamma form with its end terms. Raises InputError when nothing fits.
    """

    def form(beta: float) -> Array:
        return incomplete_gamma_error(levels, beta, alphas, eta, 0.0, ends=True)

    return best_beta(errors, form)


def beta_of_tail(trainable: Array, tails: Array, size: int, *, middle: bool = True) -> float:
    """beta from the loss that is left when N_l of `size` directions learn. Raises InputError.

    middle: N_l + 1/2 and N + 1/2 in the form's place of N_l and N. The sum over l > N_l is the
    integral from N_l + 1/2 to second order, which matters below N_l of about 100.
    """
    shift = 0.5 if middle else 0.0
    counts = np.asarray(trainable, dtype=float) + shift
    return best_beta(tails, lambda beta: power_law_tail(counts, beta, size + shift))


def best_beta(values: Array, form: Callable[[float], Array]) -> float:
    """Least squares in log(values / form) with a free amplitude, over beta alone."""
    values = np.asarray(values, dtype=float)
    if len(values) < 3 or not np.all(np.isfinite(values)) or np.any(values <= 0):
        raise InputError("no spectral exponent can be fitted: expected 3 or more positive values.")

    def spread(beta: float) -> float:
        with np.errstate(all="ignore"):
            mismatch = float(np.var(np.log(values / form(beta))))
        return mismatch if np.isfinite(mismatch) else np.inf

    best = int(np.argmin([spread(beta) for beta in BETAS]))
    if best in (0, len(BETAS) - 1):
        raise InputError("no spectral exponent can be fitted: the search ended at its bound.")
    bounds = (BETAS[best - 1], BETAS[best + 1])
    found = minimize_scalar(spread, bounds=bounds, method="bounded", options={"xatol": 1e-9})
    return float(found.x)

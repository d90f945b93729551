"""The exponent of y = E + A (x + s)^-a: a law that begins late, behind a plateau of x < s."""

from typing import NamedTuple

import numpy as np
from scipy.special import fdtri

from scalinglaws.errors import InputError
from scalinglaws.forecast.comparison import MODELS
from scalinglaws.forecast.laws import EXPONENTS, SHIFTS, Bound, fit_laws, grid_losses, grid_of

Array = np.ndarray
FEWEST = 6  # four unknowns
PROFILE_EXPONENTS = np.geomspace(EXPONENTS[0], EXPONENTS[-1], 240)
PROFILE_SHIFTS = 80


class ShiftedFit(NamedTuple):
    """The law's parameters; `interval` of the exponent, None where the points do not bound it."""

    exponent: float
    amplitude: float
    offset: float
    shift: float
    interval: tuple[float, float] | None


def fit_shifted(x: Array, y: Array, floor: float, level: float) -> ShiftedFit:
    """Fit by relative least squares with Huber's weights; x, y (n,), sorted and positive.

    The interval is the profile of the sum of squares: exponents whose best other parameters are
    not significantly worse (F test with 1 and n - 4 degrees of freedom). Raises InputError.
    """
    if len(x) < FEWEST:
        raise InputError(
            f"no shifted law can be fitted: {len(x)} points, at least {FEWEST} are needed; take "
            "--model offset or line."
        )
    law = fit_laws(x, y, [len(x)], MODELS[2], floor)
    u, v = x / law.x_unit, y / law.y_unit
    weights = (law(x)[0] / law.y_unit) ** -2.0
    shifts = np.append(0.0, np.geomspace(SHIFTS[0] * u[0], SHIFTS[1] * u[-1], PROFILE_SHIFTS))
    grid = grid_of(u, shifts, PROFILE_EXPONENTS)
    losses = grid_losses(grid, v, weights[None, :], Bound(floor / law.y_unit, True))
    profile = losses.reshape(len(shifts), -1).min(axis=0)
    free = len(x) - 4
    kept = np.flatnonzero(profile <= profile.min() * (1 + fdtri(1, free, level) / free))
    first, last = kept[0], kept[-1]
    exponent = float(law.exponent[0])
    interval = None
    if first > 0 and last < len(PROFILE_EXPONENTS) - 1:
        ends = PROFILE_EXPONENTS[first - 1], PROFILE_EXPONENTS[last + 1]  # outwards, to be safe
        interval = (min(float(ends[0]), exponent), max(float(ends[1]), exponent))
    return ShiftedFit(
        exponent,
        float(law.amplitude[0] * law.y_unit * law.x_unit**exponent),
        float(law.offset[0] * law.y_unit),
        float(law.shift[0] * law.x_unit),
        interval,
    )

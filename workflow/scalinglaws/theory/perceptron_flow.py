"""Free-norm gradient flow of the logistic perceptron with many examples per weight.

From w = 0, dw/dt = sum over examples of p (1 - tanh(p . w)), p = y x / sqrt(N), at fixed lambda =
|w| / sqrt(N) and alpha -> infinity. Then w = lambda w* + a small rest, which is a sum over the
examples of their components perpendicular to the teacher, each with an amplitude a that depends
on the example's teacher field z > 0 only (sources: D'Amico, Bocchi, Negri, arXiv 2505.13230, for
the setting; the solution is derived here). With
m = E|z| (1 - tanh(lambda |z|)), the growth of the norm, and h = E sech(lambda z)^2, the mean
curvature (E over the teacher field z, standard normal),

    da/dlambda = (1 - tanh(lambda z) - h a) / m,   a = 0 at lambda = 0,
    error over Hebb's = sqrt(2 / pi) sqrt(E_z a^2) / lambda.

At fixed norm h is replaced by h + m / lambda and the left-hand side by 0: both agree where the
curvature outruns the growth of the norm, at large lambda.
"""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from scipy.special import expit

from scalinglaws.theory.quadrature import gaussian_panels

SMALLEST_LAMBDA = 1e-4
STEP = 0.005  # in log(lambda); errors go as its square, below 1e-5 here


def flow_error(lambdas: Iterable[float]) -> np.ndarray:
    """Error over that of the Hebb rule along gradient flow, for lambdas > 0, (len(lambdas),).

    The relaxation rate h / m is the same for all z, so that with dT = (h / m) dlambda each step
    is exact for a quasi-static amplitude (1 - tanh(lambda z)) / h that is linear in T.
    """
    targets = np.asarray(list(lambdas), dtype=float)
    largest = float(targets.max())
    t, weights = gaussian_panels([(0.0, 1.0), (0.0, 1.0 / max(largest, 1.0))], lower=0.0)
    weights = 2 * weights  # of |z|
    # The grid decides the error, so it has points of its own and the targets are added to them.
    first = min(SMALLEST_LAMBDA, 0.01 * float(targets.min()))
    count = int(np.ceil(np.log(largest / first) / STEP)) + 2
    grid = np.concatenate(
        [[0.0], np.unique(np.append(np.geomspace(first, largest, count), targets))]
    )
    amplitude, rate, drive = np.zeros_like(t), *rate_and_drive(0.0, t, weights)
    found = {}
    for before, lam in pairwise(grid.tolist()):
        next_rate, next_drive = rate_and_drive(lam, t, weights)
        time = 0.5 * (rate + next_rate) * (lam - before)
        amplitude = relaxed(amplitude, drive, next_drive, time)
        rate, drive = next_rate, next_drive
        found[lam] = np.sqrt(2 / np.pi * np.sum(weights * amplitude**2)) / lam
    return np.array([found[lam] for lam in targets])


def rate_and_drive(lam: float, t: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """(h / m, (1 - tanh(lambda z)) / h) at one lambda; t = |z| and weights are (nodes,)."""
    slope = 2 * expit(-2 * lam * t)  # 1 - tanh, which as a difference is 0 beyond lambda z = 19
    growth = np.sum(weights * t * slope)
    curvature = np.sum(weights * slope * (2 - slope))  # sech^2 = (1 - tanh) (1 + tanh)
    return float(curvature / growth), slope / curvature


def relaxed(
    amplitude: np.ndarray, drive: np.ndarray, next_drive: np.ndarray, time: float
) -> np.ndarray:
    """Solution of da/dT = g - a after `time`, with g linear from `drive` to `next_drive`.

    Exponential steps: at large lambda h / m times a step is large, and an explicit one would have
    to be shorter than 1 / (h / m).
    """
    decay = np.exp(-time)
    share = -np.expm1(-time) / time  # mean of exp(-T) over the step
    return decay * amplitude + (share - decay) * drive + (1 - share) * next_drive

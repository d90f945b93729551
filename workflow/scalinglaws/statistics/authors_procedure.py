"""The fits of D'Amico et al. (arXiv:2505.13230), step by step as in their analysis notebook.

It serves one end: to bring back, from their released curves, the exponents and errors that they
print. Its errors are those of straight lines through the points of mean curves, not intervals over
seeds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scalinglaws.curves.norm_curves import Means, optima_of_means
from scalinglaws.statistics.windows import select

Array = np.ndarray


@dataclass(frozen=True)
class Choice:
    """What the authors chose by hand for one set and variant.

    - `window`: range of norm / (norm at the optimum of the mean curve) in which law 1 is fitted
    - `law_1_from`, `law_2_from`: smallest training size of either law
    """

    window: tuple[float, float]
    law_1_from: float
    law_2_from: float


@dataclass(frozen=True)
class Line:
    """Slope of a straight line and its standard error from the scatter about it."""

    slope: float
    error: float


def choice_from(settings: Mapping[str, Any]) -> Choice:
    low, high = settings["window"]
    return Choice(
        (low or 0.0, high or np.inf),
        settings.get("law_1_from", 0.0),
        settings.get("law_2_from", 0.0),
    )


def line(x: Array, y: Array) -> Line:
    """Ordinary least squares of log y on log x; the error as numpy.polyfit scales it."""
    slopes, covariance = np.polyfit(np.log(x), np.log(y), 1, cov=True)
    return Line(float(slopes[0]), float(np.sqrt(covariance[0, 0])))


def law_1_points(means: Means, choice: Choice) -> list[tuple[Array, Array]]:
    """(norm / optimal norm, error / smallest error) in the window, for each size of law 1 that has
    points there; the other sizes take no part.
    """
    parts = []
    norms, errors = optima_of_means(means)
    for size, curve, norm, error in zip(means.sizes, means.errors, norms, errors, strict=True):
        inside = select(means.grid / norm, *choice.window) & np.isfinite(curve)
        if size >= choice.law_1_from and inside.sum() > 2:
            parts.append((means.grid[inside] / norm, curve[inside] / error))
    return parts


def authors_fit(means: Means, choice: Choice) -> dict[str, float]:
    """gamma_1, gamma_2, their product and the measured exponent, each with ``_error``, and the
    ``sigma`` of the difference between the last two.

    gamma_1 is the mean of the slopes of the curves, its error their root mean square error (not a
    standard error over sizes). The measured exponent takes all sizes.
    """
    early = [line(*points) for points in law_1_points(means, choice)]
    gamma_1 = -float(np.mean([fit.slope for fit in early]))
    error_1 = float(np.sqrt(np.mean([fit.error**2 for fit in early])))
    used = means.sizes >= choice.law_2_from
    second = line(means.sizes[used], means.optima[used])
    decay = line(means.sizes, optima_of_means(means)[1])
    error = float(np.hypot(error_1 * second.slope, gamma_1 * second.error))
    return {
        "gamma_1": gamma_1,
        "gamma_1_error": error_1,
        "gamma_2": second.slope,
        "gamma_2_error": second.error,
        "gamma_predicted": gamma_1 * second.slope,
        "gamma_predicted_error": error,
        "gamma_measured": -decay.slope,
        "gamma_measured_error": decay.error,
        "sigma": float(np.hypot(error, decay.error)),
    }

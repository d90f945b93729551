"""Which of three laws forecasts a curve best, by its own past: line, offset or shifted."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scalinglaws.forecast.curve import as_curve
from scalinglaws.forecast.forecasts import rolling_ends
from scalinglaws.forecast.laws import Family, fit_laws

Array = np.ndarray
MODELS = (
    Family("line", offset=False),
    Family("offset"),
    Family("shifted", shifted=True),
)
AS_GOOD = 1.1  # the simplest law is taken whose error is at most so many times the best


class Comparison(NamedTuple):
    """`errors`: model -> root mean square of log forecast - log y over `origins` earlier points
    and all that followed each; `chosen`: the simplest that is as good as the best."""

    chosen: str
    errors: dict[str, float]
    origins: int


def compare_models(
    x: Sequence[float] | Array, y: Sequence[float] | Array, floor: float = 0.0
) -> Comparison:
    """Raises InputError where nothing can be forecast (forecast.curve.as_curve)."""
    curve = as_curve(x, y)
    ends = rolling_ends(curve.x)
    later = np.arange(len(curve.x))[None, :] >= ends[:, None]
    spacing = np.gradient(np.log(curve.x)) * later
    errors = {}
    for family in MODELS:
        laws = fit_laws(curve.x, curve.y, ends, family, floor)
        squares = (np.log(laws(curve.x)) - np.log(curve.y)) ** 2
        errors[family.name] = float(np.sqrt(np.sum(squares * spacing) / np.sum(spacing)))
    best = min(errors.values())
    chosen = next(name for name, error in errors.items() if error <= AS_GOOD * best)
    return Comparison(chosen, errors, len(ends))

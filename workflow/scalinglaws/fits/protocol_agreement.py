"""Networks trained exactly as the authors' against the curves they released, at equal P.

This checks network, initial weights, norm and optimiser together: the released curve is a mean of
30 seeds, ours of few.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.norm_curves import finite_mean
from scalinglaws.curves.panel_curves import difference_curves
from scalinglaws.errors import InputError
from scalinglaws.fits.laws_over_seeds import PAPER
from scalinglaws.statistics.bootstrap import bootstrap_quantity, student_interval
from scalinglaws.statistics.quantity import Quantity, unavailable
from scalinglaws.streams import generator

Array = np.ndarray
NAMES = ("largest_difference", "mean_difference")


def estimate(
    tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]
) -> dict[str, Quantity]:
    """``{set}_P{size}_largest_difference``, the largest absolute difference of error between our
    mean curve and the released one over the released norms that all our seeds pass, and the mean
    difference; for every comparison of ``settings["comparisons"]``.
    """
    found: dict[str, Quantity] = {}
    for name, size in settings["comparisons"]:
        try:
            differences = difference_curves(tables, name, size)[1]
            own = difference_quantities(differences, settings, size)
        except InputError as problem:
            own = dict.fromkeys(NAMES, unavailable(str(problem)))
        found |= {f"{name}_P{size}_{key}": one for key, one in own.items()}
    return found


def difference_quantities(
    differences: Array, settings: Mapping[str, Any], size: int
) -> dict[str, Quantity]:
    seeds, points = differences.shape
    source = generator(settings["seed"], PAPER, "protocol_agreement", {"P": size}, "draws")
    counts = source.multinomial(seeds, np.full(seeds, 1 / seeds), size=settings["draws"])
    point, drawn = differences.mean(axis=0), finite_mean(differences, counts)
    facts: dict[str, Any] = {"n_points": points, "n_seeds": seeds}
    largest = student_interval(float(np.abs(point).max()), np.abs(drawn).max(axis=1), seeds, 0.95)
    mean = student_interval(float(point.mean()), drawn.mean(axis=1), seeds, 0.95)
    return {
        "largest_difference": bootstrap_quantity(largest, **facts),
        "mean_difference": bootstrap_quantity(mean, **facts),
    }

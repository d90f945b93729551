"""Networks trained exactly as the authors' against the curves they released, at equal P.

This checks network, initial weights, norm and optimiser together: the released curve is a mean of
30 seeds, ours of few.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.panel_curves import difference_curves
from scalinglaws.errors import InputError
from scalinglaws.records import as_record
from scalinglaws.statistics.exponents import STUDENT_KIND
from scalinglaws.statistics.extremes import largest_of
from scalinglaws.statistics.over_seeds import mean_of_seeds, mean_over_seeds
from scalinglaws.statistics.quantity import GIVEN_TEST_SET, Quantity, quantity, unavailable

Array = np.ndarray
NAMES = ("largest_difference", "mean_difference")


@dataclass(frozen=True)
class Settings:
    """`comparisons`: released set and training size."""

    comparisons: tuple[tuple[str, int], ...]


def fit(tables: Mapping[str, pd.DataFrame], given: Mapping[str, Any]) -> dict[str, Quantity]:
    """``{set}_P{size}_largest_difference``, the largest absolute difference of error between our
    mean curve and the released one over the released norms that all our seeds pass, and the mean
    difference; for every comparison of the settings.
    """
    settings = as_record(Settings, given)
    found: dict[str, Quantity] = {}
    for name, size in settings.comparisons:
        try:
            differences = difference_curves(tables, name, size)[1]
            own = difference_quantities(differences)
        except InputError as problem:
            own = dict.fromkeys(NAMES, unavailable(str(problem)))
        found |= {f"{name}_P{size}_{key}": one for key, one in own.items()}
    return found


def difference_quantities(differences: Array) -> dict[str, Quantity]:
    """`differences` (seeds, norms)."""
    seeds, points = differences.shape
    facts: dict[str, Any] = {"n_points": points, "target": GIVEN_TEST_SET}
    unit = np.eye(points)
    parts = [mean_of_seeds(column) for column in differences.T]
    largest, low, high = largest_of(np.vstack([unit, -unit]), parts, least=0.0)
    mean = mean_over_seeds(differences.mean(axis=1), **facts)
    return {
        "largest_difference": quantity(
            largest,
            (low, high),
            interval_kind=f"largest of several: {STUDENT_KIND}",
            n_seeds=seeds,
            degrees=seeds - 1 if seeds > 1 else None,
            **facts,
        ),
        "mean_difference": {**mean, "scan": None},
    }

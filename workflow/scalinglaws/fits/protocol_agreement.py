"""Networks trained exactly as the authors' against the curves they released, at equal P.

This checks network, initial weights, norm and optimiser together: the released curve is a mean of
30 seeds, ours of few.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.norm_curves import finite_mean
from scalinglaws.curves.panel_curves import difference_curves
from scalinglaws.errors import InputError
from scalinglaws.records import as_record
from scalinglaws.statistics.over_seeds import drawn_counts, of_drawn
from scalinglaws.statistics.quantity import Quantity, unavailable
from scalinglaws.streams import generator

Array = np.ndarray
NAMES = ("largest_difference", "mean_difference")


@dataclass(frozen=True)
class Settings:
    """`comparisons`: released set and training size."""

    comparisons: tuple[tuple[str, int], ...]
    draws: int
    seed: int


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
            own = difference_quantities(differences, settings, size)
        except InputError as problem:
            own = dict.fromkeys(NAMES, unavailable(str(problem)))
        found |= {f"{name}_P{size}_{key}": one for key, one in own.items()}
    return found


def difference_quantities(differences: Array, settings: Settings, size: int) -> dict[str, Quantity]:
    seeds, points = differences.shape
    source = generator(settings.seed, "damico2025", "protocol_agreement", {"P": size}, "draws")
    counts = drawn_counts(seeds, settings.draws, source)
    point, drawn = differences.mean(axis=0), finite_mean(differences, counts)
    facts: dict[str, Any] = {"n_points": points, "n_seeds": seeds}
    largest = (float(np.abs(point).max()), np.abs(drawn).max(axis=1))
    mean = (float(point.mean()), drawn.mean(axis=1))
    return {
        "largest_difference": of_drawn(*largest, **facts),
        "mean_difference": of_drawn(*mean, **facts),
    }

"""Exponents of teacher-student regression in d dimensions (Bahri et al., arXiv:2102.06701)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.estimates.resolution_slopes import (
    curves,
    data_slopes,
    derived,
    slope,
    trained_window,
)
from scalinglaws.fitting.quantity import Quantity, unavailable
from scalinglaws.streams import generator

Settings = Mapping[str, Any]


def estimate(tables: dict[str, pd.DataFrame], settings: Settings) -> dict[str, Quantity]:
    """Decay exponents with intervals over seeds (one teacher each).

    - `resolution_slope_d{d}`: best test loss against D; `_final`, `_selected` (by the validation
      loss); `final_minus_best_d{d}`, `selected_minus_best_d{d}`: differences of exponents.
    - `four_over_alpha_d{d}`: predicted to be d.
    """
    results: dict[str, Quantity] = {}
    scanned = dict(list(tables["teacher_student"].groupby("dimension", sort=True)))
    for dimension in settings["dimensions"]:
        results |= dimension_slopes(dimension, scanned.get(dimension), settings)
    return results


def dimension_slopes(
    dimension: int, rows: pd.DataFrame | None, settings: Settings
) -> dict[str, Quantity]:
    """Resolution-limited exponents of one input dimension, absent ones with the reason."""
    line = f"d{dimension}"
    if rows is None:
        missing = unavailable(f"dimension {dimension} is not run at this scale")
        kinds = [f"resolution_slope_{line}{kind}" for kind in ("", "_final", "_selected")]
        kinds += [f"{kind}_minus_best_{line}" for kind in ("final", "selected")]
        return dict.fromkeys([*kinds, f"four_over_alpha_{line}"], missing)

    def stream(key: str) -> np.random.Generator:
        return fit_stream(settings, key)

    found = data_slopes(line, rows, settings, stream)
    best, window = curves(rows, "test_loss_best"), trained_window(rows, settings)[0]
    found[f"four_over_alpha_{line}"] = derived(
        lambda seeds: 4.0 / slope(best, window, seeds),
        found[f"resolution_slope_{line}"],
        stream(f"four_over_alpha_{line}"),
        settings,
    )
    return found


def fit_stream(settings: Settings, key: str) -> np.random.Generator:
    identity = {"quantity": key}
    return generator(settings["seed"], "bahri2021", "teacher_student_laws", identity, "bootstrap")

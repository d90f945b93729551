"""Exponents of the four regimes of Bahri et al. (arXiv:2102.06701): those in the data size."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.estimates.resolution_slopes import MIN_POINTS, curves, data_slopes
from scalinglaws.fitting.bootstrap import exponent_over_seeds
from scalinglaws.fitting.quantity import Quantity
from scalinglaws.streams import generator

Settings = Mapping[str, Any]


def estimate(tables: dict[str, pd.DataFrame], settings: Settings) -> dict[str, Quantity]:
    """Decay exponents with intervals over seeds.

    - `variance_slope_{line}`, `deviation_slope_{line}`: L(D) - L(infinity) and the mean squared
      distance of the outputs from their limit, both predicted 1.
    - `resolution_slope_{line}`: best test loss; `_final`, `_selected` (by the validation loss);
      `final_minus_best_{line}`, `selected_minus_best_{line}`: differences of exponents.
    """
    results: dict[str, Quantity] = {}
    for task, rows in tables["variance_limited"].groupby("task", sort=True):
        results |= variance_slopes(settings["lines"][task], rows, settings)
    for task, rows in tables["digits_mlp"].groupby("task", sort=True):
        line = settings["lines"][task]
        results |= data_slopes(line, rows, settings, lambda key: stream(settings, key))
    return results


def variance_slopes(line: str, rows: pd.DataFrame, settings: Settings) -> dict[str, Quantity]:
    names = {"variance_slope": "excess", "deviation_slope": "deviation"}
    window, rule = variance_window(rows, settings)
    found = {}
    for key, name in names.items():
        sizes, values = curves(rows, name)
        found[f"{key}_{line}"] = exponent_over_seeds(
            sizes,
            values,
            mean="arithmetic",  # differences can be negative
            window=window,
            rule=rule,
            min_points=MIN_POINTS,
            draws=settings["draws"],
            generator=stream(settings, f"{key}_{line}"),
        )
    return found


def variance_window(rows: pd.DataFrame, settings: Settings) -> tuple[tuple[float, float], str]:
    """All D of at least `data_per_parameter` times the number of parameters."""
    factor = settings["data_per_parameter"]
    low = float(factor * rows["parameters"].iloc[0])
    return (low, max(low, float(rows["data_size"].max()))), f"D >= {factor} P"


def stream(settings: Settings, key: str) -> np.random.Generator:
    return generator(settings["seed"], "bahri2021", "four_regimes", {"quantity": key}, "bootstrap")

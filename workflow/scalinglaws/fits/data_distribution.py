"""Exponents under changes of labels and inputs (arXiv:2102.06701, Fig. 3)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.image_curves import METRIC, noise_key, noisy, split
from scalinglaws.curves.size_curves import curves
from scalinglaws.records import as_record
from scalinglaws.statistics.image_slopes import (
    ImageSettings,
    data_line,
    data_slope,
    spread,
    sum_of_slopes,
)
from scalinglaws.statistics.independent import weighted_sum
from scalinglaws.statistics.mapped import mapped
from scalinglaws.statistics.over_seeds import mean_over_seeds
from scalinglaws.statistics.quantity import GIVEN_TEST_SET, Quantity

KINDS = ("fixed", "resampled")


def fit(tables: dict[str, pd.DataFrame], given: Mapping[str, Any]) -> dict[str, Quantity]:
    """Decay exponents of the best test loss in D, and how far they lie apart.

    - `superclass_slope_{classes}`, `superclass_spread`: largest less smallest exponent;
      `superclass_level_ratio`: loss with the most classes over that with the fewest, at the
      largest D.
    - `noise_slope_{kind}_{100 * deviation}`, `noise_spread_{kind}`, and `noise_drop_{kind}`:
      exponent without noise less that under the strongest. Kinds: fixed per image, resampled;
      the line without noise belongs to both; `noise_over_superclass_{kind}`: spread of one less
      that of the other.
    """
    settings = as_record(ImageSettings, given)
    by_classes = split(tables["superclass_scan"], "classes")
    results = {
        f"superclass_slope_{count}": data_slope(rows, METRIC, settings)
        for count, rows in by_classes.items()
    }
    lines = [data_line(rows, METRIC, settings) for rows in by_classes.values()]
    results["superclass_spread"] = spread(lines)
    results["superclass_level_ratio"] = level_ratio(list(by_classes.values()))
    for kind in KINDS:
        results |= of_noise(kind, tables["noise_scan"], settings)
        # Other images, other seeds: the two scans are independent.
        spreads = [results[f"noise_spread_{kind}"], results["superclass_spread"]]
        results[f"noise_over_superclass_{kind}"] = weighted_sum(spreads, [1.0, -1.0])
    return results


def level_ratio(rows: list[pd.DataFrame]) -> Quantity:
    """Of geometric means over seeds."""
    few, many = (curves(part, METRIC, "D").values[:, -1] for part in (rows[0], rows[-1]))
    with np.errstate(invalid="ignore", divide="ignore"):
        logarithms = np.log(many / few)
    found = mean_over_seeds(logarithms, n_points=2, target=GIVEN_TEST_SET)
    return mapped({**found, "scan": None}, lambda logarithm: float(np.exp(logarithm)))


def of_noise(kind: str, table: pd.DataFrame, settings: ImageSettings) -> dict[str, Quantity]:
    chosen = noisy(table, kind)
    found = {}
    for deviation, rows in chosen.items():
        key = noise_key(kind, deviation)
        found[key] = data_slope(rows, METRIC, settings)
    lines = [data_line(rows, METRIC, settings) for rows in chosen.values()]
    found[f"noise_spread_{kind}"] = spread(lines)
    weights = [1.0, *[0.0] * (len(lines) - 2), -1.0][: len(lines)]
    found[f"noise_drop_{kind}"] = sum_of_slopes(lines, weights)
    return found

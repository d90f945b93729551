"""Exponents under changes of labels and inputs (arXiv:2102.06701, Fig. 3)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.image_curves import METRIC, noise_key, noisy, split
from scalinglaws.curves.size_curves import curves
from scalinglaws.records import as_record
from scalinglaws.statistics.bootstrap import mean_curve
from scalinglaws.statistics.image_slopes import (
    ImageSettings,
    data_line,
    data_slope,
    image_draws,
    of_slopes,
    spread,
)
from scalinglaws.statistics.independent import weighted_sum
from scalinglaws.statistics.over_seeds import over_seeds
from scalinglaws.statistics.quantity import Quantity

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
        f"superclass_slope_{count}": data_slope(rows, METRIC, settings, f"superclass_slope_{count}")
        for count, rows in by_classes.items()
    }
    lines = [data_line(rows, METRIC, settings) for rows in by_classes.values()]
    results["superclass_spread"] = of_slopes(spread, lines, settings, "superclass_spread")
    results["superclass_level_ratio"] = level_ratio(list(by_classes.values()), settings)
    for kind in KINDS:
        results |= of_noise(kind, tables["noise_scan"], settings)
        # Other images, other seeds: the two scans are independent.
        spreads = [results[f"noise_spread_{kind}"], results["superclass_spread"]]
        results[f"noise_over_superclass_{kind}"] = weighted_sum(spreads, [1.0, -1.0])
    return results


def level_ratio(rows: list[pd.DataFrame], settings: ImageSettings) -> Quantity:
    """Of geometric means over seeds."""
    few, many = (curves(part, METRIC, "D").values[:, -1] for part in (rows[0], rows[-1]))

    def ratio(chosen: np.ndarray) -> float:
        above, below = (mean_curve(part[chosen, None], "log")[0] for part in (many, few))
        return float(above / below)

    draws = image_draws(settings)
    return over_seeds(ratio, len(few), draws, "superclass_level_ratio", n_points=2)


def of_noise(kind: str, table: pd.DataFrame, settings: ImageSettings) -> dict[str, Quantity]:
    chosen = noisy(table, kind)
    found = {}
    for deviation, rows in chosen.items():
        key = noise_key(kind, deviation)
        found[key] = data_slope(rows, METRIC, settings, key)
    lines = [data_line(rows, METRIC, settings) for rows in chosen.values()]
    key = f"noise_spread_{kind}"
    found[key] = of_slopes(spread, lines, settings, key)
    key = f"noise_drop_{kind}"
    found[key] = of_slopes(drop, lines, settings, key)
    return found


def drop(slopes: np.ndarray) -> float:
    return float(slopes[0] - slopes[-1])

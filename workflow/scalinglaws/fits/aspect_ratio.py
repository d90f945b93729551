"""Exponents over width and depth of the network (arXiv:2102.06701, Fig. S5)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.image_curves import METRIC, by_shape
from scalinglaws.records import as_record
from scalinglaws.statistics.image_slopes import (
    ImageSettings,
    Lines,
    data_line,
    data_slope,
    of_slopes,
    spread,
)
from scalinglaws.statistics.quantity import Quantity, unavailable


def fit(tables: dict[str, pd.DataFrame], given: Mapping[str, Any]) -> dict[str, Quantity]:
    """Decay exponents of the best test loss in D.

    - `slope_width_{width}` at the depth, `slope_depth_{depth}` at the width all others share.
    - `width_gain`: exponent of the widest less that of the narrowest; `saturation`: gain per
      doubling of the width between the two narrowest less that between the two widest.
    - `depth_range`: largest less smallest exponent over depths; `width_over_depth`: width_gain
      less depth_range.
    """
    settings = as_record(ImageSettings, given)
    widths, depths = by_shape(tables["aspect_scan"])
    results = {}
    for name, scanned in (("width", widths), ("depth", depths)):
        for size, rows in scanned.items():
            key = f"slope_{name}_{size}"
            results[key] = data_slope(rows, METRIC, settings, key)
    wide = [data_line(rows, METRIC, settings) for rows in widths.values()]
    deep = [data_line(rows, METRIC, settings) for rows in depths.values()]
    doublings = np.log2(np.array(list(widths), dtype=float))

    def over_depth(slopes: np.ndarray) -> float:
        return gain(slopes[: len(wide)]) - spread(slopes[len(wide) :])

    results["width_gain"] = compared(gain, wide, 2, settings, "width_gain")
    results["saturation"] = compared(
        lambda slopes: saturation(slopes, doublings), wide, 3, settings, "saturation"
    )
    results["depth_range"] = compared(spread, deep, 2, settings, "depth_range")
    both = [*wide, *deep] if len(wide) > 1 and len(deep) > 1 else []
    results["width_over_depth"] = compared(over_depth, both, 4, settings, "width_over_depth")
    return results


def compared(
    statistic: Any, lines: Lines, least: int, settings: ImageSettings, key: str
) -> Quantity:
    if len(lines) < least:
        return unavailable(f"needs at least {least} shapes, this scale runs {len(lines)}")
    return of_slopes(statistic, lines, settings, key)


def gain(slopes: np.ndarray) -> float:
    return float(slopes[-1] - slopes[0])


def saturation(slopes: np.ndarray, doublings: np.ndarray) -> float:
    gains = np.diff(slopes) / np.diff(doublings)
    return float(gains[0] - gains[-1])

"""Exponents over width and depth of the network (arXiv:2102.06701, Fig. S5)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.image_curves import METRIC, by_shape
from scalinglaws.records import as_record
from scalinglaws.statistics.extremes import differences
from scalinglaws.statistics.image_slopes import (
    ImageSettings,
    Lines,
    data_line,
    data_slope,
    largest_sum,
    spread,
    sum_of_slopes,
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
            results[key] = data_slope(rows, METRIC, settings)
    wide = [data_line(rows, METRIC, settings) for rows in widths.values()]
    deep = [data_line(rows, METRIC, settings) for rows in depths.values()]
    results["width_gain"] = needing(2, wide) or sum_of_slopes(wide, gain(len(wide)))
    results["saturation"] = needing(3, wide) or sum_of_slopes(wide, saturation(list(widths)))
    results["depth_range"] = needing(2, deep) or spread(deep)
    both = [*wide, *deep] if len(wide) > 1 and len(deep) > 1 else []
    results["width_over_depth"] = needing(4, both) or width_over_depth(wide, deep)
    return results


def needing(least: int, lines: Lines) -> Quantity | None:
    if len(lines) < least:
        return unavailable(f"needs at least {least} shapes, this scale runs {len(lines)}")
    return None


def gain(count: int) -> list[float]:
    """Weights of the exponents: the last less the first."""
    return [-1.0, *[0.0] * (count - 2), 1.0]


def saturation(widths: list[int]) -> list[float]:
    """Weights of the exponents: first gain per doubling of the width less the last one."""
    doublings = np.diff(np.log2(np.array(widths, dtype=float)))
    steps = np.diff(np.eye(len(widths)), axis=0) / doublings[:, None]
    return list(map(float, steps[0] - steps[-1]))


def width_over_depth(wide: Lines, deep: Lines) -> Quantity:
    """The gain less the largest difference over depths: minus the largest of their differences."""
    over_depths = differences(len(deep))
    less_gain = np.tile(-np.array(gain(len(wide))), (len(over_depths), 1))
    return largest_sum([*wide, *deep], np.hstack([less_gain, over_depths]), sign=-1)

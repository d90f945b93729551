"""Lines of a scan: geometric means over seeds, the fitted law in its window, points outside it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.estimates.resolution_slopes import Curves
from scalinglaws.figures.seed_curves import geometric_mean
from scalinglaws.figures.style import (
    ROLES,
    points_with_intervals,
    slope_label,
    theory_line,
)

Rows = list[pd.DataFrame]
ALPHA = "α"


def scan_line(
    axes: Axes,
    line: Curves,
    slope: Mapping[str, Any],
    *,
    panel: str,
    name: str,
    colour: str,
    marker: str = "o",
) -> Rows:
    """Points inside the fit window with the fitted law; those outside as crosses."""
    low, high = slope["window"] or (-np.inf, np.inf)
    fitted = slope["estimate"] is not None
    inside = (line.sizes >= low) & (line.sizes <= high) & fitted
    mean, below, above = geometric_mean(list(line.values))
    label = f"{name}: {slope_label(ALPHA, slope)}"
    parts: Rows = []
    for chosen, shape, suffix, text in (
        (inside, marker, "", label),
        (~inside, "X", " outside the window", None if inside.any() else label),
    ):
        if chosen.any():
            points = (line.sizes[chosen], mean[chosen], below[chosen], above[chosen])
            look: dict[str, Any] = {"colour": colour, "marker": shape, "label": text}
            parts.append(
                points_with_intervals(axes, *points, panel=panel, series=name + suffix, **look)
            )
    if inside.any():
        x, y = line.sizes[inside], mean[inside]
        law = np.exp(np.mean(np.log(y))) * (x / np.exp(np.mean(np.log(x)))) ** -slope["estimate"]
        parts.append(theory_line(axes, x, law, panel=panel, series=f"{name} fit", colour=colour))
    return parts


def quantity_points(
    axes: Axes,
    x: Sequence[float],
    quantities: Sequence[Mapping[str, Any]],
    *,
    factors: Sequence[float] | None = None,
    panel: str,
    series: str,
    **look: Any,
) -> Rows:
    """Fitted quantities (times `factors`) with their intervals; unavailable ones are left out."""
    kept = [i for i, found in enumerate(quantities) if found["estimate"] is not None]
    if not kept:
        return []
    scale = np.ones(len(x)) if factors is None else np.asarray(factors, dtype=float)
    values = np.array(
        [
            [quantities[i]["estimate"], *(quantities[i]["interval"] or [np.nan, np.nan])]
            for i in kept
        ],
        dtype=float,
    )
    at = np.asarray(x, dtype=float)[kept]
    return [
        points_with_intervals(
            axes,
            at,
            *(scale[kept] * column for column in values.T),
            panel=panel,
            series=series,
            **look,
        )
    ]


def dashed(axes: Axes, x: Any, y: Any, *, panel: str, series: str, label: str) -> Rows:
    """A prediction as a dashed line."""
    look: dict[str, Any] = {"style": "--", "colour": ROLES["theory"], "label": label}
    return [theory_line(axes, x, y, panel=panel, series=series, **look)]


def size_ticks(axes: Axes, sizes: Sequence[float]) -> None:
    """Ticks at the sizes run (every other one of many): their range is often within a decade."""
    shown = [int(size) for size in sorted(set(sizes))][:: 1 if len(set(sizes)) <= 6 else 2]
    axes.set_xticks(shown, [str(size) for size in shown])
    axes.minorticks_off()


def round_ticks(axes: Axes, values: Sequence[float]) -> None:
    """Ticks at 1, 2 and 5 times powers of ten within the range of the values."""
    low, high = min(values), max(values)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    round_numbers = [digit * 10**decade for decade in decades for digit in (1, 2, 5)]
    shown = [number for number in round_numbers if 0.9 * low <= number <= 1.1 * high]
    axes.set_xticks(shown, [f"{number:g}" for number in shown])
    axes.minorticks_off()


def below() -> dict[str, Any]:
    """Legends with slopes and intervals are wide: they stand under the panels."""
    return {"loc": "upper center", "bbox_to_anchor": (0.5, -0.18), "fontsize": 7}


def masked(*tables: pd.DataFrame) -> int:
    """Values of all tables that are not finite."""
    return sum(int(table["value"].isna().sum()) for table in tables)


def listed(values: pd.Series) -> str:
    """The distinct values in order, as a sentence lists them."""
    texts = [f"{value:,}" for value in sorted(set(values.tolist()))]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)

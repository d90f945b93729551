"""Lines of a scan: geometric means over seeds, the fitted law in its window, points outside it."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.seed_curves import geometric_mean
from scalinglaws.figures.style import (
    ALPHA,
    ROLES,
    law_through_centre,
    points_with_intervals,
    series_colours,
    slope_label,
    theory_line,
)
from scalinglaws.fits.resolution_slopes import Curves

Rows = list[pd.DataFrame]
Bounds = tuple[np.ndarray, np.ndarray, np.ndarray]
Line = tuple[str, Curves, Mapping[str, Any]]  # name, curves, fitted slope


def scan_line(
    axes: Axes,
    line: Curves,
    slope: Mapping[str, Any],
    *,
    panel: str,
    name: str,
    colour: str,
    marker: str = "o",
    means: Callable[[np.ndarray], Bounds] = geometric_mean,
) -> Rows:
    """Points inside the fit window with the fitted law; those outside as crosses.

    `means`: mean and interval over seeds, each (sizes,), of (seeds, sizes) values.
    """
    inside = within_window(line, slope) & (slope["estimate"] is not None)
    label, outside = f"{name}: {slope_label(ALPHA, slope)}", " outside the window"
    look = {"panel": panel, "name": name, "colour": colour, "marker": marker}
    bounds = means(line.values)
    return windowed_line(axes, line.sizes, bounds, inside, slope, label, outside, **look)


def within_window(line: Curves, slope: Mapping[str, Any]) -> np.ndarray:
    low, high = slope["window"] or (-np.inf, np.inf)
    inside: np.ndarray = (line.sizes >= low) & (line.sizes <= high)
    return inside


def windowed_line(
    axes: Axes,
    sizes: np.ndarray,
    bounds: Bounds,
    inside: np.ndarray,
    slope: Mapping[str, Any],
    label: str,
    outside: str,
    *,
    panel: str,
    name: str,
    colour: str,
    marker: str,
) -> Rows:
    """Points that are `inside`, the others as crosses, and the law fitted to the former.

    `label` is the legend's text, `outside` ends the name of the series of the crosses.
    """
    parts: Rows = []
    for chosen, shape, suffix, text in (
        (inside, marker, "", label),
        (~inside, "X", outside, None if inside.any() else label),
    ):
        if chosen.any():
            points = (sizes[chosen], *(values[chosen] for values in bounds))
            look: dict[str, Any] = {"colour": colour, "marker": shape, "label": text}
            parts.append(
                points_with_intervals(axes, *points, panel=panel, series=name + suffix, **look)
            )
    if inside.any() and slope["estimate"] is not None:
        x = sizes[inside]
        law = law_through_centre(x, bounds[0][inside], slope["estimate"], x)
        parts.append(theory_line(axes, x, law, panel=panel, series=f"{name} fit", colour=colour))
    return parts


def scan_family(axes: Axes, lines: Sequence[Line], *, panel: str) -> Rows:
    """Lines of an ordered family (dimensions, powers), from light to dark."""
    parts: Rows = []
    for (name, line, slope), colour in zip(lines, series_colours(len(lines)), strict=True):
        parts += scan_line(axes, line, slope, panel=panel, name=name, colour=colour)
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


def masked(*tables: pd.DataFrame) -> int:
    """Values of all tables that are not finite."""
    return sum(int(table["value"].isna().sum()) for table in tables)


def listed(values: Iterable[Any]) -> str:
    """The distinct numbers or names in order, as a sentence lists them: "1, 2 and 5"."""
    distinct = sorted(set(values))
    texts = [value if isinstance(value, str) else f"{value:,}" for value in distinct]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"

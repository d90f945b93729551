"""Lines of a scan: means over seeds with their intervals, and the law fitted in its window."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.means import Mean, mean_with_interval
from scalinglaws.curves.size_curves import Curves
from scalinglaws.figures.style import (
    ALPHA,
    ROLES,
    law_through_centre,
    points_with_intervals,
    quantity_numbers,
    series_colours,
    slope_label,
    theory_line,
)

Rows = list[pd.DataFrame]
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
    mean: str = "log",
) -> Rows:
    """Points inside the fit window with the fitted law; those outside as crosses.

    `mean` over seeds: "log" (geometric) or "arithmetic".
    """
    inside = within_window(line, slope) & (slope["estimate"] is not None)
    label, outside = f"{name}: {slope_label(ALPHA, slope)}", " outside the window"
    look = {"panel": panel, "name": name, "colour": colour, "marker": marker}
    found = mean_with_interval(line.values, mean)
    return windowed_line(axes, line.sizes, found, inside, slope, label, outside, **look)


def within_window(line: Curves, slope: Mapping[str, Any]) -> np.ndarray:
    """(sizes,) which points the slope was fitted to; all where it names no window."""
    low, high = slope["window"] or (-np.inf, np.inf)
    inside: np.ndarray = (line.sizes >= low) & (line.sizes <= high)
    return inside


def windowed_line(
    axes: Axes,
    sizes: np.ndarray,
    found: Mean,
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
            points = (sizes[chosen], *(values[chosen] for values in found))
            look: dict[str, Any] = {"colour": colour, "marker": shape, "label": text}
            parts.append(
                points_with_intervals(axes, *points, panel=panel, series=name + suffix, **look)
            )
    if inside.any() and slope["estimate"] is not None:
        x = sizes[inside]
        law = law_through_centre(x, found.mean[inside], slope["estimate"], x)
        parts.append(theory_line(axes, x, law, panel=panel, series=f"{name} fit", colour=colour))
    return parts


def draw_scan(
    axes: Axes, curve: Curves, *, panel: str, series: str, mean: str = "log", **look: Any
) -> Rows:
    """Points of one scan, all sizes alike; `look` as in style.points_with_intervals.

    A lower end of an arithmetic interval that is not positive cannot be drawn on log axes: such a
    point has no bar.
    """
    kept = curve.only(np.isfinite(curve.values).any(axis=0))
    found = mean_with_interval(kept.values, mean)
    low = np.where(found.low > 0, found.low, np.nan)
    points = (kept.sizes, found.mean, low, found.high)
    return [points_with_intervals(axes, *points, panel=panel, series=series, **look)]


def draw_fit(
    axes: Axes,
    curve: Curves,
    slope: Mapping[str, Any],
    *,
    panel: str,
    series: str,
    colour: str,
    mean: str = "log",
) -> Rows:
    """The fitted power law in its window, through the mean of the points there."""
    inside = within_window(curve, slope)
    if slope["estimate"] is None or slope["window"] is None or inside.sum() < 2:
        return []
    x, values = curve.only(inside)
    y = mean_with_interval(values, mean).mean
    # The least-squares line passes through the mean of the logarithms.
    centre = np.exp(np.mean(np.log(y)) + slope["estimate"] * np.mean(np.log(x)))
    law = centre * x ** -slope["estimate"]
    return [theory_line(axes, x, law, panel=panel, series=f"{series} fit", colour=colour)]


def draw_fitted(
    axes: Axes,
    curve: Curves,
    slope: Mapping[str, Any],
    *,
    panel: str,
    series: str,
    colour: Any,
    mean: str = "log",
    label: str | None = None,
    **look: Any,
) -> Rows:
    """Points of one scan and the law fitted to them; the legend adds its exponent to `label`."""
    shared: dict[str, Any] = {"panel": panel, "series": series, "colour": colour, "mean": mean}
    text = f"{label or series}: {slope_label(ALPHA, slope)}"
    points = draw_scan(axes, curve, label=text, **shared, **look)
    return points + draw_fit(axes, curve, slope, **shared)


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
    values = np.array([quantity_numbers(found) for found in quantities]).reshape(-1, 3)
    kept = np.isfinite(values[:, 0])
    if not kept.any():
        return []
    scale = np.ones(len(x)) if factors is None else np.asarray(factors, dtype=float)
    points = (np.asarray(x, dtype=float), *(scale * column for column in values.T))
    shown = (column[kept] for column in points)
    return [points_with_intervals(axes, *shown, panel=panel, series=series, **look)]


def dashed(axes: Axes, x: Any, y: Any, *, panel: str, series: str, label: str) -> Rows:
    """A prediction as a dashed line."""
    look: dict[str, Any] = {"style": "--", "colour": ROLES["theory"], "label": label}
    return [theory_line(axes, x, y, panel=panel, series=series, **look)]


def masked(*tables: pd.DataFrame) -> int:
    """Values of all tables that are not finite."""
    return sum(int(table["value"].isna().sum()) for table in tables)


def listed(values: Iterable[Any]) -> str:
    """The distinct numbers or names in order, as a sentence lists them: "1, 2 and 5"."""
    distinct = sorted(set(values))
    texts = [value if isinstance(value, str) else f"{value:,}" for value in distinct]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def seeds_of(table: pd.DataFrame) -> int:
    return int(table["seed"].nunique())

"""Curves over seeds on an axes: means with t intervals, fitted lines, all as plotted rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.stats import t as student

from scalinglaws.curves.scan_curves import Scan
from scalinglaws.figures.style import ALPHA, points_with_intervals, slope_label, theory_line

LEVEL = 0.95
Rows = list[pd.DataFrame]
Bounds = tuple[np.ndarray, np.ndarray, np.ndarray]


def means(curve: Scan, mean: str = "log") -> Bounds:
    """Geometric ("log") or arithmetic mean over seeds, and its 95 % t interval, each (sizes,).

    A lower end of an arithmetic interval that is not positive is absent (NaN) on log axes.
    """
    values = np.log(curve.values) if mean == "log" else curve.values
    count = np.isfinite(values).sum(axis=0)
    filled = np.where(np.isfinite(values), values, 0.0)
    centre = np.divide(filled.sum(axis=0), count, out=np.full(len(count), np.nan), where=count > 0)
    squares = np.where(np.isfinite(values), (values - centre) ** 2, 0.0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(squares / (count - 1) / count)
    reach = np.where(count > 1, student.ppf((1 + LEVEL) / 2, np.maximum(count - 1, 1)) * error, 0)
    bounds = (centre, centre - reach, centre + reach)
    if mean == "log":
        return tuple(np.exp(bound) for bound in bounds)
    return centre, np.where(bounds[1] > 0, bounds[1], np.nan), bounds[2]


def draw_scan(
    axes: Axes, curve: Scan, *, panel: str, series: str, mean: str = "log", **look: Any
) -> Rows:
    """Points of one scan; `look` as in style.points_with_intervals."""
    seen = np.isfinite(curve.values).any(axis=0)
    kept = Scan(curve.sizes[seen], curve.values[:, seen])
    drawn = points_with_intervals(
        axes, kept.sizes, *means(kept, mean), panel=panel, series=series, **look
    )
    return [drawn]


def draw_fit(
    axes: Axes,
    curve: Scan,
    slope: Mapping[str, Any],
    *,
    panel: str,
    series: str,
    colour: str,
    mean: str = "log",
) -> Rows:
    """The fitted power law in its window, through the mean of the points there."""
    if slope["estimate"] is None or slope["window"] is None:
        return []
    low, high = slope["window"]
    inside = (curve.sizes >= low) & (curve.sizes <= high)
    if inside.sum() < 2:
        return []
    x, y = curve.sizes[inside], means(curve, mean)[0][inside]
    # The least-squares line passes through the mean of the logarithms.
    centre = np.exp(np.mean(np.log(y)) + slope["estimate"] * np.mean(np.log(x)))
    line = theory_line(
        axes,
        x,
        centre * x ** -slope["estimate"],
        panel=panel,
        series=f"{series} fit",
        colour=colour,
    )
    return [line]


def draw_fitted(
    axes: Axes,
    curve: Scan,
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


def power_of_two_ticks(axes: Axes, low: float, high: float) -> None:
    """Powers of two as plain numbers, every second one, where a log axis spans few decades."""
    powers = 2 ** np.arange(np.ceil(np.log2(low)), np.floor(np.log2(high)) + 1)
    chosen = powers[:: 2 if len(powers) > 4 else 1]
    axes.set_xticks(chosen, [f"{value:.0f}" for value in chosen])
    axes.set_xticks([], minor=True)


def seeds_of(table: pd.DataFrame) -> int:
    return int(table["seed"].nunique())

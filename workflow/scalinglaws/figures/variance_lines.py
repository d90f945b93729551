"""Lines of variance-limited losses: arithmetic means, which may be negative, and their names."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.stats import t as student

from scalinglaws.estimates.resolution_slopes import Curves
from scalinglaws.figures.image_panels import LINE_COLOURS, NAMES
from scalinglaws.figures.style import (
    COLOURS,
    points_with_intervals,
    slope_label,
    theory_line,
)

Rows = list[pd.DataFrame]
ALPHA = "\N{GREEK SMALL LETTER ALPHA}"
LEVEL = 0.95
TASKS = {"teacher": "teacher-student", **NAMES}
VARIANTS = {"mse": "MSE", "erf": "erf", "cnn": "CNN"}
# Markers by variant of a line, so that they mean the same in every panel.
MARKERS = {"": "o", "mse": "s", "erf": "^", "mse_erf": "v", "cnn": "P", "mse_cnn": "h"}
VARIANT_COLOURS = {
    "": COLOURS["blue"],
    "mse": COLOURS["orange"],
    "erf": COLOURS["green"],
    "mse_erf": COLOURS["purple"],
}


def line_text(line: str) -> str:
    """`teacher_mse_erf` as "teacher-student, MSE, erf"."""
    task, *variants = line.split("_")
    return ", ".join([TASKS[task], *(VARIANTS[variant] for variant in variants)])


def look_of(line: str, by: str) -> dict[str, str]:
    """Marker by variant; colour by "task" or by "variant"."""
    task, _, variant = line.partition("_")
    of_task = {"teacher": COLOURS["blue"], **LINE_COLOURS}[task]
    colour = of_task if by == "task" else VARIANT_COLOURS[variant]
    return {"colour": colour, "marker": MARKERS[variant]}


def difference_line(
    axes: Axes,
    line: Curves,
    slope: Mapping[str, Any],
    *,
    panel: str,
    name: str,
    look: Mapping[str, str],
) -> Rows:
    """Points inside the fit window with the fitted law; those outside as crosses."""
    low, high = slope["window"] or (-np.inf, np.inf)
    inside = (line.sizes >= low) & (line.sizes <= high) & (slope["estimate"] is not None)
    means = arithmetic_means(line)
    label = f"{name}: {slope_label(ALPHA, slope)}"
    parts: Rows = []
    for chosen, shape, suffix, text in (
        (inside, look["marker"], "", label),
        (~inside, "X", " outside the window", None if inside.any() else label),
    ):
        if chosen.any():
            points = (line.sizes[chosen], *(values[chosen] for values in means))
            drawn: dict[str, Any] = {"colour": look["colour"], "marker": shape, "label": text}
            parts.append(
                points_with_intervals(axes, *points, panel=panel, series=name + suffix, **drawn)
            )
    if inside.any():
        x, y = line.sizes[inside], means[0][inside]
        law = np.exp(np.mean(np.log(y))) * (x / np.exp(np.mean(np.log(x)))) ** -slope["estimate"]
        colour = look["colour"]
        parts.append(theory_line(axes, x, law, panel=panel, series=f"{name} fit", colour=colour))
    return parts


def arithmetic_means(line: Curves) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean over seeds and its 95 % t interval, each (sizes,); NaN values are left out."""
    count = np.isfinite(line.values).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(line.values, axis=0) / count
        spread = np.nansum((line.values - mean) ** 2, axis=0) / count / (count - 1)
        reach = student.ppf((1 + LEVEL) / 2, count - 1) * np.sqrt(spread)
    return mean, mean - reach, mean + reach

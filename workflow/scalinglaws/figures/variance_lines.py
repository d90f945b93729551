"""Lines of variance-limited losses: arithmetic means, which may be negative, and their names."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

from scalinglaws.curves.size_curves import Curves
from scalinglaws.figures.image_panels import LINE_COLOURS, NAMES
from scalinglaws.figures.scan_lines import fitted_line
from scalinglaws.figures.style import COLOURS

Rows = list[pd.DataFrame]
TASKS = {"teacher": "teacher-student", **NAMES}
VARIANTS = {"mse": "MSE", "erf": "erf", "cnn": "CNN"}
# Markers by variant of a line, so that they mean the same in every panel.
MARKERS = {"": "o", "mse": "s", "erf": "^", "mse_erf": "v", "cnn": "P", "mse_cnn": "h"}
# Shades by variant of the data set's colour: shares of white (positive) or black mixed in.
SHADES = {"": 0.0, "mse": 0.45, "erf": -0.4, "mse_erf": 0.25, "cnn": -0.25, "mse_cnn": -0.4}


def line_text(line: str) -> str:
    """`teacher_mse_erf` as "teacher-student, MSE, erf"."""
    task, *variants = line.split("_")
    return ", ".join([TASKS[task], *(VARIANTS[variant] for variant in variants)])


def look_of(line: str) -> dict[str, str]:
    """Colour by data set, its shade and the marker by variant."""
    task, _, variant = line.partition("_")
    of_task = {"teacher": COLOURS["blue"], **LINE_COLOURS}[task]
    return {"colour": shade(of_task, SHADES[variant]), "marker": MARKERS[variant]}


def shade(colour: str, share: float) -> str:
    """The colour mixed with white, or for negative shares with black."""
    towards = 1.0 if share > 0 else 0.0
    mixed = [part + (towards - part) * abs(share) for part in to_rgb(colour)]
    return to_hex(mixed)


def difference_line(
    axes: Axes,
    line: Curves,
    slope: Mapping[str, Any],
    *,
    panel: str,
    name: str,
    look: Mapping[str, str],
) -> Rows:
    """As `fitted_line`, of arithmetic means."""
    return fitted_line(axes, line, slope, panel=panel, series=name, mean="arithmetic", **look)

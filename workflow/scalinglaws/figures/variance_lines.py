"""Lines of variance-limited losses: arithmetic means, which may be negative, and their names."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.size_curves import Curves
from scalinglaws.figures.image_panels import LINE_COLOURS, NAMES
from scalinglaws.figures.scan_lines import scan_line
from scalinglaws.figures.style import COLOURS

Rows = list[pd.DataFrame]
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
    """As `scan_line`, of arithmetic means."""
    drawn = {"panel": panel, "name": name, **look}
    return scan_line(axes, line, slope, mean="arithmetic", **drawn)

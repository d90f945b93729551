"""Figure 1a of arXiv 2102.06701: the four regimes, in data (top) and in model size (bottom)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.image_curves import METRIC, against_parameters
from scalinglaws.curves.size_curves import Curves, curves
from scalinglaws.curves.variance_curves import lines_of
from scalinglaws.figures.image_panels import NAMES, line_look, task_lines, training_text
from scalinglaws.figures.mean_points import MEANING
from scalinglaws.figures.scan_lines import (
    fitted_line,
    law_above,
    listed,
    masked,
    published,
    published_law,
)
from scalinglaws.figures.style import (
    ALPHA,
    WIDE,
    Drawing,
    dress,
    fit_height,
    new_figure,
    plotted_rows,
    series_colours,
    under,
)
from scalinglaws.figures.variance_lines import Rows, difference_line, line_text, look_of

Settings = Mapping[str, Any]
Names = Mapping[str, str]  # of the line of each task
Tables = Mapping[str, pd.DataFrame]
Fits = Mapping[str, Mapping[str, Any]]
DATA, PARAMETERS, WIDTH = r"training examples $D$", r"parameters $P$", r"width $w$"
UNDER = under(fontsize=6.5)


def draw(tables: Tables, fits: Mapping[str, Fits], settings: Settings) -> Drawing:
    """Panels: a variance-limited in data, b resolution-limited in data, c in model size, d
    variance-limited in width.
    """
    figure, axes = new_figure(2, 2, width=WIDE)
    lines, dimensions = settings["lines"], settings["dimensions"]
    found = fits["four_regimes"]
    parts = variance_panel(axes[0], tables, found, lines, published(settings, "data"))
    parts += resolution_panel(axes[1], tables, fits, lines, dimensions)
    parts += size_panel(axes[2], tables, fits, lines, dimensions)
    parts += width_panel(axes[3], tables, found, lines, published(settings, "width"))
    fit_height(figure, 1.85)
    return Drawing(figure, plotted_rows(*parts), caption(tables, found))


def variance_panel(
    axes: Axes, tables: Tables, found: Fits, names: Names, exponent: float
) -> Rows:
    lines = {
        **lines_of(tables["variance_limited"], names),
        **lines_of(tables["variance_limited_cnn"], names),
    }
    parts: Rows = []
    for line, rows in lines.items():
        slope, excess = found[f"variance_slope_{line}"], curves(rows, "excess")
        drawn = {"panel": "a", "name": line_text(line), "look": look_of(line)}
        parts += difference_line(axes, excess, slope, **drawn)
    parts.append(law_above(axes, parts, exponent, panel="a"))
    label = r"$L(D) - L(\infty)$"
    dress(axes, DATA, label, title="a  variance-limited in data", **UNDER)
    return parts


def width_panel(axes: Axes, tables: Tables, found: Fits, names: Names, exponent: float) -> Rows:
    parts: Rows = []
    for line, rows in lines_of(tables["variance_limited_width"], names).items():
        slope, excess = found[f"width_slope_{line}"], curves(rows, "excess", "width")
        drawn = {"panel": "d", "name": line_text(line), "look": look_of(line)}
        parts += difference_line(axes, excess, slope, **drawn)
    parts.append(law_above(axes, parts, exponent, panel="d"))
    label = r"$L(w) - L(\infty)$"
    dress(axes, WIDTH, label, title="d  variance-limited in width", **UNDER)
    return parts


def resolution_panel(
    axes: Axes, tables: Tables, fits: Mapping[str, Fits], names: Names, dimensions: list[int]
) -> Rows:
    parts = teacher_lines(
        axes, tables["teacher_student"], fits, dimensions, panel="b", prefix="d", size="data_size"
    )
    table, scaling = tables["image_data_scan"], fits["image_scaling"]
    look: dict[str, Any] = {"network": "wrn", "lines": names, "panel": "b"}
    parts += task_lines(axes, table, METRIC, scaling, **look)
    for task, rows in tables["digits_mlp"].groupby("task", sort=True):
        line = names[str(task)]
        slope = fits["four_regimes"][f"resolution_slope_{line}"]
        drawn = {"panel": "b", "series": f"{NAMES[line]}, 2 \u00d7 128", **line_look(line)}
        curve = curves(rows, "test_loss_best")
        parts += fitted_line(axes, curve, slope, **{**drawn, "marker": "<"})
    dress(axes, DATA, r"test loss $L(D)$", title="b  resolution-limited in data", **UNDER)
    return parts


def size_panel(
    axes: Axes, tables: Tables, fits: Mapping[str, Fits], names: Names, dimensions: list[int]
) -> Rows:
    parts = teacher_lines(
        axes, tables["model_size_scan"], fits, dimensions,
        panel="c", prefix="size_d", size="parameters",
    )  # fmt: skip
    for task, rows in tables["image_width_scan"].groupby("task", sort=True):
        line = names[str(task)]
        slope = fits["image_scaling"][f"width_slope_{line}"]
        curve = against_parameters(rows)
        drawn = {"panel": "c", "series": NAMES[line], **line_look(line)}
        parts += fitted_line(axes, curve, slope, **drawn)
    title = "c  resolution-limited in model size"
    dress(axes, PARAMETERS, r"test loss $L(P)$", title=title, **UNDER)
    return parts


def teacher_lines(
    axes: Axes,
    table: pd.DataFrame,
    fits: Mapping[str, Fits],
    dimensions: list[int],
    *,
    panel: str,
    prefix: str,
    size: str,
) -> Rows:
    """Teacher-student lines of the chosen dimensions, with the published exponents 4 / d."""
    by_dimension = dict(list(table.groupby("dimension", sort=True)))
    drawn = [dimension for dimension in dimensions if dimension in by_dimension]
    parts: Rows = []
    for dimension, colour in zip(drawn, series_colours(len(drawn)), strict=True):
        loss = curves(by_dimension[dimension], "test_loss_best", size)
        slope = fits["teacher_student_laws"][f"resolution_slope_{prefix}{dimension}"]
        name = f"teacher-student, d = {dimension}"
        parts += fitted_line(axes, loss, slope, panel=panel, series=name, colour=colour)
        label = f"published, {ALPHA} = 4 / d" if dimension == drawn[-1] else None
        parts.append(predicted_slope(axes, loss, dimension, panel, label))
    return parts


def predicted_slope(
    axes: Axes, loss: Curves, dimension: int, panel: str, label: str | None
) -> pd.DataFrame:
    """The published law from the first measured point."""
    ends = (float(loss.sizes[0]), float(loss.sizes[-1]))
    start = float(np.exp(np.nanmean(np.log(loss.values[:, 0]))))
    drawn = {"panel": panel, "series": f"published 4/{dimension}", "label": label}
    return published_law(axes, ends, start, 4.0 / dimension, **drawn)


def caption(tables: Tables, found: Fits) -> str:
    """What is drawn, with the numbers of these very tables."""
    small, convolved, wide = (tables[f"variance_limited{name}"] for name in ("", "_cnn", "_width"))
    teachers, growing = tables["teacher_student"], tables["model_size_scan"]
    rules = {key.split("_slope")[0]: q["rule"] for key, q in found.items() if q["rule"]}
    return (
        f"(a) Fully connected networks of {listed(small['parameters'])} parameters and CNNs of "
        f"{listed(convolved['parameters'])} after {listed(small['step'])} and "
        f"{listed(convolved['step'])} full-batch steps on random training sets of D examples: test "
        f"loss less that of training on the whole population; cross-entropy (nats) unless MSE; "
        f"{small['seed'].nunique()} and {convolved['seed'].nunique()} seeds, each with "
        f"{small['draw'].nunique()} and {convolved['draw'].nunique()} balanced training sets per "
        f"D. (b, c) Smallest test loss over training: teacher-student regression in d dimensions "
        f"(mean squared error in units of the target's variance; {teachers['seed'].nunique()} "
        f"seeds and {listed(teachers['step'])} steps over D, {growing['seed'].nunique()} and "
        f"{listed(growing['step'])} over P) and images (cross-entropy; over D: "
        f"{training_text(tables['image_data_scan'])}; over P: "
        f"{training_text(tables['image_width_scan'])}; 2 \u00d7 128: fully connected, "
        f"{listed(tables['digits_mlp']['step'])} steps). "
        f"(d) Networks of two hidden layers of width w on {listed(wide['examples'])} training "
        f"examples, {listed(wide['step'])} full-batch steps: test loss less that of their own "
        f"linearisation, {wide['seed'].nunique()} initialisations; ReLU unless erf. "
        f"Points: arithmetic (a, d) and geometric (b, c) means over seeds with "
        f"95 % t intervals. Lines: power laws fitted in windows fixed in advance "
        f"(a: {rules['variance']}; d: {rules['width']}; b, c: as in figures S1, S2 and S4); "
        f"{MEANING}. Slopes: estimate and 95 % interval over seeds. Dashed: the exponents that "
        f"the paper gives. Values masked as not finite: {masked(*tables.values())}."
    )

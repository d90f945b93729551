"""Figure 1a of arXiv 2102.06701: the four regimes, in data (top) and in model size (bottom)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.image_curves import METRIC, against_parameters
from scalinglaws.curves.size_curves import Curves, curves
from scalinglaws.curves.variance_curves import lines_of
from scalinglaws.figures.image_panels import (
    NAMES,
    fitted_line,
    line_look,
    task_lines,
    training_text,
)
from scalinglaws.figures.scan_lines import listed, masked, scan_line
from scalinglaws.figures.style import (
    Drawing,
    below,
    dress,
    new_figure,
    plotted_rows,
    reference_slope,
    series_colours,
)
from scalinglaws.figures.variance_lines import (
    Rows,
    difference_line,
    line_text,
    look_of,
)

Settings = Mapping[str, Any]
Names = Mapping[str, str]  # of the line of each task
Tables = Mapping[str, pd.DataFrame]
Fits = Mapping[str, Mapping[str, Any]]
DATA, PARAMETERS, WIDTH = r"training examples $D$", r"parameters $P$", r"width $w$"
UNDER = below(0.16, fontsize=6.5)


def draw(tables: Tables, fits: Mapping[str, Fits], settings: Settings) -> Drawing:
    """Panels: a variance-limited in data, b resolution-limited in data, c in model size, d
    variance-limited in width.
    """
    figure, axes = new_figure(2, 2, width=7.2, height=9.2)
    lines, dimensions = settings["lines"], settings["dimensions"]
    parts = variance_panel(axes[0], tables, fits["four_regimes"], lines)
    parts += resolution_panel(axes[1], tables, fits, lines, dimensions)
    parts += size_panel(axes[2], tables, fits, lines, dimensions)
    parts += width_panel(axes[3], tables, fits["four_regimes"], lines)
    for panel in axes:
        without_reasons(panel)
    return Drawing(figure, plotted_rows(*parts), caption(tables, fits["four_regimes"]))


def without_reasons(axes: Axes) -> None:
    """Reasons why an exponent is missing are too wide for these legends; the ledger has them."""
    legend = axes.get_legend()
    for text in [] if legend is None else legend.get_texts():
        text.set_text(text.get_text().split(" (")[0])


def variance_panel(axes: Axes, tables: Tables, found: Fits, names: Names) -> Rows:
    lines = {
        **lines_of(tables["variance_limited"], names),
        **lines_of(tables["variance_limited_cnn"], names),
    }
    parts: Rows = []
    for line, rows in lines.items():
        slope, look = found[f"variance_slope_{line}"], look_of(line, "task")
        excess, name = curves(rows, "excess"), line_text(line)
        parts += difference_line(axes, excess, slope, panel="a", name=name, look=look)
    parts.append(predicted(axes, parts, "a", r"predicted, $D^{-1}$"))
    label = r"$L(D) - L(\infty)$"
    dress(axes, DATA, label, title="a  variance-limited in data", **UNDER)
    return parts


def width_panel(axes: Axes, tables: Tables, found: Fits, names: Names) -> Rows:
    lines = lines_of(tables["variance_limited_width"], names)
    by = "variant" if len({line.split("_")[0] for line in lines}) == 1 else "task"
    parts: Rows = []
    for line, rows in lines.items():
        slope, look = found[f"width_slope_{line}"], look_of(line, by)
        excess, name = curves(rows, "excess", "width"), line_text(line)
        parts += difference_line(axes, excess, slope, panel="d", name=name, look=look)
    parts.append(predicted(axes, parts, "d", r"predicted, $w^{-1}$"))
    label = r"$L(w) - L(\infty)$"
    dress(axes, WIDTH, label, title="d  variance-limited in width", **UNDER)
    return parts


def predicted(axes: Axes, parts: Rows, panel: str, label: str) -> pd.DataFrame:
    """A line of slope -1 above all points."""
    points = pd.concat([part for part in parts if not part["series"].iloc[0].endswith(" fit")])
    positive = points[points["y"] > 0]
    ends = (float(points["x"].min()), float(points["x"].max()))
    top = float((positive["x"] * positive["y"]).max()) if len(positive) else 1.0
    start = 1.6 * top / ends[0]
    return reference_slope(axes, ends, start, -1.0, panel=panel, series="theory", label=label)


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
        slope, name = fits["four_regimes"][f"resolution_slope_{line}"], f"{NAMES[line]}, 2 x 128"
        curve, look = curves(rows, "test_loss_best"), {**line_look(line), "marker": "<"}
        parts += fitted_line(axes, curve, slope, "b", name, look)
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
        parts += fitted_line(axes, curve, slope, "c", NAMES[line], line_look(line))
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
    """Teacher-student lines of the chosen dimensions, with the predicted slopes -4 / d."""
    by_dimension = dict(list(table.groupby("dimension", sort=True)))
    drawn = [dimension for dimension in dimensions if dimension in by_dimension]
    parts: Rows = []
    for dimension, colour in zip(drawn, series_colours(len(drawn)), strict=True):
        loss = curves(by_dimension[dimension], "test_loss_best", size)
        slope = fits["teacher_student_laws"][f"resolution_slope_{prefix}{dimension}"]
        name = f"teacher-student, d = {dimension}"
        parts += scan_line(axes, loss, slope, panel=panel, name=name, colour=colour)
        label = "predicted, exponent 4 / d" if dimension == drawn[-1] else None
        parts.append(predicted_slope(axes, loss, dimension, panel, label))
    return parts


def predicted_slope(
    axes: Axes, loss: Curves, dimension: int, panel: str, label: str | None
) -> pd.DataFrame:
    """The predicted law from the first measured point."""
    ends = (float(loss.sizes[0]), float(loss.sizes[-1]))
    start = float(np.exp(np.nanmean(np.log(loss.values[:, 0]))))
    series = f"theory 4/{dimension}"
    return reference_slope(
        axes, ends, start, -4.0 / dimension, panel=panel, series=series, label=label
    )


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
        f"{training_text(tables['image_width_scan'])}; 2 x 128: fully connected, "
        f"{listed(tables['digits_mlp']['step'])} steps). "
        f"(d) Networks of two hidden layers of width w on {listed(wide['examples'])} training "
        f"examples, {listed(wide['step'])} full-batch steps: test loss less that of their own "
        f"linearisation, {wide['seed'].nunique()} initialisations; ReLU unless erf. "
        f"Points: arithmetic (a, d) and geometric (b, c) means over seeds with "
        f"95 % t intervals. Lines: power laws fitted in windows fixed in advance "
        f"(a: {rules['variance']}; d: {rules['width']}; b, c: as in figures S1, S2 and S4); "
        f"crosses lie outside. Slopes: estimate and 95 % interval over seeds. Dashed: predicted "
        f"exponents. Values masked as not finite: {masked(*tables.values())}."
    )

"""Figure 1b of arXiv 2102.06701: students between two training points; 4 / alpha_D against d."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from scalinglaws.figures.scan_lines import Rows, dashed, quantity_points
from scalinglaws.figures.style import (
    COLOURS,
    ROLES,
    Drawing,
    below,
    dress,
    new_figure,
    plotted_rows,
    series_colours,
    theory_line,
)

Fits = Mapping[str, Mapping[str, Any]]
NETWORKS = {"cnn": ("four-layer CNN", False), "wrn": ("Wide ResNet", True)}  # hollow markers


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: a outputs along a chord; b 4 / alpha_D, teacher-student and, where run, images."""
    table = tables["teacher_student"]
    figure, (top, bottom) = new_figure(2, 1, width=4.6, height=6.4)
    lines = chord_lines(table, settings)
    parts = chord_panel(top, lines)
    parts += dimension_panel(bottom, table, fits, settings)
    return Drawing(figure, plotted_rows(*parts), caption(table, lines, settings))


def chord_lines(table: pd.DataFrame, settings: Mapping[str, Any]) -> pd.DataFrame:
    """The chord of the first seed at the dimension shown (or the nearest that was run)."""
    wanted = settings["chord_dimension"]
    dimension = min(set(table["dimension"]), key=lambda d: (abs(d - wanted), d))
    rows = table[(table["dimension"] == dimension) & (table["seed"] == table["seed"].min())]
    rows = rows[rows["quantity"].isin(["chord_student", "chord_teacher"])]
    sizes = sorted(set(rows["data_size"]))[: settings["chord_students"]]
    return rows[rows["data_size"].isin(sizes)].sort_values(["data_size", "coordinate"])


def chord_panel(axes: Axes, lines: pd.DataFrame) -> Rows:
    students = lines[lines["quantity"] == "chord_student"]
    groups = list(students.groupby("data_size", sort=True))
    parts: Rows = []
    for (size, rows), colour in zip(groups, series_colours(len(groups)), strict=True):
        name = f"student, D = {size}"
        look: dict[str, Any] = {"colour": colour, "label": name}
        parts.append(
            theory_line(axes, rows["coordinate"], rows["value"], panel="a", series=name, **look)
        )
    teacher = lines[(lines["quantity"] == "chord_teacher") & (lines["data_size"] == groups[0][0])]
    x, y = teacher["coordinate"], teacher["value"]
    parts += dashed(axes, x, y, panel="a", series="teacher", label="teacher")
    ends = teacher.iloc[[0, -1]]
    axes.plot(ends["coordinate"], ends["value"], "o", color=ROLES["theory"], markersize=4)
    place = "position between two training points"
    dress(axes, place, "network output", title="a", log="", fontsize=7)
    return parts


def dimension_panel(
    axes: Axes, table: pd.DataFrame, fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Rows:
    found = fits["teacher_student_laws"]
    dimensions = sorted(set(table["dimension"]))
    parts = quantity_points(
        axes,
        dimensions,
        [found[f"four_over_alpha_d{dimension}"] for dimension in dimensions],
        panel="b",
        series="teacher-student",
        label="teacher-student",
    )
    parts += image_points(axes, fits, settings)
    reached = [float(part["x"].max()) for part in parts]
    ends = [dimensions[0] - 0.5, max([dimensions[-1], *reached]) + 0.5]
    parts += dashed(axes, ends, ends, panel="b", series="prediction", label=r"$4/\alpha_D = d$")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    xlabel = r"input dimension $d$, intrinsic dimension of images"
    dress(axes, xlabel, r"$4/\alpha_D$", title="b", log="", **below(ncols=2))
    return parts


def image_points(axes: Axes, fits: Mapping[str, Fits], settings: Mapping[str, Any]) -> Rows:
    """4 / alpha_D of image data at their measured dimension, of the sets that were run."""
    parts: Rows = []
    colours = ("orange", "green", "purple", "brown", "pink")
    for (line, name), colour in zip(dict(settings["images"]).items(), colours, strict=False):
        for network, (architecture, hollow) in NETWORKS.items():
            place = fits["intrinsic_dimension"][f"{network}_{line}"]
            inverse = fits["image_scaling"][f"{network}_four_over_alpha_{line}"]
            if place["estimate"] is None or inverse["estimate"] is None:
                continue
            label = f"{name}, {architecture}"
            look: dict[str, Any] = {"colour": COLOURS[colour], "marker": "s", "label": label}
            at = [place["estimate"]]
            parts += quantity_points(axes, at, [inverse], panel="b", series=label, **look)
            if hollow:
                axes.lines[-1].set_markerfacecolor("white")
                axes.lines[-1].set_markeredgecolor(COLOURS[colour])
                axes.lines[-1].set_markeredgewidth(1.1)
    return parts


def caption(table: pd.DataFrame, lines: pd.DataFrame, settings: Mapping[str, Any]) -> str:
    """What is drawn, with the numbers of this very table."""
    students = lines[lines["quantity"] == "chord_student"]
    teacher = lines[lines["quantity"] == "chord_teacher"]
    both = students.merge(teacher, on=["data_size", "coordinate"], suffixes=("", "_teacher"))
    error = (both["value"] - both["value_teacher"]) ** 2
    roots = error.groupby(both["data_size"]).mean().pow(0.5)
    errors = ", ".join(f"{value:.2g} at D = {size}" for size, value in roots.items())
    return (
        f"(a) A teacher in d = {lines['dimension'].iloc[0]} dimensions and its students on the "
        f"straight line between two training points (dots) that all D share, one seed; the "
        f"students' root mean square distance from the teacher along it is {errors}. "
        f"(b) 4 over the exponent of the best test loss in D, against the input dimension "
        f"(teacher-student, {table['seed'].nunique()} seeds with 95 % intervals; window fixed in "
        f"advance, see figure S2) and, for image data, against the intrinsic dimension of the last "
        f"hidden layer's activations (solid: four-layer CNN, hollow: Wide ResNet; the paper finds "
        f"no clean relation there). Dashed: the prediction 4/alpha = d."
    )

"""Figure S4 of arXiv 2102.06701: teacher-student loss against the number of parameters."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.size_curves import curves
from scalinglaws.figures.scan_lines import (
    Rows,
    dashed,
    listed,
    masked,
    quantity_points,
    scan_family,
)
from scalinglaws.figures.short_axes import round_ticks
from scalinglaws.figures.style import Drawing, below, dress, new_figure, plotted_rows

Fits = Mapping[str, Mapping[str, Any]]


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: a L(P) per dimension; b 4 / alpha_P against d."""
    table, found = tables["model_size_scan"], fits["teacher_student_laws"]
    figure, (left, right) = new_figure(1, 2, width=7.2, height=4.2)
    parts = loss_panel(left, table, found) + dimension_panel(right, table, found)
    return Drawing(figure, plotted_rows(*parts), caption(table))


def loss_panel(axes: Axes, table: pd.DataFrame, found: Fits) -> Rows:
    lines = [
        (
            f"d = {dimension}",
            curves(rows, "test_loss_best", "parameters"),
            found[f"resolution_slope_size_d{dimension}"],
        )
        for dimension, rows in table.groupby("dimension", sort=True)
    ]
    parts = scan_family(axes, lines, panel="a")
    dress(axes, r"parameters $P$", r"test loss $L(P)$", title="a", **below())
    round_ticks(axes, table["parameters"].tolist())
    return parts


def dimension_panel(axes: Axes, table: pd.DataFrame, found: Fits) -> Rows:
    dimensions = sorted(set(table["dimension"]))
    quantities = [found[f"four_over_alpha_size_d{dimension}"] for dimension in dimensions]
    parts = quantity_points(
        axes,
        dimensions,
        quantities,
        panel="b",
        series="teacher-student",
        label="teacher-student",
    )
    ends = [dimensions[0] - 0.4, dimensions[-1] + 0.4]
    parts += dashed(axes, ends, ends, panel="b", series="prediction", label=r"$4/\alpha_P = d$")
    axes.set_xticks(dimensions)
    dress(axes, r"input dimension $d$", r"$4/\alpha_P$", title="b", log="", **below())
    return parts


def caption(table: pd.DataFrame) -> str:
    """What is drawn, with the numbers of this very table."""
    return (
        f"Students with two hidden layers of {listed(table['width'])} units learn random teachers "
        f"in d dimensions from fresh data, {listed(table['step'])} steps; "
        f"{table['seed'].nunique()} seeds, each with its own teacher, held fixed over the widths. "
        f"(a) Smallest test loss on the way, in units of the target's variance: geometric means "
        f"with 95 % t intervals and fits over all widths. At small d the widest students are "
        f"limited by the number of steps, which lowers the exponent. (b) 4 over the exponent, "
        f"95 % intervals over seeds; dashed: the prediction d. Values masked as not finite: "
        f"{masked(table)}."
    )

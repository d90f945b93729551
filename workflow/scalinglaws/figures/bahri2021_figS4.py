"""Figure S4 of arXiv 2102.06701: teacher-student loss against the number of parameters."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from scalinglaws.curves.size_curves import curves
from scalinglaws.figures.scan_lines import (
    BARS,
    Rows,
    dashed,
    inverse_of,
    listed,
    masked,
    quantity_points,
    scan_family,
)
from scalinglaws.figures.short_axes import round_ticks
from scalinglaws.figures.style import (
    ROLES,
    WIDE,
    Drawing,
    dress,
    fit_height,
    new_figure,
    plotted_rows,
    published_marker,
    under,
)

Fits = Mapping[str, Mapping[str, Any]]


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: a L(P) per dimension; b 4 / alpha_P against d."""
    table, found = tables["model_size_scan"], fits["teacher_student_laws"]
    figure, (left, right) = new_figure(1, 2, width=WIDE)
    parts = loss_panel(left, table, found)
    parts += dimension_panel(right, table, found, settings["earlier"])
    fit_height(figure, 2.7)
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
    dress(axes, r"parameters $P$", r"test loss $L(P)$", title="a  loss", **under())
    round_ticks(axes, table["parameters"].tolist())
    return parts


def dimension_panel(
    axes: Axes, table: pd.DataFrame, found: Fits, earlier: tuple[float, float]
) -> Rows:
    dimensions = sorted(set(table["dimension"]))
    inverses = [inverse_of(found[f"resolution_slope_size_d{d}"]) for d in dimensions]
    values = [mark["estimate"] for mark in inverses if mark["estimate"] is not None]
    reach = 1.1 * max([*dimensions, *values, *earlier])
    look: dict[str, Any] = {"panel": "b", "within": (0.0, reach)}
    name = "teacher-student"
    parts = quantity_points(axes, dimensions, inverses, series=name, label=name, **look)
    drawn = {"panel": "b", "series": "earlier paper"}
    parts.append(published_marker(axes, *earlier, label="published, arXiv 2004.10802", **drawn))
    parts += dashed(
        axes, [0.0, reach], [0.0, reach], panel="b", series="prediction",
        label=r"published, $4/\alpha_P = d$", colour=ROLES["published"],
    )  # fmt: skip
    axes.set(xlim=(0, reach), ylim=(0, reach), aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    title = "b  exponents and dimension"
    dress(axes, r"input dimension $d$", r"$4/\alpha_P$", title=title, log="", **under())
    return parts


def caption(table: pd.DataFrame) -> str:
    """What is drawn, with the numbers of this very table."""
    return (
        f"Students with two hidden layers of {listed(table['width'])} units learn random teachers "
        f"in d dimensions from fresh data, {listed(table['step'])} steps; "
        f"{table['seed'].nunique()} seeds, each with its own teacher, held fixed over the widths. "
        f"(a) Smallest test loss on the way, in units of the target's variance: geometric means "
        f"with 95 % t intervals and fits over all widths. At small d the widest students are "
        f"limited by the number of steps, which lowers the exponent. (b) 4 over the exponent. "
        f"{BARS} Dashed: the published relation; diamond: what the authors' earlier paper gives "
        f"for a teacher of eight features and cross-entropy. Values masked as not finite: "
        f"{masked(table)}."
    )

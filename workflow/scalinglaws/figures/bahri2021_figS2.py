"""Figure S2 of arXiv 2102.06701: teacher-student loss against D for each input dimension."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.size_curves import curves
from scalinglaws.figures.scan_lines import (
    BARS,
    Rows,
    bar_limits,
    dashed,
    listed,
    masked,
    quantity_points,
    scan_family,
)
from scalinglaws.figures.short_axes import size_ticks
from scalinglaws.figures.style import (
    COLOURS,
    MARKERS,
    ROLES,
    WIDE,
    Drawing,
    dress,
    fit_height,
    new_figure,
    plotted_rows,
    rows_of,
    under,
)

Fits = Mapping[str, Mapping[str, Any]]
KINDS = {"": "best", "_final": "final", "_selected": "validation-selected"}


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: a L(D) per dimension; b its exponent over 4 / d for three ways to read the loss."""
    table, found = tables["teacher_student"], fits["teacher_student_laws"]
    figure, (left, right) = new_figure(1, 2, width=WIDE)
    share = settings["published"]["share"]
    parts = loss_panel(left, table, found) + share_panel(right, table, found, share)
    fit_height(figure, 2.5)
    return Drawing(figure, plotted_rows(*parts), caption(table, found))


def loss_panel(axes: Axes, table: pd.DataFrame, found: Fits) -> Rows:
    lines = [
        (f"d = {d}", curves(rows, "test_loss_best"), found[f"resolution_slope_d{d}"])
        for d, rows in table.groupby("dimension", sort=True)
    ]
    parts = scan_family(axes, lines, panel="a")
    dress(axes, r"training examples $D$", r"test loss $L(D)$", title="a  loss", **under())
    size_ticks(axes, table["data_size"].tolist())
    return parts


def share_panel(
    axes: Axes, table: pd.DataFrame, found: Fits, share: Mapping[str, float]
) -> Rows:
    dimensions = sorted(set(table["dimension"]))
    exponents = {
        suffix: [found[f"resolution_slope_d{dimension}{suffix}"] for dimension in dimensions]
        for suffix in KINDS
    }
    factors = [dimension / 4 for dimension in dimensions]
    edges = share["value"] + share["margin"] * np.array([-1, 1])
    every = [slope for slopes in exponents.values() for slope in slopes]
    low, high = bar_limits(every, edges, factors * len(exponents))
    parts: Rows = []
    looks = zip(KINDS.items(), (0.0, 0.22, -0.22), ("blue", "orange", "green"), strict=True)
    for ((suffix, name), shift, colour), marker in zip(looks, MARKERS, strict=False):
        parts += quantity_points(
            axes,
            [dimension + shift for dimension in dimensions],
            exponents[suffix],
            factors=factors,
            within=(low, high),
            panel="b",
            series=name,
            colour=COLOURS[colour],
            marker=marker,
            label=f"{name} test loss",
        )
    ends = [dimensions[0] - 0.5, dimensions[-1] + 0.5]
    parts += dashed(
        axes, ends, [share["value"]] * 2, panel="b", series="prediction",
        label=r"published, $\alpha_D = 4/d$", colour=ROLES["published"],
    )  # fmt: skip
    axes.axhspan(*edges, color="#000000", alpha=0.06, lw=0, label="margin of the claim")
    parts.append(rows_of("b", "margin of the claim", ends, share["value"], *edges))
    axes.set_xticks(dimensions)
    axes.set(xlim=ends, ylim=(low, high))
    title = "b  exponent over the published one"
    dress(axes, r"input dimension $d$", r"$\alpha_D$ over $4/d$", title=title, log="", **under())
    return parts


def caption(table: pd.DataFrame, found: Fits) -> str:
    """What is drawn, with the numbers of this very table."""
    slopes = [found[f"resolution_slope_d{d}"] for d in sorted(set(table["dimension"]))]
    first = table[table["quantity"] == "teachers_rejected"].drop_duplicates(["dimension", "seed"])
    return (
        f"Students (two hidden layers, {listed(table['parameters'])} parameters) regress random "
        f"teachers in d dimensions, {listed(table['step'])} steps for every D, nested training "
        f"sets; {table['seed'].nunique()} seeds, each with its own teacher, held fixed over D "
        f"({int(first['value'].sum())} of {len(first) + int(first['value'].sum())} teachers drawn "
        f"were refused as nearly linear). (a) Smallest test loss on the way, in units of the "
        f"target's variance: geometric means with 95 % t intervals; lines: fits in the window "
        f"fixed in advance ({slopes[-1]['rule']}); hollow points lie outside it. (b) The exponent over "
        f"its published value 4/d (dashed; shaded: the claim's margin) for the best, the final and "
        f"the validation-selected test loss. {BARS} Values masked as not finite: {masked(table)}."
    )

"""Figure 3 of arXiv:2505.13230: test error against spectral complexity, networks by data sets."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.figures.network_panels import (
    NORM_LABEL,
    Pair,
    Quantities,
    Rows,
    apart_text,
    draw_curves,
    draw_pairs,
    edge_labels,
    fit_errors,
    headed,
    titled,
    trained_text,
)
from scalinglaws.figures.short_axes import short_axis_ticks
from scalinglaws.figures.style import Drawing
from scalinglaws.rounding import quantity_text

ROOM = 2  # lines below a title


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Quantities],
    settings: Mapping[str, Any],
) -> Drawing:
    """Nine panels; lines: released by the authors, points: trained here."""
    limits = settings["error_limits"]

    def draw_pair(axis: Axes, pair: Pair, letter: str) -> Rows:
        parts = draw_curves(axis, pair)
        label(axis, pair, letter, fits)
        if pair.released is None:
            fit_errors(axis, parts)
            short_axis_ticks(axis.xaxis)
        else:
            limit(axis, pair, limits[pair.name])
        return parts

    return draw_pairs(tables, settings, draw_pair, caption)


def label(axes: Axes, pair: Pair, letter: str, fits: Mapping[str, Quantities]) -> None:
    edge_labels(axes, pair, NORM_LABEL, r"test error $\epsilon$")
    theirs = fits["released_refit"][f"{pair.name}_gamma_1"]["estimate"]
    lines = []
    if pair.released is not None and theirs is not None:
        lines.append(rf"released: $\gamma_1$ = {theirs:.3g}")
    if pair.runs is not None:
        ours = fits["implicit_bias_laws"][f"{pair.name}_gamma_1"]
        if ours["estimate"] is not None:
            lines.append(rf"ours: $\gamma_1$ = {quantity_text(ours)}")
    headed(axes, titled(letter, pair), lines, ROOM)


def limit(axes: Axes, pair: Pair, limits: list[float]) -> None:
    """The published range of errors, wider where our curves leave it."""
    low, high = limits
    if pair.ours is not None:
        low = min(low, float(pd.Series(pair.ours.errors.ravel()).min()) * 0.9)
        high = max(high, float(pd.Series(pair.ours.errors.ravel()).max()) * 1.05)
    axes.set_ylim(low, high)
    short_axis_ticks(axes.yaxis)


def caption(pairs: list[Pair]) -> str:
    released = sum(pair.released is not None for pair in pairs)
    return (
        f"Test error against spectral complexity (as the authors' programs compute it) while "
        f"networks learn; colour: training size P. Lines: curves released by the authors "
        f"({released} of {len(pairs)} panels; means over seeds, no spread released), triangles: "
        f"their minima, gamma_1 in the authors' own windows. {trained_text(pairs)}"
        f"{apart_text(pairs)} Where a curve still falls at its end, its minimum is where training "
        f"stopped. Limits of the error "
        f"axes follow the published figure, wider where our curves leave them."
    ).replace("gamma_1", "γ_1")

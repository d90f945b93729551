"""Smallest test error against training size, with the slope that the two laws predict.

As a figure of the first preprint of arXiv:2505.13230.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.norm_curves import errors_at_optimum, means_of, optima_of_means, seed_bands
from scalinglaws.figures.network_panels import (
    Pair,
    Quantities,
    Rows,
    all_pairs,
    both_exponents,
    draw_grid,
    edge_labels,
    fit_errors,
    headed,
    title_of,
    trained_text,
)
from scalinglaws.figures.short_axes import short_axis_ticks
from scalinglaws.figures.style import (
    ROLES,
    Drawing,
    law_through_centre,
    plotted_rows,
    points_with_intervals,
    published_marker,
    rows_of,
)

SOURCES = {"released": "released_refit", "ours": "implicit_bias_laws"}


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Quantities],
    settings: Mapping[str, Any],
) -> Drawing:
    """Nine panels: points, predicted slope (dashed), direct fit (solid), for theirs and ours."""
    pairs = all_pairs(tables, settings)
    figure, axes, parts = draw_grid(pairs, 6.6, lambda axis, pair: draw_optimum(axis, pair, fits))
    labelled = [axis.get_legend_handles_labels() for axis in axes]
    marks = {name: mark for pair in labelled for mark, name in zip(*pair, strict=True)}
    figure.legend(marks.values(), marks.keys(), loc="outside lower center", ncols=4)
    return Drawing(figure, plotted_rows(*parts), caption(pairs))


def draw_optimum(axes: Axes, pair: Pair, fits: Mapping[str, Quantities]) -> Rows:
    panel = title_of(pair.name)
    parts: Rows = []
    if pair.released is not None:
        sizes, errors = pair.released.sizes, optima_of_means(pair.released)[1]
        parts.append(
            published_marker(axes, sizes, errors, panel=panel, series="released", label="released")
        )
        parts += both_lines(axes, pair.name, "released", sizes, errors, fits)
    if pair.runs is not None:
        sizes, means = pair.runs.sizes, means_of(pair.runs)
        errors = optima_of_means(means)[1]
        bands = seed_bands(errors_at_optimum(pair.runs, means))
        parts.append(
            points_with_intervals(
                axes, sizes, errors, *bands[1:], panel=panel, series="ours", label="trained here"
            )
        )
        parts += both_lines(axes, pair.name, "ours", sizes, errors, fits)
    edge_labels(axes, pair, "training images $P$", r"$\epsilon_\mathrm{opt}$")
    fit_errors(axes, parts)
    short_axis_ticks(axes.xaxis)
    headed(axes, panel, [line for name in SOURCES if (line := exponents(pair.name, name, fits))])
    return parts


def both_lines(
    axes: Axes,
    name: str,
    source: str,
    x: np.ndarray,
    y: np.ndarray,
    fits: Mapping[str, Quantities],
) -> Rows:
    """Power laws through the centre of the points: predicted exponent dashed, fitted solid."""
    colour = ROLES["published" if source == "released" else "measured"]
    parts = []
    for kind, style in (("predicted", "--"), ("measured", "-")):
        exponent = fits[SOURCES[source]][f"{name}_gamma_{kind}"]["estimate"]
        if exponent is None:
            continue
        ends = np.array([x.min(), x.max()], dtype=float)
        line = law_through_centre(x, y, exponent, ends)
        axes.plot(ends, line, ls=style, lw=1.0, color=colour, zorder=1)
        parts.append(rows_of(title_of(name), f"{source}, {kind} slope", ends, line))
    return parts


def exponents(name: str, source: str, fits: Mapping[str, Quantities]) -> str:
    known = both_exponents(fits[SOURCES[source]], name)
    return f"{source}: predicted {known[0]:.2f}, measured {known[1]:.2f}" if known else ""


def caption(pairs: list[Pair]) -> str:
    return (
        "Smallest test error of the mean curve against the training size P. Open diamonds: curves "
        "released by the authors. Dashed: slope γ_1 γ_2 that the two laws predict (released: in "
        "the authors' windows); solid: direct fit; both through the centre of the points, only the "
        f"slope is tested. {trained_text(pairs)}"
    )

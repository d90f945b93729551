"""Smallest test error against training size, with the slope that the two laws predict.

As a figure of the first preprint of arXiv:2505.13230.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

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
    points_of_seeds,
    published_marker,
    rows_of,
)

ROOM = 3  # lines below a title
SOURCES = {"released": "released_refit", "ours": "implicit_bias_laws"}


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Quantities],
    settings: Mapping[str, Any],
) -> Drawing:
    """Nine panels: points, predicted slope (dashed), direct fit (solid), for theirs and ours."""
    pairs = all_pairs(tables, settings)

    def draw_pair(axes: Axes, pair: Pair, letter: str) -> Rows:
        parts = draw_optimum(axes, pair, fits)
        printed = settings["published"][pair.name]
        lines = [both("published", [printed["gamma_predicted"], printed["gamma_measured"]])]
        for name, fit in SOURCES.items():
            if known := both_exponents(fits[fit], pair.name):
                lines.append(both(name, known) + here(name, fits["same_sizes"], pair.name))
        headed(axes, f"{letter}  {title_of(pair.name)}", lines, ROOM)
        return parts

    figure, axes, parts = draw_grid(pairs, 2.1, draw_pair)
    labelled = [axis.get_legend_handles_labels() for axis in axes]
    marks = {name: mark for pair in labelled for mark, name in zip(*pair, strict=True)}
    for name, style in (("slope predicted", "--"), ("slope fitted", "-")):
        marks[name] = Line2D([], [], color=ROLES["reference"], ls=style, lw=1.0)
    figure.legend(marks.values(), marks.keys(), loc="outside lower center", ncols=len(marks))
    return Drawing(figure, plotted_rows(*parts), caption(pairs))


def both(name: str, exponents: list[float]) -> str:
    predicted, measured = exponents
    return f"{name}: {predicted:.2f}, {measured:.2f}"


def here(source: str, of_sizes: Quantities, name: str) -> str:
    """The released curve's measured exponent over the sizes that are trained here too."""
    exponent = of_sizes[f"{name}_released_measured"]["estimate"]
    return f" (our $P$: {exponent:.2f})" if source == "released" and exponent else ""


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
        seeds = errors_at_optimum(pair.runs, means)
        bounds = (errors, *seed_bands(seeds)[1:])
        look = {"panel": panel, "series": "ours", "label": "trained here"}
        parts += points_of_seeds(axes, sizes, seeds, bounds, **look)
        parts += both_lines(axes, pair.name, "ours", sizes, errors, fits)
    edge_labels(axes, pair, "training images $P$", r"$\epsilon_\mathrm{opt}$")
    fit_errors(axes, parts)
    short_axis_ticks(axes.xaxis)
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


def caption(pairs: list[Pair]) -> str:
    return (
        "Smallest test error of the mean curve against the training size P. Open diamonds: curves "
        "released by the authors. Dashed: slope γ_1 γ_2 that the two laws predict (released: in "
        "the authors' windows); solid: direct fit; both through the centre of the points, only the "
        "slope is tested. Numbers: predicted exponent, measured exponent; published: those "
        "printed in table 1; our P: the released curve's over the sizes trained here. "
        f"{trained_text(pairs)}"
    )

"""Plain stochastic gradient descent: curves and collapse (appendix, arXiv:2505.13230)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.figures.network_panels import (
    COLLAPSE_LABELS,
    LETTERS,
    NORM_LABEL,
    Pair,
    Quantities,
    Rows,
    apart_text,
    curve_panel,
    draw_collapse,
    explain,
    first_trained,
    fit_errors,
    headed,
    pair_of,
    panel_of,
    product_lines,
    room_of,
    rows_apart,
    titled,
    trained_text,
)
from scalinglaws.figures.short_axes import short_axis_ticks
from scalinglaws.figures.style import WIDE, Drawing, dress, new_figure, plotted_rows

SETS = ("CNN_CIFAR10", "CNN_CIFAR100")
ROW = 2.0  # inches


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Quantities],
    settings: Mapping[str, Any],
) -> Drawing:
    """Rows: data sets, ours in a row of their own; columns: curves, and the same rescaled."""
    pairs = [sgd_pair(tables, panel, settings) for panel in SETS]
    rows = [pair for (pair,) in rows_apart([[pair] for pair in pairs])]
    figure, axes = new_figure(len(rows), 2, width=WIDE, height=0.7 + ROW * len(rows))
    parts: Rows = []
    for place, pair in enumerate(rows):
        parts += draw_pair(axes[2 * place], axes[2 * place + 1], LETTERS[2 * place :], pair, fits)
    axes[-2].set_xlabel(NORM_LABEL)
    axes[-1].set_xlabel(COLLAPSE_LABELS[0])
    explain(figure, axes, pairs)
    return Drawing(figure, plotted_rows(*parts), caption(pairs))


def draw_pair(
    left: Axes, right: Axes, letters: str, pair: Pair, fits: Mapping[str, Quantities]
) -> Rows:
    released = "_".join(pair.theirs.split("_")[:2])
    lines = product_lines(fits, pair, f"{released}_SGD", f"{pair.name}_sgd")
    panel, title = panel_of(pair), titled(letters[0], pair)
    curves = curve_panel(left, pair, panel, ("", "test error"), title, lines)
    collapse = draw_collapse(right, pair, f"{panel}, collapse")
    dress(right, "", COLLAPSE_LABELS[1], legend=False)
    headed(right, f"{letters[1]}  the same, rescaled", [], room_of(pair))
    fit_errors(right, collapse)
    short_axis_ticks(right.xaxis)
    return curves + collapse


def sgd_pair(tables: Mapping[str, pd.DataFrame], panel: str, settings: Mapping[str, Any]) -> Pair:
    """Our runs on the same images; beside CIFAR-10 those on other ones if that is all there is."""
    ours = panel if panel != SETS[0] else first_trained(tables["sgd_curves"], "CNN")
    return pair_of(tables, ours, settings, source="sgd_curves", released=(f"{panel}_SGD", 0))


def caption(pairs: list[Pair]) -> str:
    return (
        "CNNs trained by stochastic gradient descent without momentum: test error against spectral "
        "complexity, and the same divided by the values at the minimum; colour: training size P. "
        f"Lines: curves released by the authors, triangles: minima. {trained_text(pairs)}"
        f"{apart_text(pairs)} Numbers: predicted exponent γ_1 γ_2, measured exponent; of the "
        "released curves in the authors' windows."
    )

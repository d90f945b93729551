"""Test error against time: epochs and updates order the curves worse than the norm, or do they?

Appendix of arXiv:2505.13230; from our runs alone, the authors released no time.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.panel_curves import MAIN_TABLES
from scalinglaws.figures.network_panels import (
    LETTERS,
    NETWORKS,
    NORM_LABEL,
    Pair,
    Quantities,
    Rows,
    draw_runs,
    explain,
    first_trained,
    fit_errors,
    headed,
    pair_of,
    spread_text,
    title_of,
    trained_text,
)
from scalinglaws.figures.short_axes import short_axis_ticks
from scalinglaws.figures.style import WIDE, Drawing, dress, new_figure, plotted_rows, rows_of
from scalinglaws.rounding import quantity_text

ROW = 2.3  # inches
LABELS = ("epoch", "examples seen (epochs × $P$)", NORM_LABEL)
RATIOS = {0: "epoch_over_norm_spread", 1: "updates_over_norm_spread"}


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Quantities],
    settings: Mapping[str, Any],
) -> Drawing:
    """Rows: one trained panel per network family; columns: epoch, examples seen, norm."""
    panels = [first_trained(tables[MAIN_TABLES[network]], network) for network in NETWORKS]
    pairs = [pair_of(tables, panel, settings) for panel in panels]
    shown = [pair for pair in pairs if pair.runs is not None]
    figure, axes = new_figure(max(len(shown), 1), 3, width=WIDE, height=0.7 + ROW * len(pairs))
    parts: Rows = []
    for row, pair in enumerate(shown):
        chosen = slice(3 * row, 3 * row + 3)
        parts += draw_row(axes[chosen], LETTERS[chosen], pair, fits["implicit_bias_laws"])
    explain(figure, axes, [replace(pair, released=None) for pair in shown])
    if not parts:
        parts = [rows_of("nothing trained", "none", np.nan, np.nan)]
    return Drawing(figure, plotted_rows(*parts), caption(shown))


def draw_row(axes: list[Axes], letters: str, pair: Pair, laws: Quantities) -> Rows:
    runs = pair.runs
    assert runs is not None
    epochs = np.broadcast_to(runs.epochs, runs.by_epoch.shape[1:]).astype(float)
    norms = np.broadcast_to(runs.grid, runs.errors.shape[1:])
    columns = (
        (epochs, runs.by_epoch),
        (epochs * runs.sizes[:, None], runs.by_epoch),
        (norms, runs.errors),
    )
    parts: Rows = []
    for number, (axis, (x, errors)) in enumerate(zip(axes, columns, strict=True)):
        panel = f"{title_of(pair.name)}, {('epoch', 'examples seen', 'norm')[number]}"
        drawn = draw_runs(axis, panel, runs.sizes, x, errors)
        dress(axis, LABELS[number], "test error" if number == 0 else "", legend=False)
        fit_errors(axis, drawn)
        short_axis_ticks(axis.xaxis)
        parts += drawn
        title = f"{letters[number]}  {title_of(pair.name)}"
        headed(axis, title, ratio_line(laws, pair.name, number), 1)
    return parts


def ratio_line(laws: Quantities, panel: str, column: int) -> list[str]:
    if column not in RATIOS:
        spread = laws[f"{panel}_early_spread"]
        return [] if spread["estimate"] is None else [spread_text(spread["estimate"])]
    ratio = laws[f"{panel}_{RATIOS[column]}"]
    if ratio["estimate"] is None:
        return []
    return [rf"$\log_{{10}}$ of spread ratio {quantity_text(ratio)}"]


def caption(shown: list[Pair]) -> str:
    if not shown:
        return "No panel is trained at this scale."
    return (
        "Our runs against epoch, against examples seen (equal to updates up to the batch size), "
        "and against the norm; colour: training size P. Spread: standard deviation of log10(error) "
        "over the larger half of the sizes at equal abscissa, median over the early descent; "
        f"spread ratio: over that at equal norm with a 95 % interval, bootstrap over seeds. "
        f"{trained_text(shown)}"
    )

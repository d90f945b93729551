"""Test error against four other norms (appendix, arXiv:2505.13230)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.panel_curves import MAIN_TABLES, settings_step
from scalinglaws.figures.network_panels import (
    LETTERS,
    NETWORKS,
    POINTS,
    Pair,
    Quantities,
    Rows,
    apart_text,
    curve_panel,
    explain,
    first_trained,
    pair_of,
    panel_of,
    product_lines,
    rows_apart,
    title_of,
    trained_text,
)
from scalinglaws.figures.style import WIDE, Drawing, new_figure, plotted_rows

IMAGES = "CIFAR10"
ROW = 1.32  # inches
NORMS = {  # in the authors' order of variants
    "l1_norm": r"$\ell_1$ norm",
    "frobenius_norm": "Frobenius norm",
    "two_one_norm": "(2,1) norm",
    "spectral_product": "spectral product",
}


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Quantities],
    settings: Mapping[str, Any],
) -> Drawing:
    """Rows: networks on CIFAR-10, ours perhaps in a row of their own; columns: norms."""
    pairs = [
        [norm_pair(tables, network, number, settings) for number in range(len(NORMS))]
        for network in NETWORKS
    ]
    rows = rows_apart(pairs)
    figure, axes = new_figure(len(rows), len(NORMS), width=WIDE, height=0.7 + ROW * len(rows))
    parts: Rows = []
    for place, (axis, pair) in enumerate(
        zip(axes, [one for row in rows for one in row], strict=True)
    ):
        parts += draw_pair(axis, pair, LETTERS[place], place % len(NORMS), fits)
    explain(figure, axes, [one for row in pairs for one in row])
    return Drawing(figure, plotted_rows(*parts), caption([row[0] for row in pairs], pairs))


def norm_pair(
    tables: Mapping[str, pd.DataFrame], network: str, number: int, settings: Mapping[str, Any]
) -> Pair:
    table, norm = tables[MAIN_TABLES[network]], list(NORMS)[number]
    panel = first_trained(table, network)
    released = (f"{network}_{IMAGES}_norms", number)
    finer = fine_enough(table[table["panel"] == panel], panel, norm, settings)
    return pair_of(tables, panel, finer, norm=norm, released=released)


def fine_enough(
    table: pd.DataFrame, panel: str, norm: str, settings: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Settings whose grid has at least `POINTS` norms where ours run: some grow by a tenth in all,
    and the fits' grid, which is as wide for all networks, would leave two points.
    """
    norms = table.loc[(table["quantity"] == norm) & (table["value"] > 0), "value"].to_numpy()
    if not len(norms):
        return settings
    step = np.log10(norms.max() / norms.min()) / POINTS
    if not 0 < step < settings_step(settings, panel, norm):
        return settings
    return {**settings, "grid_step": {**settings["grid_step"], norm: step}}


def draw_pair(
    axes: Axes, pair: Pair, letter: str, number: int, fits: Mapping[str, Quantities]
) -> Rows:
    network, norm = pair.name.split("_")[0], list(NORMS)[number]
    source = f"ours, {title_of(pair.name)}" if pair.released is None else title_of(pair.shown)
    labels = ("", f"{source}\ntest error" if number == 0 else "")
    released, ours = f"{network}_{IMAGES}_norms_{number}", f"{pair.name}_{norm}"
    lines = product_lines(fits, pair, released, ours)
    panel, title = f"{panel_of(pair)}, {norm}", f"{letter}  {NORMS[norm]}"
    parts = curve_panel(axes, pair, panel, labels, title, lines, most=3)
    axes.yaxis.label.set_fontsize(8)
    return parts


def caption(pairs: list[Pair], every: list[list[Pair]]) -> str:
    return (
        "Test error against four other norms: sum of absolute weights, Frobenius norm, "
        "sum over layers of the (2,1) norms, product of the spectral norms; colour: training size "
        "P. Lines: released by the authors, CIFAR-10, triangles: minima. "
        f"{trained_text(pairs)}{apart_text([one for row in every for one in row])} Numbers: "
        "predicted exponent γ_1 γ_2, measured exponent; of the released curves in the authors' "
        "windows."
    )

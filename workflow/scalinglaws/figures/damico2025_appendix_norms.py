"""Test error against four other norms (appendix, arXiv:2505.13230)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.panel_curves import MAIN_TABLES
from scalinglaws.figures.network_panels import (
    NETWORKS,
    Pair,
    Quantities,
    Rows,
    curve_panel,
    first_trained,
    pair_of,
    product_lines,
    size_bar,
    trained_text,
)
from scalinglaws.figures.style import Drawing, new_figure, plotted_rows

IMAGES = "CIFAR10"
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
    """Rows: networks on CIFAR-10; columns: norms."""
    figure, axes = new_figure(3, 4, width=8.6, height=6.8)
    parts: Rows = []
    pairs = []
    for place, axis in enumerate(axes):
        network, (number, norm) = NETWORKS[place // 4], list(enumerate(NORMS))[place % 4]
        panel = first_trained(tables[MAIN_TABLES[network]], network)
        released = (f"{network}_{IMAGES}_norms", number)
        pair = pair_of(tables, panel, settings, norm=norm, released=released)
        pairs.append(pair)
        parts += draw_pair(axis, pair, number, norm, fits)
    size_bar(figure, axes)
    return Drawing(figure, plotted_rows(*parts), caption(pairs))


def draw_pair(
    axes: Axes, pair: Pair, number: int, norm: str, fits: Mapping[str, Quantities]
) -> Rows:
    network = pair.name.split("_")[0]
    labels = (NORMS[norm], "test error" if number == 0 else "")
    released, ours = f"{network}_{IMAGES}_norms_{number}", f"{pair.name}_{norm}"
    lines = product_lines(fits, released, ours, short=True)
    title = f"{network}, {NORMS[norm]}"
    return curve_panel(axes, pair, f"{network}, {norm}", labels, title, lines)


def caption(pairs: list[Pair]) -> str:
    shown = {pair.name: pair for pair in pairs}
    return (
        "Test error against four other norms: sum of absolute weights, Frobenius norm, "
        "sum over layers of the (2,1) norms, product of the spectral norms; colour: training size "
        "P. Lines: released by the authors, CIFAR-10, triangles: minima. "
        f"{trained_text(list(shown.values()))} Numbers: predicted exponent γ_1 γ_2, measured "
        "exponent; of the released curves in the authors' windows."
    )

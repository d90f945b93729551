"""Test error against spectral complexity for three weight decays (appendix, arXiv:2505.13230)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.panel_curves import decays_of, with_decay
from scalinglaws.figures.network_panels import (
    LETTERS,
    NETWORKS,
    NORM_LABEL,
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

IMAGES, DECAYS = "CIFAR10", 3


ROW = 1.75  # inches


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Quantities],
    settings: Mapping[str, Any],
) -> Drawing:
    """Rows: networks on CIFAR-10, ours perhaps apart; columns: decays, largest first."""
    found = [
        [decay_pair(tables, network, number, settings) for number in range(DECAYS)]
        for network in NETWORKS
    ]
    values = {(pair.name, n): decay for row in found for n, (pair, decay) in enumerate(row)}
    pairs = [[pair for pair, _ in row] for row in found]
    rows = rows_apart(pairs)
    figure, axes = new_figure(len(rows), DECAYS, width=WIDE, height=0.7 + ROW * len(rows))
    parts: Rows = []
    for place, (axis, pair) in enumerate(
        zip(axes, [one for row in rows for one in row], strict=True)
    ):
        number = place % DECAYS
        decay = values[pair.name, number]
        parts += draw_pair(axis, pair, LETTERS[place], number, decay, fits)
    for axis in axes[-DECAYS:]:
        axis.set_xlabel(NORM_LABEL)
    explain(figure, axes, [one for row in pairs for one in row])
    return Drawing(figure, plotted_rows(*parts), caption([row[0] for row in pairs]))


def decay_pair(
    tables: Mapping[str, pd.DataFrame], network: str, number: int, settings: Mapping[str, Any]
) -> tuple[Pair, float | None]:
    """Curves at the number-th weight decay, and its value in our runs."""
    panel = first_trained(tables["decay_curves"], network)
    decays = decays_of(tables["decay_curves"], panel)[number : number + 1]
    chosen = {**tables, "decay_curves": with_decay(tables["decay_curves"], decays)}
    pair = pair_of(
        chosen, panel, settings, source="decay_curves", released=(f"{network}_{IMAGES}_wd", number)
    )
    return pair, float(decays[0]) if len(decays) else None


def draw_pair(
    axes: Axes,
    pair: Pair,
    letter: str,
    number: int,
    decay: float | None,
    fits: Mapping[str, Quantities],
) -> Rows:
    network = pair.name.split("_")[0]
    released, ours = f"{network}_{IMAGES}_wd_{number}", f"{pair.name}_decay_{number}"
    lines = product_lines(fits, pair, released, ours)
    panel = f"{panel_of(pair)}, decay {number + 1}"
    title = f"{letter}  {title_of(pair.shown)}, decay {number + 1}"
    if pair.runs is not None and decay is not None:
        lines[-1:] = [f"{line}; our decay {decay:g}" for line in lines[-1:]]
    labels = ("", "test error" if number == 0 else "")
    return curve_panel(axes, pair, panel, labels, title, lines)


def caption(pairs: list[Pair]) -> str:
    shown = [pair for pair in pairs if pair.runs is not None]
    return (
        "Test error against spectral complexity for three weight decays per network, "
        "from the largest down; colour: training size P. Lines: curves released by the authors, "
        "CIFAR-10 (their values of the decay were not released; their order is by the norm at the "
        f"optimum, which grows as the decay falls), triangles: minima. {trained_text(shown)}"
        f"{apart_text(pairs)} Numbers: "
        "predicted exponent γ_1 γ_2, measured exponent; of the released curves in the authors' "
        "windows."
    )

"""Test error against spectral complexity for three weight decays (appendix, arXiv:2505.13230)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.panel_curves import decays_of, with_decay
from scalinglaws.figures.network_panels import (
    NETWORKS,
    NORM_LABEL,
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


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Quantities],
    settings: Mapping[str, Any],
) -> Drawing:
    """Rows: networks on CIFAR-10; columns: weight decays, the largest first."""
    figure, axes = new_figure(3, 3, width=7.4, height=7.0)
    parts: Rows = []
    pairs: list[Pair] = []
    for place, axis in enumerate(axes):
        network, number = NETWORKS[place // 3], place % 3
        pair, decay = decay_pair(tables, network, number, settings)
        pairs.append(pair)
        parts += draw_pair(axis, pair, number, decay, fits)
    size_bar(figure, axes)
    return Drawing(figure, plotted_rows(*parts), caption(pairs))


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
    axes: Axes, pair: Pair, number: int, decay: float | None, fits: Mapping[str, Quantities]
) -> Rows:
    network = pair.name.split("_")[0]
    bottom, left = network == NETWORKS[-1], number == 0
    labels = (NORM_LABEL if bottom else "", "test error" if left else "")
    released, ours = f"{network}_{IMAGES}_wd_{number}", f"{pair.name}_decay_{number}"
    lines = product_lines(fits, released, ours, short=True)
    if decay is not None and pair.runs is not None:
        lines.append(f"our weight decay: {decay:g}")
    title = f"{network}, weight decay {number + 1}"
    return curve_panel(axes, pair, f"{network}, decay {number + 1}", labels, title, lines)


def caption(pairs: list[Pair]) -> str:
    shown = [pair for pair in pairs if pair.runs is not None]
    ours = trained_text(list({pair.name: pair for pair in shown}.values()))
    return (
        "Test error against spectral complexity for three weight decays per network, "
        "from the largest down; colour: training size P. Lines: curves released by the authors, "
        "CIFAR-10 (their values of the decay were not released; their order is by the norm at the "
        f"optimum, which grows as the decay falls), triangles: minima. {ours} Numbers: "
        "predicted exponent γ_1 γ_2, measured exponent; of the released curves in the authors' "
        "windows."
    )

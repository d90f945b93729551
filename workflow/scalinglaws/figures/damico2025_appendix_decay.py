"""Test error against spectral complexity for three weight decays (appendix, arXiv:2505.13230)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.estimates.variant_laws import decays_of, with_decay
from scalinglaws.figures.network_panels import (
    NETWORKS,
    NORM_LABEL,
    Pair,
    Quantities,
    Rows,
    draw_curves,
    first_trained,
    fit_errors,
    headed,
    pair_of,
    product_lines,
    size_bar,
    trained_text,
)
from scalinglaws.figures.style import Drawing, dress, new_figure, plotted_rows

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
        drawn = draw_curves(axis, pair, f"{network}, decay {number + 1}")
        label(axis, pair, number, decay, fits)
        fit_errors(axis, drawn)
        parts += drawn
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


def label(
    axes: Axes, pair: Pair, number: int, decay: float | None, fits: Mapping[str, Quantities]
) -> None:
    bottom, left = pair.name.startswith(NETWORKS[-1]), number == 0
    dress(axes, NORM_LABEL if bottom else "", "test error" if left else "", legend=False)
    lines = product_lines(
        fits["released_refit"], f"{pair.name.split('_')[0]}_{IMAGES}_wd_{number}",
        fits["variant_laws"], f"{pair.name}_decay_{number}", short=True,
    )  # fmt: skip
    if decay is not None and pair.runs is not None:
        lines.append(f"our weight decay: {decay:g}")
    headed(axes, f"{pair.name.split('_')[0]}, weight decay {number + 1}", lines)


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

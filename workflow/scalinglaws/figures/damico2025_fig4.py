"""Figure 4 of arXiv:2505.13230: the curves of figure 3, rescaled by their minima."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.figures.network_panels import (
    NETWORKS,
    PANELS,
    Pair,
    Quantities,
    Rows,
    draw_collapse,
    fit_errors,
    headed,
    pair_of,
    size_bar,
    title_of,
    trained_text,
)
from scalinglaws.figures.style import Drawing, dress, new_figure, plotted_rows


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Quantities],
    settings: Mapping[str, Any],
) -> Drawing:
    """Nine panels; lines: released by the authors, points: trained here."""
    pairs = [pair_of(tables, panel, settings) for panel in PANELS]
    figure, axes = new_figure(3, 3, width=7.4, height=7.0)
    parts: Rows = []
    for axis, pair in zip(axes, pairs, strict=True):
        drawn = draw_collapse(axis, pair)
        label(axis, pair, fits)
        fit_errors(axis, drawn)
        parts += drawn
    size_bar(figure, axes)
    return Drawing(figure, plotted_rows(*parts), caption(pairs))


def label(axes: Axes, pair: Pair, fits: Mapping[str, Quantities]) -> None:
    bottom, left = pair.name.startswith(NETWORKS[-1]), pair.name.endswith("_MNIST")
    xlabel = r"$\lambda / \lambda_\mathrm{opt}$" if bottom else ""
    ylabel = r"$\epsilon / \epsilon_\mathrm{opt}$" if left else ""
    dress(axes, xlabel, ylabel, legend=False)
    lines = []
    for name, fit in (("released", "released_laws"), ("ours", "implicit_bias_laws")):
        spread = fits[fit][f"{pair.name}_collapse_spread"]["estimate"]
        if spread is not None:
            lines.append(f"{name}: spread {spread:.2g} decades")
    headed(axes, title_of(pair.name), lines)


def caption(pairs: list[Pair]) -> str:
    return (
        "Test error divided by its minimum, against the norm divided by that at the minimum; "
        "colour: training size P. Lines: curves released by the authors (means over seeds). "
        f"{trained_text(pairs)} Spread: standard deviation over the larger half of the sizes of "
        "log10(ε/ε_opt) at equal λ/λ_opt, median from the start of the descent to the optimum."
    )

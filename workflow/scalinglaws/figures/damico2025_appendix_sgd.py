"""Plain stochastic gradient descent: curves and collapse (appendix, arXiv:2505.13230)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.figures.network_panels import (
    COLLAPSE_LABELS,
    NORM_LABEL,
    Pair,
    Quantities,
    Rows,
    curve_panel,
    draw_collapse,
    first_trained,
    fit_errors,
    pair_of,
    product_lines,
    size_bar,
    title_of,
    trained_text,
)
from scalinglaws.figures.style import Drawing, dress, new_figure, plotted_rows

SETS = ("CNN_CIFAR10", "CNN_CIFAR100")


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Quantities],
    settings: Mapping[str, Any],
) -> Drawing:
    """Rows: data sets; columns: curves, and the same rescaled by their minima."""
    figure, axes = new_figure(2, 2, width=6.8, height=5.6)
    pairs = [sgd_pair(tables, panel, settings) for panel in SETS]
    parts: Rows = []
    for name, pair, left, right in zip(SETS, pairs, axes[::2], axes[1::2], strict=True):
        parts += draw_pair(left, right, name, pair, fits)
    size_bar(figure, axes)
    return Drawing(figure, plotted_rows(*parts), caption(pairs))


def draw_pair(
    left: Axes, right: Axes, name: str, pair: Pair, fits: Mapping[str, Quantities]
) -> Rows:
    lines = product_lines(fits, f"{name}_SGD", f"{pair.name}_sgd")
    title = title_of(name)
    curves = curve_panel(left, pair, title, (NORM_LABEL, "test error"), title, lines)
    collapse = [part.assign(panel=f"{title}, collapse") for part in draw_collapse(right, pair)]
    dress(right, *COLLAPSE_LABELS, title="collapse", legend=False)
    fit_errors(right, collapse)
    return curves + collapse


def sgd_pair(tables: Mapping[str, pd.DataFrame], panel: str, settings: Mapping[str, Any]) -> Pair:
    """Our runs on the same images; beside CIFAR-10 those on other ones if that is all there is."""
    ours = panel if panel != SETS[0] else first_trained(tables["sgd_curves"], "CNN")
    return pair_of(tables, ours, settings, source="sgd_curves", released=(f"{panel}_SGD", 0))


def caption(pairs: list[Pair]) -> str:
    return (
        "CNNs trained by stochastic gradient descent without momentum: test error against spectral "
        "complexity, and the same divided by the values at the minimum; colour: training size P. "
        f"Lines: curves released by the authors, triangles: minima. {trained_text(pairs)} "
        "Exponents: predicted γ_1 γ_2 and measured; of the released curves in the authors' windows."
    )

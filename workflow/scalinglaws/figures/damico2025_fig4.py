"""Figure 4 of arXiv:2505.13230: the curves of figure 3, rescaled by their minima."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.figures.network_panels import (
    COLLAPSE_LABELS,
    Pair,
    Quantities,
    Rows,
    draw_collapse,
    draw_pairs,
    edge_labels,
    fit_errors,
    headed,
    title_of,
    trained_text,
)
from scalinglaws.figures.style import Drawing


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Quantities],
    settings: Mapping[str, Any],
) -> Drawing:
    """Nine panels; lines: released by the authors, points: trained here."""

    def draw_pair(axis: Axes, pair: Pair) -> Rows:
        parts = draw_collapse(axis, pair)
        label(axis, pair, fits)
        fit_errors(axis, parts)
        return parts

    return draw_pairs(tables, settings, draw_pair, caption)


def label(axes: Axes, pair: Pair, fits: Mapping[str, Quantities]) -> None:
    edge_labels(axes, pair, *COLLAPSE_LABELS)
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

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
    apart_text,
    draw_collapse,
    draw_pairs,
    edge_labels,
    fit_errors,
    headed,
    spread_text,
    titled,
    trained_text,
)
from scalinglaws.figures.short_axes import short_axis_ticks
from scalinglaws.figures.style import Drawing

ROOM = 2  # lines below a title


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Quantities],
    settings: Mapping[str, Any],
) -> Drawing:
    """Nine panels; lines: released by the authors, points: trained here."""

    def draw_pair(axis: Axes, pair: Pair, letter: str) -> Rows:
        parts = draw_collapse(axis, pair)
        label(axis, pair, letter, fits)
        fit_errors(axis, parts)
        short_axis_ticks(axis.xaxis)
        return parts

    return draw_pairs(tables, settings, draw_pair, caption)


def label(axes: Axes, pair: Pair, letter: str, fits: Mapping[str, Quantities]) -> None:
    edge_labels(axes, pair, *COLLAPSE_LABELS)
    lines = []
    for name, fit, there in (
        ("released", "released_laws", pair.released),
        ("ours", "implicit_bias_laws", pair.runs),
    ):
        spread = fits[fit][f"{pair.name}_collapse_spread"]["estimate"]
        if there is not None and spread is not None:
            lines.append(f"{name}: {spread_text(spread)}")
    headed(axes, titled(letter, pair), lines, ROOM)


def caption(pairs: list[Pair]) -> str:
    return (
        "Test error divided by its minimum, against the norm divided by that at the minimum; "
        "colour: training size P. Lines: curves released by the authors (means over seeds). "
        f"{trained_text(pairs)}{apart_text(pairs)} Spread: standard deviation over the larger half "
        "of the sizes of log10(ε/ε_opt) at equal λ/λ_opt, median from the start of the descent to "
        "the optimum, less the share of the seeds where they are known."
    )

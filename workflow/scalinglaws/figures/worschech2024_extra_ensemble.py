"""When seeds leave the plateau: the exact reduced simulation against theory from the same starts.

Beside figure 1 of arXiv 2410.09005, at its N.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.committee_curves import crossings
from scalinglaws.figures.style import (
    COLOURS,
    ROLES,
    WIDE,
    Drawing,
    dress,
    new_figure,
    plotted_rows,
    points_with_intervals,
    quantity_numbers,
    series_colours,
    theory_line,
)

Rows = list[pd.DataFrame]
Pairs = Mapping[int, tuple[np.ndarray, np.ndarray]]


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> Drawing:
    """Panels: a alpha of crossing seed by seed, b ratios of mean and spread against L."""
    reduced = tables["committee_reduced"]
    levels = sorted(int(number) for number in reduced["levels"].unique())
    level = settings["crossing_error"]
    pairs = {n: crossings(tables, level, n) for n in levels}
    figure, (left, right) = new_figure(1, 2, width=WIDE, height=3.0)
    parts = seed_panel(left, pairs) + ratio_panel(right, levels, fits["crossing_ensemble"])
    return Drawing(figure, plotted_rows(*parts), caption(reduced, levels, level))


def seed_panel(axes: Axes, pairs: Pairs) -> Rows:
    colours = series_colours(len(pairs))
    everything = np.concatenate([np.concatenate(pair) for pair in pairs.values()])
    known = everything[np.isfinite(everything)]
    ends = np.array([known.min() / 1.2, known.max() * 1.2]) if len(known) else np.array([1, 2])
    equal: dict[str, Any] = {"series": "equal", "colour": ROLES["reference"], "label": "equal"}
    parts = [theory_line(axes, ends, ends, panel="a", **equal)]
    for (levels, (sgd, ode)), colour in zip(pairs.items(), colours, strict=True):
        look: dict[str, Any] = {"panel": "a", "colour": colour, "label": f"$L = {levels}$"}
        parts.append(points_with_intervals(axes, ode, sgd, series=f"L={levels}", **look))
    names = (r"$\alpha$ of crossing, theory", r"$\alpha$ of crossing, exact simulation")
    dress(axes, *names, title="a  seed by seed", log="")
    axes.set_aspect("equal")
    return parts


def ratio_panel(axes: Axes, levels: list[int], found: Mapping[str, Any]) -> Rows:
    kinds = {
        "mean_crossing_ratio": ("mean", COLOURS["blue"], "o", 0.97),
        "spread_ratio": ("standard deviation", COLOURS["orange"], "s", 1.03),
    }
    parts: Rows = []
    for name, (title, colour, marker, shift) in kinds.items():
        for number in levels:
            quantity = found.get(f"{name}_L{number}")
            if quantity is None or quantity["estimate"] is None:
                continue
            label = None if any(title in part["series"].iloc[0] for part in parts) else title
            look: dict[str, Any] = {"colour": colour, "marker": marker, "label": label}
            point = (number * shift, *quantity_numbers(quantity))
            series = f"{title} L={number}"
            parts.append(points_with_intervals(axes, *point, panel="b", series=series, **look))
    axes.axhline(1.0, color=ROLES["reference"], linewidth=0.8, zorder=1)
    dress(axes, "levels $L$", "theory / simulation", title="b  over seeds", log="x", loc="best")
    axes.set_xlim(min(levels) / 1.4, max(levels) * 1.4)
    axes.set_xticks(levels, [str(number) for number in levels])
    axes.minorticks_off()
    return parts


def caption(reduced: pd.DataFrame, levels: list[int], level: float) -> str:
    return (
        f"Erf committee machine of figure 1 at N = {reduced['dimension'].max()}, "
        f"{reduced['seed'].nunique()} seeds for each of L = {', '.join(map(str, levels))}: alpha "
        f"at which eps_g falls below {level:g}. (a) Exact reduced simulation "
        f"against order-parameter theory from the same weights, each seed a point. (b) Ratio, "
        f"theory over simulation, of the mean and of the standard deviation over seeds, with 95 % "
        f"intervals."
    )

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
    parts = seed_panel(left, pairs) + ratio_panel(right, pairs, fits["crossing_ensemble"])
    text = caption(reduced, levels, level)
    if any(f"mean_crossing_ratio_L{n}" not in fits["crossing_ensemble"] for n in levels):
        text += " Hollow, without an interval: an L of which no claim speaks."
    return Drawing(figure, plotted_rows(*parts), text)


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


def ratio_panel(axes: Axes, pairs: Pairs, found: Mapping[str, Any]) -> Rows:
    """An L that the fit does not estimate is a hollow mean without an interval."""
    kinds = {
        "mean_crossing_ratio": ("mean", COLOURS["blue"], "o", 0.97),
        "spread_ratio": ("standard deviation", COLOURS["orange"], "s", 1.03),
    }
    parts: Rows = []
    for name, (title, colour, marker, shift) in kinds.items():
        label: str | None = title
        for levels, pair in pairs.items():
            look: dict[str, Any] = {"panel": "b", "series": f"{title} L={levels}"}
            look |= {"colour": colour, "marker": marker}
            quantity = found.get(f"{name}_L{levels}")
            if quantity is None and title == "mean":
                mean = mean_ratio(*pair)
                parts.append(points_with_intervals(axes, levels * shift, mean, hollow=True, **look))
            elif quantity is not None and quantity["estimate"] is not None:
                point = (levels * shift, *quantity_numbers(quantity))
                parts.append(points_with_intervals(axes, *point, label=label, **look))
                label = None
    axes.axhline(1.0, color=ROLES["reference"], linewidth=0.8, zorder=1)
    dress(axes, "levels $L$", "theory / simulation", title="b  over seeds", log="x", loc="best")
    axes.set_xlim(min(pairs) / 1.4, max(pairs) * 1.4)
    axes.set_xticks(list(pairs), [str(levels) for levels in pairs])
    axes.minorticks_off()
    return parts


def mean_ratio(simulation: np.ndarray, theory: np.ndarray) -> float:
    """Of the seeds that cross in both, theory over simulation; NaN without any."""
    both = np.isfinite(simulation + theory)
    return float(theory[both].mean() / simulation[both].mean()) if both.any() else np.nan


def caption(reduced: pd.DataFrame, levels: list[int], level: float) -> str:
    return (
        f"Erf committee machine of figure 1 at N = {reduced['dimension'].max()}, "
        f"{reduced['seed'].nunique()} seeds for each of L = {', '.join(map(str, levels))}: alpha "
        f"at which eps_g falls below {level:g}. (a) Exact reduced simulation "
        f"against order-parameter theory from the same weights, each seed a point. (b) Ratio, "
        f"theory over simulation, of the mean and of the standard deviation over seeds, with 95 % "
        f"intervals."
    )

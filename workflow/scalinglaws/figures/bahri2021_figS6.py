"""Figure S6 of arXiv 2102.06701: duality of examples and features, low and tuned ridge."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.size_curves import scan
from scalinglaws.figures.mean_points import mean_points
from scalinglaws.figures.scan_lines import Rows, published, seeds_of
from scalinglaws.figures.short_axes import power_of_two_ticks
from scalinglaws.figures.style import (
    COLOURS,
    ROLES,
    WIDE,
    Drawing,
    dress,
    fit_height,
    new_figure,
    plotted_rows,
    rows_of,
    under,
)
from scalinglaws.figures.variance_lines import shade
from scalinglaws.rounding import quantity_text

Fits = Mapping[str, Any]
# scanned, letter, the other's, colour, marker, size: squares lie beneath dots
SIDES = (
    ("parameters", "P", "D", shade(COLOURS["orange"], 0.35), "s", 7.0),
    ("data", "D", "P", COLOURS["blue"], "o", 4.0),
)
LOSS = "test loss / loss of zero"
PANELS = (
    ("real", "low", "a  labels, low ridge"),
    ("real", "tuned", "b  labels, tuned ridge"),
    ("teacher", "low", "c  random teachers, low ridge"),
    ("teacher", "tuned", "d  random teachers, tuned ridge"),
)


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: loss against D at fixed P over loss against P at fixed D."""
    table, found = tables["pretrained_features"], fits["pretrained_laws"]
    figure, axes = new_figure(2, 2, width=WIDE)
    at = settings["resonance"]
    parts: Rows = []
    for place, (target, ridge, title) in zip(axes, PANELS, strict=True):
        parts += panel(place, table, target, ridge, title[0], at)
        note = f"mean |log ratio|: {quantity_text(found[f'duality_gap_{target}_{ridge}'])}"
        if (name := f"{target}_{ridge}") in settings["published"]:
            note += f" (published: {published(settings, name):g})"
        dress(place, r"$D$ or $P$", LOSS, title=title, **under(ncols=3))
        place.get_legend().set_title(note, {"size": 7})
        power_of_two_ticks(place, *place.get_xlim())
    fit_height(figure, 2.1)
    return Drawing(figure, plotted_rows(*parts), caption(table, at))


def panel(axes: Axes, table: pd.DataFrame, target: str, ridge: str, name: str, at: int) -> Rows:
    rows = table[(table["target"] == target) & (table["ridge"] == ridge)]
    parts: Rows = []
    for side, letter, other, colour, marker, size in SIDES:
        curve = scan(rows, "loss", scan=f"{side}_resonance")
        look: dict[str, Any] = {"colour": colour, "marker": marker, "size": size, "line": True}
        look["label"] = rf"$L({letter})$, ${other} = {at}$"
        parts += mean_points(axes, curve, panel=name, series=f"L({letter})", **look)
    axes.axvline(at, color=ROLES["reference"], linestyle="--", lw=1.0, label="$D = P$")
    parts.append(rows_of(name, "D = P", at, np.nan))
    return parts


def caption(table: pd.DataFrame, at: int) -> str:
    return (
        "Regression on the features of a network trained on the other half of "
        f"{table['dataset'].iloc[0]}: test loss against the number of examples D with P = {at} of "
        f"{table['count'].iloc[0]} features, and against P with D = {at} examples. Labels are "
        "centred one-hot vectors, teachers random combinations of all features. Low ridge is the "
        "minimum-norm solution in effect, with its peak at D = P (dashed); tuned ridge is best on "
        f"a validation set. Geometric means over {seeds_of(table)} seeds (own halves, extractor, "
        "orders) with 95 % t intervals."
    )

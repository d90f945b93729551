"""Released curves of arXiv:2505.13230: large training sizes forecast from the smaller ones."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.norm_curves import optima_of_means, released_means, released_set
from scalinglaws.figures.forecast_panels import Rows, error_strip, held_out_curve, interval_text
from scalinglaws.figures.network_panels import PANELS, title_of
from scalinglaws.figures.style import (
    COLOURS,
    ROLES,
    WIDE,
    Drawing,
    below,
    dress,
    new_figure,
    plotted_rows,
    quantity_numbers,
    rows_of,
)
from scalinglaws.forecast.held_out import HeldOut
from scalinglaws.forecast.scores import held_out

Fits = Mapping[str, Mapping[str, Any]]
RIVALS = {
    "error": ("forecast", "o", ROLES["measured"]),
    "product_error": ("law 1 and law 2", "s", COLOURS["orange"]),
}


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: a some curves; b every held-out point; c errors of the forecast and of the laws."""
    made = forecasts(tables["released_curves"])
    found = fits["released_forecasts"]
    figure, axes = new_figure(1, 3, width=WIDE, height=3.8)
    parts: Rows = []
    shown = [name for name in settings["shown"] if name in made]
    for number, name in enumerate(shown):
        parts += held_out_curve(axes[0], "a", title_of(name), made[name], number)
    dress(axes[0], "$P$", "smallest test error", title="a  released curves", **below())
    parts += error_strip(axes[1], "b", {title_of(name): [one] for name, one in made.items()})
    parts += rivals_panel(axes[2], found, list(made))
    return Drawing(figure, plotted_rows(*parts), caption(found, made))


def forecasts(table: pd.DataFrame) -> dict[str, HeldOut]:
    made = {}
    for name in PANELS:
        means = released_means(released_set(table, name))
        tried = held_out(means.sizes, optima_of_means(means)[1][None])
        if not isinstance(tried, str):
            made[name] = tried
    return made


def rivals_panel(axes: Axes, found: Fits, names: list[str]) -> Rows:
    parts: Rows = []
    for key, (label, marker, colour) in RIVALS.items():
        known = [found.get(f"{key}_{name}") for name in names]
        values = [np.nan if one is None else quantity_numbers(one)[0] for one in known]
        axes.plot(values, range(len(names)), marker, color=colour, ms=4.5, label=label)
        parts.append(rows_of("c", label, values, np.arange(len(names))))
    dress(axes, "error of log error", "", title="c  forecast or laws", log="x", **below())
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), [""] * len(names))
    axes.grid(axis="y", lw=0.4)
    return parts


def caption(found: Fits, made: Mapping[str, HeldOut]) -> str:
    errors = [found[f"{name}_released"]["estimate"] for name in
              ("error", "line_error", "product_error")]  # fmt: skip
    n_points = sum(len(one.x) for one in made.values())
    text = (
        "The authors' released curves: the smallest test error at the larger half of the training "
        "sizes P (open) forecast from the smaller half (filled) with 90 % intervals (bands). "
        f"(b) The {n_points} held-out points in half-widths of their intervals. (c) Root mean "
        "square error of the logarithm, by the forecast of the error itself and by the product of "
        "law 1 and law 2, both fitted to the smaller half only. The intervals hold "
        f"{interval_text(found['coverage_released'])} of a curve's points."
    )
    if None in errors:
        return text
    return text + (
        f" Typical error {errors[0]:.2g}; {errors[2]:.2g} by the laws, {errors[1]:.2g} by a "
        "straight line through the given points."
    )

"""Learning curves of arXiv:2410.09005, forecast from before and across the end of a law."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.learning_laws import LearningLaw, learning_laws
from scalinglaws.errors import InputError
from scalinglaws.figures.forecast_panels import Rows, held_out_curve, interval_text
from scalinglaws.figures.style import (
    COLOURS,
    ROLES,
    WIDE,
    Drawing,
    below,
    dress,
    new_figure,
    plotted_rows,
    rows_of,
    series_colours,
    theory_line,
)
from scalinglaws.forecast.held_out import forecast_rest
from scalinglaws.forecast.regimes import forecasts_ahead

Fits = Mapping[str, Mapping[str, Any]]
END = "end of the power law"


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: a the linear network's curve with forecasts; b errors in half-widths, all curves."""
    laws = learning_laws(tables)
    figure, axes = new_figure(1, 2, width=WIDE, height=3.8)
    parts = curve_panel(axes[0], laws[0], settings) + errors_panel(axes[1], laws, settings)
    return Drawing(figure, plotted_rows(*parts), caption(fits["regime_forecasts"], settings))


def curve_panel(axes: Axes, law: LearningLaw, settings: Mapping[str, Any]) -> Rows:
    """Forecasts from shares of the power law's end on."""
    parts: Rows = [
        theory_line(axes, law.alphas, law.errors, panel="a", series=law.name, label=law.name)
    ]
    for number, share in enumerate(settings["origins"]):
        known = int(np.searchsorted(law.alphas, share * law.ends))
        stop = int(np.searchsorted(law.alphas, settings["ahead"] * law.alphas[known - 1]))
        try:
            tried = forecast_rest(law.alphas[:stop], law.errors[:stop], given=known)
        except InputError:
            continue  # the curve ends before: nothing to draw
        name = rf"from {share:g} of the end"
        parts += held_out_curve(axes, "a", name, tried, number, points=False)
    axes.axvline(law.ends, color=ROLES["reference"], lw=0.8, ls="--", label=END)
    lowest = law.errors[law.alphas <= settings["shown_to"] * law.ends].min()
    axes.set_xlim(law.begins, settings["shown_to"] * law.ends)
    dress(axes, r"$\alpha$", r"$\epsilon_g$", title="a  linear network", **below())
    axes.set_ylim(0.5 * lowest, 2 * law.errors[law.alphas >= law.begins].max())
    return parts


def errors_panel(axes: Axes, laws: list[LearningLaw], settings: Mapping[str, Any]) -> Rows:
    parts: Rows = []
    colours = [COLOURS["orange"], *series_colours(len(laws) - 1)]
    for law, colour in zip(laws, colours, strict=True):
        reach = (settings["factors"], settings["first"], settings["every"])
        ahead = forecasts_ahead(law.alphas, law.errors, *reach)
        inside = ahead.only(ahead.origin >= settings["inside"][0] * law.begins)
        share = np.clip(inside.error / inside.half, None, settings["widest"])
        axes.plot(inside.x / law.ends, share, ".", ms=4, color=colour, label=law.name)
        parts.append(rows_of("b", law.name, inside.x / law.ends, share))
    for edge in (-1.0, 1.0):
        axes.axhline(edge, color=ROLES["reference"], lw=0.8, ls="--")
    axes.axvline(1.0, color=ROLES["reference"], lw=0.8, ls="--")
    label = r"forecast $\alpha$ / end of the power law"
    dress(axes, label, "error / half-width", title="b  all curves", log="x", **below(ncols=2))
    return parts


def caption(found: Fits, settings: Mapping[str, Any]) -> str:
    return (
        "Learning curves in theory, without noise, whose power law ends in an exponential at a "
        "known alpha (dashed). (a) Forecasts with 90 % intervals (bands) from the points before "
        "each origin. (b) Error of every forecast in half-widths of its interval, against the "
        f"place forecast (errors above {settings['widest']:g} are drawn there): inside the power "
        f"law the intervals hold {interval_text(found['coverage_inside'])} of a curve's points, "
        f"beyond its end {interval_text(found['coverage_beyond'])}. No interval that has seen one "
        "law only knows of the next: a forecast across a change of law cannot be trusted, however "
        "well the curve has been forecast so far."
    )

"""A forecast and the record that earns its intervals: the curve beyond its last point, and the
errors of forecasts from earlier points."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.figures.style import (
    COLOURS,
    ROLES,
    Drawing,
    below,
    dress,
    new_figure,
    plotted_rows,
    points_with_intervals,
    rows_of,
    theory_line,
)
from scalinglaws.forecast.forecasts import Forecaster, Point
from scalinglaws.forecast.held_out import LEVEL, HeldOut
from scalinglaws.rounding import with_interval

Rows = list[pd.DataFrame]
STEPS = 200  # of the bands
LINES = ("blue", "orange", "green", "purple")  # of COLOURS, one per curve of a panel
WIDEST = 3.0  # half-widths; errors beyond are drawn at this edge, as triangles
CURVE, RECORD = "forecast", "record"


def draw_forecast(made: Forecaster, points: Sequence[Point], xlabel: str, ylabel: str) -> Drawing:
    """Two panels; `points` are the forecasts asked for (those without numbers are not drawn)."""
    figure, (left, right) = new_figure(1, 2, height=3.4)
    told = [point for point in points if point.value is not None]
    rows = [*curve_panel(left, made, told), *record_panel(right, made)]
    dress(left, xlabel, ylabel, title="Forecast", **below())
    dress(
        right,
        "x forecast / last x known",
        "error of log " + ylabel,
        title="From earlier points",
        log="x",
        **below(),
    )
    caption = (
        f"{len(made.curve.x)} points up to {made.last:g}; bands: 50 % and 90 % intervals. Right: "
        "every forecast from earlier points against what followed, and the 90 % half-width that "
        "these errors give."
    )
    return Drawing(figure, plotted_rows(*rows), caption)


def curve_panel(axes: Axes, made: Forecaster, told: Sequence[Point]) -> list[pd.DataFrame]:
    end = max([point.x for point in told], default=min(10 * made.last, made.farthest))
    x = np.geomspace(made.last, end, STEPS)
    rows = []
    for level, shade in ((0.9, 0.18), (0.5, 0.35)):
        low, high = made.interval(x, level)
        axes.fill_between(x, low, high, color=ROLES["measured"], alpha=shade, lw=0)
        rows.append(rows_of(CURVE, f"{level:.0%} band", x, made.values(x), low, high))
    whole = np.geomspace(made.curve.x[0], end, STEPS)
    rows.append(theory_line(axes, whole, made.values(whole), panel=CURVE, series="average law"))
    rows.append(
        points_with_intervals(
            axes, made.curve.x, made.curve.y, panel=CURVE, series="data", label="data"
        )
    )
    if told:
        rows.append(
            points_with_intervals(
                axes,
                [point.x for point in told],
                [point.value for point in told],
                [point.low_90 for point in told],
                [point.high_90 for point in told],
                panel=CURVE,
                series="forecast",
                label="forecast, 90 %",
                hollow=True,
            )
        )
    return rows


def record_panel(axes: Axes, made: Forecaster) -> list[pd.DataFrame]:
    factor = np.exp(made.record.distance)
    axes.axhline(0.0, color=ROLES["reference"], lw=0.6)
    rows = [
        points_with_intervals(
            axes, factor, made.record.error, panel=RECORD, series="errors", label="errors"
        )
    ]
    x = np.geomspace(1.0, float(factor.max()), STEPS)
    half = made.half_width(made.last * x, 0.9)
    for sign in (-1, 1):
        label = "90 % half-width" if sign > 0 else None
        series = f"90 % {'upper' if sign > 0 else 'lower'}"
        rows.append(theory_line(axes, x, sign * half, panel=RECORD, series=series, label=label))
    return rows


def held_out_curve(
    axes: Axes, panel: str, name: str, tried: HeldOut, number: int, *, points: bool = True
) -> Rows:
    """One curve: known points (filled), held-out ones (open), the forecast with its 90 % band.

    Without `points` the forecast alone, from the last known point on.
    """
    colour, made = COLOURS[LINES[number % len(LINES)]], tried.made
    x = np.geomspace(made.last, tried.x[-1], STEPS)
    low, high = made.interval(x, LEVEL)
    axes.fill_between(x, low, high, color=colour, alpha=0.2, lw=0)
    parts = [rows_of(panel, f"{name}, 90 % band", x, made.values(x), low, high)]
    from_here = x if not points else np.geomspace(made.curve.x[0], tried.x[-1], STEPS)
    line = {"panel": panel, "series": f"{name}, forecast", "colour": colour}
    parts.append(
        theory_line(axes, from_here, made.values(from_here), label=None if points else name, **line)
    )
    if not points:
        return parts
    marks = {"held out": (tried.x, tried.y, "white"), "given": (*made.curve[:2], colour)}
    for word, (at, values, face) in marks.items():
        label = name if word == "given" else None
        axes.plot(
            at,
            values,
            "o",
            color=colour,
            label=label,
            zorder=3,
            markersize=3.2,
            markerfacecolor=face,
            markeredgewidth=0.8,
        )
        parts.append(rows_of(panel, f"{name}, {word}", at, values))
    return parts


def error_strip(axes: Axes, panel: str, grouped: Mapping[str, Sequence[HeldOut]]) -> Rows:
    """Every held-out point's error over its half-width, a row per group; beyond WIDEST at the edge.

    Within a row the curves stand side by side, so that points of one curve are seen together.
    """
    parts: Rows = []
    for row, (group, tried) in enumerate(grouped.items()):
        for place, one in enumerate(tried):
            height = row + 0.6 * ((place + 0.5) / len(tried) - 0.5)
            share = one.errors / np.log(one.high / one.value)
            for outside, marker in ((False, "."), (True, "|")):
                kept = (np.abs(share) > WIDEST) == outside
                shown = np.clip(share[kept], -WIDEST, WIDEST)
                axes.plot(shown, [height] * len(shown), marker, color=ROLES["measured"], ms=4)
            parts.append(rows_of(panel, f"{group}, curve {place + 1}", share, height))
    for edge in (-1.0, 1.0):
        axes.axvline(edge, color=ROLES["reference"], lw=0.8, ls="--")
    dress(axes, "error / half-width", "", title=f"{panel}  held-out points", log="")
    axes.set_xlim(-1.05 * WIDEST, 1.05 * WIDEST)
    axes.set_ylim(max(len(grouped), 1) - 0.5, -0.5)
    axes.set_yticks(range(len(grouped)), list(grouped), fontsize=7)
    axes.tick_params(axis="y", length=0)
    return parts


def interval_text(found: Mapping[str, Any]) -> str:
    """A share with its interval in percent, or a dash."""
    if found["estimate"] is None:
        return "–"
    percent = [100 * value for value in (found["estimate"], *found["interval"])]
    return with_interval(percent[0], percent[1:]) + " %"

"""Lines of a scan: means over seeds with their intervals, and the law fitted in its window."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from scalinglaws.curves.means import mean_with_interval
from scalinglaws.curves.size_curves import Curves
from scalinglaws.figures.mean_points import mean_points
from scalinglaws.figures.style import (
    ALPHA,
    FILLED,
    ROLES,
    law_through_centre,
    rows_of,
    series_colours,
    slope_label,
    theory_line,
)

Rows = list[pd.DataFrame]
Line = tuple[str, Curves, Mapping[str, Any]]  # name, curves, fitted slope
OUTSIDE_NAME = " outside the window"  # ends the series of a line's points that were not fitted
WITH_BEND = ", with the bend"  # ends the series of the longer intervals that the ledger judges
BARS = (
    "Thick bars: 95 % intervals over seeds; thin: the longer ones of laws that bend, which the "
    "ledger judges; arrows: beyond the axes."
)


def fitted_line(
    axes: Axes,
    curve: Curves,
    slope: Mapping[str, Any],
    *,
    panel: str,
    series: str,
    colour: Any,
    marker: str = "o",
    mean: str = "log",
    label: str | None = None,
) -> Rows:
    """Means over seeds and the law fitted to them; the legend adds its exponent to `label`.

    `label` is the series unless it is given; empty, the exponent stands alone. Points that no law
    was fitted to are hollow, see mean_points. `mean` over seeds: "log" (geometric) or "arithmetic".
    """
    fitted = slope["estimate"] is not None
    inside = within_window(curve, slope) | (not fitted)
    name = series if label is None else label
    text = f"{name}: {law_label(ALPHA, slope)}".removeprefix(": ")
    look: dict[str, Any] = {"panel": panel, "colour": colour, "marker": marker, "mean": mean}
    parts: Rows = []
    for chosen, suffix in ((inside, ""), (~inside, OUTSIDE_NAME)):
        if chosen.any():
            kept, shown = curve.only(chosen), None if parts else text
            look |= {"series": series + suffix, "label": shown}
            look["outside"] = bool(suffix) or not fitted
            parts += mean_points(axes, kept, **look)
    return parts + law_line(
        axes, curve, slope, panel=panel, series=series, colour=colour, mean=mean
    )


def within_window(line: Curves, slope: Mapping[str, Any]) -> np.ndarray:
    """(sizes,) which points the slope was fitted to; all where it names no window."""
    low, high = slope["window"] or (-np.inf, np.inf)
    inside: np.ndarray = (line.sizes >= low) & (line.sizes <= high)
    return inside


def law_line(
    axes: Axes,
    curve: Curves,
    slope: Mapping[str, Any],
    *,
    panel: str,
    series: str,
    colour: Any,
    mean: str = "log",
    style: str = "-",
) -> Rows:
    """The fitted power law in its window, through the mean of the points there; none without an
    interval: a line would show a slope that the seeds do not bound.
    """
    inside = within_window(curve, slope)
    if slope["interval"] is None or inside.sum() < 2:
        return []
    x, values = curve.only(inside)
    law = law_through_centre(x, mean_with_interval(values, mean).mean, slope["estimate"], x)
    name = f"{series} fit"
    return [theory_line(axes, x, law, panel=panel, series=name, colour=colour, style=style)]


def law_label(name: str, slope: Mapping[str, Any]) -> str:
    """Exponent and interval; why one is missing is too long for a legend, the ledger says it.

    An estimate that the seeds do not bound is no exponent to read off a figure.
    """
    if slope["estimate"] is None:
        return "no law fitted"
    if slope["interval"] is None:
        return f"{name} not bounded by its seeds"
    return slope_label(name, slope)


def scan_family(axes: Axes, lines: Sequence[Line], *, panel: str) -> Rows:
    """Lines of an ordered family (dimensions, powers), from light to dark."""
    parts: Rows = []
    for (name, line, slope), colour in zip(lines, series_colours(len(lines)), strict=True):
        parts += fitted_line(axes, line, slope, panel=panel, series=name, colour=colour)
    return parts


def quantity_points(
    axes: Axes,
    x: Sequence[float],
    quantities: Sequence[Mapping[str, Any]],
    *,
    factors: Sequence[float] | None = None,
    within: tuple[float, float] | None = None,
    panel: str,
    series: str,
    colour: Any = ROLES["measured"],
    marker: str = "o",
    label: str | None = None,
    hollow: bool = False,
) -> Rows:
    """Fitted quantities (times `factors`) with their intervals; unavailable ones are left out.

    Thick bars are intervals over seeds. Thin ones, of laws that bend, hold the bend too: these are
    judged. They do not widen the axes; where the axes are to end `within` two values, bars that go
    on end there in an arrow.
    """
    scale = np.ones(len(x)) if factors is None else np.asarray(factors, dtype=float)
    kept = [place for place, found in enumerate(quantities) if found["estimate"] is not None]
    if not kept:
        return []
    ends = [interval_ends(quantities[place]) for place in kept]
    at, times = np.asarray(x, dtype=float)[kept], scale[kept]
    estimate = times * [quantities[place]["estimate"] for place in kept]
    seeds, judged = (times[:, None] * [pair[name] for pair in ends] for name in (0, 1))
    drawn = rows_of(panel, series, at, estimate, *seeds.T)
    longer = np.isfinite(judged).any(axis=1) & np.any(seeds != judged, axis=1)
    wide = rows_of(panel, series + WITH_BEND, at[longer], estimate[longer], *judged[longer].T)
    upright_bars(axes, wide, colour, 0.8, within, autolim=False)
    upright_bars(axes, drawn, colour, 2.2, within)
    face: dict[str, Any] = dict(FILLED)
    if hollow:
        face = {"markerfacecolor": "white", "markeredgewidth": 1.1, "markeredgecolor": colour}
    axes.plot(at, estimate, marker, color=colour, markersize=5.5, label=label, zorder=3, **face)
    return [drawn, wide] if longer.any() else [drawn]


def inverse_of(slope: Mapping[str, Any]) -> dict[str, Any]:
    """4 over an exponent, with its intervals; of those that reach zero, without an upper end."""
    if slope["estimate"] is None:
        return dict(slope)
    found: dict[str, Any] = {"estimate": 4 / slope["estimate"]}
    for name in ("interval", "seed_interval"):
        low, high = slope[name] or (np.nan, np.nan)
        ends = [4 / high if high > 0 else np.inf, 4 / low if low > 0 else np.inf]
        found[name] = ends if slope[name] else None
    return found


def interval_ends(found: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    """Ends of the interval over seeds, and of the one that is judged; NaN where there is none."""
    judged = found["interval"] or [np.nan, np.nan]
    return found.get("seed_interval") or judged, judged


def bar_limits(
    quantities: Sequence[Mapping[str, Any]],
    also: Iterable[float] = (),
    factors: Sequence[float] | None = None,
) -> tuple[float, float]:
    """Limits of axes that hold estimates (times `factors`), their bars over seeds and `also`."""
    times = [1.0] * len(quantities) if factors is None else factors
    ends = [
        factor * end
        for factor, found in zip(times, quantities, strict=True)
        if found["estimate"] is not None
        for end in (found["estimate"], *interval_ends(found)[0])
    ]
    finite = [end for end in (*ends, *also) if np.isfinite(end)] or [0.0, 1.0]
    room = 0.06 * (max(finite) - min(finite)) or 0.1
    return min(finite) - room, max(finite) + room


def upright_bars(
    axes: Axes,
    rows: pd.DataFrame,
    colour: Any,
    thickness: float,
    within: tuple[float, float] | None,
    *,
    autolim: bool = True,
) -> None:
    """Bars of the rows' intervals; those that leave `within` end in an arrow at its edge."""
    low, high = within or (-np.inf, np.inf)
    known = rows.dropna(subset=["y_low", "y_high"])
    bottom, top = known["y_low"].clip(low, high), known["y_high"].clip(low, high)
    ends = [[(x, a), (x, b)] for x, a, b in zip(known["x"], bottom, top, strict=True)]
    lines = LineCollection(ends, colors=[colour], linewidths=thickness)
    axes.add_collection(lines, autolim=autolim)
    look: dict[str, Any] = {"color": colour, "linestyle": "none", "zorder": 4}
    look |= {"markersize": 7, "markeredgewidth": 0.3}
    for beyond, edge, arrow in (
        (known["y_high"] > high, high, "up"),
        (known["y_low"] < low, low, "down"),
    ):
        if beyond.any():
            at = known.loc[beyond, "x"]
            shape = rf"$\{arrow}arrow$"
            axes.plot(at, np.full(len(at), edge), marker=shape, clip_on=False, **look)


def dashed(
    axes: Axes, x: Any, y: Any, *, panel: str, series: str, label: str | None, **look: Any
) -> Rows:
    """A prediction as a thin dashed line."""
    shape: dict[str, Any] = {"style": "--", "colour": ROLES["theory"], "label": label, **look}
    drawn = theory_line(axes, x, y, panel=panel, series=series, **shape)
    axes.lines[-1].set_linewidth(1.0)
    return [drawn]


def published_law(
    axes: Axes,
    ends: tuple[float, float],
    start: float,
    exponent: float,
    *,
    panel: str,
    label: str | None,
    series: str = "published",
) -> pd.DataFrame:
    """A thin line with the published exponent, from (ends[0], start) on; its two rows."""
    x = np.array(ends, dtype=float)
    drawn = rows_of(panel, series, x, start * (x / x[0]) ** -exponent)
    look: dict[str, Any] = {"linestyle": (0, (4, 2)), "linewidth": 1.0, "zorder": 1.5}
    axes.plot(drawn["x"], drawn["y"], color=ROLES["published"], label=label, **look)
    return drawn


def law_above(
    axes: Axes, parts: Rows, exponent: float, *, panel: str, name: str = "published"
) -> pd.DataFrame:
    """The published law just above all fitted points of the panel."""
    drawn = pd.concat(parts)
    points = drawn[(drawn["y"] > 0) & ~drawn["series"].str.endswith((" fit", " theory"))]
    ends = (float(points["x"].min()), float(points["x"].max()))
    fitted = points[~points["series"].str.endswith(OUTSIDE_NAME)]
    points = points if fitted.empty else fitted
    level = (points["y"] * points["x"] ** exponent).max() if len(points) else ends[0] ** exponent
    start = 1.6 * float(level) * ends[0] ** -exponent
    label = rf"{name}, {ALPHA} = {exponent:g}"
    return published_law(axes, ends, start, exponent, panel=panel, label=label)


def published(settings: Mapping[str, Any], name: str) -> float:
    """A value of the paper from a figure's settings, where its claim stands beside it."""
    return float(settings["published"][name]["value"])


def masked(*tables: pd.DataFrame) -> int:
    """Values of all tables that are not finite."""
    return sum(int(table["value"].isna().sum()) for table in tables)


def listed(values: Iterable[Any]) -> str:
    """The distinct numbers or names in order, as a sentence lists them: "1, 2 and 5"."""
    distinct = sorted(set(values))
    texts = [value if isinstance(value, str) else f"{value:,}" for value in distinct]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def seeds_of(table: pd.DataFrame) -> int:
    return int(table["seed"].nunique())

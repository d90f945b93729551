"""Means over seeds on logarithmic axes, with one sign for one meaning.

- A filled marker and its bar are a mean and its 95 % interval.
- Of two or three seeds no bar is drawn, whose length would be that of Student's t alone: small
  dots are the seeds themselves.
- A hollow marker is outside the window of the fit.
- An arrow down at the lower end of the axes: the interval reaches zero or less. Where there is an
  arrow and no marker, the mean itself does, which logarithmic axes cannot show; the bar is the part
  of its interval that they can.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from scalinglaws.curves.means import Mean, mean_with_interval
from scalinglaws.curves.size_curves import Curves
from scalinglaws.figures.style import FEW_SEEDS, FILLED, rows_of

Rows = list[pd.DataFrame]
ARROW = r"$\downarrow$"
OUTSIDE: dict[str, Any] = {"markerfacecolor": "white", "markeredgewidth": 0.9}
MEANING = (
    "hollow: outside the window of the fit; arrows: the interval reaches zero, and where there is "
    "no point the mean is negative"
)


def mean_points(
    axes: Axes,
    curve: Curves,
    *,
    panel: str,
    series: str,
    colour: Any,
    marker: str = "o",
    mean: str = "log",
    label: str | None = None,
    outside: bool = False,
    line: bool = False,
    size: float | None = None,
) -> Rows:
    """Means of a curve with intervals, or with the seeds where they are few; the rows drawn.

    - `mean`: "log" (geometric), "arithmetic", which may be negative, or "median" with quartiles
    - `outside`: hollow markers
    - `line`: joins the means thinly; `size`: of the markers
    """
    kept = curve.only(np.isfinite(curve.values).any(axis=0))
    found = quartiles(kept.values) if mean == "median" else mean_with_interval(kept.values, mean)
    few = 1 < np.isfinite(kept.values).any(axis=1).sum() <= FEW_SEEDS
    if few:
        found = Mean(found.mean, np.full(found.mean.shape, np.nan), np.full(found.mean.shape, np.nan))
    parts = [rows_of(panel, series, kept.sizes, found.mean, found.low, found.high)]
    bars(axes, parts[0], colour)
    look: dict[str, Any] = {**(OUTSIDE if outside else FILLED), "zorder": 3}
    if size is not None:
        look["markersize"] = size
    if outside:
        look["markeredgecolor"] = colour
    shown = np.where(found.mean > 0, found.mean, np.nan)
    axes.plot(
        kept.sizes, shown, marker=marker, color=colour, linestyle="-" if line else "none",
        linewidth=0.7, label=label, **look,
    )  # fmt: skip
    if few:
        parts.append(single_seeds(axes, kept, panel, f"{series}, each seed", colour))
    return parts


def quartiles(values: np.ndarray) -> Mean:
    """Median and quartiles over seeds: of values so spread that a mean is its largest ones."""
    return Mean(*np.nanquantile(values, [0.5, 0.25, 0.75], axis=0))


def single_seeds(axes: Axes, curve: Curves, panel: str, series: str, colour: Any) -> pd.DataFrame:
    """Each seed as a small dot; a value that is not positive has none."""
    sizes = np.tile(curve.sizes, len(curve.values))
    drawn = rows_of(panel, series, sizes, curve.values.ravel())
    drawn = drawn[drawn["y"] > 0].reset_index(drop=True)
    axes.plot(drawn["x"], drawn["y"], ".", color=colour, ms=3, mew=0, alpha=0.7, zorder=2.5)
    return drawn


def bars(axes: Axes, rows: pd.DataFrame, colour: Any) -> None:
    """Bars of the rows' intervals; from zero or less they start at the end of the axes."""
    known = rows.dropna(subset=["y_low", "y_high"])
    whole = known[known["y_low"] > 0]
    axes.vlines(whole["x"], whole["y_low"], whole["y_high"], colour, lw=1.0)
    open_below = known[(known["y_low"] <= 0) & (known["y_high"] > 0)]
    hanging(axes, open_below["x"].to_numpy(), open_below["y_high"].to_numpy(), colour)
    arrows = rows[(rows["y_low"] <= 0) | (rows["y"] <= 0)]
    if arrows.empty:
        return
    axes.plot(
        arrows["x"],
        np.full(len(arrows), 0.02),
        marker=ARROW,
        color=colour,
        linestyle="none",
        markersize=6,
        markeredgewidth=0.3,
        clip_on=False,
        zorder=4,
        transform=axes.get_xaxis_transform(),
    )


def hanging(axes: Axes, x: np.ndarray, top: np.ndarray, colour: Any) -> None:
    """Bars from their tops to the lower end of logarithmic axes, which they leave as it is."""
    if not len(x):
        return
    ends = [[(at, 1e-30 * high), (at, high)] for at, high in zip(x, top, strict=True)]
    axes.add_collection(LineCollection(ends, colors=[colour], linewidths=1.0), autolim=False)
    axes.update_datalim(np.column_stack([x, top]))
    axes.autoscale_view()

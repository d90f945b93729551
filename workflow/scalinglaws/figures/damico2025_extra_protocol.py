"""Networks trained exactly as the authors' against their released curves of the same size."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.means import mean_with_interval
from scalinglaws.curves.norm_curves import released_means, released_set
from scalinglaws.curves.panel_curves import comparisons_of, difference_curves
from scalinglaws.errors import InputError
from scalinglaws.figures.network_panels import (
    LETTERS,
    NORM_LABEL,
    Quantities,
    Rows,
    headed,
    title_of,
)
from scalinglaws.figures.style import (
    FEW_SEEDS,
    ROLES,
    WIDE,
    Drawing,
    dress,
    new_figure,
    plotted_rows,
    points_of_seeds,
    rows_of,
    theory_line,
)
from scalinglaws.rounding import quantity_text

ONLY_THE_PATH = "a smaller network: not held against the curve"


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Quantities],
    settings: Mapping[str, Any],
) -> Drawing:
    """One panel per training size: our mean, the released curve and the band around it."""
    trained, band = comparisons_of(tables["protocol_curves"]), settings["band"]
    figure, axes = new_figure(1, len(trained), width=WIDE, height=3.3)
    parts: Rows = []
    for axis, letter, (name, size) in zip(axes, LETTERS, trained, strict=False):
        parts += draw_size(axis, tables, name, size, band)
        found = fits["protocol_agreement"].get(f"{name}_P{size}_largest_difference")
        judged = f"largest difference {quantity_text(found)}" if found else ONLY_THE_PATH
        headed(axis, f"{letter}  {title_of(name)}, $P$ = {size:,}", [judged])
    if not parts:
        sizes = ", ".join(f"{name} at P = {size}" for name, size in trained)
        raise InputError(
            f"protocol_curves trained {sizes}, sizes that the authors did not release; expected "
            "at least one of theirs: change protocol_curves.panels in config/scales."
        )
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    seeds = tables["protocol_curves"].groupby(["panel", "P"])["seed"].nunique()
    return Drawing(figure, plotted_rows(*parts), caption(seeds, band))


def draw_size(
    axes: Axes, tables: Mapping[str, pd.DataFrame], name: str, size: int, band: float
) -> Rows:
    panel = f"{title_of(name)}, P = {size}"
    theirs = released_means(released_set(tables["released_curves"], name))
    parts: Rows = []
    for curve in theirs.errors[theirs.sizes == size]:
        seen = np.isfinite(curve)
        parts += draw_band(axes, panel, theirs.grid[seen], curve[seen], band)
    try:
        norms, differences, released = difference_curves(tables, name, size)
        parts += draw_means(axes, panel, norms, released + differences)
    except InputError as problem:  # trained, but at norms that the released curve does not reach
        axes.text(0.5, 0.5, f"{problem}", transform=axes.transAxes, ha="center", fontsize=7)
    dress(axes, NORM_LABEL, "test error", log="x", legend=False)
    low, high = axes.get_ylim()
    axes.set_ylim(
        max(low, 0), min(high, 1)
    )  # intervals of few seeds may leave what an error can be
    return parts


def draw_band(axes: Axes, panel: str, x: np.ndarray, y: np.ndarray, band: float) -> Rows:
    colour = ROLES["published"]
    axes.fill_between(x, y - band, y + band, color=colour, alpha=0.15, lw=0)
    label = f"released, band ± {band:g}"
    return [
        rows_of(panel, "band", x, y, y - band, y + band),
        theory_line(axes, x, y, panel=panel, series="released", colour=colour, label=label),
    ]


def draw_means(axes: Axes, panel: str, x: np.ndarray, errors: np.ndarray) -> Rows:
    """Mean over the seeds of (seeds, n) errors, with the seeds or 95 % Student intervals."""
    look = {"panel": panel, "series": "ours", "label": "trained here"}
    return points_of_seeds(axes, x, errors, mean_with_interval(errors), **look)


def caption(seeds: pd.Series, band: float) -> str:
    counts = " or ".join(str(count) for count in sorted(set(seeds)))
    return (
        "CNNs trained with the authors' layers, initial weights, optimiser, batches and norm "
        "(sizes and images as the departures say), against their released curve (mean over seeds) "
        f"of the same training size; shaded: ± {band:g} around it. Points: means over "
        f"{counts} seeds, at the released norms that all our seeds pass; "
        + (
            "small dots: the seeds."
            if seeds.max() <= FEW_SEEDS
            else "bars: 95 % Student intervals."
        )
    )

"""Figure S5 of arXiv 2102.06701: how width and depth of the network change the exponent."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.image_curves import METRIC, by_shape
from scalinglaws.curves.size_curves import curves
from scalinglaws.figures.image_panels import (
    LOSS,
    Rows,
    dress_losses,
    fitted_family,
    interval_text,
    task_text,
    training_text,
)
from scalinglaws.figures.scan_lines import BARS, bar_limits, listed, quantity_points
from scalinglaws.figures.short_axes import ticks_at_values
from scalinglaws.figures.style import WIDE, Drawing, dress, fit_height, new_figure, plotted_rows
from scalinglaws.rounding import quantity_text

Fits = Mapping[str, Mapping[str, Any]]
EXPONENT = r"exponent $\alpha_D$"


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Fits],
    settings: Mapping[str, Any],
) -> Drawing:
    """Panels: loss against D by width (a) and by depth (b); exponents against width (c), depth."""
    found = fits["aspect_ratio"]
    table = tables["aspect_scan"]
    figure, axes = new_figure(2, 2, width=WIDE)
    parts: Rows = []
    for number, (name, scanned) in enumerate(zip(("width", "depth"), by_shape(table), strict=True)):
        parts += loss_panel(axes[number], "ab"[number], name, scanned, found)
    limits = slope_limits(table, found)
    for number, (name, scanned) in enumerate(zip(("width", "depth"), by_shape(table), strict=True)):
        drawn = {"name": name, "sizes": list(scanned), "limits": limits}
        parts += slope_panel(axes[2 + number], "cd"[number], found=found, **drawn)
    fit_height(figure, 2.0)
    return Drawing(figure, plotted_rows(*parts), caption(table, found))


def loss_panel(
    axes: Axes, panel: str, name: str, scanned: Mapping[int, pd.DataFrame], found: Fits
) -> Rows:
    lines = [
        (f"{name} {size}", curves(rows, METRIC, "D"), found[f"slope_{name}_{size}"])
        for size, rows in scanned.items()
    ]
    parts = fitted_family(axes, lines, panel)
    dress_losses(axes, pd.concat(scanned.values()), LOSS, f"{panel}  scan of the {name}")
    return parts


def slope_limits(table: pd.DataFrame, found: Fits) -> tuple[float, float]:
    """Of both panels of exponents: the two effects are compared by eye."""
    named = zip(("width", "depth"), by_shape(table), strict=True)
    return bar_limits(
        [found[f"slope_{name}_{size}"] for name, scanned in named for size in scanned]
    )


def slope_panel(
    axes: Axes,
    panel: str,
    *,
    name: str,
    sizes: list[int],
    limits: tuple[float, float],
    found: Fits,
) -> Rows:
    slopes = [found[f"slope_{name}_{size}"] for size in sizes]
    look: dict[str, Any] = {"panel": panel, "series": f"exponent against {name}"}
    drawn = quantity_points(axes, sizes, slopes, within=limits, **look)
    title = f"{panel}  exponent against {name}"
    dress(axes, name, EXPONENT, title=title, log="x", legend=False)
    axes.set_ylim(limits)
    ticks_at_values(axes, sizes)
    return drawn


def caption(table: pd.DataFrame, found: Fits) -> str:
    widths, depths = by_shape(table)
    width, depth = (next(iter(part.values())) for part in (depths, widths))
    return (
        f"{task_text(table)}: {training_text(table)}; smallest test loss on the way. (a, c) "
        f"Widths {listed(widths)} at depth {int(depth['depth'].iloc[0])}; (b, d) depths "
        f"{listed(depths)} at width {int(width['width'].iloc[0])}. Exponent of the widest less "
        f"that of the narrowest: {quantity_text(found['width_gain'])}; range over depths: "
        f"{quantity_text(found['depth_range'])}. {interval_text(table)} (c, d) {BARS}"
    )

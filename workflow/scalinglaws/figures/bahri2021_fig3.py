"""Figure 3 of arXiv 2102.06701: superclasses change the level, input noise changes the slope."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.image_curves import METRIC, noise_key, noisy, split
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
from scalinglaws.figures.scan_lines import listed, published
from scalinglaws.figures.style import (
    ALPHA,
    WIDE,
    Drawing,
    fit_height,
    new_figure,
    plotted_rows,
)
from scalinglaws.rounding import quantity_text

Fits = Mapping[str, Mapping[str, Any]]
TITLES = {"fixed": "b  noise, fixed", "resampled": "c  noise, drawn anew"}


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Fits],
    settings: Mapping[str, Any],
) -> Drawing:
    """Panels: a superclasses; b, c Gaussian input noise of two kinds. Best test loss against D."""
    found = fits["data_distribution"]
    figure, axes = new_figure(1, 3, width=WIDE)
    equal = published(settings, "superclass_spread")
    parts = superclass_panel(axes[0], tables["superclass_scan"], found, equal)
    for panel, kind, drawn in zip("bc", TITLES, axes[1:], strict=True):
        parts += noise_panel(drawn, panel, kind, tables["noise_scan"], found)
    low = min(place.get_ylim()[0] for place in axes[1:])
    high = max(place.get_ylim()[1] for place in axes[1:])
    for place in axes[1:]:
        place.set_ylim(low, high)  # the two kinds of noise are compared by eye
    axes[2].tick_params(labelleft=False)
    axes[2].set_ylabel("")
    fit_height(figure, 2.2)
    return Drawing(figure, plotted_rows(*parts), caption(tables, found))


def superclass_panel(axes: Axes, table: pd.DataFrame, found: Fits, equal: float) -> Rows:
    lines = [
        (f"{count} classes", curves(rows, METRIC, "D"), found[f"superclass_slope_{count}"])
        for count, rows in split(table, "classes").items()
    ]
    parts = fitted_family(axes, lines, "a")
    note = f"{spread_text(found['superclass_spread'])} (published: {equal:g})"
    dress_losses(axes, table, LOSS, "a  superclasses", note=note, fontsize=6.5)
    return parts


def noise_panel(axes: Axes, panel: str, kind: str, table: pd.DataFrame, found: Fits) -> Rows:
    lines = [
        (f"\u03c3 = {noise:g}", curves(rows, METRIC, "D"), found[noise_key(kind, noise)])
        for noise, rows in noisy(table, kind).items()
    ]
    parts = fitted_family(axes, lines, panel)
    note = spread_text(found[f"noise_spread_{kind}"])
    dress_losses(axes, table, LOSS, TITLES[kind], note=note, fontsize=6.5)
    return parts


def spread_text(spread: Mapping[str, Any]) -> str:
    if spread["estimate"] is None:
        return f"no spread of {ALPHA}"
    return f"largest less smallest {ALPHA}:\n{quantity_text(spread)}"


def caption(tables: Mapping[str, pd.DataFrame], found: Fits) -> str:
    merged, noised = tables["superclass_scan"], tables["noise_scan"]
    return (
        f"Smallest test loss on the way against training size. (a) {task_text(merged)}, "
        f"classes merged into {listed(merged['classes'])}, the same training images for all; "
        f"{training_text(merged)}. Largest less smallest exponent: "
        f"{quantity_text(found['superclass_spread'])}. (b, c) {task_text(noised)}, Gaussian "
        f"noise of standard deviation \u03c3 (in units of the pixels' standard deviation) on "
        f"training and test images, drawn once per image or at every visit; "
        f"{training_text(noised)}. Largest less smallest exponent: "
        f"{quantity_text(found['noise_spread_fixed'])} (fixed), "
        f"{quantity_text(found['noise_spread_resampled'])} (at every visit). "
        f"{interval_text(pd.concat([merged, noised]))}"
    )

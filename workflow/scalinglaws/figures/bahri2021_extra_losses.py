"""Exponents in P beyond the squared loss and the cube: 2 p / d, and 4 / max d_i for products."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.size_curves import curves
from scalinglaws.figures.scan_lines import (
    BARS,
    Rows,
    bar_limits,
    dashed,
    listed,
    masked,
    quantity_points,
    scan_family,
)
from scalinglaws.figures.short_axes import round_ticks
from scalinglaws.figures.style import (
    ROLES,
    WIDE,
    Drawing,
    dress,
    fit_height,
    new_figure,
    plotted_rows,
    under,
)

Fits = Mapping[str, Mapping[str, Any]]
PARAMETERS = r"parameters $P$"


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: a, b losses |f - F|^p and their exponents; c, d the same for products."""
    found = fits["teacher_student_laws"]
    losses, products = tables["power_losses"], tables["product_manifolds"]
    figure, axes = new_figure(2, 2, width=WIDE)
    parts = loss_panel(axes[0], losses, found) + power_panel(axes[1], losses, found)
    parts += product_panel(axes[2], products, found) + factor_panel(axes[3], products, found)
    fit_height(figure, 2.1)
    return Drawing(figure, plotted_rows(*parts), caption(losses, products))


def loss_panel(axes: Axes, table: pd.DataFrame, found: Fits) -> Rows:
    lines = [
        (
            f"p = {power:g}",
            curves(rows, "test_loss_best", "parameters"),
            found[f"resolution_slope_power_p{power:g}"],
        )
        for power, rows in table.groupby("power", sort=True)
    ]
    parts = scan_family(axes, lines, panel="a")
    dress(axes, PARAMETERS, r"test loss $\langle |f - F|^p \rangle$", title="a  losses", **under())
    round_ticks(axes, table["parameters"].tolist())
    return parts


def power_panel(axes: Axes, table: pd.DataFrame, found: Fits) -> Rows:
    powers, dimension = sorted(set(table["power"])), int(table["dimension"].iloc[0])
    slopes = [found[f"resolution_slope_power_p{power:g}"] for power in powers]
    ends = np.array([0.9 * powers[0], 1.05 * powers[-1]])
    low, high = bar_limits(slopes, 2 * ends / dimension)
    look: dict[str, Any] = {"panel": "b", "within": (low, high)}
    parts = quantity_points(axes, powers, slopes, series="measured", label="measured", **look)
    parts += dashed(
        axes, ends, 2 * ends / dimension, panel="b", series="prediction",
        label=rf"published, $2p/d$, $d = {dimension}$", colour=ROLES["published"],
    )  # fmt: skip
    axes.set_ylim(low, high)
    axes.set_xticks(powers)
    title = "b  exponent against the power"
    dress(axes, r"power $p$ of the loss", r"$\alpha_P$", title=title, log="", **under())
    return parts


def product_panel(axes: Axes, table: pd.DataFrame, found: Fits) -> Rows:
    lines = [
        (
            f"d = {target}",
            curves(table[table["target"] == target], "test_loss_best", "parameters"),
            found[slope_key(target)],
        )
        for target in ordered_targets(table)
    ]
    parts = scan_family(axes, lines, panel="c")
    dress(axes, PARAMETERS, r"test loss $L(P)$", title="c  product manifolds", **under())
    round_ticks(axes, table["parameters"].tolist())
    return parts


def factor_panel(axes: Axes, table: pd.DataFrame, found: Fits) -> Rows:
    targets = ordered_targets(table)
    places = np.arange(len(targets), dtype=float)
    factors = [[int(part) for part in target.split("+")] for target in targets]
    slopes = [found[slope_key(target)] for target in targets]
    published = [4.0 / max(dimensions) for dimensions in factors]
    whole = [4.0 / sum(dimensions) for dimensions in factors]
    low, high = bar_limits(slopes, [*published, *whole])
    look: dict[str, Any] = {"panel": "d", "within": (low, high)}
    name = "measured"
    parts = quantity_points(axes, places.tolist(), slopes, series=name, label=name, **look)
    for name, label, colour, values in (
        ("largest factor", r"published, $4/\max d_i$", ROLES["published"], published),
        ("whole dimension", r"$4/\sum d_i$", ROLES["reference"], whole),
    ):
        for place, value in zip(places, values, strict=True):
            ends, shown = [place - 0.3, place + 0.3], None if place else label
            drawn = {"panel": "d", "series": name, "label": shown, "colour": colour}
            parts += dashed(axes, ends, [value, value], **drawn)
    axes.set_ylim(low, high)
    axes.set_xticks(places, [target.replace("+", " + ") for target in targets])
    label = r"dimensions $d_i$ of the factors"
    title = "d  exponent against the factors"
    dress(axes, label, r"$\alpha_P$", title=title, log="", **under())
    return parts


def ordered_targets(table: pd.DataFrame) -> list[str]:
    """By the largest factor, then by the whole dimension."""
    targets: list[str] = sorted(set(table["target"]))
    return sorted(targets, key=lambda t: (max(map(int, t.split("+"))), t.count("+"), t))


def slope_key(target: str) -> str:
    return f"resolution_slope_product_{target.replace('+', 'x')}"


def caption(losses: pd.DataFrame, products: pd.DataFrame) -> str:
    """What is drawn, with the numbers of these very tables."""
    return (
        f"Students of growing width on fresh data, {listed(losses['step'])} (a, b) and "
        f"{listed(products['step'])} (c, d) steps, {losses['seed'].nunique()} and "
        f"{products['seed'].nunique()} seeds with a teacher each; fits over all widths. {BARS} "
        f"(a, b) Trained on and measured by the mean of |f - F|^p in d = "
        f"{losses['dimension'].iloc[0]}: a piecewise linear f errs by the square of its "
        f"resolution, so that alpha_P = 2p/d (dashed, arXiv 2004.10802). (c, d) Teachers that are sums over the "
        f"factors of a product, each factor with coordinates of its own: 4 over the largest "
        f"factor's dimension (published), not over the whole dimension (grey). Values masked as not "
        f"finite: {masked(losses, products)}."
    )

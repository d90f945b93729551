"""Figure 2b of arXiv 2102.06701: kernel spectra, and alpha_D, alpha_P against alpha_K."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.means import mean_with_interval
from scalinglaws.curves.size_curves import scan
from scalinglaws.figures.mean_points import mean_points
from scalinglaws.figures.scan_lines import (
    BARS,
    Rows,
    dashed,
    interval_ends,
    law_label,
    law_line,
    quantity_points,
    seeds_of,
)
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
    series_colours,
    theory_line,
    under,
)

Fits = Mapping[str, Any]
ALPHA_K = r"$\alpha_K$"
# name, label, colour, marker, on which side of alpha_K it is drawn
SIDES = (("d", r"$\alpha_D$", "blue", "o", -1), ("p", r"$\alpha_P$", "orange", "s", 1))


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: a spectra with power laws 1 + alpha_K, b exponents against alpha_K."""
    table, found = tables["random_features"], fits["random_feature_laws"]
    figure, (left, right) = new_figure(1, 2, width=WIDE)
    parts = spectra(left, table, found) + exponents(right, table, found)
    fit_height(figure, 2.9)
    return Drawing(figure, plotted_rows(*parts), caption(table, found))


def spectra(axes: Axes, table: pd.DataFrame, found: Fits) -> Rows:
    parts: Rows = []
    pools = sorted(set(table["pool"]))
    for pool, colour in zip(pools, series_colours(len(pools)), strict=True):
        alpha, series = found[f"alpha_k_pool{pool}"], f"pool {pool}"
        look: dict[str, Any] = {"panel": "a", "colour": colour}
        label = f"{series}: {law_label(ALPHA_K, alpha)}"
        curve = scan(table, "eigenvalue", pool=pool)
        parts += mean_points(axes, curve, series=series, label=label, size=3.0, **look)
        tail, name = scan(table, "tail", pool=pool), f"{series} tail sum"
        shown = tail.only(np.all(tail.values > 0, axis=0))
        y = mean_with_interval(shown.values, "log").mean
        parts.append(theory_line(axes, shown.sizes, y, series=name, **look))
        axes.lines[-1].set_linewidth(0.8)
        look["colour"] = ROLES["theory"]
        parts += law_line(axes, tail, alpha, series=name, style="--", **look)
    title = "a  spectra of the random-feature kernels"
    label = r"$\lambda_i$ (points), $\sum_{j>i} \lambda_j$ (lines)"
    dress(axes, r"rank $i$", label, title=title, **under())
    return parts


def exponents(axes: Axes, table: pd.DataFrame, found: Fits) -> Rows:
    """Each pool's two exponents side by side at its alpha_K, its name beside them."""
    pools = [
        pool
        for pool in sorted(set(table["pool"]))
        if all(found[f"alpha_{name}_pool{pool}"]["estimate"] is not None for name in "kdp")
    ]
    kernels = [found[f"alpha_k_pool{pool}"] for pool in pools]
    x = np.array([kernel["estimate"] for kernel in kernels])
    parts: Rows = []
    ends = np.array([0.85 * x.min(), 1.15 * x.max()]) if len(x) else np.array([0.0, 1.0])
    step = 0.012 * (ends[1] - ends[0])
    values = [
        found[f"alpha_{name}_pool{pool}"]["estimate"] for pool in pools for name, *_ in SIDES
    ]
    low, high = min([*values, ends[0]]) - 8 * step, max([*values, ends[1]]) + 8 * step
    foot = low - 6 * step  # below the bars: intervals of alpha_K and the names
    for name, label, colour, marker, side in SIDES:
        quantities = [found[f"alpha_{name}_pool{pool}"] for pool in pools]
        look: dict[str, Any] = {"colour": COLOURS[colour], "marker": marker, "label": label}
        look |= {"panel": "b", "series": f"alpha_{name.upper()}", "within": (low, high)}
        parts += quantity_points(axes, x + side * step, quantities, **look)
    for pool, kernel, at in zip(pools, kernels, x, strict=True):
        parts += across(axes, pool, kernel, foot)
        axes.annotate(
            f"pool {pool}", (at, foot), (0, -4), textcoords="offset points",
            fontsize=7, ha="center", va="top",
        )  # fmt: skip
    parts += dashed(
        axes, ends, ends, panel="b", series="equality", colour=ROLES["published"],
        label=r"published, $\alpha_D = \alpha_P = \alpha_K$",
    )  # fmt: skip
    axes.set(xlim=ends, ylim=(foot - 8 * step, high))
    title = "b  exponents against the kernel's"
    label = r"exponent of $L(D)$, $L(P)$"
    dress(axes, r"$\alpha_K$ (tail sums)", label, title=title, log="", **under())
    return parts


def across(axes: Axes, pool: int, kernel: Mapping[str, Any], height: float) -> Rows:
    """The interval of a pool's alpha_K over seeds, along the foot of the panel."""
    ends = interval_ends(kernel)[0]
    drawn = rows_of("b", f"interval of alpha_K, pool {pool}", ends, [height, height])
    axes.plot(drawn["x"], drawn["y"], color=ROLES["theory"], linewidth=2.2)
    return [drawn]


def caption(table: pd.DataFrame, found: Fits) -> str:
    pools = sorted(set(table["pool"]))
    return (
        "(a) Eigenvalues of the kernels of random ReLU features on "
        f"{table['population'].iloc[0]:,} images averaged over pool x pool pixels (geometric means "
        f"over {seeds_of(table)} seeds with 95 % t intervals), sums of the higher eigenvalues, and "
        "power laws of these sums (dashed), whose exponent is alpha_K. "
        "(b) Exponents of L(D) and L(P) against alpha_K, which is that of the sums of the "
        f"eigenvalues beyond a rank; all in one window ({found[f'alpha_k_pool{pools[0]}']['rule']}"
        f"). {BARS} At the foot: intervals of alpha_K over seeds; the two exponents stand a little "
        "left and right of it. Dashed: published, alpha_D = alpha_P = alpha_K."
    )

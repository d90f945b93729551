"""Figure 2b of arXiv 2102.06701: kernel spectra, and alpha_D, alpha_P against alpha_K."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.means import mean_with_interval
from scalinglaws.curves.size_curves import Curves, scan
from scalinglaws.figures.scan_lines import Rows, draw_fit, draw_scan, seeds_of
from scalinglaws.figures.style import (
    COLOURS,
    ROLES,
    Drawing,
    below,
    dress,
    new_figure,
    plotted_rows,
    points_with_intervals,
    quantity_numbers,
    rows_of,
    series_colours,
    slope_label,
)

Fits = Mapping[str, Any]
ALPHA_K = r"$\alpha_K$"
SIDES = (("d", r"$\alpha_D$", "blue", "o"), ("p", r"$\alpha_P$", "orange", "s"))


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: a spectra with power laws 1 + alpha_K, b exponents against alpha_K."""
    table, found = tables["random_features"], fits["random_feature_laws"]
    figure, (top, bottom) = new_figure(2, 1, width=4.6, height=7.2)
    parts = spectra(top, table, found) + exponents(bottom, table, found)
    return Drawing(figure, plotted_rows(*parts), caption(table, found))


def spectra(axes: Axes, table: pd.DataFrame, found: Fits) -> Rows:
    parts: Rows = []
    pools = sorted(set(table["pool"]))
    for pool, colour in zip(pools, series_colours(len(pools)), strict=True):
        curve, alpha = scan(table, "eigenvalue", pool=pool), found[f"alpha_k_pool{pool}"]
        series = f"pool {pool}"
        label = f"{series}: {slope_label(ALPHA_K, alpha)}"
        parts += draw_scan(axes, curve, panel="a", series=series, colour=colour, label=label)
        tail = scan(table, "tail", pool=pool)
        parts += tail_sums(axes, tail, alpha, series, colour)
    title = "a  spectra of the random-feature kernels"
    label = r"$\lambda_i$ (points), $\sum_{j>i} \lambda_j$ (lines)"
    dress(axes, r"rank $i$", label, title=title, **below(0.15, ncols=2))
    return parts


def tail_sums(axes: Axes, tail: Curves, alpha: Mapping[str, Any], series: str, colour: str) -> Rows:
    """Sums of the higher eigenvalues as a thin line, their power law in the window on top."""
    positive = np.all(tail.values > 0, axis=0)
    shown, name = tail.only(positive), f"{series} tail sum"
    line = rows_of("a", name, shown.sizes, mean_with_interval(shown.values, "log").mean)
    axes.plot(line["x"], line["y"], color=colour, lw=0.8)
    fitted = draw_fit(axes, tail, alpha, panel="a", series=name, colour=ROLES["theory"])
    if fitted:
        axes.lines[-1].set(linestyle="--")
    return [line, *fitted]


def exponents(axes: Axes, table: pd.DataFrame, found: Fits) -> Rows:
    parts: Rows = []
    pools = [
        pool for pool in sorted(set(table["pool"])) if found[f"alpha_k_pool{pool}"]["interval"]
    ]
    kernels = [found[f"alpha_k_pool{pool}"] for pool in pools]
    x = [kernel["estimate"] for kernel in kernels]
    for letter, label, colour, marker in SIDES:
        values = [quantity_numbers(found[f"alpha_{letter}_pool{pool}"]) for pool in pools]
        columns = np.reshape(values, (-1, 3)).T
        look: dict[str, Any] = {"colour": COLOURS[colour], "marker": marker, "label": label}
        look |= {"panel": "b", "series": f"alpha_{letter.upper()}"}
        parts.append(points_with_intervals(axes, x, *columns, **look))
        for kernel, height in zip(kernels, columns[0], strict=True):
            axes.plot(kernel["interval"], [height] * 2, color=COLOURS[colour], lw=1.0)
    for pool, kernel in zip(pools, x, strict=True):
        axes.annotate(f"pool {pool}", (kernel, kernel), (6, -12), textcoords="offset points")
    parts.append(equality(axes, x))
    label = r"exponent of $L(D)$, $L(P)$"
    title = "b  exponents against the kernel's"
    dress(axes, r"$\alpha_K$ (tail sums)", label, title=title, log="", loc="upper left")
    return parts


def equality(axes: Axes, x: list[float]) -> pd.DataFrame:
    ends = np.array([0.8 * min(x), 1.1 * max(x)]) if x else np.array([0.0, 1.0])
    axes.plot(ends, ends, color=ROLES["theory"], linestyle="--", lw=1.0, label="equality")
    return rows_of("b", "equality", ends, ends)


def caption(table: pd.DataFrame, found: Fits) -> str:
    pools = sorted(set(table["pool"]))
    return (
        "(a) Eigenvalues of the kernels of random ReLU features on "
        f"{table['population'].iloc[0]:,} images averaged over pool x pool pixels (geometric means "
        f"over {seeds_of(table)} seeds with 95 % t intervals), sums of the higher eigenvalues, and "
        "power laws of these sums (dashed), whose exponent is alpha_K. "
        "(b) Exponents of L(D) and L(P) against alpha_K, which is that of the sums of the "
        f"eigenvalues beyond a rank; all in one window ({found[f'alpha_k_pool{pools[0]}']['rule']}"
        "); bars: 95 % intervals over seeds. Dashed: the prediction alpha_D = alpha_P = alpha_K."
    )

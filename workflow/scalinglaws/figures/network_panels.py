"""Panels of network curves: the authors' released means as lines, our runs as points.

Shared by the network figures of arXiv:2505.13230. Colour is the training size P in all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm, to_hex
from matplotlib.figure import Figure

from scalinglaws.curves.means import Mean
from scalinglaws.curves.norm_curves import (
    Means,
    Runs,
    means_of,
    optima_of_means,
    released_means,
    released_set,
    seed_bands,
)
from scalinglaws.curves.panel_curves import MAIN_TABLES, panel_runs, panel_table
from scalinglaws.errors import InputError
from scalinglaws.figures.short_axes import short_axis_ticks
from scalinglaws.figures.style import (
    Drawing,
    dress,
    new_figure,
    plotted_rows,
    points_with_intervals,
    rows_of,
)
from scalinglaws.statistics.norm_laws import Window, branch

Rows = list[pd.DataFrame]
Quantities = Mapping[str, Mapping[str, Any]]
NETWORKS = ("CNN", "ResNet", "ViT")
IMAGES = {"MNIST": "MNIST", "CIFAR10": "CIFAR-10", "CIFAR100": "CIFAR-100"}
PANELS = tuple(f"{network}_{images}" for network in NETWORKS for images in IMAGES)
SIZES = (80.0, 60_000.0)  # training sizes at the ends of the colour scale, all sets lie within
PLASMA = ListedColormap(colormaps["plasma"](np.linspace(0.0, 0.9, 256)), name="plasma_part")
POINTS = 14  # of each of our curves: markers that do not hide the lines
PREFERRED = ("CIFAR10", "CIFAR100", "MNIST")
COLLAPSE_LABELS = (r"$\lambda / \lambda_\mathrm{opt}$", r"$\epsilon / \epsilon_\mathrm{opt}$")
NORM_LABEL = r"spectral complexity $\lambda$"


@dataclass(frozen=True)
class Pair:
    """Curves of one panel: the authors' released means, and our runs where it is trained."""

    name: str
    released: Means | None
    runs: Runs | None

    @property
    def ours(self) -> Means | None:
        return None if self.runs is None else means_of(self.runs)


def title_of(panel: str) -> str:
    network, images = panel.split("_")[:2]
    return f"{network}, {IMAGES[images]}"


def pair_of(
    tables: Mapping[str, pd.DataFrame],
    panel: str,
    settings: Mapping[str, Any],
    *,
    source: str | None = None,
    norm: str = "spectral_complexity",
    released: tuple[str, int] | None = None,
) -> Pair:
    """A panel's curves; ``source`` names our table (by the family's main one), ``released`` set and
    variant of theirs (by default the panel's own).
    """
    name, variant = released or (panel, 0)
    try:
        theirs = released_means(released_set(tables["released_curves"], name, variant))
    except InputError:
        theirs = None
    table = tables[source or MAIN_TABLES[panel.split("_")[0]]]
    try:
        runs = panel_runs(panel_table(table, panel), panel, settings, norm)
    except InputError:
        return Pair(panel, theirs, None)
    return Pair(panel, theirs, without_plateau(runs, settings))


def without_plateau(runs: Runs, settings: Mapping[str, Any]) -> Runs:
    """Leave out norms long before the first descent: nothing happens there (initial weights are
    scaled down) and the plateau would fill the axis.
    """
    start, best = branch(means_of(runs).errors, Window(0.0, settings["start_share"]))
    length = int(np.max(best - start))
    first = int(start.min() - np.ceil(settings["plateau_part"] * length))
    kept = np.arange(len(runs.grid)) >= first
    return replace(runs, grid=runs.grid[kept], errors=runs.errors[:, :, kept])


def first_trained(table: pd.DataFrame, network: str) -> str:
    """The panel of a network family that an appendix figure shows: CIFAR-10, as the authors, or
    what there is; CIFAR-10 too where nothing is trained.
    """
    trained = set(table["panel"])
    names = [f"{network}_{images}" for images in PREFERRED]
    return next((name for name in names if name in trained), names[0])


def size_colour(size: float) -> str:
    return to_hex(PLASMA(LogNorm(*SIZES)(size)))


def size_bar(figure: Figure, axes: Sequence[Axes]) -> None:
    """The scale of colours beside the panels."""
    scale = ScalarMappable(norm=LogNorm(*SIZES), cmap=PLASMA)
    bar = figure.colorbar(scale, ax=list(axes), shrink=0.6, aspect=35, pad=0.01)
    bar.set_label("training images $P$")


def draw_released(axes: Axes, panel: str, means: Means, x: np.ndarray, y: np.ndarray) -> Rows:
    """One line per size; `x`, `y` (P, norms) already scaled."""
    parts = []
    for size, across, up in zip(means.sizes, x, y, strict=True):
        seen = np.isfinite(up)
        axes.plot(across[seen], up[seen], color=size_colour(size), lw=0.9, zorder=2)
        parts.append(rows_of(panel, f"released, P = {size:g}", across[seen], up[seen]))
    return parts


def draw_runs(
    axes: Axes,
    panel: str,
    sizes: np.ndarray,
    x: np.ndarray,
    bands: Mean,
) -> Rows:
    """Our mean curves as points with intervals; `x` and the bands (P, norms) already scaled."""
    parts = []
    for number, size in enumerate(sizes):
        mean, low, high = (band[number] for band in bands)
        seen = np.flatnonzero(np.isfinite(mean))
        kept = seen[thinned(len(seen))]
        parts.append(
            points_with_intervals(
                axes,
                x[number, kept],
                mean[kept],
                low[kept],
                high[kept],
                panel=panel,
                series=f"ours, P = {size:g}",
                colour=size_colour(size),
            )
        )
    return parts


def thinned(count: int) -> np.ndarray:
    """Indices of about `POINTS` of `count` points, both ends among them."""
    return np.unique(np.linspace(0, max(count - 1, 0), min(POINTS, count)).round().astype(int))


def draw_curves(axes: Axes, pair: Pair, label: str | None = None) -> Rows:
    """Error against norm: released lines with their minima, our points."""
    panel = label or title_of(pair.name)
    parts: Rows = []
    if pair.released is not None:
        means = pair.released
        across = np.broadcast_to(means.grid, means.errors.shape)
        parts += draw_released(axes, panel, means, across, means.errors)
        norms, errors = optima_of_means(means)
        axes.plot(norms, errors, "v", ms=3, color="#444444", markeredgewidth=0, zorder=3)
        parts.append(rows_of(panel, "released, minimum", norms, errors))
    if pair.runs is not None:
        runs = pair.runs
        across = np.broadcast_to(runs.grid, runs.errors.shape[1:])
        parts += draw_runs(axes, panel, runs.sizes, across, seed_bands(runs.errors))
    return parts


def draw_collapse(axes: Axes, pair: Pair) -> Rows:
    """The same, norm and error divided by those at the minimum of each mean curve."""
    panel = title_of(pair.name)
    parts: Rows = []
    if pair.released is not None:
        means = pair.released
        norms, errors = (values[:, None] for values in optima_of_means(means))
        parts += draw_released(axes, panel, means, means.grid / norms, means.errors / errors)
    if pair.runs is not None:
        norms, errors = (values[:, None] for values in optima_of_means(means_of(pair.runs)))
        bands = Mean(*(band / errors for band in seed_bands(pair.runs.errors)))
        across = pair.runs.grid / norms
        parts += draw_runs(axes, panel, pair.runs.sizes, across, bands)
    return parts


def all_pairs(tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]) -> list[Pair]:
    return [pair_of(tables, panel, settings) for panel in PANELS]


def draw_pairs(
    tables: Mapping[str, pd.DataFrame],
    settings: Mapping[str, Any],
    draw_pair: Callable[[Axes, Pair], Rows],
    caption: Callable[[list[Pair]], str],
) -> Drawing:
    """A figure of all panels with the scale of their colours."""
    pairs = all_pairs(tables, settings)
    figure, axes, parts = draw_grid(pairs, 7.0, draw_pair)
    size_bar(figure, axes)
    return Drawing(figure, plotted_rows(*parts), caption(pairs))


def draw_grid(
    pairs: Sequence[Pair], height: float, draw_pair: Callable[[Axes, Pair], Rows]
) -> tuple[Figure, list[Axes], Rows]:
    """All panels, networks in rows and images in columns, each as `draw_pair` draws it."""
    figure, axes = new_figure(len(NETWORKS), len(IMAGES), width=7.4, height=height)
    parts = [draw_pair(axis, pair) for axis, pair in zip(axes, pairs, strict=True)]
    return figure, axes, [rows for part in parts for rows in part]


def edge_labels(axes: Axes, pair: Pair, xlabel: str, ylabel: str) -> None:
    """Labels of a panel of the grid: below the lowest row and left of the first column only."""
    bottom, left = pair.name.startswith(NETWORKS[-1]), pair.name.endswith("_MNIST")
    dress(axes, xlabel if bottom else "", ylabel if left else "", legend=False)


def curve_panel(
    axes: Axes, pair: Pair, panel: str, labels: tuple[str, str], title: str, lines: Sequence[str]
) -> Rows:
    """Error against norm with labels of both axes, title and small lines below it."""
    parts = draw_curves(axes, pair, panel)
    dress(axes, *labels, legend=False)
    headed(axes, title, lines)
    fit_errors(axes, parts)
    short_axis_ticks(axes.xaxis)
    return parts


def headed(axes: Axes, title: str, lines: Sequence[str]) -> None:
    """Title and, below it, small lines: inside the panel they would cover curves."""
    axes.set_title(title, pad=4 + 9 * len(lines))
    axes.annotate(
        "\n".join(lines),
        xy=(0, 1),
        xycoords="axes fraction",
        xytext=(0, 3),
        textcoords="offset points",
        fontsize=6.8,
        linespacing=1.25,
        va="bottom",
    ).set_in_layout(False)


def product_lines(
    fits: Mapping[str, Quantities], released: str, ours: str, *, short: bool = False
) -> list[str]:
    """Predicted and measured exponents, of the released curves and of ours, where there are.

    Ours name their images where they are not those of the released curves.
    """
    lines = []
    images = [label.split("_")[1] for label in (released, ours)]
    other = f", {IMAGES[images[1]]}" if images[0] != images[1] else ""
    words = ("", ", ") if short else ("predicted ", ", measured ")
    for name, fit, label in (
        ("released", "released_refit", released),
        (f"ours{other}", "variant_laws", ours),
    ):
        known = both_exponents(fits[fit], label)
        if known:
            lines.append(f"{name}: {words[0]}{known[0]:.2f}{words[1]}{known[1]:.2f}")
    return lines


def both_exponents(laws: Quantities, name: str) -> list[float]:
    """Predicted and measured exponent of the smallest error; none where one of them is missing."""
    pair = [laws.get(f"{name}_gamma_{kind}") for kind in ("predicted", "measured")]
    known = [one["estimate"] for one in pair if one and one["estimate"] is not None]
    return known if len(known) == len(pair) else []


def fit_errors(axes: Axes, parts: Sequence[pd.DataFrame]) -> None:
    """Error axis over all curves and points; the long bars of few seeds run out of the panel."""
    values = np.concatenate([part["y"].to_numpy() for part in parts]) if parts else np.array([])
    values = values[np.isfinite(values) & (values > 0)]
    if len(values):
        low, high = np.log(values.min()), np.log(values.max())
        margin = 0.05 * (high - low) + 0.01
        axes.set_ylim(np.exp(low - margin), np.exp(high + margin))
    short_axis_ticks(axes.yaxis)


def trained_text(pairs: Sequence[Pair]) -> str:
    """Which panels hold curves of ours, with seeds and sizes; a sentence for captions."""
    parts = [
        f"{title_of(pair.name)} ({len(pair.runs.errors)} seeds, "
        f"P from {pair.runs.sizes.min():,.0f} to {pair.runs.sizes.max():,.0f})"
        for pair in pairs
        if pair.runs is not None
    ]
    if not parts:
        return "No panel is trained at this scale."
    return f"Points: trained here, {'; '.join(parts)}; bars: 95 % Student intervals over seeds."

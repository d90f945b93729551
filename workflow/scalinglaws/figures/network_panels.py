"""Panels of network curves: the authors' released means as lines, our runs as points.

Shared by the network figures of arXiv:2505.13230. Colour is the training size P in all of them.
Our curves stand on the released ones' axes only where both can be read there (`readable_together`).
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
from matplotlib.lines import Line2D

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
    FEW_SEEDS,
    ROLES,
    WIDE,
    Drawing,
    dress,
    new_figure,
    plotted_rows,
    points_of_seeds,
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
POINTS = 12  # of each of our curves: markers that do not hide the lines
READABLE = 0.2  # least part of a shared axis that either curve takes (of its logarithm)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
PREFERRED = ("CIFAR10", "CIFAR100", "MNIST")
COLLAPSE_LABELS = (r"$\lambda / \lambda_\mathrm{opt}$", r"$\epsilon / \epsilon_\mathrm{opt}$")
NORM_LABEL = r"spectral complexity $\lambda$"
MINIMUM: Mapping[str, Any] = {
    "marker": "v",
    "ms": 3,
    "color": "#444444",
    "mew": 0,
    "ls": "none",
}


@dataclass(frozen=True)
class Pair:
    """Curves of one panel: the authors' released means, and our runs where it is trained.

    `name` is our panel's, `theirs` that of the released set, perhaps of other images.
    """

    name: str
    released: Means | None
    runs: Runs | None
    theirs: str

    @property
    def ours(self) -> Means | None:
        return None if self.runs is None else means_of(self.runs)

    @property
    def shown(self) -> str:
        """Whose network and images the title names: ours where ours stand alone."""
        return self.name if self.released is None else self.theirs


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
        return Pair(panel, theirs, None, name)
    return Pair(panel, theirs, without_plateau(runs, settings), name)


def readable_together(pair: Pair) -> bool:
    """Whether ours and theirs can share axes: the same images, and norms and errors of which
    either takes a good part of the joint range. True where one of them is missing.
    """
    ours, theirs = pair.ours, pair.released
    if ours is None or theirs is None:
        return True
    same_images = pair.name.split("_")[1] == pair.theirs.split("_")[1]
    spans = np.array([log_ranges(ours), log_ranges(theirs)])  # (curves, axes, ends)
    joint = spans[:, :, 1].max(axis=0) - spans[:, :, 0].min(axis=0)
    parts = (spans[:, :, 1] - spans[:, :, 0]) / joint
    return same_images and bool(np.all(parts >= READABLE))


def log_ranges(means: Means) -> list[tuple[float, float]]:
    """Ends of the norms, then of the errors, of curves in logarithms."""
    known = np.isfinite(means.errors) & (means.errors > 0)
    norms = np.log(means.grid[known.any(axis=0)])
    errors = np.log(means.errors[known])
    return [(norms.min(), norms.max()), (errors.min(), errors.max())]


def apart(pair: Pair) -> tuple[Pair, Pair]:
    """The released curves alone, and ours alone."""
    return replace(pair, runs=None), replace(pair, released=None)


def rows_apart(rows: Sequence[Sequence[Pair]]) -> list[list[Pair]]:
    """Rows of panels; one in which ours and theirs cannot share axes becomes two."""
    found: list[list[Pair]] = []
    for pairs in rows:
        if all(readable_together(pair) for pair in pairs):
            found.append(list(pairs))
        else:
            found += [list(column) for column in zip(*map(apart, pairs), strict=True)]
    return found


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


def explain(figure: Figure, axes: Sequence[Axes], pairs: Sequence[Pair]) -> None:
    """Scale of colours and key below the panels, or in the places that the last row leaves."""
    spec = axes[-1].get_subplotspec()
    assert spec is not None
    grid, used = spec.get_gridspec(), spec.colspan.stop
    scale = ScalarMappable(norm=LogNorm(*SIZES), cmap=PLASMA)
    drawn = {line.get_marker() for panel in axes for line in panel.get_lines()}
    marks = key(pairs, minima=MINIMUM["marker"] in drawn)
    if used == grid.ncols:
        look: dict[str, Any] = {"location": "bottom", "fraction": 0.03, "pad": 0.02}
        bar = figure.colorbar(scale, ax=list(axes), shrink=0.5, aspect=45, **look)
        figure.legend(handles=marks, loc="outside lower center", ncols=len(marks), borderpad=0.1)
    else:
        place = figure.add_subplot(grid[-1, used:])
        place.set_axis_off()
        inset = place.inset_axes((0.3, 0.8, 0.65, 0.07))
        bar = figure.colorbar(scale, cax=inset, orientation="horizontal")
        place.legend(handles=marks, loc="upper left", bbox_to_anchor=(0.27, 0.5))
    bar.set_label("training images $P$", labelpad=1)


def key(pairs: Sequence[Pair], minima: bool) -> list[Line2D]:
    """What line, triangle and dots are."""
    marks: list[Line2D] = []
    if any(pair.released is not None for pair in pairs):
        marks.append(Line2D([], [], color=ROLES["reference"], lw=0.9, label="released"))
        if minima:
            marks.append(Line2D([], [], **MINIMUM, label="minimum of a released curve"))
    counts = [len(pair.runs.errors) for pair in pairs if pair.runs is not None]
    if counts:
        bars = "" if max(counts) <= FEW_SEEDS else ", 95 % interval"
        look: dict[str, Any] = {"color": ROLES["reference"], "ls": "none"}
        marks.append(Line2D([], [], marker="o", ms=4, label=f"ours, mean{bars}", **look))
        if min(counts) <= FEW_SEEDS:
            marks.append(Line2D([], [], marker=".", ms=3, label="ours, each seed", **look))
    return marks


def draw_released(axes: Axes, panel: str, means: Means, x: np.ndarray, y: np.ndarray) -> Rows:
    """One line per size; `x`, `y` (P, norms) already scaled."""
    parts = []
    for size, across, up in zip(means.sizes, x, y, strict=True):
        seen = np.isfinite(up)
        axes.plot(across[seen], up[seen], color=size_colour(size), lw=0.9, zorder=2)
        parts.append(rows_of(panel, f"released, P = {size:g}", across[seen], up[seen]))
    return parts


def draw_runs(axes: Axes, panel: str, sizes: np.ndarray, x: np.ndarray, errors: np.ndarray) -> Rows:
    """Our mean curves as points; `x` (P, norms) and `errors` (seeds, P, norms) already scaled."""
    parts = []
    bands = seed_bands(errors)
    for number, size in enumerate(sizes):
        mean, low, high = (band[number] for band in bands)
        seen = np.flatnonzero(np.isfinite(mean))
        kept = seen[thinned(len(seen))]
        parts += points_of_seeds(
            axes,
            x[number, kept],
            errors[:, number, kept],
            (mean[kept], low[kept], high[kept]),
            panel=panel,
            series=f"ours, P = {size:g}",
            colour=size_colour(size),
        )
    return parts


def thinned(count: int) -> np.ndarray:
    """Indices of about `POINTS` of `count` points, both ends among them."""
    return np.unique(np.linspace(0, max(count - 1, 0), min(POINTS, count)).round().astype(int))


def draw_curves(axes: Axes, pair: Pair, label: str | None = None) -> Rows:
    """Error against norm: released lines with their minima, our points."""
    panel = label or panel_of(pair)
    parts: Rows = []
    if pair.released is not None:
        means = pair.released
        across = np.broadcast_to(means.grid, means.errors.shape)
        parts += draw_released(axes, panel, means, across, means.errors)
        norms, errors = optima_of_means(means)
        axes.plot(norms, errors, zorder=3, **MINIMUM)
        parts.append(rows_of(panel, "released, minimum", norms, errors))
    if pair.runs is not None:
        runs = pair.runs
        across = np.broadcast_to(runs.grid, runs.errors.shape[1:])
        parts += draw_runs(axes, panel, runs.sizes, across, runs.errors)
    return parts


def draw_collapse(axes: Axes, pair: Pair, label: str | None = None) -> Rows:
    """The same, norm and error divided by those at the minimum of each mean curve."""
    panel = label or panel_of(pair)
    parts: Rows = []
    if pair.released is not None:
        means = pair.released
        norms, errors = (values[:, None] for values in optima_of_means(means))
        parts += draw_released(axes, panel, means, means.grid / norms, means.errors / errors)
    if pair.runs is not None:
        norms, errors = (values[:, None] for values in optima_of_means(means_of(pair.runs)))
        across = pair.runs.grid / norms
        parts += draw_runs(axes, panel, pair.runs.sizes, across, pair.runs.errors / errors)
    return parts


def titled(letter: str, pair: Pair) -> str:
    """A panel's letter and title, as in all figures."""
    return f"{letter}  {panel_of(pair)}"


def spread_text(spread: float) -> str:
    """A spread from which that of the seeds has been taken: there may be none left."""
    return f"spread {spread:.2g} decades" if spread > 0 else "spread within that of seeds"


def panel_of(pair: Pair) -> str:
    """A panel's name in csv: its title, and whether ours stand there alone."""
    return title_of(pair.shown) + (", ours alone" if pair.released is None else "")


def all_pairs(tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]) -> list[Pair]:
    return [pair_of(tables, panel, settings) for panel in PANELS]


def draw_pairs(
    tables: Mapping[str, pd.DataFrame],
    settings: Mapping[str, Any],
    draw_pair: Callable[[Axes, Pair, str], Rows],
    caption: Callable[[list[Pair]], str],
) -> Drawing:
    """A figure of all panels, then of ours that cannot be read on the released curves' axes.

    `draw_pair` gets axes, pair and the panel's letter.
    """
    pairs = all_pairs(tables, settings)
    first = [pair if readable_together(pair) else apart(pair)[0] for pair in pairs]
    alone = [apart(pair)[1] for pair in pairs if not readable_together(pair)]
    figure, axes, parts = draw_grid([*first, *alone], 2.05, draw_pair)
    explain(figure, axes, pairs)
    return Drawing(figure, plotted_rows(*parts), caption(pairs))


def draw_grid(
    pairs: Sequence[Pair], height: float, draw_pair: Callable[[Axes, Pair, str], Rows]
) -> tuple[Figure, list[Axes], Rows]:
    """Panels, networks in rows and images in columns, each as `draw_pair` draws it; `height` of a
    row in inches. Places without a pair stay empty.
    """
    rows = int(np.ceil(len(pairs) / len(IMAGES)))
    figure, axes = new_figure(rows, len(IMAGES), width=WIDE, height=0.7 + rows * height)
    for spare in axes[len(pairs) :]:
        spare.remove()
    axes = axes[: len(pairs)]
    parts = [
        draw_pair(axis, pair, LETTERS[n])
        for n, (axis, pair) in enumerate(zip(axes, pairs, strict=True))
    ]
    return figure, axes, [rows for part in parts for rows in part]


def edge_labels(axes: Axes, pair: Pair, xlabel: str, ylabel: str) -> None:
    """Labels of a panel of the grid: below the lowest row and left of the first column only."""
    place = axes.get_subplotspec()
    alone = pair.released is None
    bottom = pair.name.startswith(NETWORKS[-1]) or alone
    left = place is None or place.is_first_col()
    dress(axes, xlabel if bottom else "", ylabel if left else "", legend=False)


def curve_panel(
    axes: Axes,
    pair: Pair,
    panel: str,
    labels: tuple[str, str],
    title: str,
    lines: Sequence[str],
    most: int = 5,
) -> Rows:
    """Error against norm with labels of both axes, title and small lines below it; `most` numbers
    on a short axis of norms.
    """
    parts = draw_curves(axes, pair, panel)
    dress(axes, *labels, legend=False)
    headed(axes, title, lines, room_of(pair))
    fit_errors(axes, parts)
    short_axis_ticks(axes.xaxis, most)
    return parts


def room_of(pair: Pair) -> int:
    """Lines that may stand below a panel's title: one for either source."""
    return (pair.released is not None) + (pair.runs is not None)


def headed(axes: Axes, title: str, lines: Sequence[str], room: int = 0) -> None:
    """Title and, below it, small lines: inside the panel they would cover curves.

    `room`: lines of the fullest panel of a row, so that the row's titles stand level.
    """
    room = max(room, len(lines))
    axes.set_title(title, pad=4 + 9 * room)
    axes.annotate(
        "\n".join(lines),
        xy=(0, 1),
        xycoords="axes fraction",
        xytext=(0, 3 + 9 * (room - len(lines))),
        textcoords="offset points",
        fontsize=6.8,
        linespacing=1.25,
        va="bottom",
    ).set_in_layout(False)


def product_lines(
    fits: Mapping[str, Quantities], pair: Pair, released: str, ours: str
) -> list[str]:
    """Predicted and measured exponents of what a panel shows: released curves, ours, or both."""
    sources = []
    if pair.released is not None:
        sources.append(("released", "released_refit", released))
    if pair.runs is not None:
        sources.append(("ours", "variant_laws", ours))
    found = [(name, both_exponents(fits[fit], label)) for name, fit, label in sources]
    return [f"{name}: {known[0]:.2f}, {known[1]:.2f}" for name, known in found if known]


def both_exponents(laws: Quantities, name: str) -> list[float]:
    """Predicted and measured exponent of the smallest error; none where one of them is missing."""
    pair = [laws.get(f"{name}_gamma_{kind}") for kind in ("predicted", "measured")]
    known = [one["estimate"] for one in pair if one and one["estimate"] is not None]
    return known if len(known) == len(pair) else []


def fit_errors(axes: Axes, parts: Sequence[pd.DataFrame]) -> None:
    """Error axis over all curves and points; intervals may run out of the panel."""
    values = np.concatenate([part["y"].to_numpy() for part in parts]) if parts else np.array([])
    values = values[np.isfinite(values) & (values > 0)]
    if len(values):
        low, high = np.log(values.min()), np.log(values.max())
        margin = 0.05 * (high - low) + 0.01
        axes.set_ylim(np.exp(low - margin), np.exp(high + margin))
    short_axis_ticks(axes.yaxis)


def trained_text(pairs: Sequence[Pair]) -> str:
    """Which panels hold curves of ours, with seeds and sizes; a sentence for captions."""
    trained = [(pair, pair.runs) for pair in pairs if pair.runs is not None]
    if not trained:
        return "No panel is trained at this scale."
    parts = [
        f"{title_of(pair.name)} ({len(runs.errors)} seeds, "
        f"P from {runs.sizes.min():,.0f} to {runs.sizes.max():,.0f})"
        for pair, runs in trained
    ]
    counts = [len(runs.errors) for _, runs in trained]
    signs = []
    if min(counts) <= FEW_SEEDS:
        signs.append(f"small dots: each seed, of up to {FEW_SEEDS}")
    if max(counts) > FEW_SEEDS:
        signs.append("bars: 95 % Student intervals over seeds")
    return f"Points: trained here, {'; '.join(parts)}; {'; '.join(signs)}."


def apart_text(pairs: Sequence[Pair]) -> str:
    """Says why some of our curves stand alone, where they do."""
    if all(readable_together(pair) for pair in pairs):
        return ""
    return (
        " Where our images are others, or either curve fills less than "
        f"{READABLE:.0%} of the joint range, ours have axes of their own."
    )

"""Figure 3 of arXiv:2505.13230, panel CNN-MNIST: ours on the left, released curves on the right."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.errors import InputError
from scalinglaws.figures.style import (
    COLOURS,
    ROLES,
    Drawing,
    dress,
    new_figure,
    plotted_rows,
    points_with_intervals,
    published_marker,
    reference_slope,
    rows_of,
    series_colours,
    slope_label,
)
from scalinglaws.fitting.bootstrap import critical
from scalinglaws.fitting.norm_curves import (
    Means,
    Runs,
    Window,
    early_exponents,
    means_of,
    optima_of_means,
    released_means,
    runs_of,
    window_from,
)
from scalinglaws.fitting.quantity import NUMERICAL

NORM = "spectral_complexity"
NORM_LABEL = r"spectral complexity $\lambda$"
Quantities = Mapping[str, Mapping[str, Any]]
Rows = list[pd.DataFrame]


@dataclass(frozen=True)
class Curves:
    """One column of the figure: mean curves, window of law 1, and the runs where we have them."""

    name: str  # "ours" or "released"
    means: Means
    window: Window
    runs: Runs | None


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Quantities],
    settings: Mapping[str, Any],
) -> Drawing:
    """Curves and collapse (ours, released), optimal norm and smallest error against P."""
    runs = runs_of(tables["cnn_curves"], NORM, settings["grid_step"])
    released = tables["released_curves"]
    theirs = released_means(released[released["set"] == settings["set"]])
    runs = with_curves(runs)
    window = window_from(settings, runs.sizes)
    runs = without_plateau(runs, window, settings["plateau_decades"])
    ours = Curves("ours", means_of(runs), window, runs)
    authors = Curves("released", theirs, window_from(settings, theirs.sizes), None)
    laws = fits["implicit_bias_laws"]
    figure, axes = new_figure(3, 2, width=6.8, height=8.4)
    parts: Rows = []
    for column, curves in enumerate((ours, authors)):
        prefix = "" if curves is ours else "released_"
        parts += draw_curves(axes[column], curves, laws[f"{prefix}gamma_1"])
        parts += draw_collapse(axes[2 + column], curves)
    parts += draw_optimal_norms(axes[4], ours, authors, laws)
    parts += draw_smallest_errors(axes[5], ours, authors, laws)
    return Drawing(figure, plotted_rows(*parts), caption(ours, authors, laws))


def with_curves(runs: Runs) -> Runs:
    """Sizes of which at least one run reaches the grid; the caption counts the diverged ones.

    Raises InputError when there is none.
    """
    kept = np.isfinite(runs.errors).any(axis=(0, 2))
    if not kept.any():
        raise InputError(
            "no run of cnn_curves reaches two norms of the grid; train longer or choose a smaller "
            "grid_step in config/papers/damico2025.yaml."
        )
    return replace(
        runs,
        sizes=runs.sizes[kept],
        errors=runs.errors[:, kept],
        optima=runs.optima[:, kept],
        monotone=runs.monotone[:, kept],
    )


def without_plateau(runs: Runs, window: Window, decades: float) -> Runs:
    """Leave out norms more than `decades` below the first descent: long before it nothing happens
    (initial weights are scaled down) and the plateau would fill the axis.
    """
    branch = Window(0.0, window.start_share, 0.0, 1.0)
    means = means_of(runs)
    start = min(branch.bounds(means.grid, curve)[0] for curve in means.errors)
    kept = runs.grid >= start * 10**-decades
    return replace(runs, grid=runs.grid[kept], errors=runs.errors[:, :, kept])


def draw_curves(axes: Axes, curves: Curves, gamma_1: Mapping[str, Any]) -> Rows:
    panel, means = f"curves, {curves.name}", curves.means
    colours = series_colours(len(means.sizes))
    parts = []
    for number, (size, colour) in enumerate(zip(means.sizes, colours, strict=True)):
        reached = np.isfinite(means.errors[number])
        x, y = means.grid[reached], means.errors[number, reached]
        low, high = seed_band(curves.runs, number, reached)
        axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
        axes.plot(x, y, color=colour, label=size_label(size, means.sizes))
        parts.append(rows_of(panel, f"P = {size:g}", x, y, low, high))
    parts += draw_law_1(axes, panel, curves, gamma_1)
    norms, errors = optima_of_means(means)
    axes.plot(norms, errors, "v", color=COLOURS["orange"], ms=4.5, zorder=4, label="minimum")
    parts.append(rows_of(panel, "minimum", norms, errors))
    title = "Ours" if curves.runs is not None else "Released by the authors"
    dress(axes, NORM_LABEL, "test error", title=f"{title}: CNN, MNIST digits", loc="lower left")
    return parts


def seed_band(runs: Runs | None, size: int, reached: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest seed at each norm; NaN for released means."""
    if runs is None:
        nothing = np.full(int(reached.sum()), np.nan)
        return nothing, nothing
    errors = runs.errors[:, size, reached]
    return np.nanmin(errors, axis=0), np.nanmax(errors, axis=0)


def draw_law_1(axes: Axes, panel: str, curves: Curves, gamma_1: Mapping[str, Any]) -> Rows:
    """The mean slope through the middle of the largest size's window, over that window."""
    if gamma_1["estimate"] is None:
        return []
    curve = curves.means.errors[-1]
    low, high = curves.window.bounds(curves.means.grid, curve)
    seen = np.isfinite(curve)
    middle = np.sqrt(low * high)
    logs = np.interp(np.log(middle), np.log(curves.means.grid[seen]), np.log(curve[seen]))
    start = float(np.exp(logs)) * (middle / low) ** gamma_1["estimate"]
    return [
        reference_slope(
            axes,
            (low, high),
            start,
            -gamma_1["estimate"],
            panel=panel,
            series="law 1",
            label=exponent_label(r"law 1: $\gamma_1$", gamma_1),
        )
    ]


def size_label(size: float, sizes: np.ndarray) -> str | None:
    """Legend entries of the first, middle and last of many sizes; colours run between them."""
    named = sizes if len(sizes) <= 5 else sizes[[0, len(sizes) // 2, -1]]
    return f"$P$ = {size:,.0f}" if size in named else None


def draw_collapse(axes: Axes, curves: Curves) -> Rows:
    panel, means = f"collapse, {curves.name}", curves.means
    norms, errors = optima_of_means(means)
    parts = []
    for number, colour in enumerate(series_colours(len(means.sizes))):
        reached = np.isfinite(means.errors[number])
        x = means.grid[reached] / norms[number]
        y = means.errors[number, reached] / errors[number]
        axes.plot(x, y, color=colour)
        parts.append(rows_of(panel, f"P = {means.sizes[number]:g}", x, y))
    title = "Collapse, ours" if curves.runs is not None else "Collapse, released"
    labels = (r"$\lambda / \lambda_\mathrm{opt}$", r"$\epsilon / \epsilon_\mathrm{opt}$")
    dress(axes, *labels, title=title)
    return parts


def draw_optimal_norms(axes: Axes, ours: Curves, authors: Curves, laws: Quantities) -> Rows:
    panel = "law 2"
    assert ours.runs is not None
    means = ours.means
    parts = [
        points_with_intervals(
            axes,
            means.sizes,
            means.optima,
            *seed_interval(ours.runs.optima),
            panel=panel,
            series="ours",
            label=exponent_label(r"ours: $\gamma_2$", laws["gamma_2"]),
        ),
        published_marker(
            axes,
            authors.means.sizes,
            authors.means.optima,
            panel=panel,
            series="released",
            label=exponent_label(r"released: $\gamma_2$", laws["released_gamma_2"]),
        ),
        *through_middle(axes, panel, means.sizes, means.optima, laws["gamma_2"], +1, "fit, ours"),
    ]
    label = r"norm at smallest error $\lambda_\mathrm{opt}$"
    dress(axes, "training images $P$", label, title="Law 2", loc="lower right")
    return parts


def draw_smallest_errors(axes: Axes, ours: Curves, authors: Curves, laws: Quantities) -> Rows:
    panel = "product law"
    assert ours.runs is not None
    means = ours.means
    smallest = optima_of_means(means)[1]
    parts = [
        points_with_intervals(
            axes,
            means.sizes,
            smallest,
            *seed_interval(at_optimum(ours.runs, means), centre=smallest),
            panel=panel,
            series="ours",
            label=exponent_label("ours: measured", laws["gamma_measured"]),
        ),
        published_marker(
            axes,
            authors.means.sizes,
            optima_of_means(authors.means)[1],
            panel=panel,
            series="released",
            label=exponent_label("released: measured", laws["refit_gamma_measured"]),
        ),
        *predicted(axes, panel, ours, laws["gamma_predicted"], "ours: predicted"),
        *predicted(axes, panel, authors, laws["refit_gamma_predicted"], "released: predicted"),
    ]
    label = r"smallest test error $\epsilon_\mathrm{opt}$"
    title = r"Product law $\gamma_1 \gamma_2$"
    dress(axes, "training images $P$", label, title=title, loc="lower left")
    lowest = min(part["y"].min() for part in parts)
    axes.set_ylim(bottom=lowest / 6)  # room for the legend below the falling points
    return parts


def exponent_label(name: str, exponent: Mapping[str, Any]) -> str:
    """Two decimals for released numbers: they have no interval that tells how many digits count."""
    measured = exponent["interval"] is not None and exponent["interval_kind"] != NUMERICAL
    if measured or exponent["estimate"] is None:
        return slope_label(name, exponent)
    return f"{name} = {exponent['estimate']:.2f}"


def predicted(
    axes: Axes, panel: str, curves: Curves, exponent: Mapping[str, Any], name: str
) -> Rows:
    errors = optima_of_means(curves.means)[1]
    label = exponent_label(name, exponent)
    return through_middle(axes, panel, curves.means.sizes, errors, exponent, -1, name, label)


def through_middle(
    axes: Axes,
    panel: str,
    x: np.ndarray,
    y: np.ndarray,
    exponent: Mapping[str, Any],
    sign: int,
    series: str,
    label: str | None = None,
) -> Rows:
    """A power law of the given exponent through the points' centre: only the slope is tested."""
    if exponent["estimate"] is None:
        return []
    slope = sign * exponent["estimate"]
    centre_x, centre_y = (float(np.exp(np.mean(np.log(values)))) for values in (x, y))
    ends = np.array([x.min(), x.max()], dtype=float)
    values = centre_y * (ends / centre_x) ** slope
    colour = ROLES["published"] if series.startswith("released") else ROLES["measured"]
    style = "--" if label else "-"
    axes.plot(ends, values, color=colour, linestyle=style, lw=1.0, zorder=1, label=label)
    return [rows_of(panel, series, ends, values)]


def at_optimum(runs: Runs, means: Means) -> np.ndarray:
    """(seeds, P) errors of the seeds at the optimal norm of the mean curve."""
    best = np.nanargmin(means.errors, axis=1)
    return runs.errors[:, np.arange(len(best)), best]


def seed_interval(
    values: np.ndarray, centre: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Student intervals (95 %) of the mean over seeds, formed in logarithms: the values are > 0."""
    logs = np.log(values)
    count = np.isfinite(logs).sum(axis=0)
    middle = np.log(centre) if centre is not None else np.log(np.nanmean(values, axis=0))
    deviation = np.sqrt(
        np.nansum((logs - np.nanmean(logs, axis=0)) ** 2, axis=0) / np.maximum(count - 1, 1)
    )
    factor = np.array([critical(int(n), 0.95) if n > 1 else np.nan for n in count])
    reach = factor * deviation / np.sqrt(count)
    return np.exp(middle - reach), np.exp(middle + reach)


def caption(ours: Curves, authors: Curves, laws: Quantities) -> str:
    assert ours.runs is not None
    seeds, sizes = len(ours.runs.errors), ours.means.sizes
    ended = laws["optima_at_last_point"]["estimate"] or 0.0
    slopes = early_exponents(ours.means, ours.window)
    return (
        f"Test error against spectral complexity (as the authors' program computes it) while CNNs "
        f"learn MNIST digits; means over {seeds} seeds for each of {len(sizes)} training sizes P "
        f"from {sizes.min():g} to {sizes.max():,.0f}, bands from the smallest to the largest seed. "
        f"Right: the curves that the authors released (means over "
        f"{laws['released_gamma_1']['n_seeds']} seeds, no spread released), in the same windows. "
        f"Triangles: minima. Dashed: law 1, mean slope over the windows of the {len(slopes)} "
        f"largest sizes, drawn on the window of the largest. Bottom: norm at the smallest error, "
        f"and smallest error, against P (open diamonds: released; predicted slopes from the "
        f"authors' own windows for them); predicted lines pass through the centre of the points. "
        f"Bars: 95 % Student intervals over seeds; exponents: 95 %, bootstrap over seeds. "
        f"For {100 * ended:.0f} % of our sizes the minimum is the end of the mean curve (its last "
        f"two points), that is, where training stopped."
    )

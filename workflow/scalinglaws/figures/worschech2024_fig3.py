"""Figure 3 of arXiv 2410.09005: eps_g with N_l trainable directions, power law (a), images (b)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.linear_curves import SeedRun, seed_runs
from scalinglaws.curves.means import mean_with_interval, some_points
from scalinglaws.figures.committee_axes import ALPHA, ERROR
from scalinglaws.figures.style import (
    MARKERS,
    ROLES,
    WIDE,
    Drawing,
    dress,
    new_figure,
    plotted_rows,
    points_with_intervals,
    series_colours,
    theory_line,
)

Rows = list[pd.DataFrame]
POINTS_PER_CURVE = 14
FORMULA = "Eq 11, same starts"
KINDS = {"images": "images", "gaussian": "Gaussian inputs"}
SIGNS = dict(zip(KINDS, MARKERS, strict=False))  # the same in both panels


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> Drawing:
    """Panels: a Gaussian inputs with a power law, b images and Gaussians of their covariance."""
    power_law, images = tables["feature_scaling"], tables["image_features"]
    figure, (left, right) = new_figure(1, 2, width=WIDE)
    parts = panel(left, "a", {"gaussian": seed_runs(power_law)})
    kinds = {
        kind: seed_runs(images[images["inputs"] == kind])
        for kind in ("images", "gaussian")
        if (images["inputs"] == kind).any()
    }
    parts += panel(right, "b", kinds)
    beta, dataset = power_law["beta"].iloc[0], str(images["dataset"].iloc[0])
    dress(left, ALPHA, ERROR, title=rf"a  power law, $\beta = {beta:g}$", **legend(2))
    found = fits["feature_laws"].get(f"spectrum_beta_{dataset}")
    printed = settings["published_beta"]
    dress(right, ALPHA, ERROR, title=f"b  {dataset}{spectrum(found, printed)}", **legend(1))
    return Drawing(figure, plotted_rows(*parts), caption(power_law, images, fits["feature_laws"]))


def legend(columns: int) -> dict[str, Any]:
    return {"loc": "lower left", "ncols": columns, "handlelength": 1.2, "columnspacing": 0.8}


def panel(axes: Axes, name: str, kinds: Mapping[str, list[SeedRun]]) -> Rows:
    """Every N_l a colour, every kind of inputs a marker, Eq 11 dashed (all kinds start alike)."""
    counts = sorted({count for runs in kinds.values() for count in runs[0].curves})
    colours = dict(zip(counts, series_colours(len(counts)), strict=True))
    first = next(iter(kinds))
    parts: Rows = [formula_line(axes, name, kinds[first], count) for count in counts]
    for place, (kind, runs) in enumerate(kinds.items()):
        look: dict[str, Any] = {"panel": name, "marker": SIGNS[kind]}
        for count in counts:
            look |= {"colour": colours[count], "series": f"SGD {kind} N_l={count}"}
            look["label"] = f"$N_l = {count}$" if kind == first else None
            parts.append(simulated_points(axes, runs, count, place / len(kinds), look))
        mark: dict[str, Any] = {"color": ROLES["reference"], "markersize": 4, "ls": "none"}
        axes.plot([], [], marker=SIGNS[kind], label=KINDS[kind], **mark)
    axes.plot([], [], "--", color=ROLES["theory"], label=FORMULA)
    return parts


def formula_line(axes: Axes, panel: str, runs: list[SeedRun], count: int) -> pd.DataFrame:
    formula, _, _ = mean_with_interval([run.features(count) for run in runs], "log")
    name = f"Eq 11 N_l={count}"
    return theory_line(axes, runs[0].alphas, formula, panel=panel, series=name, style="--")


def simulated_points(
    axes: Axes, runs: list[SeedRun], count: int, shift: float, look: Mapping[str, Any]
) -> pd.DataFrame:
    alphas = runs[0].alphas
    some = some_points(alphas, POINTS_PER_CURVE, shift)
    means = mean_with_interval([run.curves[count] for run in runs], "log")
    points = [values[some] for values in means]
    return points_with_intervals(axes, alphas[some], *points, **look)


def spectrum(found: Mapping[str, Any] | None, printed: float) -> str:
    """Our spectrum's beta beside the paper's, of other images."""
    if found is None or found["estimate"] is None:
        return rf"; paper's $\beta$: {printed:g}"
    return rf", $\beta = {found['estimate']:.2f}$ (paper: {printed:g})"


def caption(power_law: pd.DataFrame, images: pd.DataFrame, found: Mapping[str, Any]) -> str:
    """What is drawn, with the numbers of these very tables."""
    dataset = str(images["dataset"].iloc[0])
    kinds = " and ".join(KINDS[kind] for kind in images["inputs"].unique())
    return (
        f"Linear student of which only the N_l leading eigen-directions learn, K = M = 1, "
        f"eta = {power_law['eta'].iloc[0]:g}. Points: one-pass SGD, geometric mean over seeds with "
        f"95 % Student t intervals, which hold the scatter of the teachers; the N_l of a seed "
        f"share teacher and examples. Dashed: Eq 11 (small eta) from the same starts. "
        f"(a) Gaussian inputs, L = N = {power_law['dimension'].max()}, "
        f"beta = {power_law['beta'].iloc[0]:g}, {power_law['seed'].nunique()} seeds. "
        f"(b) {kinds} with the covariance of {dataset}, N = {images['dimension'].max()}, "
        f"{images['seed'].nunique()} seeds each, random teachers. "
        f"{fitted_spectrum(found.get(f'spectrum_beta_{dataset}'))}"
        f"Late in training SGD over Eq 11 times 1 / (1 - eta s/2), s the trained share of the "
        f"variance, is {late_ratio(found, '')} in a and {late_ratio(found, 'images_')} in b "
        f"(images), at N_l = 64."
    )


def fitted_spectrum(found: Mapping[str, Any] | None) -> str:
    if found is None or found["estimate"] is None:
        return ""
    low, high = found["window"]
    return (
        f"Eigenvalues of rank {low:g} to {high:g} fall with beta = {found['estimate']:.2f} "
        f"({found['scan'][0]:.2f} to {found['scan'][1]:.2f} over other windows). "
    )


def late_ratio(found: Mapping[str, Any], prefix: str) -> str:
    estimate = found[f"{prefix}tail_ratio_N64"]["estimate"]
    return "not available" if estimate is None else f"{estimate:.3f}"

"""Kernel theory of arXiv 2102.06701 held against exact regression: appendix E, no figure there."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.size_curves import Curves, scan
from scalinglaws.figures.mean_points import mean_points
from scalinglaws.figures.scan_lines import Rows, fitted_line, seeds_of
from scalinglaws.figures.short_axes import power_of_two_ticks
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
    slope_label,
    theory_line,
    under,
)
from scalinglaws.figures.variance_lines import shade
from scalinglaws.statistics.quantity import tag
from scalinglaws.theory.kernel_learning_curve import variance_limited_excess

Fits = Mapping[str, Any]
# scanned, letter, marker, size, share of white: pale squares lie beneath dots
LETTERS = (("parameters", "P", "s", 7.0, 0.5), ("data", "D", "o", 4.0, 0.0))
RIDGES = (("low", "purple"), ("tuned", "green"))
KERNELS = (("nngp", "NNGP", 3.0, "sky", "o"), ("ntk", "NTK", 1.0, "brown", "s"))


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: a L(D), L(P) against kappa / 2, b through D = P, c excess, d spheres."""
    gaussian, found = tables["gaussian_features"], fits["kernel_laws"]
    figure, axes = new_figure(2, 2, width=WIDE)
    alpha_k, at, fixed = (settings[name] for name in ("alpha_k", "resonance", "fixed"))
    chosen = gaussian[gaussian["alpha_k"] == alpha_k]
    parts = learning_curves(axes[0], gaussian, tables["kernel_theory"])
    parts += resonance(axes[1], chosen, at)
    parts += excess(axes[2], chosen, found, alpha_k, fixed)
    parts += spheres(axes[3], tables["sphere_kernels"], found)
    fit_height(figure, 2.1)
    return Drawing(figure, plotted_rows(*parts), caption(tables, found, settings))


def learning_curves(axes: Axes, gaussian: pd.DataFrame, theory: pd.DataFrame) -> Rows:
    parts: Rows = []
    alphas = sorted(set(gaussian["alpha_k"]))
    for alpha, colour in zip(alphas, series_colours(len(alphas)), strict=True):
        rows = gaussian[gaussian["alpha_k"] == alpha]
        for side, letter, marker, size, pale in LETTERS:
            look: dict[str, Any] = {"marker": marker, "colour": shade(colour, pale), "size": size}
            look["label"] = rf"$L({letter})$, $\alpha_K = {alpha:g}$"
            series = f"L({letter}), alpha_K = {alpha:g}"
            curve = scan(rows, "loss", scan=side)
            parts += mean_points(axes, curve, panel="a", series=series, **look)
        parts += predictions(axes, theory[theory["alpha_k"] == alpha], alpha == alphas[-1])
    title = "a  Gaussian features against theory"
    dress(axes, r"$D$ or $P$", "loss (half MSE)", title=title, **under(ncols=2))
    return parts


def predictions(axes: Axes, theory: pd.DataFrame, labelled: bool) -> Rows:
    parts: Rows = []
    looks = (("loss", "-", r"published, $\kappa/2$"), ("loss_infinite", ":", r"$\kappa/2$, $S \to \infty$"))
    for quantity, style, text in looks:
        rows = theory[theory["quantity"] == quantity].sort_values("samples")
        label = text if labelled else None
        parts.append(
            theory_line(
                axes,
                rows["samples"],
                rows["value"],
                panel="a",
                series=f"{quantity}, alpha_K = {theory['alpha_k'].iloc[0]:g}",
                style=style,
                label=label,
            )
        )
    return parts


def resonance(axes: Axes, rows: pd.DataFrame, at: int) -> Rows:
    parts: Rows = []
    for ridge, colour in RIDGES:
        for side, letter, marker, size, pale in LETTERS:
            curve = scan(rows, f"loss_{ridge}", scan=f"{side}_resonance")
            series = f"L({letter}), {ridge} ridge"
            look: dict[str, Any] = {"marker": marker, "size": size, "label": series}
            look |= {"colour": shade(COLOURS[colour], pale), "mean": "median"}
            parts += mean_points(axes, curve, panel="b", series=series, **look)
    axes.axvline(at, color=ROLES["reference"], linestyle="--", lw=1.0, label="D = P")
    parts.append(rows_of("b", "D = P", at, np.nan))
    title = "b  duality through D = P, medians"
    dress(axes, r"$D$ or $P$", r"$L(D, P)$ (half MSE)", title=title, **under(ncols=2))
    return parts


def excess(axes: Axes, rows: pd.DataFrame, found: Fits, alpha_k: float, fixed: int) -> Rows:
    parts: Rows = []
    for side, letter, marker, size, pale in LETTERS:
        values = scan(rows, "excess", scan=f"{side}_variance")
        limits = scan(rows, "limit", scan=f"{side}_variance")
        curve = Curves(values.sizes, values.values / limits.values)
        ratio = found[f"excess_ratio_{letter.lower()}_{tag(alpha_k)}"]
        label = f"in {letter}: {slope_label('to theory', ratio)}"
        look: dict[str, Any] = {"marker": marker, "size": size, "label": label}
        look |= {"colour": shade(COLOURS["blue"], pale), "mean": "arithmetic"}
        parts += mean_points(axes, curve, panel="c", series=f"excess in {letter}", **look)
    sizes = np.geomspace(curve.sizes[0], curve.sizes[-1], 60)
    theory = variance_limited_excess(1.0, fixed, sizes)
    label = rf"theory, $P/(D - P - 1)$, $P = {fixed}$"
    parts.append(theory_line(axes, sizes, theory, panel="c", series="theory", label=label))
    title = "c  variance-limited, Gaussian features"
    dress(axes, r"$D$ (or $P$)", "excess / limit", title=title, **under())
    power_of_two_ticks(axes, *axes.get_xlim())
    return parts


def spheres(axes: Axes, table: pd.DataFrame, found: Fits) -> Rows:
    parts: Rows = []
    dimensions = sorted(set(table["dimension"]))
    for kernel, name, smoothness, colour, marker in KERNELS:
        for dimension in dimensions:
            rows = table[(table["dimension"] == dimension) & (table["kernel"] == kernel)]
            curve, slope = scan(rows, "loss"), found[f"sphere_{kernel}_m{dimension}"]
            pale = min(0.13 * (dimension - 2), 0.7)  # lighter for higher dimensions
            series = f"{name}, m = {dimension}"
            look: dict[str, Any] = {"panel": "d", "colour": shade(COLOURS[colour], pale)}
            look |= {"marker": marker, "label": f"{series} ({smoothness / dimension:.2g})"}
            parts += fitted_line(axes, curve, slope, series=series, **look)
    title = "d  wide ReLU networks on spheres"
    dress(axes, r"$D$", "loss (half MSE)", title=title, **under())
    power_of_two_ticks(axes, *axes.get_xlim())
    return parts


def caption(tables: Mapping[str, pd.DataFrame], found: Fits, settings: Mapping[str, Any]) -> str:
    gaussian, sphere = tables["gaussian_features"], tables["sphere_kernels"]
    rule = found[f"sphere_nngp_m{sorted(set(sphere['dimension']))[0]}"]["rule"]
    return (
        f"(a) Regression on {gaussian['features'].iloc[0]:,} Gaussian features with eigenvalues "
        "i^-(1 + alpha_K): L(D) and L(P), and the self-consistent kappa / 2 of the finite and of "
        f"the endless spectrum. (b) alpha_K = {settings['alpha_k']:g}, the other size fixed at "
        f"{settings['resonance']}: minimum norm and best ridge; medians over seeds and quartiles, as "
        "single draws at D = P reach orders of magnitude beyond. (c) Excess over the limit, the "
        f"other size fixed at {settings['fixed']}, against the formula for Gaussian designs. "
        f"{seeds_of(gaussian)} seeds, teachers and population averaged exactly. (d) One hidden "
        f"ReLU layer of infinite width on spheres of m dimensions, {seeds_of(sphere)} seeds; in "
        f"parentheses the predicted exponents 3/m and 1/m; fits: {rule}; hollow points lie outside. Geometric (c: arithmetic) "
        "means with 95 % t intervals over seeds."
    )

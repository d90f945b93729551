"""Kernel theory of arXiv 2102.06701 held against exact regression: appendix E, no figure there."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.size_curves import Curves, scan
from scalinglaws.figures.scan_lines import Rows, draw_fitted, draw_scan, seeds_of
from scalinglaws.figures.short_axes import power_of_two_ticks
from scalinglaws.figures.style import (
    COLOURS,
    ROLES,
    Drawing,
    below,
    dress,
    new_figure,
    plotted_rows,
    series_colours,
    slope_label,
    theory_line,
)
from scalinglaws.statistics.quantity import tag
from scalinglaws.theory.kernel_learning_curve import variance_limited_excess

Fits = Mapping[str, Any]
LETTERS = (("data", "D", "o", True), ("parameters", "P", "s", False))
KERNELS = (("nngp", "NNGP", 3.0, "blue", "o"), ("ntk", "NTK", 1.0, "orange", "s"))


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: a L(D), L(P) against kappa / 2, b through D = P, c excess, d spheres."""
    gaussian, found = tables["gaussian_features"], fits["kernel_laws"]
    figure, axes = new_figure(2, 2, width=7.2, height=7.0)
    alpha_k, at, fixed = (settings[name] for name in ("alpha_k", "resonance", "fixed"))
    chosen = gaussian[gaussian["alpha_k"] == alpha_k]
    parts = learning_curves(axes[0], gaussian, tables["kernel_theory"])
    parts += resonance(axes[1], chosen, at)
    parts += excess(axes[2], chosen, found, alpha_k, fixed)
    parts += spheres(axes[3], tables["sphere_kernels"], found)
    return Drawing(figure, plotted_rows(*parts), caption(tables, found, settings))


def learning_curves(axes: Axes, gaussian: pd.DataFrame, theory: pd.DataFrame) -> Rows:
    parts: Rows = []
    alphas = sorted(set(gaussian["alpha_k"]))
    for alpha, colour in zip(alphas, series_colours(len(alphas)), strict=True):
        rows = gaussian[gaussian["alpha_k"] == alpha]
        for side, letter, marker, _ in LETTERS:
            series = f"L({letter}), alpha_K = {alpha:g}"
            label = rf"$L({letter})$, $\alpha_K = {alpha:g}$"
            look: dict[str, Any] = {"marker": marker, "colour": colour, "label": label}
            look["hollow"] = side == "parameters"
            parts += draw_scan(
                axes, scan(rows, "loss", scan=side), panel="a", series=series, **look
            )
        parts += predictions(axes, theory[theory["alpha_k"] == alpha], alpha == alphas[-1])
    title = "a  Gaussian features against theory"
    dress(axes, r"$D$ or $P$", "loss (half MSE)", title=title, **below(ncols=2))
    return parts


def predictions(axes: Axes, theory: pd.DataFrame, labelled: bool) -> Rows:
    parts: Rows = []
    looks = (("loss", "-", r"$\kappa/2$"), ("loss_infinite", ":", r"$\kappa/2$, $S \to \infty$"))
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
    for ridge, colour in (("low", "red"), ("tuned", "green")):
        for side, letter, marker, _ in LETTERS:
            curve = scan(rows, f"loss_{ridge}", scan=f"{side}_resonance")
            series = f"L({letter}), {ridge} ridge"
            look: dict[str, Any] = {"marker": marker, "colour": COLOURS[colour], "label": series}
            look["hollow"] = side == "parameters"
            parts += draw_scan(axes, curve, panel="b", series=series, **look)
    axes.axvline(at, color=ROLES["reference"], linestyle="--", lw=1.0)
    title = "b  duality through D = P"
    dress(axes, r"$D$ or $P$", r"$L(D, P)$ (half MSE)", title=title, **below(ncols=2))
    return parts


def excess(axes: Axes, rows: pd.DataFrame, found: Fits, alpha_k: float, fixed: int) -> Rows:
    parts: Rows = []
    for side, letter, marker, first in LETTERS:
        values = scan(rows, "excess", scan=f"{side}_variance")
        limits = scan(rows, "limit", scan=f"{side}_variance")
        curve = Curves(values.sizes, values.values / limits.values)
        colour = COLOURS["blue" if first else "orange"]
        ratio = found[f"excess_ratio_{letter.lower()}_{tag(alpha_k)}"]
        label = f"in {letter}: {slope_label('to theory', ratio)}"
        look: dict[str, Any] = {"marker": marker, "colour": colour, "label": label}
        look["hollow"] = side == "parameters"
        series, mean = f"excess in {letter}", "arithmetic"
        parts += draw_scan(axes, curve, panel="c", series=series, mean=mean, **look)
    sizes = np.geomspace(curve.sizes[0], curve.sizes[-1], 60)
    theory = variance_limited_excess(1.0, fixed, sizes)
    label = rf"theory, $P/(D - P - 1)$, $P = {fixed}$"
    parts.append(theory_line(axes, sizes, theory, panel="c", series="theory", label=label))
    title = "c  variance-limited, Gaussian features"
    dress(axes, r"$D$ (or $P$)", "excess / limit", title=title, **below(ncols=1))
    power_of_two_ticks(axes, *axes.get_xlim())
    return parts


def spheres(axes: Axes, table: pd.DataFrame, found: Fits) -> Rows:
    parts: Rows = []
    dimensions = sorted(set(table["dimension"]))
    for kernel, name, smoothness, colour, marker in KERNELS:
        for dimension in dimensions:
            rows = table[(table["dimension"] == dimension) & (table["kernel"] == kernel)]
            curve, slope = scan(rows, "loss"), found[f"sphere_{kernel}_m{dimension}"]
            series = f"{name}, m = {dimension}"
            look: dict[str, Any] = {"panel": "d", "colour": shade(colour, dimension)}
            look |= {"marker": marker, "label": f"{series} ({smoothness / dimension:.2g})"}
            parts += draw_fitted(axes, curve, slope, series=series, **look)
    dress(
        axes, r"$D$", "loss (half MSE)", title="d  wide ReLU networks on spheres", **below(ncols=1)
    )
    power_of_two_ticks(axes, *axes.get_xlim())
    return parts


def shade(colour: str, dimension: int) -> tuple[float, float, float]:
    """Lighter for higher dimensions."""
    red, green, blue = (int(COLOURS[colour][place : place + 2], 16) / 255 for place in (1, 3, 5))
    share = min(0.13 * (dimension - 2), 0.7)
    red, green, blue = (part + (1 - part) * share for part in (red, green, blue))
    return red, green, blue


def caption(tables: Mapping[str, pd.DataFrame], found: Fits, settings: Mapping[str, Any]) -> str:
    gaussian, sphere = tables["gaussian_features"], tables["sphere_kernels"]
    rule = found[f"sphere_nngp_m{sorted(set(sphere['dimension']))[0]}"]["rule"]
    return (
        f"(a) Regression on {gaussian['features'].iloc[0]:,} Gaussian features with eigenvalues "
        "i^-(1 + alpha_K): L(D) and L(P), and the self-consistent kappa / 2 of the finite and of "
        f"the endless spectrum. (b) alpha_K = {settings['alpha_k']:g}, the other size fixed at "
        f"{settings['resonance']}: minimum norm and best ridge. (c) Excess over the limit, the "
        f"other size fixed at {settings['fixed']}, against the formula for Gaussian designs. "
        f"{seeds_of(gaussian)} seeds, teachers and population averaged exactly. (d) One hidden "
        f"ReLU layer of infinite width on spheres of m dimensions, {seeds_of(sphere)} seeds; in "
        f"parentheses the predicted exponents 3/m and 1/m; fits: {rule}. Geometric (c: arithmetic) "
        "means with 95 % t intervals over seeds."
    )

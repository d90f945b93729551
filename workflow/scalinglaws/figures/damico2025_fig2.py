"""Figure 2: the perceptron's law 1, law 2, collapse and product law; free against fixed norm."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.means import mean_with_interval
from scalinglaws.curves.perceptron_curves import (
    by_alpha,
    limit_curve,
    minimisers,
    seeds_against_norm,
)
from scalinglaws.figures.perceptron_axes import ALPHA, LAMBDA, OVER_HEBB, coloured, estimates
from scalinglaws.figures.style import (
    ROLES,
    WIDE,
    Drawing,
    dress,
    new_figure,
    plotted_rows,
    points_with_intervals,
    published_marker,
    rows_of,
    slope_label,
    theory_line,
)
from scalinglaws.theory.perceptron import hebb_error

Rows = list[pd.DataFrame]
Found = Mapping[str, Any]
Printed = Mapping[str, float]  # value and error
Colours = Mapping[float, str]
LOWEST = 0.03  # smallest lambda drawn: below, nothing but the Hebb plateau
RANGE = np.array([0.4, 1500.0])  # alpha axis


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> Drawing:
    """Six panels; theory as lines and crosses, simulation as points, what the paper states red."""
    theory, limits = tables["perceptron_theory"], tables["perceptron_limits"]
    samples = pd.concat([tables["perceptron_descent"], tables["perceptron_alphas"]])
    laws = {**fits["perceptron_laws"], **fits["perceptron_scaling"]}
    figure, axes = new_figure(3, 2, width=WIDE, height=8.2)
    curves, gaps = settings["curve_alphas"], settings["gap_alphas"]
    scaled = limits.loc[limits["quantity"] == "scaled_error", "alpha"].unique()
    colours = coloured({*curves, *gaps, *scaled})  # an alpha has one colour in all panels
    rows = [
        *draw_curves(axes[0], theory, limits, samples, curves, colours),
        *draw_law_one(axes[0], limits, laws, settings["published"]["gamma_1"]),
        *draw_law_two(axes[1], theory, laws, settings["published"]["gamma_2"]),
        *draw_collapse(axes[2], limits, samples, {alpha: colours[alpha] for alpha in scaled}),
        *draw_product(axes[3], theory, laws),
        *draw_gap(axes[4], limits, samples, gaps, colours),
        *draw_bayes(axes[5], theory),
    ]
    return Drawing(figure, plotted_rows(*rows), caption(samples, laws))


def draw_curves(
    axes: Axes,
    theory: pd.DataFrame,
    limits: pd.DataFrame,
    samples: pd.DataFrame,
    alphas: list[float],
    colours: Colours,
) -> Rows:
    panel, rows = "a", []
    curves = theory[(theory["quantity"] == "epsilon") & (theory["lambda"] >= LOWEST)]
    present = [alpha for alpha in alphas if (curves["alpha"] == alpha).any()]
    for alpha in present:
        colour = colours[alpha]
        own = curves[curves["alpha"] == alpha].sort_values("lambda")
        label = rf"$\alpha$ = {alpha:g}"
        line = (own["lambda"], own["value"] / hebb_error(alpha))
        look: dict[str, Any] = {"panel": panel, "colour": colour}
        rows.append(theory_line(axes, *line, series=f"alpha = {alpha:g}", label=label, **look))
        simulated = samples[samples["alpha"] == alpha]
        if len(simulated):
            lambdas, errors = minimisers(simulated)
            points = (lambdas, *mean_with_interval(errors / hebb_error(alpha)))
            name = f"alpha = {alpha:g}, minimised"
            rows.append(points_with_intervals(axes, *points, series=name, **look))
    lambdas, errors = limit_curve(limits, "early_fixed_norm")
    limit = (lambdas[lambdas >= LOWEST], errors[lambdas >= LOWEST])
    label = r"$\alpha \to \infty$"
    rows.append(theory_line(axes, *limit, panel=panel, series="alpha -> infinity", label=label))
    return rows


def draw_law_one(axes: Axes, limits: pd.DataFrame, laws: Found, published: Printed) -> Rows:
    """The published free-norm slope, beside the limit in the window of ours; labels of panel a."""
    window = laws["free_gamma_1"]["window"]
    rows = []
    if window is not None:
        ends = np.array(window)
        start = 0.75 * float(np.interp(ends[0], *limit_curve(limits, "early_fixed_norm")))
        label = printed_label(r"$\gamma_1$", published)
        rows = [published_slope(axes, ends, start, -published["value"], "a", label)]
        axes.plot([], [], " ", label=slope_label(r"ours: $\gamma_1$", laws["free_gamma_1"]))
    title = "a  law 1: one early branch"
    dress(axes, LAMBDA, OVER_HEBB, title=title, loc="lower left", fontsize=6.5)
    axes.set_ylim(bottom=0.02)
    return rows


def published_slope(
    axes: Axes, ends: np.ndarray, start: float, slope: float, panel: str, label: str
) -> pd.DataFrame:
    """A power law with the exponent that the paper gives for free norm."""
    values = start * (ends / ends[0]) ** slope
    look = {"panel": panel, "series": "paper, free norm", "colour": ROLES["published"]}
    return theory_line(axes, ends, values, style=":", label=f"paper, free norm:\n{label}", **look)


def printed_label(name: str, published: Printed) -> str:
    return f"{name} = {published['value']} ± {published['error']}"


def draw_law_two(axes: Axes, theory: pd.DataFrame, laws: Found, published: Printed) -> Rows:
    panel, optima = "b", by_alpha(theory, "lambda_optimum")
    ratio = laws["scaling_ratio"]["estimate"]
    label = rf"$\lambda_\mathrm{{opt}} = {ratio:.4f}\, \alpha$, $\alpha \to \infty$"
    rows = [theory_line(axes, RANGE, ratio * RANGE, panel=panel, series="limit", label=label)]
    rows.append(crosses(axes, optima, panel, "fixed norm, theory"))
    found = estimates(laws, "free_optimum_")
    label = slope_label("free norm, descent\n" + r"$\gamma_2$", laws["free_gamma_2"])
    columns = (found["alpha"], found["y"], found["low"], found["high"])
    rows.append(points_with_intervals(axes, *columns, panel=panel, series="free norm", label=label))
    if len(found) > 1:
        ends = np.array([found["alpha"].iloc[0], found["alpha"].iloc[-1]])
        start = 0.5 * ratio * float(ends[0])
        label = printed_label(r"$\gamma_2$", published)
        rows.append(published_slope(axes, ends, start, published["value"], panel, label))
    ylabel = r"norm of the smallest error $\lambda_\mathrm{opt}$"
    dress(axes, ALPHA, ylabel, title="b  law 2", loc="upper left", fontsize=7)
    return rows


def crosses(axes: Axes, values: pd.Series, panel: str, name: str) -> pd.DataFrame:
    """Theory at single alphas."""
    x, y = values.index.to_numpy(dtype=float), values.to_numpy(dtype=float)
    axes.plot(x, y, "x", color=ROLES["theory"], ms=5, label=name, zorder=4)
    return rows_of(panel, name, x, y)


def draw_collapse(
    axes: Axes, limits: pd.DataFrame, samples: pd.DataFrame, colours: Colours
) -> Rows:
    panel, rows = "c", []
    for alpha, colour in sorted(colours.items()):
        label = rf"$\alpha$ = {alpha:g}"
        line = limit_curve(limits, "scaled_error", alpha)
        look: dict[str, Any] = {"panel": panel, "colour": colour, "label": label}
        rows.append(theory_line(axes, *line, series=f"alpha = {alpha:g}", **look))
    line = limit_curve(limits, "scaling_function")
    label = r"$F(\lambda / \alpha)$, $\alpha \to \infty$"
    rows.append(theory_line(axes, *line, panel=panel, series="F", style="--", label=label))
    for alpha, colour in colours.items():
        simulated = samples[samples["alpha"] == alpha]
        if len(simulated):
            lambdas, errors = minimisers(simulated)
            points = (lambdas / alpha, *mean_with_interval(alpha * errors))
            look = {"panel": panel, "colour": colour}
            name = f"alpha = {alpha:g}, minimised"
            rows.append(points_with_intervals(axes, *points, series=name, **look))
    xlabel = r"$\lambda / \alpha$"
    dress(axes, xlabel, r"$\alpha\, \epsilon$", title="c  collapse", loc="upper right")
    return rows


def draw_product(axes: Axes, theory: pd.DataFrame, laws: Found) -> Rows:
    panel = "d"
    best = by_alpha(theory, "epsilon_optimum") / by_alpha(theory, "epsilon_hebb")
    rows = []
    lines = [
        ("true_prefactor", "true limit", ROLES["theory"], "-", ""),
        (
            "product_prefactor",
            "product of the laws",
            ROLES["reference"],
            "--",
            r"$k_1 k_2^{-1/2}$ = ",
        ),
    ]
    for key, name, colour, style, symbol in lines:
        level = laws[key]["estimate"]
        label = rf"{name}: {symbol}{level:.3f} $\times\ \alpha^{{-1/2}}$"
        look = {"panel": panel, "series": name, "colour": colour, "style": style, "label": label}
        rows.append(theory_line(axes, RANGE, level * RANGE**-0.5, **look))
    rows.append(crosses(axes, best, panel, "fixed norm, theory"))
    found = estimates(laws, "free_smallest_")
    hebb = np.array([hebb_error(alpha) for alpha in found["alpha"]])
    columns = (found["alpha"], found["y"] / hebb, found["low"] / hebb, found["high"] / hebb)
    rows.append(
        points_with_intervals(
            axes, *columns, panel=panel, series="free norm", label="free norm, descent"
        )
    )
    ylabel = r"smallest error $\hat\epsilon_\mathrm{opt}$"
    dress(axes, ALPHA, ylabel, title="d  product law", loc="lower left", fontsize=7)
    axes.set_ylim(bottom=0.003)
    return rows


def draw_gap(
    axes: Axes,
    limits: pd.DataFrame,
    samples: pd.DataFrame,
    alphas: list[float],
    colours: Colours,
) -> Rows:
    """Free over fixed norm - 1, in per cent."""
    panel = "e"
    fixed = limit_curve(limits, "early_fixed_norm")[1]
    lambdas, flow = limit_curve(limits, "early_gradient_flow")
    label = r"gradient flow, $\alpha \to \infty$"
    line = (lambdas, 100 * (flow / fixed - 1))
    rows = [theory_line(axes, *line, panel=panel, series="gradient flow", label=label)]
    present = [alpha for alpha in alphas if (samples["alpha"] == alpha).any()]
    for alpha in present:
        colour = colours[alpha]
        own = samples[samples["alpha"] == alpha]
        lambdas, errors = minimisers(own)
        ratio = seeds_against_norm(own, "epsilon", lambdas) / errors
        passed = np.isfinite(ratio).any(axis=0)  # descent may end before the largest lambda
        lambdas, ratio = lambdas[passed], ratio[:, passed]
        points = (lambdas, *(100 * (part - 1) for part in mean_with_interval(ratio)))
        label = rf"descent, $\alpha$ = {alpha:g}"
        look: dict[str, Any] = {"panel": panel, "colour": colour, "label": label, "line": True}
        rows.append(points_with_intervals(axes, *points, series=f"alpha = {alpha:g}", **look))
    axes.axhline(0, color=ROLES["reference"], lw=0.7)
    axes.set_xlim(0.02, 150)  # room for the legend
    title, ylabel = (
        "e  free against fixed norm",
        r"$\epsilon_\mathrm{free} / \epsilon_\mathrm{fixed} - 1$ (%)",
    )
    dress(axes, LAMBDA, ylabel, title=title, log="x", loc="upper right", fontsize=7)
    return rows


def draw_bayes(axes: Axes, theory: pd.DataFrame) -> Rows:
    """How far the best norm stays from the Bayes error, in per cent; the paper says zero."""
    panel = "f"
    bayes = by_alpha(theory, "epsilon_bayes")
    gap = 100 * (by_alpha(theory, "epsilon_optimum") / bayes - 1)
    rows = [crosses(axes, gap, panel, "fixed norm, theory")]
    axes.plot(gap.index, gap, color=ROLES["theory"], lw=0.7)
    level = published_marker(
        axes, gap.index, 0 * gap, panel=panel, series="paper", label="paper: the Bayes error"
    )
    rows.append(level)
    label = r"$\epsilon_\mathrm{opt} / \epsilon_\mathrm{Bayes} - 1$ (%)"
    dress(axes, ALPHA, label, title="f  optimum against Bayes", log="x", loc="center right")
    return rows


def caption(samples: pd.DataFrame, laws: Found) -> str:
    runs = [
        f"{own['seed'].nunique()} samples of N = {int(own['weights'].iloc[0])} at α = {alpha:g}"
        for alpha, own in samples.groupby("alpha")
    ]
    low, high = laws["early_exponent"]["window"] or (np.nan, np.nan)
    gap = 100 * laws["optimum_above_bayes"]["estimate"]
    return (
        "The logistic perceptron. Lines and crosses: theory (replica symmetric at fixed norm); "
        f"points: simulation ({'; '.join(runs)}) with 95 % Student intervals over samples, of the "
        "mean (a, c, e) or bootstrapped (b, d). Dotted red: the paper's exponents, shifted down to "
        "be seen. (a) Error over that of the Hebb rule against the "
        "norm; for α → ∞ it is √(2 I(λ)), I = ∫₀^∞ Dt (1 − tanh λt)², with effective exponent "
        f"{laws['early_exponent']['estimate']:.4f} for λ from {low:g} to {high:g} at fixed norm "
        f"and {laws['flow_exponent']['estimate']:.4f} along gradient flow. (b) Norm of the "
        "smallest error. (c) α times the error against λ / α, and its limit F. (d) Smallest error "
        "over Hebb's: the exponent of the product law is exact, the prefactor that the two laws "
        f"suggest (grey) is too small by a factor {laws['prefactor_ratio']['estimate']:.3f}, "
        "because the branch bends before its minimum. (e) Free-norm training above the fixed-norm "
        "minimiser on the same data. (f) The smallest error lies above the Bayes error by up to "
        f"{gap:.3f} %; the paper calls it Bayes-optimal."
    )

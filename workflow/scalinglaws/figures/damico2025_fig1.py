"""Figure 1: generalisation error of the perceptron against its norm, theory and training."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter, ScalarFormatter

from scalinglaws.curves.means import mean_with_interval
from scalinglaws.curves.perceptron_curves import minimisers, seeds_against_norm
from scalinglaws.curves.size_curves import curves
from scalinglaws.errors import InputError
from scalinglaws.figures.style import (
    COLOURS,
    ROLES,
    WIDE,
    Drawing,
    dress,
    new_figure,
    plotted_rows,
    points_with_intervals,
    rows_of,
    slope_label,
    theory_line,
)

PANEL = "error against norm"
LOWEST, POINTS = 0.02, 160  # below, gradient descent still forgets its random start
LIMITS = {"hebb": "Hebb", "maximum_stability": "maximum stability", "bayes": "Bayes"}


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> Drawing:
    """Theory, limits, gradient descent coloured by time and fixed-norm minimisers."""
    theory = tables["perceptron_theory"]
    alpha = settings["alpha"]
    theory = theory[theory["alpha"] == alpha]
    descent, laws = tables["perceptron_descent"], fits["perceptron_laws"]
    figure, (axes,) = new_figure(1, 1, width=WIDE, height=3.7)
    rows = [
        *draw_limits(axes, theory),
        *draw_descent(figure, axes, descent, laws["early_exponent_descent"]),
        draw_theory(axes, theory, laws["early_exponent_theory"]),
        draw_minimisers(axes, descent),
        draw_optimum(axes, theory),
    ]
    finish(axes, alpha)
    return Drawing(figure, plotted_rows(*rows), caption(descent, laws, alpha))


def value(theory: pd.DataFrame, name: str) -> float:
    return float(theory.loc[theory["quantity"] == name, "value"].iloc[0])


def draw_limits(axes: Axes, theory: pd.DataFrame) -> list[pd.DataFrame]:
    """Horizontal lines at the three limits, named at the left where the curves are elsewhere."""
    drawn = []
    for name, label in LIMITS.items():
        level = value(theory, f"epsilon_{name}")
        axes.axhline(level, color=ROLES["reference"], lw=0.8, ls="--", zorder=1)
        right = name == "hebb"
        axes.annotate(
            label,
            (1.0 if right else 0.0, level),
            xycoords=("axes fraction", "data"),
            xytext=(-2 if right else 2, 2 if name != "bayes" else -2),
            textcoords="offset points",
            ha="right" if right else "left",
            va="bottom" if name != "bayes" else "top",
            color=ROLES["reference"],
            fontsize=7.5,
        )
        drawn.append(rows_of(PANEL, f"{label} limit", np.nan, level))
    return drawn


def highest_common_norm(descent: pd.DataFrame) -> float:
    """The norm that every sample has passed; diverged samples count up to where they were.

    Raises InputError when no sample came as far as the figure's left edge.
    """
    norms = curves(descent, "norm", "step").values
    highest = np.max(np.where(np.isfinite(norms), norms, 0.0), axis=1)
    if not np.any(highest > LOWEST):
        raise InputError(
            f"perceptron_descent ends at norm {np.max(highest):.2g}, left of the figure's first "
            f"norm {LOWEST:g}; raise its iterations in config/scales and run the same again."
        )
    return float(np.min(highest[highest > LOWEST]))


def draw_descent(
    figure: Figure, axes: Axes, descent: pd.DataFrame, early: Mapping[str, Any]
) -> list[pd.DataFrame]:
    """Mean trajectory of free-norm training, coloured by the elapsed gradient-flow time."""
    grid = np.geomspace(LOWEST, highest_common_norm(descent), POINTS)
    mean, low, high = mean_with_interval(seeds_against_norm(descent, "epsilon", grid))
    time = mean_with_interval(seeds_against_norm(descent, "time", grid), "log").mean
    corners = np.stack([grid, mean], axis=1)
    line = LineCollection(
        list(np.stack([corners[:-1], corners[1:]], axis=1)),
        array=np.sqrt(time[:-1] * time[1:]),
        norm=LogNorm(time[0], time[-1]),
        cmap="plasma",
        linewidths=3.0,
        capstyle="round",
        zorder=2,
    )
    axes.fill_between(grid, low, high, color=COLOURS["grey"], alpha=0.25, lw=0, zorder=1)
    axes.add_collection(line)
    label = slope_label("free norm, gradient descent\n$\\gamma_1$", early)
    axes.plot([], [], color="#cc4778", lw=3.0, label=label)
    bar = figure.colorbar(line, ax=axes, pad=0.02, aspect=30)
    bar.set_label("gradient-flow time")
    return [
        rows_of(PANEL, "free norm, gradient descent", grid, mean, low, high),
        rows_of("colour", "free norm, gradient-flow time", grid, time),
    ]


def draw_theory(axes: Axes, theory: pd.DataFrame, early: Mapping[str, Any]) -> pd.DataFrame:
    chosen = theory[(theory["quantity"] == "epsilon") & (theory["lambda"] >= 0.9 * LOWEST)]
    chosen = chosen.sort_values("lambda")
    label = slope_label("fixed norm, theory\n$\\gamma_1$", early)
    return theory_line(
        axes,
        chosen["lambda"],
        chosen["value"],
        panel=PANEL,
        series="fixed norm, replica symmetric",
        colour=COLOURS["blue"],
        label=label,
    )


def draw_minimisers(axes: Axes, descent: pd.DataFrame) -> pd.DataFrame:
    lambdas, errors = minimisers(descent)
    name = "fixed norm, minimised"
    points = (lambdas, *mean_with_interval(errors))
    return points_with_intervals(axes, *points, panel=PANEL, series=name, label=name)


def draw_optimum(axes: Axes, theory: pd.DataFrame) -> pd.DataFrame:
    """A short line and a name at lambda_opt, clear of the legend above."""
    lam, error = value(theory, "lambda_optimum"), value(theory, "epsilon_optimum")
    axes.axvline(lam, ymax=0.32, color=ROLES["reference"], lw=0.8, ls=":", zorder=1)
    axes.annotate(
        f"$\\lambda_{{\\mathrm{{opt}}}}$ = {lam:.2f}",
        (lam, 0.32),
        xycoords=("data", "axes fraction"),
        xytext=(3, -2),
        textcoords="offset points",
        va="top",
        color=ROLES["reference"],
        fontsize=7.5,
    )
    return rows_of(PANEL, "optimum of the theory", lam, error)


def finish(axes: Axes, alpha: float) -> None:
    dress(
        axes,
        "norm $\\lambda = |w| / \\sqrt{N}$",
        "generalisation error $\\epsilon$",
        title=f"perceptron, $\\alpha$ = {alpha:g}",
        loc="upper right",
        bbox_to_anchor=(1.0, 0.9),
    )
    # Less than a decade: name a few round values instead of powers of ten.
    ticks: Sequence[float] = [0.08, 0.1, 0.12, 0.14, 0.16, 0.18]
    axes.set_ylim(bottom=min(ticks[0], axes.get_ylim()[0]))
    axes.yaxis.set_major_locator(FixedLocator(list(ticks)))
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())


def caption(descent: pd.DataFrame, laws: Mapping[str, Any], alpha: float) -> str:
    size, samples = int(descent["weights"].iloc[0]), descent["seed"].nunique()
    low, high = laws["early_exponent_theory"]["window"] or (np.nan, np.nan)
    return (
        "Generalisation error of the logistic perceptron against its norm λ at "
        f"α = {alpha:g} examples per weight. Blue line: replica-symmetric theory at "
        "fixed norm. Coloured line: free-norm gradient descent, mean over "
        f"{samples} samples of N = {size} with its 95 % Student band, coloured by gradient-flow "
        f"time. Points: fixed-norm minimisers on the same {samples} samples, 95 % Student "
        "intervals. Dashed: Hebb rule (λ → 0), maximum stability (λ → ∞) and Bayes-optimal error; "
        "dotted: norm of the smallest error. γ₁ is the effective exponent for λ from "
        f"{low:.2g} to {high:.2g}; its interval is over samples for training and spans the "
        "window's two halves for theory."
    )

"""Appendix: with the square loss the perceptron's error follows no power law of its norm."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.means import mean_with_interval
from scalinglaws.curves.perceptron_curves import by_alpha, limit_curve, minimisers
from scalinglaws.figures.perceptron_axes import ALPHA, LAMBDA, OVER_HEBB, coloured, estimates
from scalinglaws.figures.style import (
    COLOURS,
    ROLES,
    WIDE,
    Drawing,
    dress,
    new_figure,
    plotted_rows,
    points_with_intervals,
    slope_label,
    theory_line,
)
from scalinglaws.theory.perceptron import hebb_error

Rows = list[pd.DataFrame]
Found = Mapping[str, Any]
DRAWN = (0.05, 5.0)  # lambdas
POINTS_PER_CURVE = 12


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> Drawing:
    """Error against norm; norm at the minimum and smallest error against alpha."""
    limits, simulated = tables["perceptron_limits"], tables["perceptron_square"]
    logistic, laws = tables["perceptron_theory"], fits["square_loss_laws"]
    figure, axes = new_figure(1, 3, width=WIDE, height=3.1)
    rows = [
        *draw_curves(axes[0], limits, simulated),
        *draw_optima(axes[1], limits, logistic, laws),
        *draw_smallest(axes[2], limits, logistic, laws),
    ]
    return Drawing(figure, plotted_rows(*rows), caption(simulated, laws))


def draw_curves(axes: Axes, limits: pd.DataFrame, simulated: pd.DataFrame) -> Rows:
    panel, rows = "a", []
    curves = limits[(limits["quantity"] == "early_square_loss") & np.isfinite(limits["alpha"])]
    for alpha, colour in coloured(curves["alpha"].unique()).items():
        look: dict[str, Any] = {"panel": panel, "colour": colour}
        line = drawn(*limit_curve(limits, "early_square_loss", alpha))
        label = rf"$\alpha$ = {alpha:g}"
        rows.append(theory_line(axes, *line, series=f"alpha = {alpha:g}", label=label, **look))
        own = simulated[simulated["alpha"] == alpha]
        if len(own):
            lambdas, errors = minimisers(own)
            some = slice(None, None, max(1, len(lambdas) // POINTS_PER_CURVE))
            over_hebb = errors[:, some] / hebb_error(alpha)
            points = (lambdas[some], *mean_with_interval(over_hebb))
            name = f"alpha = {alpha:g}, minimised"
            rows.append(points_with_intervals(axes, *points, series=name, **look))
    line = drawn(*limit_curve(limits, "early_square_loss"))
    label = r"$\alpha \to \infty$"
    rows.append(theory_line(axes, *line, panel=panel, series="alpha -> infinity", label=label))
    line = drawn(*limit_curve(limits, "early_fixed_norm"))
    look = {"panel": panel, "series": "logistic", "colour": COLOURS["grey"], "style": "--"}
    rows.append(theory_line(axes, *line, label=r"logistic, $\alpha \to \infty$", **look))
    axes.set_ylim(0.2, 3.0)
    dress(axes, LAMBDA, OVER_HEBB, title="a  square loss", loc="upper left", fontsize=6.5)
    return rows


def drawn(lambdas: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    inside = (lambdas >= DRAWN[0]) & (lambdas <= DRAWN[1])
    return lambdas[inside], errors[inside]


def finite(limits: pd.DataFrame, name: str) -> pd.Series:
    values = by_alpha(limits, name)
    return values[np.isfinite(values.index)]


def draw_optima(axes: Axes, limits: pd.DataFrame, logistic: pd.DataFrame, laws: Found) -> Rows:
    panel, square = "b", finite(limits, "square_optimum_lambda")
    other = within(by_alpha(logistic, "lambda_optimum"), square)
    limit = laws["optimum_lambda"]["estimate"]
    found = estimates(laws, "simulated_lambda_")
    columns = (found["alpha"], found["y"], found["low"], found["high"])
    label = slope_label("square loss, simulated\n" + r"$\gamma_2$", laws["simulated_gamma_2"])
    rows = [
        line_of(axes, other, panel, "logistic, theory", COLOURS["grey"], "--"),
        line_of(axes, square, panel, "square loss, theory", ROLES["theory"], "-"),
        points_with_intervals(axes, *columns, panel=panel, series="simulated", label=label),
    ]
    axes.axhline(limit, color=ROLES["reference"], lw=0.7, ls=":")
    ylabel = r"norm of the smallest error $\lambda_\mathrm{opt}$"
    dress(axes, ALPHA, ylabel, title="b  no law 2", loc="upper left", fontsize=6.5)
    axes.set_ylim(top=1500.0)
    return rows


def draw_smallest(axes: Axes, limits: pd.DataFrame, logistic: pd.DataFrame, laws: Found) -> Rows:
    panel, square = "c", finite(limits, "square_optimum_error")
    best = by_alpha(logistic, "epsilon_optimum") / by_alpha(logistic, "epsilon_hebb")
    found = estimates(laws, "simulated_error_")
    columns = (found["alpha"], found["y"], found["low"], found["high"])
    name = "square loss, simulated"
    rows = [
        line_of(axes, within(best, square), panel, "logistic, theory", COLOURS["grey"], "--"),
        line_of(axes, square, panel, "square loss, theory", ROLES["theory"], "-"),
        points_with_intervals(axes, *columns, panel=panel, series="simulated", label=name),
    ]
    axes.axhline(laws["smallest_error"]["estimate"], color=ROLES["reference"], lw=0.7, ls=":")
    ylabel = r"smallest error $\hat\epsilon_\mathrm{opt}$"
    dress(axes, ALPHA, ylabel, title="c  no product law", loc="lower left", fontsize=6.5)
    return rows


def within(values: pd.Series, others: pd.Series) -> pd.Series:
    return values[(values.index >= others.index.min()) & (values.index <= others.index.max())]


def line_of(
    axes: Axes, values: pd.Series, panel: str, name: str, colour: str, style: str
) -> pd.DataFrame:
    x = values.index.to_numpy(dtype=float)
    look = {"panel": panel, "series": name, "colour": colour, "style": style, "label": name}
    return theory_line(axes, x, values.to_numpy(dtype=float), **look)


def caption(simulated: pd.DataFrame, laws: Found) -> str:
    size, samples = int(simulated["weights"].iloc[0]), simulated["seed"].nunique()
    return (
        "Perceptron trained at fixed norm with the square loss (1 − λΔ)² / (2λ). Lines: "
        f"replica-symmetric theory, here in closed form; points: minimisers of {samples} samples "
        f"of N = {size} for each α, with 95 % intervals over samples. (a) Error over that of the "
        "Hebb rule: for α → ∞ it is √(1 − 4λ/√(2π) + λ²), whatever α, with a bounded gain and no "
        "power law; dashed: the logistic loss. (b, c) The minimum stays at λ = √(2/π) = "
        f"{laws['optimum_lambda']['estimate']:.3f} (dotted; √(2/π) R at finite α) and at "
        f"{laws['smallest_error']['estimate']:.3f} of Hebb's error."
    )

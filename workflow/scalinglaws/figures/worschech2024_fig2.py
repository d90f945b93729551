"""Figure 2 of arXiv 2410.09005: linear network, theory at any eta (a), power law and SGD (b)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.linear_curves import SeedRun, part_rows, seed_runs, series
from scalinglaws.curves.means import mean_with_interval, some_points
from scalinglaws.figures.committee_axes import ALPHA, ERROR
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

Rows = list[pd.DataFrame]
POINTS_PER_CURVE = 20
# Name in the table -> label, colour, line. In both panels black is theory at any eta, orange at
# small eta, blue SGD.
THEORIES = {
    "general_eta": (r"any $\eta$", ROLES["theory"], "-"),
    "small_eta": (r"small $\eta$", COLOURS["orange"], "-"),
    "finite_size": ("SGD at this N, exact mean", ROLES["measured"], "-."),
}
FORMS = {
    "gamma": (r"small $\eta$, incomplete gamma", COLOURS["orange"], "--"),
    "power_law": ("paper's power law", ROLES["published"], ":"),
}


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> Drawing:
    """Panels: a closed forms at eta = 1, b simulation, theory of its starts, asymptotic forms."""
    theory, sgd, found = tables["linear_theory"], tables["linear_sgd"], fits["linear_laws"]
    figure, (left, right) = new_figure(1, 2, width=WIDE)
    parts = any_eta_panel(left, theory, settings["smallest_error"])
    parts += scaling_panel(right, theory, seed_runs(sgd), found)
    return Drawing(figure, plotted_rows(*parts), caption(theory, sgd, found))


def any_eta_panel(axes: Axes, theory: pd.DataFrame, smallest: float) -> Rows:
    rows = part_rows(theory, "any_eta")
    parts: Rows = []
    for name, (label, colour, style) in THEORIES.items():
        alphas, errors = series(rows, name)
        shown = errors >= smallest
        look: dict[str, Any] = {"panel": "a", "series": name, "colour": colour}
        line = (alphas[shown], errors[shown])
        parts.append(theory_line(axes, *line, style=style, label=label, **look))
    eta = rows["eta"].iloc[0]
    dress(axes, ALPHA, ERROR, title=rf"a  theory, $\eta = {eta:g}$", loc="lower left")
    return parts


def scaling_panel(
    axes: Axes, theory: pd.DataFrame, runs: list[SeedRun], found: Mapping[str, Any]
) -> Rows:
    rows = part_rows(theory, "scaling")
    parts: Rows = []
    last = 5 * runs[0].alphas[-1]
    for name, (label, colour, style) in FORMS.items():
        alphas, errors = series(rows, name)
        shown = (alphas >= runs[0].alphas[0] / 2) & (alphas <= last)
        look: dict[str, Any] = {"panel": "b", "series": name, "colour": colour}
        line = (alphas[shown], errors[shown])
        parts.append(theory_line(axes, *line, style=style, label=label, **look))
    alphas, levels = runs[0].alphas, len(runs[0].variances)
    exact, _, _ = mean_with_interval([run.general_eta() for run in runs], "log")
    name = "theory from the same starts"
    parts.append(theory_line(axes, alphas, exact, panel="b", series=name, label=name))
    some = some_points(alphas, POINTS_PER_CURVE)
    means = mean_with_interval([run.curves[levels] for run in runs], "log")
    points = [values[some] for values in means]
    label = "SGD\n" + slope_label("exponent", found["sgd_exponent"])
    parts.append(
        points_with_intervals(axes, alphas[some], *points, panel="b", series="SGD", label=label)
    )
    beta = rows["beta"].iloc[0]
    title = rf"b  $\beta = {beta:g}$, exponent $\beta/(1+\beta) = {beta / (1 + beta):.3f}$"
    dress(axes, ALPHA, ERROR, title=title, loc="lower left")
    return parts


def caption(theory: pd.DataFrame, sgd: pd.DataFrame, found: Mapping[str, Any]) -> str:
    """What is drawn, with the numbers of these very tables."""
    left, right = part_rows(theory, "any_eta").iloc[0], part_rows(theory, "scaling").iloc[0]
    seeds, window = sgd["seed"].nunique(), found["sgd_exponent"]["window"]
    between = "" if window is None else f" (alpha {window[0]:.2g} to {window[1]:.3g})"
    return (
        f"Linear network, K = M = 1. (a) L = N = {left['dimension']}, beta = {left['beta']:g}, "
        f"eta = {left['eta']:g}, sigma_J = {left['sigma_j']:g}: order-parameter solution for any "
        f"eta, sum for small eta, and the exact mean of SGD at this N, which stands at its "
        f"critical rate {number(found, 'critical_sgd_N128_b1')}; the order-parameter theory's is "
        f"{number(found, 'critical_theory_L128_b1')}. (b) beta = {right['beta']:g}, "
        f"eta = {right['eta']:g}. Points: one-pass SGD, N = L = {sgd['dimension'].max()}, "
        f"geometric mean of {seeds} initialisations with 95 % Student t intervals, which hold the "
        f"scatter of the teachers. Solid: theory from the same starts; dashed: incomplete-gamma "
        f"form at N = {right['dimension']} for the mean teacher; dotted: power law. Slope fitted "
        f"between both cut-offs{between}. Median relative deviation of SGD from the theory of "
        f"its own start, mean over seeds: {per_cent(found['sgd_deviation'])}."
    )


def number(found: Mapping[str, Any], name: str) -> str:
    value = found[name]["estimate"] if name in found else None
    return "not available" if value is None else f"{value:.4g}"


def per_cent(quantity: Mapping[str, Any]) -> str:
    value = quantity["estimate"]
    return "not available" if value is None else f"{100 * value:.2g} %"

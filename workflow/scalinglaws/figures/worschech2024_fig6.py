"""Figure 6 of arXiv 2410.09005: the specialised phase, eps_g against alpha and its exponent."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.means import Mean, mean_with_interval
from scalinglaws.curves.size_curves import curves
from scalinglaws.figures.committee_axes import ALPHA, ERROR, largest_per_cent
from scalinglaws.figures.style import (
    COLOURS,
    ROLES,
    WIDE,
    Drawing,
    below,
    dress,
    new_figure,
    plotted_rows,
    points_with_intervals,
    quantity_numbers,
    series_colours,
    theory_line,
)

Rows = list[pd.DataFrame]
Found = Mapping[str, Any]
POINTS_PER_CURVE = 24  # every recorded alpha would hide the line


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> Drawing:
    """Panels: a simulation and formula for several beta, b exponent against beta."""
    sgd, theory = tables["near_teacher_sgd"], tables["asymptotic_theory"]
    found = fits["specialised_laws"]
    figure, (left, right) = new_figure(1, 2, width=WIDE, height=3.6)
    parts = curve_panel(left, sgd, theory) + exponent_panel(right, theory, found)
    return Drawing(figure, plotted_rows(*parts), caption(sgd, theory, found))


def curve_panel(axes: Axes, sgd: pd.DataFrame, theory: pd.DataFrame) -> Rows:
    betas = sorted(sgd["beta"].unique())
    parts: Rows = []
    for beta, colour in zip(betas, series_colours(len(betas)), strict=True):
        formula = theory[(theory["kind"] == "formula") & (theory["beta"] == beta)]
        formula = formula[formula["quantity"] == "eps_g"].sort_values("alpha")
        look: dict[str, Any] = {"panel": "a", "colour": colour}
        line = (formula["alpha"], formula["value"])
        label = rf"$\beta = {beta:g}$"
        parts.append(theory_line(axes, *line, series=f"formula beta={beta:g}", label=label, **look))
        realised = theory[(theory["kind"] == "realised") & (theory["beta"] == beta)]
        line = realised.groupby("alpha")["value"].mean()
        name = f"theory of the same starts beta={beta:g}"
        dashed = {**look, "style": "--"}
        parts.append(theory_line(axes, line.index, line.to_numpy(), series=name, **dashed))
        alphas, errors = curves(sgd[sgd["beta"] == beta], "eps_g", "alpha")
        every = slice(None, None, max(1, len(alphas) // POINTS_PER_CURVE))
        points = (part[every] for part in (alphas, *mean_over_seeds(errors)))
        name = f"simulation beta={beta:g}"
        parts.append(points_with_intervals(axes, *points, series=name, **look))
    axes.plot([], [], "o", color=ROLES["reference"], markersize=4, label="SGD, mean over seeds")
    axes.plot([], [], "--", color=ROLES["reference"], label="theory, same starts")
    axes.plot([], [], "-", color=ROLES["reference"], label="formula, mean over starts")
    dress(axes, ALPHA, ERROR, title="a  from beside the teacher", loc="lower left")
    return parts


def mean_over_seeds(errors: np.ndarray) -> Mean:
    """Mean (alphas,) of (seeds, alphas) errors, NaN once a seed diverged, and its 95 % interval.

    The error of the logarithm, to first order, keeps the interval's lower end on the axes.
    """
    mean, _, high = mean_with_interval(np.where(np.isfinite(errors).all(axis=0), errors, np.nan))
    reach = np.exp((high - mean) / mean)
    return Mean(mean, mean / reach, mean * reach)


def exponent_panel(axes: Axes, theory: pd.DataFrame, found: Found) -> Rows:
    betas = sorted(theory["beta"].unique())
    smooth = np.linspace(0.0, 1.05 * max(betas), 80)
    look: dict[str, Any] = {"panel": "b"}
    label = r"paper's law $\beta / (1 + \beta)$"
    law = {"series": "law", "label": label, "colour": ROLES["published"], **look}
    parts = [theory_line(axes, smooth, smooth / (1 + smooth), **law)]
    windows = theory[theory["kind"] == "window"]
    most = {"many_levels": windows["levels"].max()}
    most["paper_levels"] = windows.loc[windows["levels"] < most["many_levels"], "levels"].max()
    styles = {"paper_levels": (COLOURS["orange"], "--"), "many_levels": (COLOURS["green"], ":")}
    for name, (colour, style) in styles.items():
        line = estimates(found, f"{name}_exponent", betas)
        units = windows.loc[windows["levels"] == most[name], "units"].max()
        title = f"line fit, M = {units}, L = {most[name]:,}"
        dressed = {"colour": colour, "style": style, "label": title, **look}
        parts.append(theory_line(axes, line["beta"], line["y"], series=title, **dressed))
    kinds = {
        "sgd_exponent": ("SGD, line fit", COLOURS["blue"], "o", -0.02),
        "sgd_law_exponent": ("SGD, less what finite L adds", COLOURS["purple"], "s", 0.02),
    }
    same = estimates(found, "same_size_exponent", betas)
    title = "line fit, size of SGD"
    dressed = {"colour": COLOURS["blue"], "style": "-.", "label": title, **look}
    parts.append(theory_line(axes, same["beta"], same["y"], series=title, **dressed))
    for name, (title, colour, marker, shift) in kinds.items():
        points = estimates(found, name, betas)
        columns = (points["beta"] + shift, points["y"], points["low"], points["high"])
        dressed = {"colour": colour, "marker": marker, "label": title, **look}
        parts.append(points_with_intervals(axes, *columns, series=title, **dressed))
    legend = below(ncols=2, bbox_to_anchor=(0.45, -0.15), handlelength=2.6, columnspacing=1.0)
    dress(axes, r"$\beta$", "decay exponent", title="b  exponent", log="", **legend)
    return parts


def estimates(found: Found, name: str, betas: list[float]) -> pd.DataFrame:
    """Columns beta, y, low, high of those quantities that have an estimate."""
    rows = []
    for beta in betas:
        quantity = found.get(f"{name}_b{round(100 * beta):03d}")
        if quantity is not None and quantity["estimate"] is not None:
            rows.append((beta, *quantity_numbers(quantity)))
    return pd.DataFrame(rows, columns=["beta", "y", "low", "high"], dtype=float)


def caption(sgd: pd.DataFrame, theory: pd.DataFrame, found: Found) -> str:
    size = theory[theory["kind"] == "formula"].iloc[0]
    worst = largest_per_cent(found, "sgd_deviation")
    lost = int(sgd["value"].isna().groupby(sgd["member"]).any().sum())
    return (
        f"Specialised phase of the erf committee machine. (a) One-pass SGD from J = B + sigma_J "
        f"noise, K = M = {size['units']}, N = L = {size['levels']}, eta = {size['eta']:g}; points: "
        f"mean over {sgd['seed'].nunique()} starts with 95 % intervals ({lost} members diverged); "
        f"full lines: near-teacher formula with gradient noise, for the mean over starts and many "
        f"directions per eigenvalue; here there is one, so that few starts scatter. Dashed: mean "
        f"of the theory from the very same starts, which deviates from SGD by at most "
        f"{worst} (median over alpha, mean over seeds). (b) Decay exponent "
        f"against beta: straight-line fits of the formula and of SGD (circles) in the window "
        f"between the first and the last slow mode are steeper than beta / (1 + beta) at finite "
        f"L; SGD over the formula of its size (squares) "
        f"is not biased that way. Bars: 95 % intervals over seeds."
    )

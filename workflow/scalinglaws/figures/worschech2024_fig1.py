"""Figure 1 of arXiv 2410.09005: eps_g against alpha for several L, simulation and theory."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.figures.committee_axes import ALPHA, ERROR, largest_per_cent, plateau_line
from scalinglaws.figures.style import (
    ROLES,
    WIDE,
    Drawing,
    dress,
    new_figure,
    plotted_rows,
    points_with_intervals,
    rows_of,
    series_colours,
    theory_line,
)

Rows = list[pd.DataFrame]
Colours = Mapping[int, str]
POINTS_PER_CURVE = 20  # every recorded alpha would hide the theory line


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> Drawing:
    """Panels: a one seed simulated and integrated, b typical start, c its slope, d deviation."""
    sgd = tables["committee_sgd"].query("quantity == 'eps_g'").sort_values("alpha")
    ode = tables["committee_ode"].sort_values("alpha")
    levels = sorted(int(number) for number in ode["levels"].unique())
    colours = dict(zip(levels, series_colours(len(levels)), strict=True))
    figure, (first, second, third, fourth) = new_figure(2, 2, width=WIDE)
    units, smallest = settings["units"], settings["smallest_error"]
    parts = simulation_panel(first, sgd, ode, colours, units, smallest)
    parts += typical_panel(second, ode, colours, units, smallest)
    parts += slope_panel(third, ode, colours, settings["late_alpha"], settings["slope_limits"])
    parts += deviation_panel(fourth, sgd, ode, colours)
    return Drawing(figure, plotted_rows(*parts), caption(sgd, ode, fits["committee_agreement"]))


def simulation_panel(
    axes: Axes,
    sgd: pd.DataFrame,
    ode: pd.DataFrame,
    colours: Colours,
    units: int,
    smallest: float,
) -> Rows:
    seed = shown_seed(sgd)
    drawn = sgd[sgd["seed"] == seed]
    realised = ode[(ode["start"] == "realised") & (ode["seed"] == seed)]
    parts: Rows = []
    for levels, colour in colours.items():
        theory = curve(realised, levels, "eps_g", smallest)
        label = f"$L = {levels}$"
        look: dict[str, Any] = {"panel": "a", "colour": colour}
        parts.append(theory_line(axes, *theory, series=f"theory L={levels}", label=label, **look))
        alphas, errors = curve(drawn, levels, "eps_g", smallest)
        every = max(1, len(alphas) // POINTS_PER_CURVE)
        if len(alphas):
            name = f"simulation L={levels}"
            points = (alphas[::every], errors[::every])
            parts.append(points_with_intervals(axes, *points, series=name, **look))
    parts.append(height_line(axes, "a", units, ode["alpha"].min(), sgd["alpha"].max()))
    axes.plot([], [], "o", color=ROLES["reference"], markersize=4, label="SGD")
    axes.plot([], [], "-", color=ROLES["reference"], label="theory")
    dress(axes, ALPHA, ERROR, title="a  one seed: SGD and theory", loc="lower left", ncols=2)
    return parts


def typical_panel(
    axes: Axes, ode: pd.DataFrame, colours: Colours, units: int, smallest: float
) -> Rows:
    typical = ode[ode["start"] == "typical"]
    parts: Rows = []
    for levels, colour in colours.items():
        line = curve(typical, levels, "eps_g", smallest)
        name = f"typical start L={levels}"
        parts.append(theory_line(axes, *line, panel="b", series=name, colour=colour))
    ends = (typical["alpha"].min(), typical["alpha"].max())
    parts.append(height_line(axes, "b", units, *ends))
    dress(axes, ALPHA, ERROR, title="b  theory, typical start", legend=False)
    return parts


def slope_panel(
    axes: Axes, ode: pd.DataFrame, colours: Colours, late: float, limits: list[float]
) -> Rows:
    typical = ode[ode["start"] == "typical"]
    parts: Rows = []
    for levels, colour in colours.items():
        line = curve(typical, levels, "local_slope", -np.inf)
        name = f"typical start L={levels}"
        parts.append(theory_line(axes, *line, panel="c", series=name, colour=colour))
    axes.axvline(late, color=ROLES["reference"], linestyle=":", linewidth=1.0)
    parts.append(rows_of("c", "late alpha", [late, late], limits))
    slope = r"local slope $d\,\ln\varepsilon_g / d\,\ln\alpha$"
    dress(axes, ALPHA, slope, title="c  slope of b: from plateau to decay", log="x", legend=False)
    axes.set_ylim(*limits)
    return parts


def deviation_panel(axes: Axes, sgd: pd.DataFrame, ode: pd.DataFrame, colours: Colours) -> Rows:
    """theory / simulation - 1 in per cent, every seed one line."""
    keys = ["levels", "seed", "dimension", "alpha"]
    realised = ode[(ode["start"] == "realised") & (ode["quantity"] == "eps_g")]
    both = sgd.merge(realised[[*keys, "value"]], on=keys, suffixes=("_sgd", "_ode"))
    parts: Rows = []
    for keys_of_member, rows in both.groupby(["levels", "seed"]):
        levels, seed = cast("tuple[int, int]", keys_of_member)
        per_cent = 100 * (rows["value_ode"] / rows["value_sgd"] - 1)
        name = f"deviation L={levels} seed={seed}"
        parts.append(rows_of("d", name, rows["alpha"], per_cent))
        axes.plot(rows["alpha"], per_cent, color=colours[levels], linewidth=0.8)
    axes.axhline(0.0, color=ROLES["reference"], linewidth=0.8, zorder=1)
    deviation = "theory / SGD - 1 (%)"
    dress(axes, ALPHA, deviation, title="d  deviation, all seeds", log="x", legend=False)
    return parts


def shown_seed(sgd: pd.DataFrame) -> int:
    return int(sgd["seed"].min())


def curve(
    table: pd.DataFrame, levels: int, quantity: str, smallest: float
) -> tuple[np.ndarray, np.ndarray]:
    """Abscissae and values of one quantity of one member, those not below `smallest`."""
    rows = table[(table["levels"] == levels) & (table["quantity"] == quantity)]
    rows = rows[rows["value"] >= smallest]
    return rows["alpha"].to_numpy(), rows["value"].to_numpy()


def height_line(axes: Axes, panel: str, units: int, first: float, last: float) -> pd.DataFrame:
    drawn = plateau_line(axes, panel, units, [first, last])
    place = (first, drawn["y"].iloc[0])
    axes.annotate("plateau height", place, (0, -9), textcoords="offset points", fontsize=7)
    return drawn


def caption(sgd: pd.DataFrame, ode: pd.DataFrame, found: Mapping[str, Any]) -> str:
    """What is drawn, with the numbers of these very tables."""
    typical = ode[ode["start"] == "typical"]
    worst = largest_per_cent(found, "median_deviation")
    return (
        f"Erf committee machine with K = M hidden units, {ode['levels'].nunique()} numbers L of "
        f"distinct covariance eigenvalues. (a) Points: one-pass SGD, N = {sgd['dimension'].max()}, "
        f"L = {', '.join(map(str, sorted(sgd['levels'].unique())))}, seed {shown_seed(sgd)} of "
        f"{sgd['seed'].nunique()}; eps_g follows exactly from the weights, so there are no bars. "
        f"Lines: order-parameter equations from the same first weights. (b) The same equations "
        f"from the typical start at N = {typical['dimension'].max()}. Dashed: the formula's "
        f"plateau height at small learning rate. (c) Local slope of b: 0 is a plateau, a constant "
        f"a power law, a falling line an exponential. Dotted: where late slopes are compared. "
        f"(d) Theory over SGD, each of {sgd['seed'].nunique()} seeds a line. "
        f"Largest median deviation over L (mean over seeds): {worst}."
    )

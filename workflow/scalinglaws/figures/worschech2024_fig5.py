"""Figure 5 of arXiv 2410.09005: plateaus over M and L, and the escape time against its formula."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.plateau_curves import members, plateaus, records
from scalinglaws.figures.committee_axes import ALPHA, ERROR, largest_per_cent, plateau_line
from scalinglaws.figures.short_axes import ticks_at_values
from scalinglaws.figures.style import (
    ROLES,
    WIDE,
    Drawing,
    dress,
    new_figure,
    plotted_rows,
    points_with_intervals,
    series_colours,
    slope_label,
    theory_line,
)
from scalinglaws.rounding import quantity_text
from scalinglaws.theory.plateau import escape_time
from scalinglaws.theory.power_law_spectrum import moment

Rows = list[pd.DataFrame]


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> Drawing:
    """Panels: eps_g for three M, colours for L; then tau_esc over M."""
    table, found = tables["plateau_theory"], fits["plateau_laws"]
    curves = sorted(members(table, "curve"), key=lambda member: member[0]["levels"])
    units = sorted({int(identity["hidden"]) for identity, _ in curves})
    figure, axes = new_figure(2, 2, width=WIDE)
    parts: Rows = []
    for panel, panel_axes, hidden in zip("abc", axes, units[:3], strict=False):
        chosen = [(int(of["levels"]), curve) for of, curve in curves if of["hidden"] == hidden]
        parts += curve_panel(panel_axes, chosen, hidden, panel, settings["smallest_error"])
    ends = [axis.get_xlim() for axis, _ in zip(axes[:3], units, strict=False)]
    for axis in axes[:3]:  # one range: how the plateau grows with M can be read across
        axis.set_xlim(min(low for low, _ in ends), max(high for _, high in ends))
    parts += escape_panel(axes[3], plateaus(table, tuple(settings["growth_window"])), found)
    return Drawing(figure, plotted_rows(*parts), caption(table, found))


def curve_panel(
    axes: Axes, curves: list[tuple[int, pd.DataFrame]], hidden: int, panel: str, smallest: float
) -> Rows:
    parts: Rows = []
    colours = series_colours(len(curves))
    for (levels, curve), colour in zip(curves, colours, strict=True):
        shown = curve[curve["eps_g"] >= smallest]
        look = {"series": f"M={hidden} L={levels}", "label": f"$L = {levels}$", "colour": colour}
        parts.append(theory_line(axes, shown["alpha"], shown["eps_g"], panel=panel, **look))
    parts.append(plateau_line(axes, panel, hidden, curves[0][1]["alpha"].iloc[[0, -1]]))
    title, legend = f"{panel}  $K = M = {hidden}$", panel == "a"  # colours are the same in b, c
    dress(axes, ALPHA, ERROR, title=title, legend=legend, loc="lower left")
    axes.set_ylim(bottom=smallest)
    return parts


def escape_panel(axes: Axes, found: pd.DataFrame, fits: Mapping[str, Any]) -> Rows:
    """eta mu_2 tau_esc of every M, L and beta collapses on one line."""
    quiet = found[found["noise"] == 0].dropna(subset=["tau"])
    scale = np.array([of["eta"] * moment(of["levels"], of["beta"], 2) for of in records(quiet)])
    parts = [
        points_with_intervals(
            axes,
            quiet["hidden"],
            quiet["tau"] * scale,
            quiet["tau_low"] * scale,
            quiet["tau_high"] * scale,
            panel="d",
            series="integrated",
            label=f"equations, {len(quiet)} of $(M, L, \\beta)$",
        )
    ]
    units = np.arange(2, int(quiet["hidden"].max()) + 1)
    formula = np.array([escape_time(int(m), 1.0, 1, 1.0) for m in units])
    parts.append(theory_line(axes, units, formula, panel="d", series="formula", label="formula"))
    squares = theory_line(
        axes,
        units,
        2 * np.pi * units**2,
        panel="d",
        series="2 pi M^2",
        colour=ROLES["published"],
        style="--",
        label=r"paper's law $M^2$, as $2\pi M^2$",
    )
    text = slope_label("slope", fits["escape_exponent_units"])
    axes.plot([], [], " ", label=text)
    name = r"$\eta\,\mu_2\,\tau_\mathrm{esc}$"
    dress(axes, "hidden units $M$", name, title="d  escape time", loc="upper left", fontsize=7)
    axes.set_ylim(top=4 * axes.get_ylim()[1])  # room for the legend
    ticks_at_values(axes, sorted(int(m) for m in quiet["hidden"].unique()))
    return [*parts, squares]


def caption(table: pd.DataFrame, found: Mapping[str, Any]) -> str:
    """What is drawn, with the numbers of these very tables."""
    curves = table[table["kind"] == "curve"]
    first = curves.iloc[0]
    largest = largest_per_cent(found, "largest_tau_deviation", ".2g")
    return (
        f"Erf committee machine with K = M hidden units and L distinct covariance eigenvalues, "
        f"eta = {first['eta']:g}, beta = {first['beta']:g}, typical start at N = "
        f"{first['dimension']}, sigma_J = {first['sigma_j']:g}; site-symmetric order-parameter "
        f"equations, nothing is drawn at random. (a to c) Learning curves; dashed: the formula's "
        f"plateau height at small learning rate. (d) Escape time tau_esc, one over the growth rate "
        f"of r^(1) on the plateau without the eta^2 term, times eta mu_2, for all M, L and beta "
        f"integrated. Largest deviation from the formula for M, L up to 8: {largest}. Exponent in "
        f"M over the window of the claim: {quantity_text(found['escape_exponent_units'])}."
    )

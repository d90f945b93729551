"""Figure 4 of arXiv 2410.09005: overlaps R_in^(l) on the plateau, one level per teacher unit."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.figures.committee_axes import ALPHA, ERROR, plateau_line
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
    theory_line,
)
from scalinglaws.rounding import quantity_text
from scalinglaws.theory.plateau import plateau_overlap

Rows = list[pd.DataFrame]
POINTS_PER_CURVE = 14
HUES = ("orange", "green", "purple", "brown", "pink", "sky")  # of teachers; blue is SGD in d


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> Drawing:
    """Panels: R^(l) of the first seed, one order each, then eps_g of all seeds."""
    table = tables["committee_overlaps"].sort_values("alpha")
    shown = table[table["seed"] == table["seed"].min()]
    figure, axes = new_figure(2, 2, width=WIDE)
    parts: Rows = []
    panels = zip("abc", axes[:3], settings["orders"], strict=True)
    for panel, panel_axes, order in panels:
        parts += overlap_panel(panel_axes, shown[shown["order"] == order], panel, order)
    parts += error_panel(axes[3], table, settings["smallest_error"])
    return Drawing(figure, plotted_rows(*parts), caption(table, fits["plateau_overlaps"]))


def overlap_panel(axes: Axes, rows: pd.DataFrame, panel: str, order: int) -> Rows:
    parts: Rows = []
    theory = rows[(rows["source"] == "theory") & (rows["quantity"] == "overlap")]
    for (student, teacher), pair in pairs_of(theory).items():
        look: dict[str, Any] = {"panel": panel, "colour": colour_of(teacher)}
        label = f"teacher unit {teacher + 1}" if student == 0 and panel == "a" else None
        series = f"theory student {student} teacher {teacher}"
        line = (pair["alpha"], pair["value"])
        parts.append(theory_line(axes, *line, series=series, label=label, **look))
    simulated = rows[(rows["source"] == "sgd") & (rows["quantity"] == "overlap")]
    for (student, teacher), pair in pairs_of(simulated).items():
        thinned = pair.iloc[:: max(1, len(pair) // POINTS_PER_CURVE)]
        look = {"panel": panel, "colour": colour_of(teacher)}
        series = f"SGD student {student} teacher {teacher}"
        points = (thinned["alpha"], thinned["value"])
        parts.append(points_with_intervals(axes, *points, series=series, **look))
    levels = predicted(rows)
    for teacher, level in levels.items():
        colour = colour_of(teacher)
        axes.axhline(level, color=colour, linestyle="--", linewidth=0.8, zorder=1)
        parts.append(
            rows_of(
                panel, f"predicted plateau teacher {teacher}", theory["alpha"].iloc[[0, -1]], level
            )
        )
    if panel == "b":
        look = {"color": ROLES["reference"]}
        axes.plot([], [], "-", label="theory", **look)
        axes.plot([], [], "o", markersize=4, label="SGD", **look)
        axes.plot([], [], "--", lw=0.8, label="predicted plateau", **look)
    parts += end_line(axes, panel, simulated, theory)
    name = rf"$R_{{in}}^{{({order})}}$"
    title = f"{panel}  overlaps of order {order}, one seed"
    dress(axes, ALPHA, name, title=title, log="x", loc="upper left", fontsize=7)
    # Around the plateau: the specialised units end five times as high.
    axes.set_ylim(0.5 * min(levels.values()), 1.4 * max(levels.values()))
    return parts


def end_line(axes: Axes, panel: str, simulated: pd.DataFrame, theory: pd.DataFrame) -> Rows:
    """Where the simulation ends, if theory goes on: a scale may stop it on the plateau."""
    if simulated.empty or simulated["alpha"].max() >= 0.9 * theory["alpha"].max():
        return []
    last = float(simulated["alpha"].max())
    axes.axvline(last, color=ROLES["reference"], lw=0.8, ls=":", zorder=1)
    # At the top: what ends the plateau falls, to the right of it there is room above.
    place: dict[str, Any] = {"xytext": (3, -3), "textcoords": "offset points", "va": "top"}
    axes.annotate(
        "SGD ends",
        (last, 1.0),
        xycoords=("data", "axes fraction"),
        fontsize=7,
        rotation=90,
        **place,
    )
    return [rows_of(panel, "last alpha of SGD", last, np.nan)]


def predicted(rows: pd.DataFrame) -> dict[int, float]:
    """rho sum_m T_nm^(l): plateau of teacher unit n if students mix all teachers alike."""
    norms = rows[(rows["quantity"] == "teacher_overlap") & (rows["source"] == "theory")]
    units = sorted({int(unit) for unit in norms["teacher"]})
    rho = plateau_overlap(len(units))
    return {unit: rho * float(norms.loc[norms["teacher"] == unit, "value"].sum()) for unit in units}


def pairs_of(rows: pd.DataFrame) -> dict[tuple[int, int], pd.DataFrame]:
    """Rows of every (student, teacher) pair of units."""
    return {
        cast("tuple[int, int]", key): pair for key, pair in rows.groupby(["student", "teacher"])
    }


def colour_of(teacher: int) -> str:
    return COLOURS[HUES[teacher % len(HUES)]]


def error_panel(axes: Axes, table: pd.DataFrame, smallest: float) -> Rows:
    parts: Rows = []
    errors = table[(table["quantity"] == "eps_g") & (table["value"] >= smallest)]
    for seed, rows in errors[errors["source"] == "theory"].groupby("seed"):
        look = {"panel": "d", "colour": ROLES["theory"]}
        label = "theory" if seed == table["seed"].min() else None
        parts.append(
            theory_line(
                axes,
                rows["alpha"],
                rows["value"],
                series=f"theory seed {seed}",
                label=label,
                **look,
            )
        )
    for seed, rows in errors[errors["source"] == "sgd"].groupby("seed"):
        thinned = rows.iloc[:: max(1, len(rows) // POINTS_PER_CURVE)]
        label = "SGD" if seed == table["seed"].min() else None
        points = (thinned["alpha"], thinned["value"])
        parts.append(
            points_with_intervals(axes, *points, panel="d", series=f"SGD seed {seed}", label=label)
        )
    kinds = (errors[errors["source"] == source] for source in ("sgd", "theory"))
    parts += end_line(axes, "d", *kinds)
    units, ends = int(table["hidden"].iloc[0]), errors["alpha"].iloc[[0, -1]]
    parts.append(plateau_line(axes, "d", units, ends))
    dress(axes, ALPHA, ERROR, title="d  generalisation error, all seeds", loc="lower left")
    return parts


def caption(table: pd.DataFrame, found: Mapping[str, Any]) -> str:
    """What is drawn, with the numbers of these very tables."""
    first = table.iloc[0]
    simulated = table[table["source"] == "sgd"]
    reach = f"up to alpha = {simulated['alpha'].max():.0f}" if len(simulated) else "not run"
    separations = ", ".join(
        quantity_text(quantity) for name, quantity in found.items() if name.startswith("separation")
    )
    return (
        f"Erf committee machine, K = M = {first['hidden']}, L = {first['levels']}, "
        f"N = {first['dimension']}. (a to c) Overlaps R_in of increasing order of student unit i "
        f"with teacher unit n, one colour per teacher unit: lines are the order-parameter "
        f"equations from the drawn weights of seed {table['seed'].min()}, points one-pass SGD of "
        f"the same weights ({reach}); overlaps follow exactly from the weights, so there are no "
        f"bars; the axes are cut around the plateau; dotted: where SGD ends before theory. Dashed: "
        f"rho times the sum over m of the "
        f"realised T_nm, the plateau that belongs to a teacher unit. (d) Their error eps_g, "
        f"{table['seed'].nunique()} seeds; dashed: the formula's plateau height. Separation of the "
        f"plateaus (standard deviation between teacher units over that between students), mean "
        f"over seeds with 95 % interval, in order of the panels: {separations}."
    )

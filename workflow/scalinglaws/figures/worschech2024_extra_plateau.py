"""The symmetric plateau against its formulas (arXiv 2410.09005): an extra figure.

Height, escape time and length over M, L, beta, eta, N and sigma_J; the paper gives formulas of
the width but does not draw them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.plateau_curves import formula_time, lengths, plateaus, records
from scalinglaws.figures.short_axes import ticks_at_values
from scalinglaws.figures.style import (
    MARKERS,
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
from scalinglaws.theory.plateau import escape_time, plateau_height

Rows = list[pd.DataFrame]
Fits = Mapping[str, Any]
LEVEL_SIGNS = ("^", "<", ">")  # of L in panel d; circles and squares are beta in b and f
LEVELS = "distinct eigenvalues $L$"
PER_CENT = r"change by finite $\eta$ (%)"


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: height over M, escape over L, all over eta; length over starts, L and M."""
    table, found = tables["plateau_theory"], fits["plateau_laws"]
    measured = plateaus(table, tuple(settings["growth_window"]))
    left = lengths(table, settings["left_at"]).dropna(subset=["length"])
    figure, axes = new_figure(3, 2, width=WIDE, height=7.8)
    beta = settings["beta"]
    parts = height_panel(axes[0], measured)
    parts += escape_panel(axes[1], measured, found)
    parts += rate_panel(axes[2], measured, left)
    parts += start_panel(axes[3], left[left["beta"] == beta], found)
    parts += level_panel(axes[4], left, beta, found)
    parts += ratio_panel(axes[5], left, found)
    return Drawing(figure, plotted_rows(*parts), caption(measured, left, found))


def height_panel(axes: Axes, measured: pd.DataFrame) -> Rows:
    quiet = measured[measured["noise"] == 0].dropna(subset=["height"])
    units = np.arange(2, int(quiet["hidden"].max()) + 1)
    heights = np.array([plateau_height(int(m)) for m in units])
    points = (quiet["hidden"], quiet["height"], quiet["height_low"], quiet["height_high"])
    label = r"equations, all $L$, $\beta$"
    parts = [
        theory_line(axes, units, heights, panel="a", series="formula", label="formula"),
        points_with_intervals(axes, *points, panel="a", series="integrated", label=label),
    ]
    title = "a  plateau height"
    dress(axes, "hidden units $M$", r"$\varepsilon_g$", title=title, log="x", loc="lower right")
    ticks_at_values(axes, sorted(int(m) for m in quiet["hidden"].unique()))
    return parts


def escape_panel(axes: Axes, measured: pd.DataFrame, found: Fits) -> Rows:
    quiet = measured[measured["noise"] == 0].dropna(subset=["tau"])
    scans = {
        shape: rows
        for shape, rows in groups(quiet, "hidden", "beta").items()
        if rows["levels"].nunique() >= 3
    }
    betas = sorted({beta for _, beta in scans})
    colours = unit_colours(int(hidden) for hidden, _ in scans)
    parts: Rows = []
    labelled: set[float] = set()
    for (hidden, beta), rows in scans.items():
        colour, marker = colours[int(hidden)], MARKERS[betas.index(beta) % len(MARKERS)]
        levels = np.unique(np.geomspace(1, rows["levels"].max(), 40).round().astype(int))
        formula = [escape_time(int(hidden), 1.0, int(n), beta) for n in levels]
        name = f"M={hidden:g} beta={beta:g}"
        line = {"panel": "b", "series": f"formula {name}", "colour": colour}
        parts.append(theory_line(axes, levels, formula, **line))
        scaled = [rows[column] * rows["eta"] for column in ("tau", "tau_low", "tau_high")]
        look: dict[str, Any] = {"colour": colour, "marker": marker, "series": name}
        parts.append(points_with_intervals(axes, rows["levels"], *scaled, panel="b", **look))
        if hidden not in labelled:
            labelled.add(hidden)
            look = {"textcoords": "offset points", "fontsize": 7, "va": "bottom", "color": colour}
            axes.annotate(f"$M = {hidden:g}$", (1, formula[0]), (0, 4), **look)
    for place, beta in enumerate(betas):
        look = {"color": ROLES["reference"], "ls": "none", "marker": MARKERS[place % len(MARKERS)]}
        axes.plot([], [], label=rf"$\beta = {beta:g}$", **look)
    axes.plot([], [], " ", label=slope_label("slope", found["escape_exponent_levels"]))
    name = r"$\eta\,\tau_\mathrm{esc}$"
    dress(axes, LEVELS, name, title="b  escape time, lines: formula", loc="upper right", fontsize=7)
    axes.set_ylim(top=20 * axes.get_ylim()[1])  # room for the legend
    return parts


def unit_colours(units: Iterable[int]) -> dict[int, str]:
    """A colour of its own for each M, the same in all panels: by its power of two."""
    shades = series_colours(5)
    return {m: shades[min(round(np.log2(m)), len(shades)) - 1] for m in sorted(set(units))}


def groups(rows: pd.DataFrame, *by: str) -> dict[tuple[Any, ...], pd.DataFrame]:
    """Rows by the values of two columns, each sorted by L."""
    found = rows.sort_values("levels").groupby(list(by))
    return {cast("tuple[Any, ...]", key): part for key, part in found}


def rate_panel(axes: Axes, measured: pd.DataFrame, left: pd.DataFrame) -> Rows:
    """Height, escape time and length, eta^2 term kept, over their values without it."""
    noisy = measured[measured["noise"] == 1].dropna(subset=["tau"]).sort_values("eta")
    units = sorted(int(m) for m in noisy["hidden"].unique())
    parts: Rows = []
    for hidden, colour in unit_colours(units).items():
        rows, plateaus_left = noisy[noisy["hidden"] == hidden], left[left["hidden"] == hidden]
        drawn: dict[str, tuple[Any, Any, str]] = {
            "height": (rows["eta"], rows["height_ratio"], "P"),
            "escape time": (rows["eta"], rows["tau_ratio"], "X"),
            "length": (*length_ratios(plateaus_left), "v"),
        }
        for name, (rates, ratio, marker) in drawn.items():
            look: dict[str, Any] = {"colour": colour, "marker": marker, "line": True}
            label, series = f"{name}, $M = {hidden}$", f"{name} M={hidden}"
            points = (rates, 100 * (ratio - 1))
            parts.append(
                points_with_intervals(axes, *points, panel="c", series=series, label=label, **look)
            )
    axes.axhline(0.0, color=ROLES["reference"], linewidth=0.8, zorder=1)
    title = "c  finite learning rate"
    dress(axes, r"learning rate $\eta$", PER_CENT, title=title, log="x", loc="upper left")
    return parts


def length_ratios(left: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Rates, and eta times length with the eta^2 term over the same without it."""
    start = ["levels", "beta", "dimension", "sigma_j"]
    left = left.assign(scaled=left["eta"] * left["length"]).sort_values("eta")
    quiet = left[left["noise"] == 0].drop_duplicates(start)
    both = left[left["noise"] == 1].merge(quiet[[*start, "scaled"]], on=start)
    return both["eta"].to_numpy(), (both["scaled_x"] / both["scaled_y"]).to_numpy()


def start_panel(axes: Axes, left: pd.DataFrame, found: Fits) -> Rows:
    """length / tau over ln(N)/2 - ln(sigma_J): straight lines of slope one."""
    scans = {
        shape: rows
        for shape, rows in groups(left[left["noise"] == 0], "hidden", "levels").items()
        if rows["logarithm"].nunique() >= 3
    }
    units, levels = (sorted({int(shape[place]) for shape in scans}) for place in (0, 1))
    colours = unit_colours(units)
    markers = {n: LEVEL_SIGNS[place % len(LEVEL_SIGNS)] for place, n in enumerate(levels)}
    parts: Rows = []
    for (hidden, n), rows in scans.items():
        look: dict[str, Any] = {"colour": colours[hidden], "panel": "d"}
        points = (rows["logarithm"], rows["folds"])
        name = f"M={hidden} L={n}"
        parts.append(points_with_intervals(axes, *points, marker=markers[n], series=name, **look))
        constant = estimate_of(found, f"length_constant_M{hidden}_L{n}")
        if constant is not None:
            ends = np.array([rows["logarithm"].min(), rows["logarithm"].max()])
            parts.append(theory_line(axes, ends, ends + constant, series=f"law {name}", **look))
    for hidden, colour in colours.items():
        axes.plot([], [], "-", color=colour, label=f"$M = {hidden}$")
    for n, marker in markers.items():
        axes.plot([], [], marker, color=ROLES["reference"], label=f"$L = {n}$")
    text, name = r"$\ln(N)/2 - \ln\sigma_J$", r"$\alpha_P / \tau_\mathrm{esc}$"
    title = r"d  length, lines: $D + \ln(N)/2 - \ln\sigma_J$"
    dress(axes, text, name, title=title, log="", loc="lower right", ncols=2)
    return parts


def level_panel(axes: Axes, left: pd.DataFrame, beta: float, found: Fits) -> Rows:
    """Length over L; the law with the D of L = 1."""
    usual = usual_start(left)
    scans = groups(usual[usual["beta"] == beta], "hidden", "beta")
    parts: Rows = []
    colours = unit_colours(int(hidden) for hidden, _ in scans)
    for (hidden, _), rows in scans.items():
        colour = colours[int(hidden)]
        look: dict[str, Any] = {"colour": colour, "panel": "e"}
        label, series = f"$M = {hidden}$", f"M={hidden}"
        points = (rows["levels"], rows["length"])
        parts.append(points_with_intervals(axes, *points, label=label, series=series, **look))
        law = law_of(rows, found, int(hidden))
        parts.append(theory_line(axes, rows["levels"], law, series=f"law {series}", **look))
    title = rf"e  length, lines: law, $\beta = {beta:g}$"
    dress(axes, LEVELS, r"plateau length $\alpha_P$", title=title, loc="lower left")
    return parts


def ratio_panel(axes: Axes, left: pd.DataFrame, found: Fits) -> Rows:
    """Measured length over the law with the D of L = 1, over L, all M and beta."""
    scans = groups(usual_start(left), "hidden", "beta")
    units, betas = (sorted({shape[place] for shape in scans}) for place in (0, 1))
    colours = unit_colours(int(hidden) for hidden in units)
    parts: Rows = []
    for (hidden, beta), rows in scans.items():
        look: dict[str, Any] = {
            "colour": colours[hidden],
            "marker": MARKERS[betas.index(beta) % len(MARKERS)],
            "label": rf"$M = {hidden}$, $\beta = {beta:g}$",
        }
        points = (rows["levels"], rows["length"] / law_of(rows, found, int(hidden)))
        series = f"M={hidden} beta={beta:g}"
        parts.append(
            points_with_intervals(axes, *points, panel="f", series=series, line=True, **look)
        )
    axes.axhline(1.0, color=ROLES["reference"], linewidth=0.8, zorder=1)
    title = "f  length over law with $D(L = 1)$"
    dress(axes, LEVELS, "length / law", title=title, log="x", loc="upper left")
    return parts


def usual_start(left: pd.DataFrame) -> pd.DataFrame:
    """Rows without eta^2 term at the start (N, sigma_J) that most members share."""
    quiet = left[left["noise"] == 0]
    if quiet.empty:
        return quiet
    starts = groups(quiet, "dimension", "sigma_j")
    most = max(starts.values(), key=len)
    return most.drop_duplicates(["hidden", "levels", "beta"])


def estimate_of(found: Fits, name: str) -> float | None:
    return found[name]["estimate"] if name in found else None


def law_of(rows: pd.DataFrame, found: Fits, hidden: int) -> np.ndarray:
    """tau_esc (D + ln(N)/2 - ln(sigma_J)) with the D of this M and L = 1; NaN without it."""
    constant = estimate_of(found, f"length_constant_M{hidden}_L1")
    times = np.array([formula_time(of) for of in records(rows)])
    return times * ((np.nan if constant is None else constant) + rows["logarithm"].to_numpy())


def caption(measured: pd.DataFrame, left: pd.DataFrame, found: Fits) -> str:
    """What is drawn, with the numbers of these very tables."""
    slopes = {
        by: [q for name, q in found.items() if name.startswith(f"length_slope_{by}")]
        for by in ("dimension", "sigma_j")
    }
    ranges = {by: range_text([q["estimate"] for q in of]) for by, of in slopes.items()}
    usual = usual_start(left)
    start = (
        "none"
        if usual.empty
        else "N = {dimension}, sigma_J = {sigma_j:g}".format(**records(usual)[0])
    )
    return (
        f"Site-symmetric order-parameter equations of the erf committee machine, K = M; nothing is "
        f"random, bars are the range over the window in which a number is read off. (a) eps_g on "
        f"the plateau, {int((measured['noise'] == 0).sum())} combinations of M, L and beta without "
        f"the eta^2 term. (b) Escape time over L, from top to bottom for falling M; lines: "
        f"formula; "
        f"the slope is fitted over the window of the claim. (c) With the eta^2 term, L = 1: height "
        f"and escape time over their formulas, eta times length over its value without that term. "
        f"(d) Length in escape times over the logarithm of the start: slope over ln N "
        f"{ranges['dimension']} (law: 0.5), over -ln sigma_J {ranges['sigma_j']} (law: 1). "
        f"(e, f) Length over L from the start {start}; law with the constant D measured at L = 1. "
        f"Where small eigenvalues have not settled when the plateau ends, lengths exceed the law; "
        f"curves without a plateau that ends in the range integrated are left out. "
        f"Exponent of the escape time in L: {quantity_text(found['escape_exponent_levels'])}."
    )


def range_text(values: list[float | None]) -> str:
    finite = [value for value in values if value is not None]
    return f"{min(finite):.4f} to {max(finite):.4f}" if finite else "not available"

"""Table 1 of arXiv:2505.13230 as a forest plot: predicted and measured exponents, four ways."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.figures.network_panels import PANELS, Quantities, Rows, title_of
from scalinglaws.figures.style import (
    COLOURS,
    ROLES,
    WIDE,
    Drawing,
    Sheet,
    dress,
    new_figure,
    plotted_rows,
    rows_of,
)
from scalinglaws.rounding import MINUS, quantity_text

KINDS = ("published", "their curves, their fit", "their curves, our fit", "trained here")
LOOKS = {  # marker, colour, filled
    "published": ("D", ROLES["published"], False),
    "their curves, their fit": ("s", COLOURS["orange"], False),
    "their curves, our fit": ("^", COLOURS["green"], True),
    "trained here": ("o", ROLES["measured"], True),
}
COLUMNS = ("gamma_predicted", "gamma_measured", "gamma_difference")
TITLES = (
    r"predicted $\gamma_1 \gamma_2$",
    r"measured $\gamma$",
    r"predicted $-$ measured",
)


@dataclass(frozen=True)
class Entry:
    """One number of the plot: value and interval (NaN where there is none), and its text."""

    value: float
    low: float
    high: float
    text: str


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Quantities],
    settings: Mapping[str, Any],
) -> Drawing:
    """Nine pairs of network and data set; columns: predicted, measured, difference."""
    entries = {
        (panel, kind, column): entry_of(panel, kind, column, fits, settings["published"])
        for panel in PANELS
        for kind in KINDS
        for column in COLUMNS
    }
    figure, axes = new_figure(1, 3, width=WIDE, height=6.2)
    parts = [
        part
        for axis, column, title in zip(axes, COLUMNS, TITLES, strict=True)
        for part in forest(axis, column, title, entries)
    ]
    for axis, letter in zip(axes, "abc", strict=True):
        axis.set_title(f"{letter}  {axis.get_title(loc='left')}")
    axes[0].set_yticks(range(len(PANELS)), [title_of(panel) for panel in PANELS])
    for axis in axes[1:]:
        axis.set_yticks(range(len(PANELS)), [""] * len(PANELS))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return Drawing(figure, plotted_rows(*parts), caption(entries), sheet_of(entries))


def entry_of(
    panel: str,
    kind: str,
    column: str,
    fits: Mapping[str, Quantities],
    published: Mapping[str, Mapping[str, float]],
) -> Entry:
    if kind == "published":
        return published_entry(published[panel], column)
    if kind == "their curves, their fit":
        return refitted_entry(fits["released_refit"], panel, column)
    fit = {"their curves, our fit": "released_laws", "trained here": "implicit_bias_laws"}[kind]
    found = fits[fit][f"{panel}_{column}"]
    if found["estimate"] is None:
        return Entry(np.nan, np.nan, np.nan, "–")
    low, high = found["interval"] or (np.nan, np.nan)
    return Entry(found["estimate"], low, high, quantity_text(found))


def published_entry(row: Mapping[str, float], column: str) -> Entry:
    """The paper prints the two exponents without errors, and sigma of their difference."""
    if column != "gamma_difference":
        return Entry(row[column], np.nan, np.nan, f"{row[column]:.2f}")
    value, sigma = row["gamma_predicted"] - row["gamma_measured"], row["sigma"]
    return with_sigma(value, sigma, 2)


def refitted_entry(refit: Quantities, panel: str, column: str) -> Entry:
    if column != "gamma_difference":
        found = refit[f"{panel}_{column}"]
        if found["estimate"] is None:
            return Entry(np.nan, np.nan, np.nan, "–")
        return with_sigma(found["estimate"], found["standard_error"] or np.nan, 3)
    numbers = [refit[f"{panel}_{name}"]["estimate"] for name in (*COLUMNS[:2], "sigma")]
    if None in numbers:
        return Entry(np.nan, np.nan, np.nan, "–")
    predicted, measured, sigma = numbers
    return with_sigma(predicted - measured, sigma, 3)


def with_sigma(value: float, sigma: float, decimals: int) -> Entry:
    """The authors' error is one standard error, drawn as such."""
    text = f"{value:.{decimals}f} ± {sigma:.{decimals}f}".replace("-", MINUS)
    return Entry(value, value - sigma, value + sigma, text)


def forest(
    axes: Axes, column: str, title: str, entries: Mapping[tuple[str, str, str], Entry]
) -> Rows:
    parts = []
    for place in range(1, len(PANELS), 2):
        axes.axhspan(place - 0.5, place + 0.5, color="#f3f3f3", zorder=0)
    for number, kind in enumerate(KINDS):
        marker, colour, filled = LOOKS[kind]
        for place, panel in enumerate(PANELS):
            entry = entries[panel, kind, column]
            height = height_of(place, number)
            axes.hlines(height, entry.low, entry.high, color=colour, lw=1.0)
            axes.plot(
                entry.value,
                height,
                marker,
                color=colour,
                markerfacecolor=colour if filled else "white",
                ms=4,
                ls="none",
                label=kind if place == 0 else None,
            )
            series = f"{kind}, {title_of(panel)}"  # the bar's ends are x of the rows that follow
            parts.append(rows_of(title, series, entry.value, place))
            parts.append(rows_of(f"{title}, bar", series, [entry.low, entry.high], place))
    if column == "gamma_difference":
        axes.axvline(0, color=ROLES["reference"], lw=0.8, ls="--", zorder=1)
    axes.set_ylim(len(PANELS) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    dress(axes, "exponent", "", title=title, log="", legend=False)
    axes.set_xlim(*limits_of(entries, column))
    mark_cut_bars(axes, column, entries)
    return parts


def mark_cut_bars(axes: Axes, column: str, entries: Mapping[tuple[str, str, str], Entry]) -> None:
    """Arrowheads where a bar runs out of the panel."""
    left, right = axes.get_xlim()
    for number, kind in enumerate(KINDS):
        for place, panel in enumerate(PANELS):
            entry, height = entries[panel, kind, column], height_of(place, number)
            for beyond, edge, head in (
                (entry.low < left, left, "<"),
                (entry.high > right, right, ">"),
            ):
                if beyond:
                    look: dict[str, Any] = {"color": LOOKS[kind][1], "ms": 4, "mew": 0}
                    axes.plot(edge, height, head, clip_on=False, **look)


def height_of(place: int, number: int) -> float:
    return place + (number - 1.5) * 0.21


def limits_of(entries: Mapping[tuple[str, str, str], Entry], column: str) -> tuple[float, float]:
    """All values are seen; long intervals run out of the panel."""
    values = [e.value for (_, _, c), e in entries.items() if c == column and np.isfinite(e.value)]
    margin = 0.15 * (max(values) - min(values)) + 0.02
    return min(values) - margin, max(values) + margin


def sheet_of(entries: Mapping[tuple[str, str, str], Entry]) -> Sheet:
    head = ["Network, images", "Exponent", *(kind.capitalize() for kind in KINDS)]
    names = ("predicted", "measured", "difference")
    rows = [
        [title_of(panel), name, *(entries[panel, kind, column].text for kind in KINDS)]
        for panel in PANELS
        for name, column in zip(names, COLUMNS, strict=True)
    ]
    return Sheet(head, rows)


def caption(entries: Mapping[tuple[str, str, str], Entry]) -> str:
    trained = sum(np.isfinite(entries[p, "trained here", "gamma_measured"].value) for p in PANELS)
    return (
        f"Exponents of the product law for {len(PANELS)} pairs of network and data set: as "
        "published; from the released curves by the authors' procedure in their windows "
        "(bars: one standard error of theirs); from the same curves by our estimator, window rule "
        "fixed in advance (bars: 95 %, jackknife over training sizes); and trained here "
        f"({trained} of {len(PANELS)} pairs; bars: 95 %, bootstrap over seeds). Arrowheads: the "
        "bar runs on; the numbers are in the table."
    )

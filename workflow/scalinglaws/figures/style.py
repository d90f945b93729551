"""One look for all figures, and drawing helpers that record exactly what they draw.

Each helper adds artists to an ``Axes`` and returns the rows it drew (columns ``PLOTTED``); a
figure concatenates them with ``plotted_rows`` into the csv that is shipped beside the picture.
The same thing has the same symbol everywhere: our measurements are filled circles with 95 %
intervals, theory is a line, published values are open diamonds, reference slopes are dashed grey.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any, cast

import matplotlib
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation

from scalinglaws.figures.short_axes import short_axis_ticks
from scalinglaws.files import write_whole
from scalinglaws.rounding import quantity_text, with_interval

PLOTTED = ["panel", "series", "x", "y", "y_low", "y_high"]
PANEL_WIDTH, PANEL_HEIGHT = 3.3, 2.75  # inches; two panels fill the text width of an A4 page
NARROW, WIDE = 85 / 25.4, 174 / 25.4  # inches: natural widths of one column and of two
FEW_SEEDS = 3  # with so few, their points say more than an interval that fills the panel

# seaborn's "colorblind" palette: distinguishable under the three common deficiencies.
COLOURS: dict[str, str] = dict(
    zip(
        ["blue", "orange", "green", "red", "purple", "brown", "pink", "grey", "yellow", "sky"],
        sns.color_palette("colorblind").as_hex(),
        strict=True,
    )
)
ROLES = {
    "measured": COLOURS["blue"],
    "theory": "#222222",
    "published": COLOURS["red"],
    "reference": "#7a7a7a",
}
ALPHA = "α"  # the usual name of an exponent, in legends
FILLED: Mapping[str, Any] = {"markeredgecolor": "white", "markeredgewidth": 0.5}
HOLLOW: Mapping[str, Any] = {"markerfacecolor": "none", "markersize": 7.0, "markeredgewidth": 0.9}
MARKERS = ("o", "s", "^", "v", "P", "X")  # diamonds are kept for published values

STYLE: dict[str, Any] = {
    **sns.axes_style("ticks"),
    **sns.plotting_context("paper"),
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib: same glyphs on every machine
    "mathtext.fontset": "dejavusans",
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 7.5,
    "legend.title_fontsize": 7.5,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.labelspacing": 0.35,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.titlelocation": "left",
    "xtick.major.width": 0.8,
    "ytick.major.width": 0.8,
    "xtick.minor.width": 0.5,
    "ytick.minor.width": 0.5,
    "xtick.major.size": 4,
    "ytick.major.size": 4,
    "xtick.minor.size": 2,
    "ytick.minor.size": 2,
    "lines.linewidth": 1.4,
    "lines.markersize": 4.5,
    "pdf.fonttype": 42,  # TrueType, so that text stays text
    "svg.fonttype": "none",
    "svg.hashsalt": "scalinglaws",
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "savefig.facecolor": "white",
    "path.simplify": False,  # what is drawn is what the csv says
}

BENDS = ", bends"  # after the interval of a law whose slope changes inside its window


@dataclass(frozen=True)
class Sheet:
    """A table that the PDF sets below a figure: texts, each row as long as the head."""

    head: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Drawing:
    """A finished figure: picture, the numbers in it (columns ``PLOTTED``) and its caption.

    The caption is plain text (Unicode letters, no TeX): it is also set in the PDF and the report.
    """

    figure: Figure
    plotted: pd.DataFrame
    caption: str
    sheet: Sheet | None = None


def apply_style() -> None:
    """Set matplotlib's parameters from its defaults, whatever a user's matplotlibrc says."""
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(cast(Any, STYLE))  # the stub lists every key as a literal


def new_figure(
    rows: int = 1, columns: int = 1, width: float | None = None, height: float | None = None
) -> tuple[Figure, list[Axes]]:
    """A figure of rows x columns panels; size in inches. Axes come as a flat list, row by row."""
    apply_style()
    size = (width or max(columns, 1.5) * PANEL_WIDTH, height or rows * PANEL_HEIGHT)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    return figure, list(grid.flat)


def series_colours(values: int | Sequence[Any]) -> list[str]:
    """Colours from light to dark for an ordered series (sizes, depths): one per value."""
    count = values if isinstance(values, int) else len(values)
    return list(sns.color_palette("crest", count).as_hex())


def dress(
    axes: Axes,
    xlabel: str,
    ylabel: str,
    *,
    title: str | None = None,
    log: str = "xy",
    legend: bool = True,
    **legend_options: Any,
) -> None:
    """Label the axes, make those named in ``log`` ("x", "y", "xy" or "") logarithmic; legend.

    The legend's options are matplotlib's, or those of `under`.
    """
    if "x" in log:
        axes.set_xscale("log")
    if "y" in log:
        axes.set_yscale("log")
        short_axis_ticks(axes.yaxis)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    if title:
        axes.set_title(title)
    if legend and axes.get_legend_handles_labels()[0]:
        if (points := legend_options.pop("points_below", None)) is not None:
            shift = ScaledTranslation(0, -points / 72, cast(Figure, axes.figure).dpi_scale_trans)
            legend_options["bbox_transform"] = axes.transAxes + shift
        axes.legend(**legend_options)


def below(depth: float = 0.18, **more: Any) -> dict[str, Any]:
    """Legend options: legends with slopes and intervals are wide, they stand under the panels."""
    return {"loc": "upper center", "bbox_to_anchor": (0.5, -depth), "fontsize": 7, **more}


def under(points: float = 28.0, **more: Any) -> dict[str, Any]:
    """Legend options: a fixed distance below the axes, close whatever their height.

    - ``points``: from the axes to the legend; ticks and the label of the x axis are in between
    """
    place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "points_below": points}
    return {**place, "fontsize": 7, **more}


def note_above(axes: Axes, note: str, size: float = 7) -> None:
    """A line above the entries of the legend."""
    if (legend := axes.get_legend()) is not None:
        legend.set_title(note, cast(Any, {"size": size}))  # the stub knows no dictionaries


def fit_height(figure: Figure, plot: float = 2.0) -> None:
    """Give every row of panels the height `plot` (inches) and room for its longest legend."""
    lines: dict[int, int] = {}
    for axes in figure.axes:
        place, legend = axes.get_subplotspec(), axes.get_legend()
        if place is None or legend is None:
            continue
        texts = [text.get_text() for text in (*legend.get_texts(), legend.get_title())]
        count = sum(text.count("\n") + 1 for text in texts if text)
        row = place.rowspan.start
        lines[row] = max(lines.get(row, 0), -(-count // cast(Any, legend)._ncols))
    rows = max(place.rowspan.stop for axes in figure.axes if (place := axes.get_subplotspec()))
    room = sum(0.7 + 0.135 * lines.get(row, 0) for row in range(rows))
    figure.set_figheight(rows * plot + room)


def rows_of(
    panel: str, series: str, x: Any, y: Any, y_low: Any = np.nan, y_high: Any = np.nan
) -> pd.DataFrame:
    """Rows of the plotted table; scalars are repeated, absent intervals are NaN."""
    columns = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(values, dtype=float)) for values in (x, y, y_low, y_high))
    )
    frame = pd.DataFrame(dict(zip(PLOTTED[2:], columns, strict=True)))
    frame.insert(0, "series", series)
    frame.insert(0, "panel", panel)
    return frame


def plotted_rows(*parts: pd.DataFrame) -> pd.DataFrame:
    """All rows of a figure, in the order in which they were drawn."""
    return pd.concat(parts, ignore_index=True)[PLOTTED]


def points_with_intervals(
    axes: Axes,
    x: Any,
    y: Any,
    y_low: Any = np.nan,
    y_high: Any = np.nan,
    *,
    panel: str,
    series: str,
    colour: str = ROLES["measured"],
    marker: str = "o",
    label: str | None = None,
    line: bool = False,
    hollow: bool = False,
) -> pd.DataFrame:
    """Measured points with vertical intervals (absolute bounds, not lengths); returns its rows.

    ``line`` joins the points thinly; ``hollow`` markers leave visible what lies beneath them. A
    missing (NaN) bound draws no bar.
    """
    drawn = rows_of(panel, series, x, y, y_low, y_high)
    # Not errorbar: a percentile interval need not contain the estimate, and lengths would be < 0.
    with_bounds = drawn.dropna(subset=["y_low", "y_high"])
    axes.vlines(with_bounds["x"], with_bounds["y_low"], with_bounds["y_high"], colour, lw=1.0)
    axes.plot(
        drawn["x"],
        drawn["y"],
        marker=marker,
        color=colour,
        linestyle="-" if line else "none",
        linewidth=0.7,
        label=label,
        zorder=3,
        **(HOLLOW if hollow else FILLED),
    )
    return drawn


def points_of_seeds(
    axes: Axes,
    x: Any,
    seeds: Any,
    bounds: tuple[Any, Any, Any],
    *,
    panel: str,
    series: str,
    colour: str = ROLES["measured"],
    label: str | None = None,
) -> list[pd.DataFrame]:
    """A mean over seeds: of up to ``FEW_SEEDS`` the seeds as small dots, of more its interval.

    - ``seeds`` (seeds, n), NaN where a seed is missing; ``bounds``: mean and ends of its interval
    """
    look: dict[str, Any] = {"panel": panel, "colour": colour, "label": label}
    if len(seeds) > FEW_SEEDS:
        return [points_with_intervals(axes, x, *bounds, series=series, **look)]
    drawn = [rows_of(panel, f"{series}, each seed", x, values) for values in seeds]
    for rows in drawn:
        axes.plot(rows["x"], rows["y"], ".", color=colour, ms=3, mew=0, alpha=0.7, zorder=2.5)
    return [points_with_intervals(axes, x, bounds[0], series=series, **look), *drawn]


def theory_line(
    axes: Axes,
    x: Any,
    y: Any,
    *,
    panel: str,
    series: str,
    colour: str = ROLES["theory"],
    style: str = "-",
    label: str | None = None,
) -> pd.DataFrame:
    """A prediction or fitted law as a line; returns its rows."""
    drawn = rows_of(panel, series, x, y)
    axes.plot(drawn["x"], drawn["y"], color=colour, linestyle=style, label=label, zorder=2)
    return drawn


def published_marker(
    axes: Axes,
    x: Any,
    y: Any,
    y_low: Any = np.nan,
    y_high: Any = np.nan,
    *,
    panel: str,
    series: str = "published",
    label: str | None = "published",
) -> pd.DataFrame:
    """Values printed or released by the authors, as open diamonds; returns its rows."""
    drawn = rows_of(panel, series, x, y, y_low, y_high)
    with_bounds = drawn.dropna(subset=["y_low", "y_high"])
    colour = ROLES["published"]
    axes.vlines(with_bounds["x"], with_bounds["y_low"], with_bounds["y_high"], colour, lw=1.0)
    axes.plot(
        drawn["x"],
        drawn["y"],
        marker="D",
        markersize=5,
        markerfacecolor="white",
        markeredgecolor=colour,
        markeredgewidth=1.2,
        linestyle="none",
        label=label,
        zorder=4,
    )
    return drawn


def reference_slope(
    axes: Axes,
    x_range: tuple[float, float],
    y_start: float,
    exponent: float,
    *,
    panel: str,
    series: str,
    label: str | None = None,
) -> pd.DataFrame:
    """The power law y_start (x / x_range[0])^exponent as a dashed guide; returns its two rows.

    It is straight on log-log axes only, so it is drawn from its two ends.
    """
    x = np.array(x_range, dtype=float)
    drawn = rows_of(panel, series, x, y_start * (x / x[0]) ** exponent)
    axes.plot(drawn["x"], drawn["y"], color=ROLES["reference"], linestyle="--", lw=1.0, label=label)
    return drawn


def law_through_centre(x: Any, y: Any, exponent: float, at: Any) -> np.ndarray:
    """The power law x^-exponent through the mean logarithms of the points x, y (n,); (len(at),).

    Points that are not all positive have none: there by least squares, which the largest decide.
    """
    centre = np.exp(np.mean(np.log(x)))
    if np.any(np.asarray(y) <= 0):
        powers = (np.asarray(x) / centre) ** -exponent
        scattered: np.ndarray = (y @ powers) / (powers @ powers)
        return scattered * (np.asarray(at) / centre) ** -exponent
    law: np.ndarray = np.exp(np.mean(np.log(y))) * (np.asarray(at) / centre) ** -exponent
    return law


def quantity_numbers(quantity: Mapping[str, Any]) -> tuple[float, float, float]:
    """Estimate and both ends of its interval; NaN for what a fitted quantity does not have."""
    low, high = quantity["interval"] or (np.nan, np.nan)
    estimate = np.nan if quantity["estimate"] is None else quantity["estimate"]
    return estimate, low, high


def slope_label(name: str, quantity: Mapping[str, Any]) -> str:
    """Legend text of a fitted quantity, for example ``alpha = 1.02 [0.97, 1.06]``.

    The reason for an absent estimate takes lines of its own: a wide legend narrows the axes. Of a
    law that bends inside its window the interval is that over seeds, which belongs to the line
    drawn; the ledger judges the longer one.
    """
    if quantity["estimate"] is None:
        return fill(f"{name} {quantity_text(quantity)}", 40)
    if (quantity.get("bend") or {}).get("bent") and quantity.get("seed_interval"):
        return f"{name} = {with_interval(quantity['estimate'], quantity['seed_interval'])}{BENDS}"
    return f"{name} = {quantity_text(quantity)}"


def bends_somewhere(figure: Figure) -> bool:
    """Whether a label of the figure says that its law bends."""
    return any(BENDS in text.get_text() for text in figure.findobj(Text))


def axis_names(figure: Figure) -> dict[str, list[str]]:
    """Panel -> names of its axes of x and y, under its letter and under its title.

    Where only the outer panels of a grid say it, from those in the same column and row.
    """
    placed = [(axes, axes.get_subplotspec()) for axes in figure.axes]
    panels = [(axes, place) for axes, place in placed if place is not None]
    found: dict[str, list[str]] = {}
    for axes, place in panels:
        title = next((text for side in ("left", "center") if (text := axes.get_title(side))), "")
        column = [one for one, other in panels if other.colspan == place.colspan]
        row = [one for one, other in panels if other.rowspan == place.rowspan]
        names = [
            next((name for name in map(Axes.get_xlabel, [axes, *column[::-1]]) if name), ""),
            next((name for name in map(Axes.get_ylabel, [axes, *row]) if name), ""),
        ]
        letter, _, words = title.partition("  ")
        for key in (letter, words):
            if key and all(names):
                found.setdefault(key, [" ".join(name.split()) for name in names])
    return found


def save_drawing(drawing: Drawing, pdf: str | Path, png: str | Path, csv: str | Path) -> None:
    """Write picture (pdf, png) and plotted numbers (csv): same input, same bytes.

    Raises ValueError when the plotted table has other columns than ``PLOTTED`` or no rows.
    """
    if list(drawing.plotted.columns) != PLOTTED or drawing.plotted.empty:
        raise ValueError(
            f"plotted table has {len(drawing.plotted)} rows of {list(drawing.plotted.columns)}, "
            f"expected at least one row of {PLOTTED}"
        )
    # Dates and version strings are left out: they change bytes without changing the picture.
    dateless = {"pdf": ("CreationDate", "Creator", "Producer"), "png": ("Software",)}
    for kind, path in (("pdf", pdf), ("png", png)):
        buffer = io.BytesIO()
        drawing.figure.savefig(buffer, format=kind, metadata=dict.fromkeys(dateless[kind]))
        write_whole(path, buffer.getvalue())
        # What the first one arranged stays: arranging takes half of the time of drawing.
        drawing.figure.set_layout_engine("none")
    text = drawing.plotted.to_csv(index=False, float_format="%.10g", lineterminator="\n")
    write_whole(csv, text.encode())

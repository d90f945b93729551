"""One page of all claims: intervals in units of the margin, a column per paper.

The band is the same for all claims, so that one look tells what lies inside, outside and across.
Verdicts differ in colour, in the shape of the marker and in a sign beside the name.
"""

import io
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scalinglaws.figures.style import COLOURS, ROLES, apply_style
from scalinglaws.files import write_whole

Record = Mapping[str, Any]

WIDTH, HEIGHT = 8.0, 10.8  # inches: a page with a caption
TOP, BOTTOM, SIDE = 0.4, 1.0, 0.1  # inches kept free
LETTER = 0.052  # inches that a letter of a name takes
REACH = 3.6  # margins on either side; what lies beyond is an arrow at the edge
LOOK: dict[str, dict[str, Any]] = {
    "reproduced": {"colour": COLOURS["green"], "marker": "o", "size": 1, "sign": "✓"},
    "differs": {"colour": COLOURS["orange"], "marker": "X", "size": 1.4, "sign": "✗"},
    "undecided": {"colour": COLOURS["blue"], "marker": "s", "size": 1, "sign": "?"},
    "not run": {"colour": "#9a9a9a", "marker": "D", "size": 0.7, "sign": "–"},
}

NOTES = {"not run": "; in grey what is beyond the scale's reach, not judged"}


def draw_forest(rows: Sequence[Record], titles: Mapping[str, str]) -> Figure:
    """The page.

    - ``rows``: as ``claims.forest.forest_rows`` makes them, those of one paper together
    - ``titles``: paper -> what stands above its column
    """
    apply_style()
    columns = {paper: list(own) for paper, own in groupby(rows, key=lambda row: row["paper"])}
    figure = Figure(figsize=(WIDTH, HEIGHT))
    names = [LETTER * max(len(name_of(row)) + 2 for row in own) for own in columns.values()]
    wide = (WIDTH - sum(names) - SIDE * (len(columns) + 1)) / len(columns)
    high = (HEIGHT - TOP - BOTTOM) / max(map(len, columns.values()))
    left = 0.0
    for name, (paper, own) in zip(names, columns.items(), strict=True):
        left += SIDE + name
        floor = HEIGHT - TOP - high * len(own)
        place = (left / WIDTH, floor / HEIGHT, wide / WIDTH, high * len(own) / HEIGHT)
        axes = figure.add_axes(place)
        draw_column(axes, own)
        axes.set_title(titles.get(paper, paper), fontsize=8.5, x=1.0, ha="right")
        left += wide
    figure.legend(handles=legend(rows), loc="lower center", ncols=3, fontsize=7)
    return figure


def draw_column(axes: Axes, rows: Sequence[Record]) -> None:
    """The claims of one paper, a line each."""
    axes.axvspan(-1, 1, color="#e9ecef", lw=0, zorder=0)
    axes.axvline(0, color=ROLES["reference"], lw=0.7, zorder=1)
    axes.set(xlim=(-REACH, REACH), ylim=(len(rows) - 0.5, -0.5), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.set_xticks(range(-int(REACH), int(REACH) + 1))
    axes.tick_params(labelsize=7)
    axes.set_xlabel("distance in margins", fontsize=7.5)
    for place, row in enumerate(rows):
        look = LOOK[row["verdict"]]
        axes.annotate(
            f"{name_of(row)} {look['sign']}",
            (0, place),
            (-2, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=5.6,
            fontweight="bold" if row["primary"] else "normal",
            color="#767676" if row["verdict"] == "not run" else "#222222",
        )
        draw_row(axes, row, place, look)


def name_of(row: Record) -> str:
    """A claim without its paper, primary ones with a star."""
    name = str(row["claim"]).partition("_")[2].replace("_", " ")
    return f"★ {name}" if row["primary"] else name


def draw_row(axes: Axes, row: Record, place: int, look: Mapping[str, Any]) -> None:
    """The interval with its estimate; a bound without a margin as a hollow marker. What is not
    judged is grey: without an estimate nothing is drawn, beyond the scale's reach what was found.
    """
    colour, size = look["colour"], (4.6 if row["primary"] else 3.8) * look["size"]
    hollow = row["centre"] is None
    centre = row["beyond"] if hollow else row["centre"]
    ends = [] if hollow or row["low"] is None else [clip(row["low"]), clip(row["high"])]
    if ends:
        axes.plot([at for at, _ in ends], [place, place], color=colour, lw=1.3, zorder=2)
    if centre is None:
        return
    arrows = [at for at, clipped in [*ends, clip(centre)] if clipped]
    for at in dict.fromkeys(arrows):
        face = "white" if hollow else colour
        marker = "<" if at < 0 else ">"
        axes.plot(at, place, marker, color=face, mec=colour, ms=4.2, zorder=3, clip_on=False)
    at, clipped = clip(centre)
    if not clipped:
        face, edge = ("white", colour) if hollow else (colour, "white")
        axes.plot(at, place, look["marker"], color=face, mec=edge, mew=0.7, ms=size, zorder=4)


def clip(value: float) -> tuple[float, bool]:
    """A place within the axes, and whether the value lies beyond them."""
    edge = REACH * 0.97
    return max(-edge, min(edge, value)), abs(value) > edge


def legend(rows: Sequence[Record]) -> list[Line2D]:
    """A line per verdict with its number of claims, and what hollow markers and stars are."""
    handles = []
    for verdict, look in LOOK.items():
        count = sum(row["verdict"] == verdict for row in rows)
        handles.append(
            Line2D(
                *([], []),
                color=look["colour"],
                marker=look["marker"],
                markersize=4.5,
                linewidth=1.3,
                label=f"{look['sign']} {verdict} ({count}){NOTES.get(verdict, '')}",
            )
        )
    bound = "hollow: a bound without a margin, kept on the right, in half widths of its interval"
    open_mark = Line2D([], [], marker="o", color="#222222", mfc="white", linewidth=0, label=bound)
    arrow = Line2D([], [], marker=">", color="#222222", linewidth=0, label="beyond the axis")
    open_mark.set_markersize(4.5)
    arrow.set_markersize(4.5)
    star = Line2D([], [], linewidth=0, label="★ primary, fixed beforehand")
    return [*handles, open_mark, arrow, star]


def save_forest(figure: Figure, pdf: Path, png: Path) -> None:
    """Write both: same input, same bytes."""
    dateless = {"pdf": ("CreationDate", "Creator", "Producer"), "png": ("Software",)}
    for kind, path in (("pdf", pdf), ("png", png)):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, metadata=dict.fromkeys(dateless[kind]))
        write_whole(path, buffer.getvalue())

"""Figure 1b of arXiv 2102.06701: students between two training points; 4 / alpha_D against d."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from scalinglaws.curves.image_curves import METRIC
from scalinglaws.figures.image_panels import line_look
from scalinglaws.figures.scan_lines import BARS, Rows, dashed, inverse_of, quantity_points
from scalinglaws.figures.style import (
    ROLES,
    WIDE,
    Drawing,
    apply_style,
    dress,
    plotted_rows,
    published_marker,
    rows_of,
    series_colours,
    theory_line,
    under,
)

Fits = Mapping[str, Mapping[str, Any]]
NETWORKS = {"cnn": ("four-layer CNN", False), "wrn": ("Wide ResNet", True)}  # hollow markers


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: a outputs along a chord, below them less the teacher's; b 4 / alpha_D."""
    table = tables["teacher_student"]
    apply_style()
    figure = Figure(figsize=(WIDE, 3.7), layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=[1.8, 1.0])
    top, below = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
    below.sharex(top)
    lines = chord_lines(table, settings)
    parts = chord_panel(top, below, lines)
    parts += dimension_panel(figure.add_subplot(grid[:, 1]), table, fits, settings)
    return Drawing(figure, plotted_rows(*parts), caption(table, lines, settings))


def chord_lines(table: pd.DataFrame, settings: Mapping[str, Any]) -> pd.DataFrame:
    """The chord of the first seed at the dimension shown (or the nearest that was run)."""
    wanted = settings["chord_dimension"]
    dimension = min(set(table["dimension"]), key=lambda d: (abs(d - wanted), d))
    rows = table[(table["dimension"] == dimension) & (table["seed"] == table["seed"].min())]
    rows = rows[rows["quantity"].isin(["chord_student", "chord_teacher"])]
    sizes = sorted(set(rows["data_size"]))[: settings["chord_students"]]
    return rows[rows["data_size"].isin(sizes)].sort_values(["data_size", "coordinate"])


def chord_panel(axes: Axes, difference: Axes, lines: pd.DataFrame) -> Rows:
    students = lines[lines["quantity"] == "chord_student"]
    groups = list(students.groupby("data_size", sort=True))
    teacher = lines[(lines["quantity"] == "chord_teacher") & (lines["data_size"] == groups[0][0])]
    at = teacher.set_index("coordinate")["value"]
    parts: Rows = []
    for (size, rows), colour in zip(groups, series_colours(len(groups)), strict=True):
        name, x, y = f"student, D = {size}", rows["coordinate"], rows["value"]
        error = y.to_numpy() - at.loc[x].to_numpy()
        look: dict[str, Any] = {"panel": "a", "colour": colour}
        parts.append(theory_line(axes, x, y, series=name, **look))
        less = f"{name}, less the teacher"
        parts.append(theory_line(difference, x, error, series=less, label=name, **look))
    parts += dashed(axes, at.index, at, panel="a", series="teacher", label=None)
    ends = at.iloc[[0, -1]]
    parts.append(rows_of("a", "training points", ends.index, ends))
    axes.plot(ends.index, ends, "o", color=ROLES["theory"], markersize=4)
    zero: dict[str, Any] = {"panel": "a", "series": "teacher, less the teacher"}
    parts += dashed(difference, at.index, 0 * at, label="teacher", **zero)
    title = "a  between two training points"
    dress(axes, "", "network output", title=title, log="", legend=False)
    axes.tick_params(labelbottom=False)
    place = "position between the two points"
    dress(difference, place, "less the\nteacher's", log="", **under(ncols=2))
    return parts


def dimension_panel(
    axes: Axes, table: pd.DataFrame, fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Rows:
    found = fits["teacher_student_laws"]
    dimensions = sorted(set(table["dimension"]))
    teachers = [inverse_of(found[f"resolution_slope_d{d}"]) for d in dimensions]
    images = image_marks(fits, settings)
    earlier = {line: settings["earlier"][line] for line in images if line in settings["earlier"]}
    marks = [*zip(dimensions, (found["estimate"] for found in teachers), strict=True)]
    marks += [(mark.at, mark.inverse["estimate"]) for line in images.values() for mark in line]
    marks += earlier.values()
    reach = 1.1 * max([*dimensions, *(value for mark in marks for value in mark if value)])
    look: dict[str, Any] = {"panel": "b", "within": (0.0, reach)}
    name = "teacher-student"
    parts = quantity_points(axes, dimensions, teachers, series=name, label=name, **look)
    for line, marked in images.items():
        for number, mark in enumerate(marked):
            text = settings["images"][line]
            shape: dict[str, Any] = {**line_look(line), "hollow": mark.hollow}
            shape |= {"series": f"{text}, {mark.network}", "label": None if number else text}
            parts += quantity_points(axes, [mark.at], [mark.inverse], **look, **shape)
    if any(mark.hollow for marked in images.values() for mark in marked):
        axes.plot([], [], "o", color="black", markerfacecolor="white", label="hollow: Wide ResNet")
    for number, (line, (place, value)) in enumerate(earlier.items()):
        label, name = None if number else "arXiv 2004.10802", settings["images"][line]
        parts.append(
            published_marker(axes, place, value, panel="b", series=f"2004.10802, {name}", label=label)
        )
        side = "right" if place > 0.6 * reach else "left"
        note = axes.annotate(
            name, (place, value), (0, -11), textcoords="offset points", fontsize=6.5, zorder=5,
            color=ROLES["published"], ha=side,
        )  # fmt: skip
        note.set_path_effects([withStroke(linewidth=2, foreground="white")])
    parts += dashed(
        axes, [0.0, reach], [0.0, reach], panel="b", series="prediction",
        label=r"published, $4/\alpha_D = d$", colour=ROLES["published"],
    )  # fmt: skip
    axes.set(xlim=(0, reach), ylim=(0, reach), aspect="equal", anchor="N")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, integer=True))
    xlabel = r"dimension $d$ of inputs, of image features"
    title = "b  exponents and dimension"
    dress(axes, xlabel, r"$4/\alpha_D$", title=title, log="", **under(ncols=2))
    return parts


class Mark(NamedTuple):
    """A network's 4 / alpha_D at the measured dimension of its last hidden layer."""

    network: str
    at: float
    inverse: Mapping[str, Any]
    hollow: bool


def image_marks(fits: Mapping[str, Fits], settings: Mapping[str, Any]) -> dict[str, list[Mark]]:
    """The marks of each line of image data that was run, in the order of the settings."""
    found: dict[str, list[Mark]] = {}
    for line in settings["images"]:
        for network, (name, hollow) in NETWORKS.items():
            place = fits["intrinsic_dimension"][f"{network}_{line}"]["estimate"]
            slope = fits["image_scaling"][f"{network}_slope_{METRIC}_{line}"]
            if place is not None and slope["estimate"] is not None:
                found.setdefault(line, []).append(Mark(name, place, inverse_of(slope), hollow))
    return found


def caption(table: pd.DataFrame, lines: pd.DataFrame, settings: Mapping[str, Any]) -> str:
    """What is drawn, with the numbers of this very table."""
    students = lines[lines["quantity"] == "chord_student"]
    teacher = lines[lines["quantity"] == "chord_teacher"]
    both = students.merge(teacher, on=["data_size", "coordinate"], suffixes=("", "_teacher"))
    error = (both["value"] - both["value_teacher"]) ** 2
    roots = error.groupby(both["data_size"]).mean().pow(0.5)
    errors = ", ".join(f"{value:.2g} at D = {size}" for size, value in roots.items())
    return (
        f"(a) A teacher in d = {lines['dimension'].iloc[0]} dimensions and its students on the "
        f"straight line between two training points (dots) that all D share, one seed, and the "
        f"students' outputs less the teacher's; their root mean square is {errors}. "
        f"(b) 4 over the exponent of the best test loss in D, against the input dimension "
        f"(teacher-student, {table['seed'].nunique()} seeds; window fixed in advance, see figure "
        f"S2) and, for image data, against the intrinsic dimension of the last hidden layer's "
        f"activations (solid: four-layer CNN, hollow: Wide ResNet; the paper finds no clean "
        f"relation there; its values are not printed). {BARS} Diamonds: exponents in model size "
        f"that the authors' earlier paper gives for these data sets. Dashed: the published "
        f"relation 4/alpha = d."
    )

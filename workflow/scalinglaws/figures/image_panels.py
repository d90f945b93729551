"""Panels of losses on images against training size, shared by several figures."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.size_curves import curves
from scalinglaws.figures.scan_lines import Line, fitted_line, listed, masked
from scalinglaws.figures.short_axes import ticks_at_values
from scalinglaws.figures.style import COLOURS, FEW_SEEDS, MARKERS, dress, series_colours, under

Rows = list[pd.DataFrame]
SIZE = r"training images $D$"
LOSS = "test loss (nats)"
NAMES = {
    "digits": "MNIST digits",
    "fashion": "Fashion-MNIST",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "svhn": "SVHN",
}
TASKS = {
    "mnist5k": "5,000 MNIST digits",
    "mnist": "MNIST",
    "fashion_mnist": "Fashion-MNIST",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "svhn": "SVHN",
}
LINE_COLOURS = {
    "digits": COLOURS["orange"],
    "fashion": COLOURS["green"],
    "cifar10": COLOURS["purple"],
    "cifar100": COLOURS["brown"],
    "svhn": COLOURS["pink"],  # red is for published values
}
LINE_MARKERS = {"digits": "s", "fashion": "^", "cifar10": "v", "cifar100": "P", "svhn": "h"}


def fitted_family(axes: Axes, lines: Sequence[Line], panel: str) -> Rows:
    """Lines of an ordered family (sizes, noises), from light to dark, each with its marker."""
    parts: Rows = []
    colours = series_colours(len(lines))
    for number, (name, line, slope) in enumerate(lines):
        look = {"colour": colours[number], "marker": MARKERS[number % len(MARKERS)]}
        parts += fitted_line(axes, line, slope, panel=panel, series=name, **look)
    return parts


def task_lines(
    axes: Axes,
    table: pd.DataFrame,
    metric: str,
    found: Mapping[str, Mapping[str, Any]],
    *,
    network: str,
    lines: Mapping[str, str],
    panel: str,
) -> Rows:
    """One line per data set of a metric against D; `lines`: the name of each task's line."""
    parts: Rows = []
    for task, rows in table.groupby("task", sort=True):
        line, curve = lines[str(task)], curves(rows, metric, "D")
        slope = found[f"{network}_slope_{metric}_{line}"]
        look = {"panel": panel, "series": NAMES[line], **line_look(line)}
        parts += fitted_line(axes, curve, slope, **look)
    return parts


def dress_losses(
    axes: Axes,
    rows: pd.DataFrame,
    label: str,
    title: str | None = None,
    *,
    note: str | None = None,
    **legend: Any,
) -> None:
    """Axes of a loss against D: ticks at the sizes themselves, the legend below.

    `note` stands above the legend's entries; `legend`: its other options.
    """
    dress(axes, SIZE, label, title=title, **under(**legend))
    if note and (shown := axes.get_legend()) is not None:
        shown.set_title(note, {"size": legend.get("fontsize", 7)})
    sizes = sorted({int(size) for size in rows["D"]})
    shown = sizes[:: 1 + (len(sizes) - 1) // 6]
    ticks_at_values(axes, shown)


def line_look(line: str) -> dict[str, str]:
    return {"colour": LINE_COLOURS[line], "marker": LINE_MARKERS[line]}


def task_text(rows: pd.DataFrame) -> str:
    """Data sets of a table by their usual names, for captions."""
    return listed(TASKS[task] for task in rows["task"].unique())


def training_text(rows: pd.DataFrame) -> str:
    """Networks, seeds and steps of a table, for captions."""
    kinds = {"wrn": "wide residual networks", "mlp": "fully connected networks", "cnn": "CNNs"}
    shapes = sorted({(int(d), int(w)) for d, w in zip(rows["depth"], rows["width"], strict=True)})
    network = kinds[rows["network"].iloc[0]]
    one = len(shapes) == 1 and rows["network"].iloc[0] != "cnn"  # Table 1 says those shapes
    shape = f" (depth {shapes[0][0]}, width {shapes[0][1]})" if one else ""
    return f"{network}{shape}, {rows['seed'].nunique()} seeds, {listed(rows['step'])} steps"


def interval_text(rows: pd.DataFrame) -> str:
    few = rows["seed"].nunique() <= FEW_SEEDS
    spread = "small dots: the seeds" if few else "with 95 % t intervals"
    return (
        f"Points: geometric means over seeds, {spread}. Lines: power laws fitted where each image "
        "is seen often enough (hollow points lie outside); slopes with 95 % intervals over seeds. "
        f"Values masked as not finite: {masked(rows)}."
    )

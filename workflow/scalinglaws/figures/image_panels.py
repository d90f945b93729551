"""Panels of losses on images against training size, shared by several figures."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatterSciNotation, LogLocator

from scalinglaws.estimates.resolution_slopes import Curves
from scalinglaws.figures.seed_curves import geometric_mean
from scalinglaws.figures.style import (
    COLOURS,
    dress,
    points_with_intervals,
    slope_label,
    theory_line,
)

Rows = list[pd.DataFrame]
ALPHA = "\N{GREEK SMALL LETTER ALPHA}"
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
    "svhn": COLOURS["red"],
}
LINE_MARKERS = {"digits": "s", "fashion": "^", "cifar10": "v", "cifar100": "P", "svhn": "h"}
UNDER: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.2), "fontsize": 7}


def fitted_line(
    axes: Axes,
    line: Curves,
    slope: Mapping[str, Any],
    panel: str,
    name: str,
    look: Mapping[str, str],
) -> Rows:
    """Geometric means with intervals, the fitted law in its window, points outside as crosses.

    - `look`: `colour` and `marker`.
    """
    mean, low, high = geometric_mean(list(line.values))
    fitted = slope["estimate"] is not None  # the reason why not is in the fit, too long for here
    ends = slope["window"] or (-np.inf, np.inf)
    inside = (line.sizes >= ends[0]) & (line.sizes <= ends[1])
    if not fitted:
        inside[:] = True  # nothing was fitted, so nothing was left out
    label = f"{name}: {slope_label(ALPHA, slope) if fitted else 'no law fitted'}"
    parts: Rows = []
    for chosen, marker, suffix, text in (
        (inside, look["marker"], "", label),
        (~inside, "X", ", not fitted", None),
    ):
        if chosen.any():
            points = (line.sizes[chosen], mean[chosen], low[chosen], high[chosen])
            drawn: dict[str, Any] = {"colour": look["colour"], "marker": marker, "label": text}
            series = name + suffix
            parts.append(points_with_intervals(axes, *points, panel=panel, series=series, **drawn))
    if fitted:
        parts.append(law(axes, line.sizes[inside], mean[inside], slope, panel, name, look))
    return parts


def dress_losses(axes: Axes, rows: pd.DataFrame, label: str, title: str | None = None) -> None:
    """Axes of a loss against D: ticks at the sizes themselves, the legend below.

    Within a decade matplotlib labels the minor ticks too, on top of each other.
    """
    dress(axes, SIZE, label, title=title, **UNDER)
    sizes = sorted({int(size) for size in rows["D"]})
    shown = sizes[:: 1 + (len(sizes) - 1) // 6]
    axes.minorticks_off()
    axes.set_xticks(shown, [str(size) for size in shown])
    axes.yaxis.set_minor_locator(LogLocator(subs="all"))
    axes.yaxis.set_minor_formatter(LogFormatterSciNotation(minor_thresholds=(2, 0.4)))


def law(
    axes: Axes,
    x: np.ndarray,
    y: np.ndarray,
    slope: Mapping[str, Any],
    panel: str,
    name: str,
    look: Mapping[str, str],
) -> pd.DataFrame:
    """The fitted power law through the centre of the points."""
    centre = np.exp(np.mean(np.log(x)))
    values = np.exp(np.mean(np.log(y))) * (x / centre) ** -slope["estimate"]
    return theory_line(axes, x, values, panel=panel, series=f"{name} fit", colour=look["colour"])


def line_look(line: str) -> dict[str, str]:
    return {"colour": LINE_COLOURS[line], "marker": LINE_MARKERS[line]}


def listed(values: Any) -> str:
    """Distinct numbers or names in order, for captions: "1, 2 and 5"."""
    distinct = sorted(set(values))
    texts = [value if isinstance(value, str) else f"{value:,}" for value in distinct]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


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
    masked = int(rows["value"].isna().sum())
    return (
        "Points: geometric means over seeds with 95 % t intervals. Lines: power laws fitted where "
        "each image is seen often enough (crosses lie outside); slopes with 95 % intervals over "
        f"seeds. Values masked as not finite: {masked}."
    )

"""Table 1 of arXiv 2102.06701: the four-layer CNNs as they are built here, layer by layer."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.figures.image_panels import NAMES, task_text
from scalinglaws.figures.style import WIDE, Drawing, new_figure, plotted_rows, rows_of
from scalinglaws.networks.four_layer_cnn import Layer, layers
from scalinglaws.networks.shapes import DESIGNS, SMALL, FourLayerCNN

# (heading, task whose design it is, side, channels, classes) at the images' full resolution.
COLUMNS = (
    ("CIFAR-10", "cifar10", 32, 3, 10),
    ("MNIST, Fashion-MNIST", "mnist", 28, 1, 10),
    ("CIFAR-100", "cifar100", 32, 3, 100),
    ("SVHN", "svhn", 32, 3, 10),
)
LEFT, SHAPE, COUNT, STEP = 0.02, 0.55, 0.98, 0.112


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> Drawing:
    """One column per architecture: layer, output shape, parameters; then their number in all."""
    figure, axes = new_figure(2, len(COLUMNS) // 2, width=WIDE, height=4.3)
    parts: list[pd.DataFrame] = []
    for axis, (heading, task, *shape) in zip(axes, COLUMNS, strict=True):
        network = FourLayerCNN(DESIGNS.get(task, SMALL), *shape)
        parts.append(column(axis, heading, layers(network)))
    return Drawing(figure, plotted_rows(*parts), caption(tables["cnn_data_scan"], settings))


def column(axes: Axes, heading: str, rows: list[Layer]) -> pd.DataFrame:
    axes.set_axis_off()
    axes.set_title(heading, fontsize=9, fontweight="bold")
    total = sum(row.parameters for row in rows)
    lines = [("layer", "output", "parameters")]
    axes.set(xlim=(0, 1), ylim=(0, 1))
    lines += [(row.name.replace(" x ", " \u00d7 "), text_of(row.output), f"{row.parameters:,}") for row in rows]
    lines.append(("total", "", f"{total:,}"))
    for number, texts in enumerate(lines):
        height = 0.98 - STEP * number
        weight = "bold" if number in (0, len(lines) - 1) else "normal"
        places = zip((LEFT, SHAPE, COUNT), ("left", "center", "right"), texts, strict=True)
        for x, side_of_text, text in places:
            axes.text(
                x,
                height,
                text,
                ha=side_of_text,
                va="top",
                fontsize=7.5,
                fontweight=weight,
                transform=axes.transAxes,
            )
        if number in (0, len(lines) - 2):
            axes.plot([0, 1], [height - 0.085] * 2, color="black", lw=0.6, transform=axes.transAxes)
    drawn = [
        rows_of(heading, f"{row.name} -> {text_of(row.output)}", number, row.parameters)
        for number, row in enumerate(rows, start=1)
    ]
    return pd.concat([*drawn, rows_of(heading, "total", len(rows) + 1, total)])


def text_of(shape: tuple[int, ...]) -> str:
    return " \N{MULTIPLICATION SIGN} ".join(map(str, shape))


def caption(table: pd.DataFrame, settings: Mapping[str, Any]) -> str:
    counted = table[table["quantity"] == "parameters"].groupby("task", sort=True)["value"].first()
    trained = ", ".join(
        f"{NAMES[settings['lines'][task]]} {int(value):,}" for task, value in counted.items()
    )
    return (
        "The four-layer CNNs layer by layer at the images' full resolution, computed from the code "
        "that trains them: 3 by 3 convolutions with ReLU and same-padding, max-pools after the "
        "first two, two fully connected layers; outputs are channels by side by side. Trained at "
        f"this scale on pooled images ({task_text(table)}), parameters: {trained}."
    )

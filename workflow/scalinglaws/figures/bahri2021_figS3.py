"""Figure S3 of arXiv 2102.06701: test loss of the four-layer CNNs against training size."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from scalinglaws.figures.image_panels import (
    dress_losses,
    interval_text,
    task_lines,
    task_text,
    training_text,
)
from scalinglaws.figures.style import NARROW, Drawing, fit_height, new_figure, plotted_rows

METRIC = "best_test_loss"


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Mapping[str, Any]]],
    settings: Mapping[str, Any],
) -> Drawing:
    """One panel, one line per data set."""
    found, table = fits["image_scaling"], tables["cnn_data_scan"]
    figure, (axes,) = new_figure(1, 1, width=NARROW)
    look = {"network": "cnn", "lines": settings["lines"], "panel": "a"}
    parts = task_lines(axes, table, METRIC, found, **look)
    dress_losses(axes, table, "best test loss (nats)")
    fit_height(figure, 2.1)
    return Drawing(figure, plotted_rows(*parts), caption(table))


def caption(table: pd.DataFrame) -> str:
    return (
        f"The four-layer CNNs of Table 1 on {task_text(table)}, cross-entropy, Adam: "
        f"{training_text(table)}; smallest test loss on the way. {interval_text(table)}"
    )

"""Figure S1 of arXiv 2102.06701: loss and error, final and best, of the same networks."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from scalinglaws.curves.image_curves import METRICS
from scalinglaws.figures.image_panels import (
    Rows,
    dress_losses,
    interval_text,
    task_lines,
    task_text,
    training_text,
)
from scalinglaws.figures.style import WIDE, Drawing, fit_height, new_figure, plotted_rows

YLABELS = {
    "best_test_loss": "best test loss (nats)",
    "final_test_loss": "final test loss (nats)",
    "best_test_error": "best test error",
    "final_test_error": "final test error",
}


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Mapping[str, Any]]],
    settings: Mapping[str, Any],
) -> Drawing:
    """Panels: best and final test loss, best and final test error, one line per data set."""
    found, table = fits["image_scaling"], tables["image_data_scan"]
    figure, axes = new_figure(2, 2, width=WIDE)
    parts: Rows = []
    for panel, metric, drawn in zip("abcd", METRICS, axes, strict=True):
        look = {"network": "wrn", "lines": settings["lines"], "panel": panel}
        parts += task_lines(drawn, table, metric, found, **look)
        label = YLABELS[metric]
        dress_losses(drawn, table, label, f"{panel}  {label.removesuffix(' (nats)')}")
    fit_height(figure, 2.0)
    return Drawing(figure, plotted_rows(*parts), caption(table))


def caption(table: pd.DataFrame) -> str:
    return (
        f"Resolution-limited scaling in four metrics of the same networks on "
        f"{task_text(table)}: {training_text(table)}. Best: the smallest value over training, "
        f"the start included. {interval_text(table)}"
    )

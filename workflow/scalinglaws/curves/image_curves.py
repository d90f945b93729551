"""Reading the tables of networks on images: their metrics, and the rows of each scan."""

from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.size_curves import Curves, curves

METRICS = ("best_test_loss", "final_test_loss", "best_test_error", "final_test_error")
METRIC = METRICS[0]  # of which exponents are compared between tasks and shapes


def split(rows: pd.DataFrame, column: str) -> dict[Any, pd.DataFrame]:
    """Rows of each value of a column, in order of the value."""
    values = sorted(rows[column].unique().tolist())
    return {value: rows[rows[column] == value] for value in values}


def by_shape(table: pd.DataFrame) -> tuple[dict[int, pd.DataFrame], dict[int, pd.DataFrame]]:
    """Rows of each width at the depth with most widths, and of each depth at the width with most
    depths."""
    shapes = table[["width", "depth"]].drop_duplicates()
    depth = shapes["depth"].value_counts(sort=False).sort_index().idxmax()
    width = shapes["width"].value_counts(sort=False).sort_index().idxmax()
    return (
        split(table[table["depth"] == depth], "width"),
        split(table[table["width"] == width], "depth"),
    )


def noisy(table: pd.DataFrame, kind: str) -> dict[float, pd.DataFrame]:
    """Rows of each standard deviation of one kind of noise, none included, in order."""
    rows = table[table["noise_kind"].isin(["none", kind])]
    return split(rows, "noise")


def noise_key(kind: str, deviation: float) -> str:
    return f"noise_slope_{kind}_{round(100 * deviation)}"


def against_parameters(rows: pd.DataFrame, quantity: str = "best_test_loss") -> Curves:
    """One quantity over the number of trained parameters instead of the width."""
    sizes = rows[rows["quantity"] == "parameters"].groupby("width", sort=True)["value"].first()
    line = curves(rows, quantity, "width")
    return Curves(np.array([sizes[width] for width in line.sizes]), line.values)

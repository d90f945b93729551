"""Every curve of a test loss over data or model size that the replication of arXiv:2102.06701
measures, as one list: what forecasts are held against.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from scalinglaws.curves.size_curves import Curves, curves, scan

Array = np.ndarray
Tables = Mapping[str, pd.DataFrame]
FEATURE_SIDES = {"loss_data": "D", "loss_parameters": "P"}


class SizeLaw(NamedTuple):
    """Losses of one line: `values` (seeds, n) over `sizes` (n,), and the theory (n,) if any.

    `group`: the kind of experiment; `name`: of the line within it; `letter`: what the sizes count.
    """

    group: str
    name: str
    letter: str
    sizes: Array
    values: Array
    theory: Array | None = None


def size_laws(tables: Tables) -> list[SizeLaw]:
    """All lines of the tables that there are, in a fixed order."""
    makers = {
        "random_features": random_features,
        "gaussian_features": gaussian_features,
        "pretrained_features": pretrained_features,
        "teacher_student": teacher_student,
        "model_size_scan": model_size_scan,
        "digits_mlp": image_mlps,
        "image_data_scan": image_networks,
        "cnn_data_scan": image_networks,
    }
    return [law for name, make in makers.items() for law in make(tables[name], tables)]


def random_features(table: pd.DataFrame, _: Tables) -> Iterator[SizeLaw]:
    """The theory is kappa / 2 of the measured spectrum, see fits/random_feature_laws.py."""
    for pool, rows in table.groupby("pool", sort=True):
        predicted = scan(rows, "prediction")
        for quantity, letter in FEATURE_SIDES.items():
            line = scan(rows, quantity)
            theory = predicted.values.mean(axis=0)
            yield law("random features", f"pool {pool}, {letter}", letter, line, theory)


def gaussian_features(table: pd.DataFrame, tables: Tables) -> Iterator[SizeLaw]:
    known = tables["kernel_theory"]
    for alpha, rows in table.groupby("alpha_k", sort=True):
        rows_of_alpha = known[(known["alpha_k"] == alpha) & (known["quantity"] == "loss")]
        exact = rows_of_alpha.set_index("samples")["value"]
        for side, letter in (("data", "D"), ("parameters", "P")):
            line = curves(rows, "loss", "size", scan=side)
            theory = exact.reindex(line.sizes).to_numpy()
            name = f"α = {alpha:g}, {letter}"
            yield law("Gaussian features", name, letter, line, theory)


def pretrained_features(table: pd.DataFrame, _: Tables) -> Iterator[SizeLaw]:
    """Tuned ridges and labels only: an untuned one peaks where D = P, and a teacher on finitely
    many features is learned exactly, at once."""
    rows = table[(table["ridge"] == "tuned") & (table["target"] == "real")]
    rows = rows[rows["scan"].isin(["data", "parameters", "kernel"])]
    for (features, side), own in rows.groupby(["features", "scan"], sort=True):
        letter = "P" if side == "parameters" else "D"
        line = curves(own, "loss", "size")
        yield law("learned features", f"{features}, {side}", letter, line)


def teacher_student(table: pd.DataFrame, _: Tables) -> Iterator[SizeLaw]:
    for dimension, rows in table.groupby("dimension", sort=True):
        line = curves(rows, "test_loss_best")
        yield law("teacher-student", f"d = {dimension}, D", "D", line)


def model_size_scan(table: pd.DataFrame, _: Tables) -> Iterator[SizeLaw]:
    for dimension, rows in table.groupby("dimension", sort=True):
        line = curves(rows, "test_loss_best", "parameters")
        yield law("teacher-student", f"d = {dimension}, P", "P", line)


def image_mlps(table: pd.DataFrame, _: Tables) -> Iterator[SizeLaw]:
    for task, rows in table.groupby("task", sort=True):
        yield law("images", f"{task}, MLP", "D", curves(rows, "test_loss_best"))


def image_networks(table: pd.DataFrame, _: Tables) -> Iterator[SizeLaw]:
    for (task, network), rows in table.groupby(["task", "network"], sort=True):
        yield law("images", f"{task}, {network}", "D", curves(rows, "best_test_loss", "D"))


def law(group: str, name: str, letter: str, line: Curves, theory: Array | None = None) -> SizeLaw:
    return SizeLaw(group, name, letter, line.sizes, line.values, theory)

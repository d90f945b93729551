"""The rows of network tables that make a panel: a network family on one set of images.

Tables of arXiv:2505.13230's networks hold several panels; a panel's name is the family's and the
images', as CNN_MNIST.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.norm_curves import Runs, released_means, released_set, runs_of
from scalinglaws.errors import InputError

Array = np.ndarray
MAIN_TABLES = {"CNN": "cnn_curves", "ResNet": "resnet_curves", "ViT": "vit_curves"}


def panel_table(table: pd.DataFrame, panel: str) -> pd.DataFrame:
    """Rows of one panel. Raises InputError when there are none."""
    chosen = table[table["panel"] == panel]
    if chosen.empty:
        raise InputError("not trained at this scale")
    return chosen


def panel_runs(
    table: pd.DataFrame,
    panel: str,
    settings: Mapping[str, Any],
    norm: str = "spectral_complexity",
    error: str = "test_error",
) -> Runs:
    """Curves of one panel on its family's grid. Raises InputError when there are none."""
    runs = without_empty_sizes(runs_of(table, norm, settings_step(settings, panel, norm), error))
    if not len(runs.sizes):
        raise InputError("no run passes two norms of the grid; train longer")
    return runs


def without_empty_sizes(runs: Runs) -> Runs:
    """Sizes of which no run reaches the grid (all diverged) have no curve and take no part."""
    kept = np.isfinite(runs.errors).any(axis=(0, 2))
    return replace(
        runs,
        sizes=runs.sizes[kept],
        errors=runs.errors[:, kept],
        optima=runs.optima[:, kept],
        by_epoch=runs.by_epoch[:, kept],
        slowest_growth=runs.slowest_growth[:, kept],
    )


def settings_step(settings: Mapping[str, Any], panel: str, norm: str) -> float:
    """Decades between the norms of the grid: of the spectral complexity by network family (it is
    a product over the layers), of other norms by their own name where it is given.
    """
    steps = settings["grid_step"]
    return float(steps.get(norm, steps[panel.split("_")[0]]))


def decays_of(table: pd.DataFrame, panel: str) -> np.ndarray:
    """Weight decays of a panel, from the largest down: the authors' order, as it seems."""
    return np.unique(table[table["panel"] == panel]["weight_decay"].to_numpy())[::-1]


def with_decay(table: pd.DataFrame, decays: np.ndarray) -> pd.DataFrame:
    return table[table["weight_decay"].isin(decays)]


def set_of(panel: str) -> str:
    """The released set that a panel is held against: its name opens with the set's."""
    return "_".join(panel.split("_")[:2])


def comparisons_of(table: pd.DataFrame) -> list[tuple[str, int]]:
    """Released set and training size of what is trained."""
    pairs = table.groupby(["panel", "P"]).size().index
    return sorted((set_of(str(panel)), int(size)) for panel, size in pairs)


def difference_curves(
    tables: Mapping[str, pd.DataFrame], name: str, size: int
) -> tuple[Array, Array, Array]:
    """(n,) released norms that all seeds pass, (seeds, n) our error minus the released one, and
    (n,) the released error. Raises InputError where there is nothing to compare.
    """
    every = tables["protocol_curves"]
    ours = every[(every["panel"].map(set_of) == name) & (every["P"] == size)]
    theirs = released_means(released_set(tables["released_curves"], name))
    at = np.flatnonzero(theirs.sizes == size)
    if ours.empty or not len(at):
        raise InputError(f"P = {size} is not trained with the authors' protocol at this scale")
    released = theirs.errors[at[0]]
    errors = errors_on(ours, theirs.grid)
    shared = np.isfinite(released) & np.isfinite(errors).all(axis=0)
    if not shared.any():
        raise InputError("our seeds and the released curve share no norm")
    return theirs.grid[shared], errors[:, shared] - released[shared], released[shared]


def errors_on(table: pd.DataFrame, grid: Array) -> Array:
    """(seeds, norms) test error interpolated linearly in log10(norm), as the authors do."""
    wide = (
        table[table["quantity"].isin(["spectral_complexity", "test_error"])]
        .pivot(index=["seed", "step"], columns="quantity", values="value")
        .reset_index()
    )
    curves = []
    for seed in np.unique(wide["seed"]):
        run = wide[wide["seed"] == seed]
        norms, errors = (run[name].to_numpy() for name in ("spectral_complexity", "test_error"))
        curves.append(interpolated(grid, norms, errors))
    return np.array(curves)


def interpolated(grid: Array, norms: Array, errors: Array) -> Array:
    known = np.isfinite(norms) & np.isfinite(errors)
    if not known.any():
        return np.full(len(grid), np.nan)
    order = np.argsort(norms[known], kind="stable")
    x, y = np.log10(norms[known][order]), errors[known][order]
    return np.interp(np.log10(grid), x, y, np.nan, np.nan)

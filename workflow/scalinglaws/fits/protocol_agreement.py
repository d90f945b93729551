"""Networks trained exactly as the authors' against the curves they released, at equal P.

This checks network, initial weights, norm and optimiser together: the released curve is a mean of
30 seeds, ours of few.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.norm_curves import finite_mean, released_means, released_set
from scalinglaws.errors import InputError
from scalinglaws.fits.laws_over_seeds import PAPER
from scalinglaws.statistics.bootstrap import bootstrap_quantity, student_interval
from scalinglaws.statistics.quantity import Quantity, unavailable
from scalinglaws.streams import generator

Array = np.ndarray
NAMES = ("largest_difference", "mean_difference")


def estimate(
    tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]
) -> dict[str, Quantity]:
    """``{set}_P{size}_largest_difference``, the largest absolute difference of error between our
    mean curve and the released one over the released norms that all our seeds pass, and the mean
    difference; for every comparison of ``settings["comparisons"]``.
    """
    found: dict[str, Quantity] = {}
    for name, size in settings["comparisons"]:
        try:
            differences = difference_curves(tables, name, size)[1]
            own = difference_quantities(differences, settings, size)
        except InputError as problem:
            own = dict.fromkeys(NAMES, unavailable(str(problem)))
        found |= {f"{name}_P{size}_{key}": one for key, one in own.items()}
    return found


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


def difference_quantities(
    differences: Array, settings: Mapping[str, Any], size: int
) -> dict[str, Quantity]:
    seeds, points = differences.shape
    source = generator(settings["seed"], PAPER, "protocol_agreement", {"P": size}, "draws")
    counts = source.multinomial(seeds, np.full(seeds, 1 / seeds), size=settings["draws"])
    point, drawn = differences.mean(axis=0), finite_mean(differences, counts)
    facts: dict[str, Any] = {"n_points": points, "n_seeds": seeds}
    largest = student_interval(float(np.abs(point).max()), np.abs(drawn).max(axis=1), seeds, 0.95)
    mean = student_interval(float(point.mean()), drawn.mean(axis=1), seeds, 0.95)
    return {
        "largest_difference": bootstrap_quantity(largest, **facts),
        "mean_difference": bootstrap_quantity(mean, **facts),
    }

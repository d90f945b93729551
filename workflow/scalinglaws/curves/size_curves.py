"""One quantity of a tidy table as a matrix of seeds by sizes (or steps, norms, ranks, widths)."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scalinglaws.statistics.windows import select

Array = np.ndarray


class Curves(NamedTuple):
    """One quantity of one line: `values` (seeds, sizes) over increasing `sizes` (sizes,).

    Seeds stand in order. NaN is a run that diverged or that there is not.
    """

    sizes: Array
    values: Array

    def only(self, kept: Array) -> "Curves":
        """The sizes chosen by a mask (sizes,) or by their places."""
        return Curves(self.sizes[kept], self.values[:, kept])


def curves(rows: pd.DataFrame, quantity: str, size: str = "data_size", **chosen: Any) -> Curves:
    """The rows with that quantity and those column values, over the column `size`.

    Where a seed has several training sets of a size, their mean; one that diverged (NaN) makes
    the seed NaN at that size: it is masked, not dropped.
    """
    kept = rows["quantity"] == quantity
    for column, value in chosen.items():
        kept &= rows[column] == value
    values = rows[kept].set_index(["seed", size])["value"]
    if not values.index.is_unique:
        sets = values.groupby(level=["seed", size])
        values = sets.agg(lambda of_seed: of_seed.mean(skipna=False))
    table = values.unstack(size).sort_index().sort_index(axis=1)
    return Curves(table.columns.to_numpy(dtype=float), table.to_numpy(dtype=float))


def scan(rows: pd.DataFrame, quantity: str, **chosen: Any) -> Curves:
    """Curves of the kernel experiments, whose tables name D, P and ranks alike: ``size``."""
    return curves(rows, quantity, "size", **chosen)


def inside(curve: Curves, window: tuple[float, float]) -> Curves:
    """The points of the window."""
    return curve.only(select(curve.sizes, *window))

"""Columns of a tidy table before it is written: what an experiment returns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Columns = dict[str, np.ndarray]  # name -> values of shape (rows,)


def stack(parts: Sequence[Mapping[str, Any]]) -> Columns:
    """Concatenate row groups; within a group scalars are repeated to the length of its arrays.

    All groups must have the same keys (ValueError otherwise).
    """
    if not parts:
        raise ValueError("no rows to stack")
    names = list(parts[0])
    for part in parts:
        if list(part) != names:
            raise ValueError(f"row groups differ in columns: {names} and {list(part)}")
    columns: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for part in parts:
        arrays = [np.atleast_1d(np.asarray(part[name])) for name in names]
        length = max(len(array) for array in arrays)
        for name, array in zip(names, arrays, strict=True):
            columns[name].append(np.broadcast_to(array, (length,)))
    return {name: np.concatenate(pieces) for name, pieces in columns.items()}


def in_order(columns: Columns) -> Columns:
    """The rows sorted by every column but ``value``, the first column first.

    A table is in this order however its members were dealt to blocks (stations.table sorts alike).
    """
    keys = [values for name, values in columns.items() if name != "value"]
    order = np.lexsort(keys[::-1])
    return {name: values[order] for name, values in columns.items()}

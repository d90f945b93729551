"""Learning curves released by D'Amico et al. (arXiv:2505.13230) as they are kept here: JSON.

Rows of three-dimensional arrays are stored from their first to their last finite number.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from scalinglaws.errors import InputError


def load_published(path: str | Path) -> dict[str, Any]:
    """One converted set: lists as arrays (null as NaN, dtype float64 or int64), numbers as they
    are; key `origin` says which file of which commit it is.

    Keys: P_arr, seed_arr, log_x_grid (values of the norm lambda, not their logarithms),
    mean_val_error_arr [P, grid] (fraction wrong; NaN where no run reached that lambda), l_0_arr,
    lambda_star_arr, eps_lam_star_P_arr, k1, gamma_1, err_gamma_1, k2, gamma_2, err_gamma_2, ...
    Sets of weight decay and of other norms: arrays [variant, P, grid] and [variant, P], and
    gamma_1_arr, err_gamma_1_arr, gamma_2_arr, err_gamma_2_arr, x_left_arr, x_right_arr [variant].
    Raises InputError for a missing or damaged file.
    """
    try:
        record = json.loads(Path(path).read_bytes())
        return {key: as_array(value) for key, value in record.items()}
    except (OSError, ValueError, TypeError, AttributeError) as problem:
        raise InputError(
            f"{path} is missing or damaged ({problem}): expected a converted set of released "
            f"curves; restore it with: git checkout -- {path}"
        ) from problem


def as_array(value: Any) -> Any:
    """Lists as int64 if every item is whole, else as float64, null as NaN; the rest as it is."""
    if isinstance(value, dict) and "rows" in value:
        return widened(**value)
    if not isinstance(value, list):
        return value
    array = np.array(value, dtype=object)
    whole = all(isinstance(item, int) for item in array.reshape(-1))
    return array.astype(np.int64 if whole else np.float64)


def widened(shape: list[int], rows: list[list[Any]]) -> np.ndarray:
    """float64 of the shape from rows [index of the first number, *numbers], NaN elsewhere."""
    array = np.full((len(rows), shape[-1]), np.nan)
    for row, (first, *values) in zip(array, rows, strict=True):
        row[first : first + len(values)] = values
    return array.reshape(shape)

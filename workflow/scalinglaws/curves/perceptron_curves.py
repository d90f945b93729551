"""Curves against a norm instead of time: the step from training records to common abscissae."""

import numpy as np
import pandas as pd


def per_seed(table: pd.DataFrame, quantity: str) -> tuple[np.ndarray, np.ndarray]:
    """(steps, values) of one quantity of a tidy table; values (seeds, steps), seeds in order."""
    chosen = table[table["quantity"] == quantity]
    wide = chosen.pivot(index="seed", columns="step", values="value")
    return wide.columns.to_numpy(), wide.to_numpy(dtype=float)


def against_norm(norm: np.ndarray, values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """One curve read at the norms of `grid`, linear in both logarithms; NaN where it never was.

    A norm that comes back keeps the value of its first passage: only new maxima count.
    """
    usable = np.isfinite(norm) & np.isfinite(values) & (norm > 0) & (values > 0)
    norm, values = norm[usable], values[usable]
    previous = np.concatenate([[0.0], np.maximum.accumulate(norm)[:-1]]) if len(norm) else norm
    norm, values = norm[norm > previous], values[norm > previous]
    if len(norm) < 2:
        return np.full(len(grid), np.nan)
    read = np.interp(np.log(grid), np.log(norm), np.log(values), left=np.nan, right=np.nan)
    return np.exp(read)


def seeds_against_norm(table: pd.DataFrame, quantity: str, grid: np.ndarray) -> np.ndarray:
    """(seeds, grid) values of a quantity at common norms; the norm is the table's ``norm``."""
    _, norms = per_seed(table, "norm")
    _, values = per_seed(table, quantity)
    pairs = zip(norms, values, strict=True)
    return np.array([against_norm(norm, value, grid) for norm, value in pairs])

"""Curves against a norm instead of time: the step from training records to common abscissae."""

import numpy as np
import pandas as pd

from scalinglaws.curves.size_curves import curves


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
    of_seeds = (curves(table, name, "step").values for name in ("norm", quantity))
    pairs = zip(*of_seeds, strict=True)
    return np.array([against_norm(norm, value, grid) for norm, value in pairs])


def minimisers(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Norms (lambdas,) and errors (seeds, lambdas) of one alpha's fixed-norm minimisers."""
    norms, errors = (curves(table, f"fixed_norm{end}", "step").values for end in ("", "_epsilon"))
    return norms[0], errors


def limit_curve(
    limits: pd.DataFrame, name: str, alpha: float = float("inf")
) -> tuple[np.ndarray, np.ndarray]:
    """(abscissa, value) of one curve of perceptron_limits, abscissa increasing."""
    chosen = limits[(limits["quantity"] == name) & (limits["alpha"] == alpha)]
    chosen = chosen.sort_values("abscissa")
    return chosen["abscissa"].to_numpy(), chosen["value"].to_numpy()


def by_alpha(theory: pd.DataFrame, name: str) -> pd.Series:
    """One number per alpha, in order of alpha, of a table with a row for each."""
    chosen = theory[theory["quantity"] == name]
    return pd.Series(chosen["value"].to_numpy(), index=chosen["alpha"].to_numpy()).sort_index()

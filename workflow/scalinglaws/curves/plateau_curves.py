"""Heights, escape times and lengths of plateaus, read off integrated curves.

Input is the table of the experiment plateau_theory; "growth" members give height and escape time
while r^(1) is inside a window, "length" members the alpha at which eps_g falls below a level.
"""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pandas as pd

from scalinglaws.statistics.crossings import crossing
from scalinglaws.theory.plateau import escape_time, length_in_escape_times, plateau_height

IDENTITY = ["hidden", "levels", "beta", "eta", "noise", "dimension", "sigma_j"]
FEWEST_POINTS = 3


def members(table: pd.DataFrame, kind: str) -> list[tuple[dict[str, Any], pd.DataFrame]]:
    """(identity, frame with alpha and one column per quantity) of every member of a kind."""
    chosen = table[table["kind"] == kind]
    found = []
    for _, rows in chosen.groupby("member", sort=False):
        wide = rows.pivot(index="alpha", columns="quantity", values="value").reset_index()
        found.append((records(rows[IDENTITY].head(1))[0], wide))
    return found


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """One dictionary per row."""
    return cast("list[dict[str, Any]]", rows.to_dict("records"))


def formula_time(identity: Mapping[str, Any]) -> float:
    of = (identity["hidden"], identity["eta"], identity["levels"], identity["beta"])
    return escape_time(*of)


def plateaus(table: pd.DataFrame, window: tuple[float, float]) -> pd.DataFrame:
    """One row per growth member: IDENTITY, height, tau (medians while r^(1) is in `window`).

    height_low.. tau_high are the ranges over that window, points how many abscissae it holds;
    NaN with fewer than three. height_ratio and tau_ratio divide by the small-eta formulas.
    """
    rows = []
    for identity, curve in members(table, "growth"):
        inside = curve[curve["split"].between(*window)]
        height, tau = inside["eps_g"].to_numpy(), 1 / inside["growth_rate"].to_numpy()
        formulas = {"height": plateau_height(identity["hidden"]), "tau": formula_time(identity)}
        row: dict[str, Any] = {**identity, "points": len(inside)}
        for name, values in (("height", height), ("tau", tau)):
            usable = len(values) >= FEWEST_POINTS and bool(np.all(np.isfinite(values)))
            low, middle, high = np.quantile(values, [0, 0.5, 1]) if usable else [np.nan] * 3
            row |= {name: middle, f"{name}_low": low, f"{name}_high": high}
            row[f"{name}_ratio"] = middle / formulas[name]
        rows.append(row)
    ends = ("", "_low", "_high", "_ratio")
    measured = [f"{name}{end}" for name in ("height", "tau") for end in ends]
    return pd.DataFrame(rows, columns=[*IDENTITY, "points", *measured])


def lengths(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """One row per length member: IDENTITY, length = first alpha with eps_g below `level` heights.

    Also thinned (the same from every second abscissa, which bounds the interpolation error),
    folds = length / formula's escape time, and logarithm = ln(N)/2 - ln(sigma_J).
    """
    rows = []
    for identity, curve in members(table, "length"):
        below = level * plateau_height(identity["hidden"])
        alphas, errors = curve["alpha"].to_numpy(), curve["eps_g"].to_numpy()
        length, tau = crossing(alphas, errors, below), formula_time(identity)
        rows.append(
            {
                **identity,
                "length": length,
                "thinned": crossing(alphas[1::2], errors[1::2], below),
                "folds": length / tau,
                "logarithm": length_in_escape_times(identity["dimension"], identity["sigma_j"]),
            }
        )
    return pd.DataFrame(rows, columns=[*IDENTITY, "length", "thinned", "folds", "logarithm"])

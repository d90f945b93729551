"""How far the plateaus of the overlaps R_in^(l) lie apart (arXiv 2410.09005, figure 4).

On the plateau R_in^(l) does not depend on the student unit i, but on the teacher unit n, because
the teacher's own overlaps T_nm^(l) do not self-average at finite N.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.records import as_record
from scalinglaws.statistics.over_seeds import mean_over_seeds
from scalinglaws.statistics.quantity import Quantity, unavailable
from scalinglaws.theory.plateau import plateau_height

RULE = "where eps_g is flattest near the plateau's height"


@dataclass(frozen=True)
class Settings:
    """`orders` of the overlaps; `plateau_window`: factors of the plateau's height."""

    orders: tuple[int, ...]
    plateau_window: tuple[float, float]


def fit(tables: Mapping[str, pd.DataFrame], given: Mapping[str, Any]) -> dict[str, Quantity]:
    """Mean over seeds of separation and relative spread per order, and the spread's rise."""
    settings = as_record(Settings, given)
    table = tables["committee_overlaps"]
    theory = table[table["source"] == "theory"]
    matrices = [plateau_matrices(rows, settings) for _, rows in theory.groupby("seed")]
    found: dict[str, Quantity] = {}
    for order in settings.orders:
        of_order = [seed[order] for seed in matrices if order in seed]
        parts = {"separation": separation, "spread": spread}
        for name, measure in parts.items():
            found[f"{name}_order{order}"] = mean_of([measure(R) for R in of_order])
    first, last = settings.orders[0], settings.orders[-1]
    rises = [spread(seed[last]) - spread(seed[first]) for seed in matrices if seed]
    return found | {"spread_rise": mean_of(rises)}


def plateau_matrices(rows: pd.DataFrame, settings: Settings) -> dict[int, np.ndarray]:
    """R^(l) (K, M) of one seed where eps_g is flattest near the plateau's height; may be empty."""
    alpha = flattest_alpha(rows, settings)
    here = rows[(rows["alpha"] == alpha) & (rows["quantity"] == "overlap")]
    return {
        order: here[here["order"] == order]
        .pivot(index="student", columns="teacher", values="value")
        .to_numpy()
        for order in sorted({int(number) for number in here["order"]})
    }


def flattest_alpha(rows: pd.DataFrame, settings: Settings) -> float:
    """Where |d ln eps_g / d ln alpha| is least while eps_g is in the window; NaN if never."""
    curve = rows[rows["quantity"] == "eps_g"].sort_values("alpha")
    alphas, errors = curve["alpha"].to_numpy(), curve["value"].to_numpy()
    with np.errstate(invalid="ignore"):
        slopes = np.abs(np.gradient(np.log(errors), np.log(alphas)))
    low, high = (f * plateau_height(int(rows["hidden"].iloc[0])) for f in settings.plateau_window)
    slopes[~((errors > low) & (errors < high))] = np.inf
    best = int(np.nanargmin(slopes))
    return float(alphas[best]) if np.isfinite(slopes[best]) else float("nan")


def separation(overlaps: np.ndarray) -> float:
    """Standard deviation over teacher units over that of student units within one teacher unit."""
    means = overlaps.mean(axis=0)
    return float(means.std() / np.sqrt(np.mean((overlaps - means) ** 2)))


def spread(overlaps: np.ndarray) -> float:
    """Standard deviation over teacher units relative to the mean overlap."""
    means = overlaps.mean(axis=0)
    return float(means.std() / means.mean())


def mean_of(values: list[float]) -> Quantity:
    if not values or not np.all(np.isfinite(values)):
        return unavailable("no seed has a plateau with overlaps of this order")
    return mean_over_seeds(np.array(values), n_points=len(values), rule=RULE)

"""How far the plateaus of the overlaps R_in^(l) lie apart (arXiv 2410.09005, figure 4).

On the plateau R_in^(l) does not depend on the student unit i, but on the teacher unit n, because
the teacher's own overlaps T_nm^(l) do not self-average at finite N.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.statistics.bootstrap import bootstrap, bootstrap_quantity
from scalinglaws.statistics.quantity import Quantity, unavailable
from scalinglaws.streams import generator
from scalinglaws.theory.plateau import plateau_height

Settings = Mapping[str, Any]


def estimate(tables: Mapping[str, pd.DataFrame], settings: Settings) -> dict[str, Quantity]:
    """Mean over seeds of separation and relative spread per order, and the spread's rise.

    Settings: orders, plateau_window (factors of the plateau height), draws, seed.
    """
    table = tables["committee_overlaps"]
    theory = table[table["source"] == "theory"]
    matrices = [plateau_matrices(rows, settings) for _, rows in theory.groupby("seed")]
    found: dict[str, Quantity] = {}
    for order in settings["orders"]:
        of_order = [seed[order] for seed in matrices if order in seed]
        parts = {"separation": separation, "spread": spread}
        for name, measure in parts.items():
            key = f"{name}_order{order}"
            found[key] = over_seeds([measure(R) for R in of_order], key, settings)
    first, last = settings["orders"][0], settings["orders"][-1]
    rises = [spread(seed[last]) - spread(seed[first]) for seed in matrices if seed]
    return found | {"spread_rise": over_seeds(rises, "spread_rise", settings)}


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
    low, high = (
        f * plateau_height(int(rows["hidden"].iloc[0])) for f in settings["plateau_window"]
    )
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


def over_seeds(values: list[float], name: str, settings: Settings) -> Quantity:
    if not values or not np.all(np.isfinite(values)):
        return unavailable("no seed has a plateau with overlaps of this order")
    samples = np.array(values)
    identity = {"name": name}
    stream = generator(settings["seed"], "worschech2024", "plateau_overlaps", identity, "bootstrap")
    interval = bootstrap(
        lambda chosen: float(samples[chosen].mean()),
        len(samples),
        draws=settings["draws"],
        generator=stream,
    )
    return bootstrap_quantity(
        interval,
        n_points=len(samples),
        n_seeds=len(samples),
        scan=(samples.min(), samples.max()),
        rule="where eps_g is flattest near the plateau's height",
    )

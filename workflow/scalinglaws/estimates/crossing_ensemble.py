"""When curves of an ensemble leave the plateau: exact simulation against theory, seed by seed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.estimates.committee_agreement import crossing
from scalinglaws.fitting.bootstrap import BOOTSTRAP_KIND, bootstrap
from scalinglaws.fitting.quantity import Quantity, quantity, unavailable
from scalinglaws.streams import generator
from scalinglaws.theory.plateau import escape_time

Settings = Mapping[str, Any]


def estimate(tables: Mapping[str, pd.DataFrame], settings: Settings) -> dict[str, Quantity]:
    """Mean and spread over seeds of the alpha at which eps_g falls below a level.

    Settings: levels, crossing_error, units, eta, beta (of the escape time), draws, seed. Per L:
    mean_crossing_ratio (mean over seeds, theory / simulation), spread_ratio (standard deviation,
    theory / simulation), spread_in_escape_times (of the simulation, over tau_esc).
    """
    found: dict[str, Quantity] = {}
    for levels in settings["levels"]:
        found |= of_levels(tables, settings, levels)
    return found


def of_levels(
    tables: Mapping[str, pd.DataFrame], settings: Settings, levels: int
) -> dict[str, Quantity]:
    names = ("mean_crossing_ratio", "spread_ratio", "spread_in_escape_times")
    sgd, ode = crossings(tables, settings["crossing_error"], levels)
    facts: dict[str, Any] = {"n_points": len(sgd), "n_seeds": len(sgd)}
    lost = int((~np.isfinite(sgd + ode)).sum())
    if len(sgd) < 2 or lost:
        why = f"{lost} of {len(sgd)} seeds diverged or do not reach the level"
        why = why if lost else "fewer than two seeds of this L at this scale"
        return {f"{name}_L{levels}": unavailable(why, n_masked=lost, **facts) for name in names}
    tau = escape_time(settings["units"], settings["eta"], levels, settings["beta"])
    statistics = [
        lambda chosen: float(ode[chosen].mean() / sgd[chosen].mean()),
        lambda chosen: ratio_of_spreads(ode[chosen], sgd[chosen]),
        lambda chosen: float(sgd[chosen].std(ddof=1) / tau),
    ]
    made = {}
    for name, statistic in zip(names, statistics, strict=True):
        identity = {"name": f"{name}_L{levels}"}
        stream = generator(
            settings["seed"], "worschech2024", "crossing_ensemble", identity, "bootstrap"
        )
        interval = bootstrap(statistic, len(sgd), draws=settings["draws"], generator=stream)
        made[f"{name}_L{levels}"] = quantity(
            interval.estimate,
            (interval.low, interval.high),
            interval_kind=BOOTSTRAP_KIND,
            standard_error=interval.standard_error,
            **facts,
        )
    return made


def ratio_of_spreads(first: np.ndarray, second: np.ndarray) -> float:
    """Standard deviations' ratio; NaN for a draw of one seed repeated."""
    spread = second.std(ddof=1)
    return float(first.std(ddof=1) / spread) if spread > 0 else float("nan")


def crossings(
    tables: Mapping[str, pd.DataFrame], level: float, levels: int
) -> tuple[np.ndarray, np.ndarray]:
    """alpha at the level, per seed, of simulation and of theory from the same start."""
    sgd, ode = tables["committee_reduced"], tables["committee_reduced_ode"]
    sgd = sgd[sgd["levels"] == levels]
    ode = ode[(ode["levels"] == levels) & (ode["start"] == "realised")]
    seeds = sorted(set(sgd["seed"]) & set(ode["seed"]))
    pair = (ode[ode["quantity"] == "eps_g"], sgd)
    theory, simulation = (np.array([of_seed(rows, seed, level) for seed in seeds]) for rows in pair)
    return simulation, theory


def of_seed(rows: pd.DataFrame, seed: int, level: float) -> float:
    curve = rows[rows["seed"] == seed].sort_values("alpha")
    return crossing(curve["alpha"].to_numpy(), curve["value"].to_numpy(), level)

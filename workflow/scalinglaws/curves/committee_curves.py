"""When curves of an ensemble of committee machines leave the plateau, seed by seed."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scalinglaws.statistics.crossings import crossing


def crossings(
    tables: Mapping[str, pd.DataFrame], level: float, levels: int
) -> tuple[np.ndarray, np.ndarray]:
    """alpha at which eps_g falls below `level`, (seeds,) each, of simulation and of theory from
    the same start; NaN where a curve does not.
    """
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

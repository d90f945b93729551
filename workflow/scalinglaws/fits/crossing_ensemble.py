"""When curves of an ensemble leave the plateau: exact simulation against theory, seed by seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2
from scipy.stats import t as student

from scalinglaws.curves.committee_curves import crossings
from scalinglaws.records import as_record
from scalinglaws.statistics.over_seeds import smooth_over_seeds
from scalinglaws.statistics.quantity import NEW_SEEDS, Quantity, quantity, unavailable
from scalinglaws.theory.plateau import escape_time

PAIRED_KIND = "inverted Pitman-Morgan test over seeds"


@dataclass(frozen=True)
class Settings:
    """`levels` L; `crossing_error`: eps_g; `units`, `eta`, `beta`: of the escape time."""

    levels: tuple[int, ...]
    crossing_error: float
    units: int
    eta: float
    beta: float


def fit(tables: Mapping[str, pd.DataFrame], given: Mapping[str, Any]) -> dict[str, Quantity]:
    """Mean and spread over seeds of the alpha at which eps_g falls below a level.

    Per L: mean_crossing_ratio (mean over seeds, theory / simulation), spread_ratio (standard
    deviation, theory / simulation), spread_in_escape_times (of the simulation, over tau_esc).
    """
    settings = as_record(Settings, given)
    found: dict[str, Quantity] = {}
    for levels in settings.levels:
        found |= of_levels(tables, settings, levels)
    return found


def of_levels(
    tables: Mapping[str, pd.DataFrame], settings: Settings, levels: int
) -> dict[str, Quantity]:
    names = ("mean_crossing_ratio", "spread_ratio", "spread_in_escape_times")
    sgd, ode = crossings(tables, settings.crossing_error, levels)
    facts: dict[str, Any] = {"n_points": len(sgd), "n_seeds": len(sgd), "target": NEW_SEEDS}

    def mean_ratio(chosen: np.ndarray) -> float:
        return float(ode[chosen].mean() / sgd[chosen].mean())

    lost = int((~np.isfinite(sgd + ode)).sum())
    if len(sgd) < 2 or lost:
        why = f"{lost} of {len(sgd)} seeds diverged or do not reach the level"
        why = why if lost else "fewer than two seeds of this L at this scale"
        return {f"{name}_L{levels}": unavailable(why, n_masked=lost, **facts) for name in names}
    tau = escape_time(settings.units, settings.eta, levels, settings.beta)
    made = [
        smooth_over_seeds(mean_ratio, **facts),
        spread_ratio(sgd, ode, facts),
        spread(sgd / tau, facts),
    ]
    return {f"{name}_L{levels}": found for name, found in zip(names, made, strict=True)}


def spread_ratio(sgd: np.ndarray, ode: np.ndarray, facts: Mapping[str, Any]) -> Quantity:
    """Ratio of standard deviations of paired samples, theory over simulation.

    The interval inverts the test of Pitman and Morgan (1939), exact for normal pairs. A bootstrap
    fails here: a resample of a few seeds may have next to no spread.
    """
    seeds = len(sgd)
    ratio = float(ode.std(ddof=1) / sgd.std(ddof=1))
    if seeds < 3:
        return quantity(ratio, None, why="two seeds have no interval for a spread", **facts)
    correlation = float(np.corrcoef(ode, sgd)[0, 1])
    quantile = float(student.ppf(0.975, seeds - 2))
    widening = 1 + 2 * (1 - correlation**2) * quantile**2 / (seeds - 2)
    reach = float(np.sqrt(widening + np.sqrt(widening**2 - 1)))
    ends = (ratio / reach, ratio * reach)
    return quantity(ratio, ends, interval_kind=PAIRED_KIND, degrees=seeds - 2, **facts)


def spread(values: np.ndarray, facts: Mapping[str, Any]) -> Quantity:
    """Standard deviation with its interval for normal values."""
    freedom, found = len(values) - 1, float(values.std(ddof=1))
    low, high = found * np.sqrt(freedom / chi2.ppf((0.975, 0.025), freedom))
    kind = "chi-squared over seeds"
    return quantity(found, (low, high), interval_kind=kind, degrees=freedom, **facts)

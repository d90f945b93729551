"""The laws of arXiv:2505.13230 from the authors' released curves, by this project's estimator.

The window rule is the one our own curves are fitted with, fixed in advance. The released means have
no spread over seeds, so intervals are jackknifed over the training sizes: each is left out in turn
and the whole chain runs again.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.norm_curves import (
    Means,
    ends_at_optimum,
    optima_of_means,
    released_means,
    released_set,
    subset_of,
)
from scalinglaws.errors import InputError
from scalinglaws.statistics.bootstrap import critical
from scalinglaws.statistics.law_facts import OWN_RULE, scans_of, windows_of
from scalinglaws.statistics.norm_laws import LAWS, laws, log10_of, log_slope, window_from
from scalinglaws.statistics.offset_laws import exponent_with_offset, law_1_with_offset
from scalinglaws.statistics.quantity import NUMERICAL, Quantity, quantity, unavailable

BESIDE = (
    "gamma_2_of_mean_curves",
    *("gamma_1_with_offset", "gamma_2_with_offset", "gamma_measured_with_offset"),
)
JACKKNIFE_KIND = "jackknife over training sizes, Student t"


def fit(tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]) -> dict[str, Quantity]:
    """Quantities of every set in ``settings["sets"]``, named ``{set}_{quantity}``."""
    found: dict[str, Quantity] = {}
    for name in settings["sets"]:
        try:
            own = set_quantities(released_set(tables["released_curves"], name), settings)
        except InputError as problem:
            own = dict.fromkeys((*LAWS, *BESIDE, "optima_at_end"), unavailable(str(problem)))
        found |= {f"{name}_{key}": one for key, one in own.items()}
    return found


def set_quantities(table: pd.DataFrame, settings: Mapping[str, Any]) -> dict[str, Quantity]:
    means = released_means(table)
    window = window_from(settings, means.sizes)
    scans, windows = scans_of(means, window), windows_of(means, window)
    point = all_numbers(means, settings)
    left_out = [all_numbers(subset_of(means, kept), settings) for kept in leave_one_out(means)]
    found = {
        name: jackknifed(
            point[name],
            np.array([one[name] for one in left_out]),
            rule=OWN_RULE,
            scan=scans.get(name),
            **windows.get(name, {}),
        )
        for name in point
    }
    share = float(np.mean(ends_at_optimum(means.errors)))
    ended = quantity(
        share, (share, share), interval_kind=NUMERICAL, n_points=len(means.sizes), n_seeds=0
    )
    return {**found, "optima_at_end": ended}


def all_numbers(means: Means, settings: Mapping[str, Any]) -> dict[str, float]:
    """The laws; law 2 read off the minima of the mean curves instead of the runs' own; and the
    exponents with the offsets q_1, q_2, q of Eqs. 2, 3, 5.
    """
    window = window_from(settings, means.sizes)
    numbers = {name: float(value) for name, value in laws(means, window).items()}
    norms, errors = optima_of_means(means)
    return {
        **numbers,
        "gamma_2_of_mean_curves": float(log_slope(np.log10(means.sizes), log10_of(norms))),
        "gamma_1_with_offset": law_1_with_offset(means, window).exponent,
        # growth as P^g is a decay in 1 / P
        "gamma_2_with_offset": exponent_with_offset(1 / means.sizes, means.optima),
        "gamma_measured_with_offset": exponent_with_offset(means.sizes, errors),
    }


def leave_one_out(means: Means) -> list[np.ndarray]:
    everything = np.arange(len(means.sizes))
    return [everything != left_out for left_out in everything]


def jackknifed(value: float, left_out: np.ndarray, **facts: Any) -> Quantity:
    """Quenouille's standard error: (n - 1) / n times the sum of squared deviations, with
    Student's t. The median-based spreads are not smooth, for them it is rough.
    """
    if not np.isfinite(value):
        return quantity(None, None, why="the released points do not determine it", **facts)
    good = left_out[np.isfinite(left_out)]
    n = len(good)
    if n < len(left_out) or n < 3:
        why = "without some of the sizes the law is not determined"
        return quantity(value, None, why=why, **facts)
    error = float(np.sqrt((n - 1) / n * np.sum((good - good.mean()) ** 2)))
    reach = critical(n, 0.95) * error
    return quantity(
        value,
        (value - reach, value + reach),
        standard_error=error,
        interval_kind=JACKKNIFE_KIND,
        n_seeds=n,
        **facts,
    )

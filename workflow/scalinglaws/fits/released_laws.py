"""The laws of arXiv:2505.13230 from the authors' released curves, by this project's estimator.

The window rule is the one our own curves are fitted with, fixed in advance. The released means have
no spread over seeds, so intervals are jackknifed over the training sizes: each is left out in turn
and the whole chain runs again.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from scalinglaws.curves.norm_curves import (
    Means,
    ends_at_optimum,
    optima_of_means,
    released_means,
    released_set,
    subset_of,
)
from scalinglaws.errors import InputError
from scalinglaws.statistics.law_facts import OWN_RULE, scans_of, windows_of
from scalinglaws.statistics.norm_laws import (
    LAWS,
    Window,
    laws,
    log10_of,
    log_slope,
    window_from,
)
from scalinglaws.statistics.offset_laws import exponent_with_offset, law_1_with_offset
from scalinglaws.statistics.quantity import (
    NEW_SIZES,
    NUMERICAL,
    Quantity,
    quantity,
    unavailable,
)

BESIDE = (
    "gamma_2_of_mean_curves",
    *("gamma_1_with_offset", "gamma_2_with_offset", "gamma_measured_with_offset"),
)
JACKKNIFE_KIND = "jackknife over training sizes, Student t"
UNCHANGED = 1e-12  # of a number without a size, beside its own rounding
# Fitted to the sizes: 2 for a line over them, 3 with an offset, 1 for a mean.
PARAMETERS = {
    **dict.fromkeys(("gamma_2", "gamma_measured", "gamma_2_of_mean_curves"), 2),
    **dict.fromkeys(("gamma_predicted", "gamma_difference"), 2),
    **dict.fromkeys(("gamma_2_with_offset", "gamma_measured_with_offset"), 3),
}


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
    point = all_numbers(means, window)
    # The window stays: a smaller set of sizes would have its largest half elsewhere.
    left_out = [all_numbers(subset_of(means, kept), window) for kept in leave_one_out(means)]
    found = {
        name: jackknifed(
            point[name],
            np.array([one[name] for one in left_out]),
            PARAMETERS.get(name, 1),
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


def all_numbers(means: Means, window: Window) -> dict[str, float]:
    """The laws; law 2 read off the minima of the mean curves instead of the runs' own; and the
    exponents with the offsets q_1, q_2, q of Eqs. 2, 3, 5.
    """
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


def jackknifed(value: float, left_out: np.ndarray, parameters: int, **facts: Any) -> Quantity:
    """Quenouille's interval over the sizes that carry the number, with Student's t.

    A size that can be left out without any change carries nothing (law 1 rests on the largest half
    of the sizes), and counting it would feign degrees of freedom. Those that carry, less the
    `parameters` fitted to them, are the degrees of freedom. The median-based spreads are not
    smooth, for them it is rough.
    """
    facts = {**facts, "target": NEW_SIZES}
    if not np.isfinite(value):
        return quantity(None, None, why="the released points do not determine it", **facts)
    good = left_out[np.isfinite(left_out)]
    if len(good) < len(left_out):
        why = "without some of the sizes the law is not determined"
        return quantity(value, None, why=why, **facts)
    carrying = good[np.abs(good - value) > UNCHANGED * max(1.0, abs(value))]
    n = len(carrying)
    degrees = n - parameters
    if degrees < 2:
        return quantity(value, None, why="too few sizes carry the law", n_seeds=n, **facts)
    squares = np.sum((carrying - carrying.mean()) ** 2)
    error = float(np.sqrt((n - 1) / n * squares))
    reach = float(stdtrit(degrees, 0.975)) * error
    ordered = np.sort(carrying)
    variants = {
        f"one size left out, {word}": [end, end - reach, end + reach]
        for word, end in (("lowest", ordered[0]), ("highest", ordered[-1]))
    }
    return quantity(
        value,
        (value - reach, value + reach),
        standard_error=error,
        interval_kind=JACKKNIFE_KIND,
        n_seeds=n,
        degrees=degrees,
        variants=variants,
        **facts,
    )

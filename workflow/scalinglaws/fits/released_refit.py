"""Table 1 and the ablations of arXiv:2505.13230 from the released curves, as the authors fit them.

The released arrays hold the authors' own gamma_1 and gamma_2; the windows are in their notebook, in
the arrays of the ablations, or (plain gradient descent) were found by a search that returns the
stored exponent and its error to the last digit.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.norm_curves import released_means, released_set
from scalinglaws.errors import InputError
from scalinglaws.statistics.authors_procedure import Choice, authors_fit, choice_from, law_1_points
from scalinglaws.statistics.quantity import NUMERICAL, Quantity, quantity, unavailable

ROUNDING = 1e-9  # of a least-squares slope in float64, generously
RULE = "window of norm / optimal norm and sizes as the authors chose them"
TRIPLE = ("gamma_predicted", "gamma_measured", "sigma")
ERRORS = ("gamma_1", "gamma_2", "gamma_predicted", "gamma_measured")


def fit(tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]) -> dict[str, Quantity]:
    """For every set (and variant, numbered from 0): the exponents with the authors' errors as
    standard errors, and the sigma of their difference; how far Table 1's rows are from the
    published ones; how many rows agree within one and two sigma, and their chi square.

    Given numbers in given windows are deterministic, so intervals are rounding error.
    """
    found: dict[str, Quantity] = {}
    fits: dict[str, dict[str, float]] = {}
    for name, choices in settings["authors"].items():
        for variant, chosen in enumerate(choices):
            label = name if len(choices) == 1 else f"{name}_{variant}"
            try:
                means = released_means(released_set(tables["released_curves"], name, variant))
            except InputError as problem:
                found |= {f"{label}_{key}": unavailable(str(problem)) for key in names_of(label)}
                continue
            choice = choice_from(chosen)
            fits[label] = authors_fit(means, choice)
            points = sum(len(x) for x, _ in law_1_points(means, choice))
            found |= fit_quantities(label, fits[label], choice, points, means.sizes)
    return found | published_quantities(fits, settings["published"]) | agreement(fits)


def fit_quantities(
    label: str, fit: Mapping[str, float], choice: Choice, points: int, sizes: np.ndarray
) -> dict[str, Quantity]:
    of_law: dict[str, tuple[int, tuple[float, float]]] = {
        "gamma_1": (points, choice.window),
        "gamma_2": (int(np.sum(sizes >= choice.law_2_from)), (choice.law_2_from, sizes[-1])),
    }
    all_sizes = (len(sizes), (sizes[0], sizes[-1]))
    return {
        f"{label}_{name}": exact(
            fit[name],
            standard_error=fit.get(f"{name}_error"),
            n_points=of_law.get(name, all_sizes)[0],
            window=of_law.get(name, all_sizes)[1],
            rule=RULE,
        )
        for name in names_of(label)
    }


def names_of(label: str) -> tuple[str, ...]:
    """What is kept of a row: of the ablations only what is compared."""
    return (*ERRORS, "sigma") if group_of(label) == "table_1" else TRIPLE


def exact(value: float, **facts: Any) -> Quantity:
    """A number without sampling error."""
    ends = (value - ROUNDING, value + ROUNDING)
    return quantity(value, ends, interval_kind=NUMERICAL, **facts)


def published_quantities(
    fits: Mapping[str, Mapping[str, float]], published: Mapping[str, Mapping[str, float]]
) -> dict[str, Quantity]:
    """Largest deviation of a row's three numbers from Table 1, row by row."""
    return {
        f"{name}_deviation": exact(
            max(abs(fits[name][key] - row[key]) for key in TRIPLE), n_points=len(TRIPLE)
        )
        if name in fits
        else unavailable("the set is not among released_curves at this scale")
        for name, row in published.items()
    }


def agreement(fits: Mapping[str, Mapping[str, float]]) -> dict[str, Quantity]:
    """Rows whose predicted and measured exponents agree within one, and within two, sigma; the sum
    of squares of (difference / sigma), chi square with a degree of freedom per row if they agree.
    """
    groups: dict[str, list[float]] = {}
    for label, fit in fits.items():
        ratio = abs(fit["gamma_predicted"] - fit["gamma_measured"]) / fit["sigma"]
        groups.setdefault(group_of(label), []).append(ratio)
    squares = {
        f"{group}_chi_square": exact(sum(ratio**2 for ratio in ratios), n_points=len(ratios))
        for group, ratios in groups.items()
    }
    return squares | {
        f"{group}_rows_within_{word}": counted(sum(ratio <= limit for ratio in ratios), len(ratios))
        for group, ratios in groups.items()
        for limit, word in ((1, "sigma"), (2, "two_sigma"))
    }


def counted(count: int, rows: int) -> Quantity:
    return quantity(float(count), (count, count), interval_kind=NUMERICAL, n_points=rows)


def group_of(label: str) -> str:
    """Which table a row belongs to: Table 1, or one of the ablations."""
    for mark, group in (("_wd", "decay"), ("_norms", "norms"), ("_SGD", "sgd")):
        if mark in label:
            return group
    return "table_1"

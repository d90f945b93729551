"""Forecasts of the curves of arXiv:2102.06701 from their smaller half, held against the rest.

The paper ends with the use of its laws: they enable "the estimation of expected gains" from scale.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.size_laws import SizeLaw, size_laws
from scalinglaws.forecast.held_out import HeldOut
from scalinglaws.forecast.scores import Found, coverage, held_out, scores
from scalinglaws.statistics.quantity import computed

GROUPS = {
    "random_features": "random features",
    "gaussian_features": "Gaussian features",
    "learned_features": "learned features",
    "teacher_student": "teacher-student",
    "images": "images",
}


def fit(tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]) -> Found:
    """`coverage_all`, `error_all`, `line_error_all` over all curves, and the same for each group;
    `truth_coverage`: share of intervals that hold the theory's value, where there is a theory;
    `abstained`: curves without a forecast, most for want of sizes.
    """
    laws = size_laws(tables)
    tried = [(law, held_out(law.sizes, law.values)) for law in laws]
    made = [(law, one) for law, one in tried if not isinstance(one, str)]
    found = scores("all", [one for _, one in made])
    for key, group in GROUPS.items():
        found |= scores(key, [one for law, one in made if law.group == group])
    with_theory = [theory_share(law, one) for law, one in made if law.theory is not None]
    n_points = sum(len(one.x) for law, one in made if law.theory is not None)
    found |= coverage("truth_coverage", with_theory, n_points)
    found["abstained"] = computed(float(len(tried) - len(made)), 0.0, n_points=len(tried))
    return found


def theory_share(law: SizeLaw, one: HeldOut) -> float:
    assert law.theory is not None
    exact = law.theory[np.searchsorted(law.sizes, one.x)]
    return float(np.mean(one.holds(exact)))

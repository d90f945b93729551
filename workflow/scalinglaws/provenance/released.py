"""The authors' released curves, refitted by the authors' procedure.

If this fails, either the shipped curves or our estimator changed: exponents trained anew could
then not be compared with the published ones.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.columns import stack
from scalinglaws.config import read_paper
from scalinglaws.curves.norm_curves import released_means, released_set
from scalinglaws.data.published import load_published
from scalinglaws.experiments.released.files import path_of
from scalinglaws.experiments.released.run import released_rows
from scalinglaws.statistics.authors_procedure import authors_fit, choice_from

PRECISION = 1e-6  # relative: the stored exponents come from other versions of the same routines
STORED = {
    "gamma_1": "gamma_1",
    "gamma_1_error": "err_gamma_1",
    "gamma_2": "gamma_2",
    "gamma_2_error": "err_gamma_2",
}


def stored_number(record: Mapping[str, Any], key: str, variant: int) -> float:
    """Sets without variants hold one number, the others an array of them under ``{key}_arr``."""
    return float(record[key] if key in record else record[f"{key}_arr"][variant])


def released_problems() -> Iterator[str]:
    """One sentence for each exponent or error that our refit does not bring back."""
    authors = read_paper("damico2025")["fits"]["released_refit"]["settings"]["authors"]
    for name, choices in authors.items():
        record = load_published(path_of(name))
        table = pd.DataFrame(stack(released_rows(name, record)))
        for variant, chosen in enumerate(choices):
            means = released_means(released_set(table, name, variant))
            refit = authors_fit(means, choice_from(chosen))
            for ours, theirs in STORED.items():
                stored = stored_number(record, theirs, variant)
                if not np.isclose(refit[ours], stored, rtol=PRECISION, atol=0):
                    yield (
                        f"{name}, variant {variant}: {theirs} is {refit[ours]:.6f} refitted, "
                        f"{stored:.6f} as released"
                    )

"""The laws for other norms, augmented test images, weight decay and plain gradient descent.

As the appendix of arXiv:2505.13230; trained here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from scalinglaws.curves.panel_curves import (
    MAIN_TABLES,
    decays_of,
    panel_runs,
    panel_table,
    with_decay,
)
from scalinglaws.errors import InputError
from scalinglaws.statistics.laws_over_seeds import absent, law_quantities
from scalinglaws.statistics.quantity import Quantity

EXPONENTS = ("gamma_predicted", "gamma_measured", "gamma_difference")
NORM = "spectral_complexity"
ERROR = "test_error"


def fit(tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]) -> dict[str, Quantity]:
    """Exponents ``{panel}_{variant}_{exponent}``. Variants: names of norms, ``augmented``,
    ``sgd``, and ``decay_{i}`` numbered from 0, from the largest weight decay down.
    """
    found: dict[str, Quantity] = {}
    for label, table, panel, norm, error in variants(tables, settings):
        try:
            runs = panel_runs(panel_table(table, panel), panel, settings, norm, error)
            own = law_quantities(runs, settings, label, EXPONENTS)
        except InputError as problem:
            own = absent(EXPONENTS, str(problem))
        found |= {f"{label}_{name}": one for name, one in own.items()}
    return found


def variants(
    tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]
) -> Iterator[tuple[str, pd.DataFrame, str, str, str]]:
    """Label, table, panel, norm and error of every variant."""
    for panel, norms in settings["norms"].items():
        table = tables[MAIN_TABLES[panel.split("_")[0]]]
        for norm in norms:
            yield f"{panel}_{norm}", table, panel, norm, ERROR
    for panel in settings["augmented"]:
        table = tables[MAIN_TABLES[panel.split("_")[0]]]
        yield f"{panel}_augmented", table, panel, NORM, "test_error_augmented"
    for panel in settings["sgd"]:
        yield f"{panel}_sgd", tables["sgd_curves"], panel, NORM, ERROR
    for panel in settings["decay"]:
        decays = decays_of(tables["decay_curves"], panel)
        for number in range(settings["decays"]):
            table = with_decay(tables["decay_curves"], decays[number : number + 1])
            yield f"{panel}_decay_{number}", table, panel, NORM, ERROR

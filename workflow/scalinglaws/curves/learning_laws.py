"""Learning curves of arXiv:2410.09005 whose changes of law are known exactly.

A finite spectrum makes the power law end in an exponential, at alpha of the order of
1 / (2 eta lambda_L); a plateau makes it begin late.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from scalinglaws.curves.linear_curves import part_rows, series
from scalinglaws.theory.linear import power_law_range
from scalinglaws.theory.specialised import mode_window

Array = np.ndarray
Tables = Mapping[str, pd.DataFrame]


class LearningLaw(NamedTuple):
    """eps_g (n,) at alpha (n,), increasing, and where the power law begins and ends (alpha)."""

    name: str
    alphas: Array
    errors: Array
    begins: float
    ends: float


def learning_laws(tables: Tables) -> list[LearningLaw]:
    """The linear network's and, for each beta, the committee's near its teacher."""
    return [linear_law(tables["linear_theory"]), *specialised_laws(tables["asymptotic_theory"])]


def linear_law(table: pd.DataFrame) -> LearningLaw:
    """All N directions learn (N_l = N): the only one of the part `scaling` that decays to zero."""
    rows = part_rows(table, "scaling")
    rows = rows[rows["n_trainable"] == rows["dimension"]]
    first = rows.iloc[0]
    alphas, errors = series(rows, "small_eta")
    size, beta, eta = int(first["dimension"]), float(first["beta"]), float(first["eta"])
    return LearningLaw("linear network", alphas, errors, *power_law_range(size, beta, eta))


def specialised_laws(table: pd.DataFrame) -> list[LearningLaw]:
    """Curves of the kind `window` at the least number of levels, which run past the power law."""
    rows = table[(table["kind"] == "window") & (table["quantity"] == "eps_g")]
    rows = rows[rows["units"] == rows["units"].max()]
    rows = rows[rows["levels"] == rows["levels"].min()]
    return [specialised_law(float(beta), own) for beta, own in rows.groupby("beta", sort=True)]


def specialised_law(beta: float, rows: pd.DataFrame) -> LearningLaw:
    rows = rows.sort_values("alpha")
    first = rows.iloc[0]
    size = (int(first["units"]), int(first["levels"]), beta, float(first["eta"]))
    alphas, errors = rows["alpha"].to_numpy(), rows["value"].to_numpy()
    return LearningLaw(f"β = {beta:g}", alphas, errors, *mode_window(*size, fast=False))

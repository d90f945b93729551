"""Reading the tables of the linear network: curves per seed and the formula of the same start."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalinglaws.theory.linear import feature_error, general_eta_error

Array = np.ndarray


@dataclass(frozen=True)
class SeedRun:
    """One seed: eigenvalues and first squares (N,), abscissae, curves by N_l, learning rate."""

    variances: Array
    squares: Array
    alphas: Array
    curves: dict[int, Array]
    eta: float

    def general_eta(self) -> Array:
        """Order-parameter theory at this eta from the very start of this seed."""
        return general_eta_error(self.variances, self.squares, self.alphas, self.eta)

    def features(self, trainable: int) -> Array:
        """Eq 11 (small eta) from the very start of this seed."""
        return feature_error(self.variances, self.squares, trainable, self.alphas, self.eta)


def seed_runs(table: pd.DataFrame) -> list[SeedRun]:
    """All seeds of a table of one dimension (and one kind of inputs), in order."""
    return [seed_run(rows) for _, rows in table.groupby("seed")]


def seed_run(rows: pd.DataFrame) -> SeedRun:
    described = rows[rows["quantity"] != "eps_g"].sort_values("direction")
    errors = rows[rows["quantity"] == "eps_g"].sort_values("alpha")
    curves = {
        int(str(count)): curve["value"].to_numpy() for count, curve in errors.groupby("n_trainable")
    }
    return SeedRun(
        variances=described.loc[described["quantity"] == "variance", "value"].to_numpy(),
        squares=described.loc[described["quantity"] == "start_square", "value"].to_numpy(),
        alphas=np.unique(errors["alpha"]),
        curves=curves,
        eta=float(rows["eta"].iloc[0]),
    )


def median_deviation(simulated: Array, formula: Array) -> float:
    """Median of |simulated / formula - 1| over finite points; NaN without any."""
    relative = np.abs(simulated / formula - 1)
    finite = relative[np.isfinite(relative)]
    return float(np.median(finite)) if len(finite) else float("nan")


def part_rows(table: pd.DataFrame, part: str, **chosen: float) -> pd.DataFrame:
    """Rows of one part of linear_theory with the given identity, sorted by alpha."""
    rows = table[table["part"] == part]
    for name, value in chosen.items():
        rows = rows[rows[name] == value]
    return rows.sort_values(["alpha", "n_trainable"])


def series(rows: pd.DataFrame, quantity: str) -> tuple[Array, Array]:
    found = rows[rows["quantity"] == quantity]
    return found["alpha"].to_numpy(), found["value"].to_numpy()


Measure = Callable[[SeedRun], float]


def per_seed(runs: list[SeedRun], measure: Measure) -> Array:
    return np.array([measure(run) for run in runs])

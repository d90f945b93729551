"""The learning curves that D'Amico et al. (arXiv:2505.13230) released, as a tidy table.

Each curve is a mean over seeds on a grid of norms; seeds, epochs and training errors were not
released. Grid points that no run reached are left out.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.data.published import load_published
from scalinglaws.errors import InputError
from scalinglaws.experiments.released.files import checksum, path_of
from scalinglaws.training.session import Session


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Rows: member, set, variant, P, norm, quantity, value.

    ``variant`` numbers the weight decays (sets ``_wd``, in the authors' order; their values were
    not released) and the norms (sets ``_norms``: l1, Frobenius, (2,1), spectral product); it is 0
    in sets without variants. Quantities: ``test_error`` (fraction) at each norm of the grid;
    ``norm_at_optimum``, the mean over seeds of the norm at each seed's smallest test error (norm
    and value are the same number); ``seeds``, the number of seeds behind the means (norm 0).

    Raises InputError for a missing file or one that changed since the plan was made.
    """
    parts = []
    for name, expected in settings["sets"].items():
        record = load_published(path_of(name))
        if checksum(name) != expected:
            raise InputError(
                f"{path_of(name)} changed while the workflow ran; start the same command again."
            )
        parts += released_rows(name, record)
    return stack(parts)


def released_rows(name: str, record: Mapping[str, Any]) -> list[dict[str, Any]]:
    sizes, grid = record["P_arr"].tolist(), record["log_x_grid"]
    curves = record["mean_val_error_arr"].reshape(-1, len(sizes), len(grid))
    optima = record["l_0_arr"].reshape(-1, len(sizes))
    rows = []
    for variant, number in np.ndindex(*optima.shape):
        identity = {"set": name, "variant": variant, "P": sizes[number]}
        common = {"member": member_name(identity), **identity}
        errors, optimum = curves[variant, number], float(optima[variant, number])
        reached = np.isfinite(errors)
        for norm, quantity, value in (
            (grid[reached], "test_error", errors[reached]),
            (optimum, "norm_at_optimum", optimum),
            (0.0, "seeds", float(len(record["seed_arr"]))),
        ):
            rows.append({**common, "norm": norm, "quantity": quantity, "value": value})
    return rows

"""Intrinsic dimension of each image task as the trained networks see it (arXiv:2102.06701, 1b)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.statistics.bootstrap import bootstrap, bootstrap_quantity
from scalinglaws.statistics.quantity import Quantity, unavailable
from scalinglaws.streams import generator

Settings = Mapping[str, Any]
NETWORKS = {"wrn": "image_data_scan", "cnn": "cnn_data_scan"}


def estimate(tables: dict[str, pd.DataFrame], settings: Settings) -> dict[str, Quantity]:
    """`{network}_{line}`: mean over k = 2, 3, 4 neighbours and over seeds, of the activations
    before the last layer of the networks with the largest training set; networks wrn and cnn.
    """
    results = {}
    for network, table in NETWORKS.items():
        for line in dict.fromkeys(settings["lines"].values()):
            tasks = [task for task, name in settings["lines"].items() if name == line]
            rows = tables[table][tables[table]["task"].isin(tasks)]
            results[f"{network}_{line}"] = dimension(rows, settings, f"{network}_{line}")
    return results


def dimension(rows: pd.DataFrame, settings: Settings, key: str) -> Quantity:
    chosen = rows[rows["quantity"].str.startswith("intrinsic_dimension_k")]
    if chosen.empty:
        return unavailable("this scale does not run it")
    values = chosen.groupby("seed", sort=True)["value"].agg(lambda part: part.mean(skipna=False))
    finite = values.to_numpy()[np.isfinite(values.to_numpy())]
    stream = generator(settings["seed"], "bahri2021", "dimension", {"quantity": key}, "bootstrap")
    if not len(finite):
        return unavailable("no network has finite activations", n_masked=len(values))
    found = bootstrap(
        lambda seeds: float(finite[seeds].mean()),
        len(finite),
        draws=settings["draws"],
        generator=stream,
    )
    return bootstrap_quantity(
        found,
        n_points=int(chosen["quantity"].nunique()),
        n_seeds=len(finite),
        n_masked=len(values) - len(finite),
        rule="k = 2, 3 and 4 neighbours, averaged",
    )

"""Intrinsic dimension of each image task as the trained networks see it (arXiv:2102.06701, 1b)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.records import as_record
from scalinglaws.statistics.image_slopes import ImageSettings
from scalinglaws.statistics.over_seeds import mean_over_seeds
from scalinglaws.statistics.quantity import GIVEN_TEST_SET, NOT_RUN, Quantity, unavailable

NETWORKS = {"wrn": "image_data_scan", "cnn": "cnn_data_scan"}


def fit(tables: dict[str, pd.DataFrame], given: Mapping[str, Any]) -> dict[str, Quantity]:
    """`{network}_{line}`: mean over k = 2, 3, 4 neighbours and over seeds, of the activations
    before the last layer of the networks with the largest training set; networks wrn and cnn.
    """
    settings = as_record(ImageSettings, given)
    results = {}
    for network, table in NETWORKS.items():
        for line in dict.fromkeys(settings.lines.values()):
            rows = tables[table][tables[table]["task"].isin(settings.tasks(line))]
            results[f"{network}_{line}"] = dimension(rows)
    return results


def dimension(rows: pd.DataFrame) -> Quantity:
    chosen = rows[rows["quantity"].str.startswith("intrinsic_dimension_k")]
    if chosen.empty:
        return unavailable(NOT_RUN)
    values = chosen.groupby("seed", sort=True)["value"].agg(lambda part: part.mean(skipna=False))
    finite = values.to_numpy()[np.isfinite(values.to_numpy())]
    if not len(finite):
        return unavailable("no network has finite activations", n_masked=len(values))
    found = mean_over_seeds(
        finite,
        n_points=int(chosen["quantity"].nunique()),
        n_masked=len(values) - len(finite),
        rule="k = 2, 3 and 4 neighbours, averaged",
        target=GIVEN_TEST_SET,
    )
    return {**found, "scan": None}

"""Random ReLU features of pooled images: exponents of spectra and losses (C8, C9, C11, C12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scalinglaws.curves.size_curves import inside, scan
from scalinglaws.records import as_record
from scalinglaws.statistics.quantity import GIVEN_TEST_SET, Quantity, unavailable
from scalinglaws.statistics.scan_statistics import (
    exponent,
    mean_gap,
    mean_ratio,
    slope_difference,
)

Found = dict[str, Quantity]
SIDES = {"data": "d", "parameters": "p"}


@dataclass(frozen=True)
class Settings:
    """`pools` asked for; `first`, `share`, `variance_share` (of the population): windows."""

    pools: tuple[int, ...]
    first: int
    share: float
    variance_share: float


def fit(tables: dict[str, pd.DataFrame], given: Mapping[str, Any]) -> Found:
    """For each pool size, named pool1, pool2, ...:

    - `alpha_k_`: from tail sums of the spectrum; `alpha_d_`, `alpha_p_`: of L(D), L(P), in the
      same window of sizes; `d_minus_k_`, `p_minus_k_`: differences paired by seed;
    - `variance_d_`, `variance_p_`: exponents of L(D, P) - L(P) and L(D, P) - L(D);
    - `kappa_ratio_`: L(D) over kappa / 2 of the measured spectrum;
    - `duality_gap_`: mean |log L(D) / L(P)|.
    """
    settings = as_record(Settings, given)
    table = tables["random_features"]
    found: Found = {}
    for pool in settings.pools:
        rows = table[table["pool"] == pool]
        made = of_pool(f"pool{pool}", rows, settings) if len(rows) else {}
        found |= made or {
            f"{name}_pool{pool}": unavailable(f"pool {pool} is not run at this scale")
            for name in NAMES
        }
    return found


NAMES = (
    *("alpha_k", "alpha_d", "alpha_p", "d_minus_k", "p_minus_k"),
    *("variance_d", "variance_p", "kappa_ratio", "duality_gap"),
)


def of_pool(name: str, rows: pd.DataFrame, settings: Settings) -> Found:
    population = int(rows["population"].iloc[0])
    window = (float(settings.first), settings.share * population)
    rule = f"ranks, D and P from {settings.first} to {settings.share:g} of the population"
    tail = scan(rows, "tail")
    found = {f"alpha_k_{name}": exponent(tail, window, rule, target=GIVEN_TEST_SET)}
    kept = inside(tail, window)
    for side, letter in SIDES.items():
        loss = scan(rows, f"loss_{side}")
        found[f"alpha_{letter}_{name}"] = exponent(loss, window, rule, target=GIVEN_TEST_SET)
        difference = slope_difference(inside(loss, window), kept, rule, GIVEN_TEST_SET)
        found[f"{letter}_minus_k_{name}"] = difference
        found |= variance(rows, side, f"variance_{letter}_{name}", settings)
    data, parameters, predicted = (
        inside(scan(rows, quantity), window)
        for quantity in ("loss_data", "loss_parameters", "prediction")
    )
    found[f"kappa_ratio_{name}"] = mean_ratio(data, predicted, rule, GIVEN_TEST_SET)
    rule = "mean over D = P of |log ratio|"
    found[f"duality_gap_{name}"] = mean_gap(data, parameters, rule, GIVEN_TEST_SET)
    return found


def variance(rows: pd.DataFrame, side: str, key: str, settings: Settings) -> Found:
    curve, population = scan(rows, f"excess_{side}"), float(rows["population"].iloc[0])
    first = settings.variance_share * population
    window = (first, max(first, float(curve.sizes[-1])))
    rule = f"the growing size at least {settings.variance_share:g} of the population"
    return {key: exponent(curve, window, rule, mean="signed", target=GIVEN_TEST_SET)}

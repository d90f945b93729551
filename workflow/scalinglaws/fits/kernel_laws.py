"""Gaussian features and spheres against theory (Bahri et al., arXiv:2102.06701, C7 to C12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.size_curves import Curves, inside, scan
from scalinglaws.errors import InputError
from scalinglaws.records import as_record
from scalinglaws.statistics.power_law import fit_power_law
from scalinglaws.statistics.quantity import NUMERICAL, Quantity, quantity, tag, unavailable
from scalinglaws.statistics.scan_statistics import (
    exponent,
    mean_gap,
    mean_ratio,
    peak_height,
)
from scalinglaws.theory.kernel_learning_curve import variance_limited_excess

Found = dict[str, Quantity]
SIDES = {"data": "d", "parameters": "p"}


@dataclass(frozen=True)
class Settings:
    """Windows in D and P.

    - `first`, `share` (of the S features): of the exponents; `ratio_from`: of D over theory
    - `resonance`: D = P of the peaks; `fixed`: the other size where one grows
    - `sphere_window`: D on spheres
    """

    first: int
    share: float
    ratio_from: float
    resonance: float
    fixed: int
    sphere_window: tuple[float, float]


def fit(tables: dict[str, pd.DataFrame], given: Mapping[str, Any]) -> Found:
    """For each alpha_K, tagged 03, 06, 1:

    - `alpha_d_`, `alpha_p_`: exponents of L(D), L(P); `alpha_theory_`: that of kappa / 2 of the
      same finite spectrum, in the same window;
    - `kappa_ratio_`: L(D) / (kappa / 2); `duality_gap_`: mean |log L(D) / L(P)|;
    - `excess_ratio_d_`, `excess_ratio_p_`: excess over the formula for Gaussian designs;
    - `peak_low_`, `peak_tuned_`: log10 of L(D = P) over L(D = P / 2).

    `sphere_{kernel}_m{m}`: exponent on the sphere of m dimensions.
    """
    settings = as_record(Settings, given)
    found: Found = {}
    gaussian, theory = tables["gaussian_features"], tables["kernel_theory"]
    for alpha in sorted(set(gaussian["alpha_k"])):
        rows, predicted = (table[table["alpha_k"] == alpha] for table in (gaussian, theory))
        found |= regimes(tag(alpha), rows, predicted, settings)
    for (kernel, dimension), rows in tables["sphere_kernels"].groupby(["kernel", "dimension"]):
        key, (low, high) = f"sphere_{kernel}_m{dimension}", settings.sphere_window
        curve = scan(rows, "loss")
        window = (low, max(low, min(high, curve.sizes[-1])))
        found[key] = exponent(curve, window, f"D >= {low}")
    return found


def regimes(name: str, rows: pd.DataFrame, predicted: pd.DataFrame, settings: Settings) -> Found:
    features = int(rows["features"].iloc[0])
    window = (float(settings.first), settings.share * features)
    rule = f"{settings.first} <= D, P <= {settings.share:g} S"
    losses = {side: scan(rows, "loss", scan=side) for side in SIDES}
    found: Found = {}
    for side, letter in SIDES.items():
        found[f"alpha_{letter}_{name}"] = exponent(losses[side], window, rule)
        found[f"excess_ratio_{letter}_{name}"] = excess_ratio(rows, side, settings)
    data, parameters = (inside(losses[side], window) for side in SIDES)
    theory = theory_curve(predicted, data)
    found[f"alpha_theory_{name}"] = computed_slope(theory, window, rule)
    high = inside(losses["data"], (settings.ratio_from, window[1]))
    rule = f"{settings.ratio_from} <= D <= {settings.share:g} S"
    found[f"kappa_ratio_{name}"] = mean_ratio(high, theory_curve(predicted, high), rule)
    rule = "mean over D = P of |log ratio|"
    found[f"duality_gap_{name}"] = mean_gap(data, parameters, rule)
    for ridge in ("low", "tuned"):
        curve = scan(rows, f"loss_{ridge}", scan="data_resonance")
        found[f"peak_{ridge}_{name}"] = peak_height(curve, settings.resonance)
    return found


def theory_curve(predicted: pd.DataFrame, like: Curves) -> Curves:
    """kappa / 2 at the same sizes, repeated for every seed."""
    losses = predicted[predicted["quantity"] == "loss"].set_index("samples")["value"]
    values = losses.reindex(like.sizes.astype(int)).to_numpy(dtype=float)
    return Curves(like.sizes, np.tile(values, (len(like.values), 1)))


def computed_slope(curve: Curves, window: tuple[float, float], rule: str) -> Quantity:
    try:
        value = fit_power_law(curve.sizes, curve.values[0]).exponent
    except InputError as problem:
        return unavailable(str(problem), window=window, rule=rule)
    # Roots are found to 1e-13; an exponent over a decade inherits no more than 1e-9.
    return quantity(
        value,
        (value - 1e-9, value + 1e-9),
        interval_kind=NUMERICAL,
        n_points=len(curve.sizes),
        window=window,
        rule=rule,
    )


def excess_ratio(rows: pd.DataFrame, side: str, settings: Settings) -> Quantity:
    excess = scan(rows, "excess", scan=f"{side}_variance")
    limit = scan(rows, "limit", scan=f"{side}_variance")
    formula = variance_limited_excess(1.0, settings.fixed, excess.sizes)
    whole = Curves(excess.sizes, limit.values * formula)
    rule = "all sizes, over L(P) P / (D - P - 1) with the seed's own limit"
    return mean_ratio(excess, whole, rule)

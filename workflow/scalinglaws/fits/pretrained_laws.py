"""Features of a trained network: regimes, duality, teachers against labels (C19, C20)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.size_curves import Curves, inside, scan
from scalinglaws.records import as_record
from scalinglaws.statistics.quantity import GIVEN_TEST_SET, Quantity, unavailable
from scalinglaws.statistics.scan_statistics import (
    exponent,
    mean_gap,
    mean_quantity,
    peak_height,
    slope_difference,
)

Found = dict[str, Quantity]
SIDES = ("data", "parameters")
RIDGES = ("low", "tuned")
LEAST_BINS, TOO_FEW = 3, "fewer than 3 bins of ranks lie in the window"
APART = "mean |log ratio| over all sizes but D = P"


@dataclass(frozen=True)
class Settings:
    """`kernels` asked for, and windows.

    - `resolution_first`, `share` (of the features): D or P with the other unlimited
    - `variance_from`: the growing size; `coefficient_ranks`: of label coefficients
    - `resonance`: D = P of the peaks
    """

    kernels: tuple[str, ...]
    resolution_first: int
    share: float
    variance_from: int
    coefficient_ranks: tuple[int, int]
    resonance: float


def fit(tables: dict[str, pd.DataFrame], given: Mapping[str, Any]) -> Found:
    """Of the learned features, with real labels and `low` or `tuned` ridge:

    - `peak_{ridge}_{side}`: log10 of the loss at D = P over that at half that size;
    - `duality_gap_{target}_{ridge}`: mean |log L(D = x) / L(P = x)|, the other fixed;
    - `variance_{side}_{ridge}`: exponent of the excess over the limit;
    - `resolution_{side}_{ridge}`: exponent against D or P with the other unlimited.

    Of each kernel: `alpha_teacher_`, `alpha_real_` against D, `teacher_minus_real_`,
    `coefficients_growth_` of the label coefficients against the rank, and
    `coefficients_learned_minus_{kernel}`; `extractor_error`.
    """
    settings = as_record(Settings, given)
    table = tables["pretrained_features"]
    found: Found = {}
    learned = table[table["features"] == "learned"]
    for ridge in RIDGES:
        found |= regimes(learned[learned["ridge"] == ridge], ridge, settings)
    for features in settings.kernels:
        found |= of_kernel(table[table["features"] == features], features, settings)
    found |= coefficient_differences(table, settings)
    error, rule = scan(learned, "test_error"), "share of test images classified wrongly"
    values = error.values.mean(axis=1) if error.values.size else np.zeros(0)
    found["extractor_error"] = mean_quantity(values, error, rule, GIVEN_TEST_SET)
    return found


def regimes(rows: pd.DataFrame, ridge: str, settings: Settings) -> Found:
    found: Found = {}
    low, high = settings.resolution_first, settings.share * float(rows["count"].iloc[0])
    for side in SIDES:
        real = rows[rows["target"] == "real"]
        curve = scan(real, "loss", scan=f"{side}_resonance")
        found[f"peak_{ridge}_{side}"] = peak_height(curve, settings.resonance, GIVEN_TEST_SET)
        key, first = f"variance_{side}_{ridge}", settings.variance_from
        curve = scan(real, "excess", scan=f"{side}_variance")
        window, rule = (first, curve.sizes[-1]), f"the growing size at least {first}"
        found[key] = exponent(curve, window, rule, mean="signed", target=GIVEN_TEST_SET)
        key, rule = f"resolution_{side}_{ridge}", f"{low} to {settings.share:g} of the features"
        loss = scan(real, "loss", scan=side)
        found[key] = exponent(loss, (low, high), rule, target=GIVEN_TEST_SET)
    for target in ("real", "teacher"):
        data, parameters = (
            without(scan(rows, "loss", scan=f"{side}_resonance", target=target), settings)
            for side in SIDES
        )
        key = f"duality_gap_{target}_{ridge}"
        found[key] = mean_gap(data, parameters, APART, GIVEN_TEST_SET)
    return found


def without(curve: Curves, settings: Settings) -> Curves:
    """At D = P both scans are the same regression."""
    kept = curve.sizes != settings.resonance
    return Curves(curve.sizes[kept], curve.values[:, kept])


def of_kernel(rows: pd.DataFrame, features: str, settings: Settings) -> Found:
    names = ("alpha_teacher", "alpha_real", "teacher_minus_real", "coefficients_growth")
    if rows.empty:
        missing = unavailable(f"{features} is not run at this scale")
        return dict.fromkeys([f"{name}_{features}" for name in names], missing)
    low, high = settings.resolution_first, settings.share * float(rows["count"].iloc[0])
    rule = f"D from {low} to {settings.share:g} of the number of features"
    curves = {
        "teacher": scan(rows, "loss", scan="kernel", target="teacher"),
        "real": scan(rows, "loss", scan="kernel", target="real", ridge="tuned"),
    }
    found: Found = {}
    for target, curve in curves.items():
        found[f"alpha_{target}_{features}"] = exponent(
            curve, (low, high), rule, target=GIVEN_TEST_SET
        )
    teacher, real = (inside(curve, (low, high)) for curve in curves.values())
    difference = slope_difference(teacher, real, rule, GIVEN_TEST_SET)
    found[f"teacher_minus_real_{features}"] = difference
    curve, rule = coefficients(rows, settings)
    found[f"coefficients_growth_{features}"] = growth(curve, rule)
    return found


def coefficients(rows: pd.DataFrame, settings: Settings) -> tuple[Curves, str]:
    low, high = settings.coefficient_ranks
    return inside(scan(rows, "coefficient"), (low, high)), f"ranks {low} to {high}"


def growth(curve: Curves, rule: str) -> Quantity:
    """Slope of the mean log coefficient against the log rank."""
    if 0 < len(curve.sizes) < LEAST_BINS:
        return unavailable(TOO_FEW, n_seeds=len(curve.values), rule=rule)
    return mean_quantity(growths(curve), curve, rule, GIVEN_TEST_SET)


def growths(curve: Curves) -> np.ndarray:
    """(seeds,) the slope of each seed."""
    if not len(curve.sizes):
        return np.zeros(0)
    return np.polyfit(np.log(curve.sizes), np.log(curve.values).T, 1)[0]


def coefficient_differences(table: pd.DataFrame, settings: Settings) -> Found:
    """How much faster the learned features' coefficients grow than the others'."""
    learned, rule = coefficients(table[table["features"] == "learned"], settings)
    found: Found = {}
    for features in settings.kernels:
        rows = table[table["features"] == features]
        if features == "learned" or rows.empty:
            continue
        other, key = coefficients(rows, settings)[0], f"coefficients_learned_minus_{features}"
        if min(len(learned.sizes), len(other.sizes)) < LEAST_BINS:
            found[key] = unavailable(TOO_FEW, n_seeds=len(learned.values), rule=rule)
            continue
        values = growths(learned) - growths(other)
        found[key] = mean_quantity(values, learned, rule, GIVEN_TEST_SET)
    return found

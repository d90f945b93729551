"""Linear network, figure 2 of arXiv 2410.09005: decay exponents, critical rates, simulation.

Names end in beta without its point (``law_bias_b025``). Exponents from straight lines carry a
bias of finite L, small only at beta of 1 and more; ``recovered_bias`` is the same window through
the incomplete-gamma form, which has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.linear_curves import (
    SeedRun,
    median_deviation,
    part_rows,
    per_seed,
    seed_runs,
    series,
)
from scalinglaws.records import as_record
from scalinglaws.statistics.exponents import exponent_over_seeds
from scalinglaws.statistics.over_seeds import mean_over_seeds
from scalinglaws.statistics.power_law import fit_power_law
from scalinglaws.statistics.quantity import (
    NUMERICAL,
    Quantity,
    computed,
    quantity,
    tag,
    unavailable,
)
from scalinglaws.statistics.spectral_exponent import beta_of_decay
from scalinglaws.statistics.windows import select, thinned, window_scan
from scalinglaws.theory.linear import decay_exponent, power_law_range

Tables = Mapping[str, pd.DataFrame]
Found = dict[str, Quantity]
Array = np.ndarray
LOST = "diverged or lack points in the window"


@dataclass(frozen=True)
class Settings:
    """What is asked for of figure 2.

    - `ratio_from`: first alpha of the ratio of any eta to small eta
    - `window`: factors of the range of the power law
    - `fit_error`, `rate_error`: numerical, of exponents and of critical rates
    """

    betas: tuple[float, ...]
    ratio_from: float
    window: tuple[float, float]
    fit_error: float
    rate_error: float


def fit(tables: Tables, given: Mapping[str, Any]) -> Found:
    """All quantities of figure 2; `given`: see `Settings`."""
    settings = as_record(Settings, given)
    theory, runs = tables["linear_theory"], seed_runs(tables["linear_sgd"])
    found: Found = {}
    for beta in settings.betas:
        found |= law_quantities(theory, settings, beta)
    found |= critical_quantities(theory, settings)
    found["any_eta_ratio"] = any_eta_ratio(theory, settings)
    return found | simulation_quantities(tables["linear_sgd"], runs, settings)


def law_quantities(theory: pd.DataFrame, settings: Settings, beta: float) -> Found:
    """Exponents of the exact sum and the incomplete-gamma form at one beta."""
    name, law = tag(beta), part_rows(theory, "law", beta=beta)
    if law.empty:
        missing = unavailable(f"beta = {beta:g} is not among the betas of this scale")
        kinds = ("law_exponent", "law_bias", "recovered_bias", "gamma_deviation")
        return {f"{kind}_b{name}": missing for kind in kinds}
    alphas, errors = series(law, "small_eta")
    slope, change = thinned(alphas, errors, decay, settings.fit_error)
    low, high, _ = window_scan(alphas[::6], errors[::6])
    facts: dict[str, Any] = {
        "n_points": len(alphas),
        "window": (alphas[0], alphas[-1]),
        "rule": "between 3 / (2 eta lambda_1) and 0.03 / (2 eta lambda_L)",
    }
    exact = decay_exponent(beta)
    return {
        f"law_exponent_b{name}": computed(slope, change, scan=(low, high), **facts),
        f"law_bias_b{name}": computed(
            slope - exact, change, scan=(low - exact, high - exact), **facts
        ),
        **gamma_quantities(theory, settings, beta),
    }


def decay(alphas: Array, errors: Array) -> float:
    return fit_power_law(alphas, errors).exponent


def gamma_quantities(theory: pd.DataFrame, settings: Settings, beta: float) -> Found:
    rows = part_rows(theory, "gamma", beta=beta)
    alphas, exact = series(rows, "small_eta")
    _, form = series(rows, "gamma")
    levels, eta = int(rows["dimension"].iloc[0]), float(rows["eta"].iloc[0])

    def recovered(some: Array, values: Array) -> float:
        return beta_of_decay(some, values, levels, eta) - beta

    def worst(some: Array, relative: Array) -> float:
        return float(np.max(relative))

    facts: dict[str, Any] = {"n_points": len(alphas), "window": (alphas[0], alphas[-1])}
    bias = thinned(alphas, exact, recovered, settings.fit_error)
    largest = thinned(alphas, np.abs(form / exact - 1), worst, settings.fit_error)
    return {
        f"recovered_bias_b{tag(beta)}": computed(*bias, **facts),
        f"gamma_deviation_b{tag(beta)}": computed(*largest, **facts),
    }


def critical_quantities(theory: pd.DataFrame, settings: Settings) -> Found:
    """critical_theory_L8_b1, critical_sgd_N128_b1 and so on."""
    found: Found = {}
    for record in theory[theory["part"] == "critical"].to_dict("records"):
        letter = "L" if record["quantity"] == "theory" else "N"
        size, beta = record["dimension"], tag(record["beta"])
        name = f"critical_{record['quantity']}_{letter}{size}_b{beta}"
        found[name] = computed(record["value"], settings.rate_error, n_points=1)
    return found


def any_eta_ratio(theory: pd.DataFrame, settings: Settings) -> Quantity:
    """eps_g at any eta over the small-eta sum, times 1 - eta/2: 1 on a slow decay."""
    rows = part_rows(theory, "any_eta")
    alphas, general = series(rows, "general_eta")
    ratio = general / series(rows, "small_eta")[1] * (1 - float(rows["eta"].iloc[0]) / 2)
    late = ratio[alphas >= settings.ratio_from]
    return quantity(
        float(np.median(late)),
        (late.min(), late.max()),
        interval_kind=NUMERICAL,
        n_points=len(late),
        window=(settings.ratio_from, alphas[-1]),
        rule="median and range of the ratio from ratio_from on",
    )


def simulation_quantities(table: pd.DataFrame, runs: list[SeedRun], settings: Settings) -> Found:
    """SGD against the theory from the same starts, and its exponent by itself."""
    levels, beta, eta = (table[key].iloc[0] for key in ("dimension", "beta", "eta"))
    first, last = power_law_range(int(levels), float(beta), float(eta))
    window = (first * settings.window[0], last * settings.window[1])
    curves = np.array([run.curves[levels] for run in runs])
    masked = int((~np.isfinite(curves)).sum())
    alphas, facts = runs[0].alphas, {"n_points": len(runs[0].alphas), "n_masked": masked}
    inside = select(alphas, *window)
    window = (float(window[0]), float(min(window[1], alphas[-1])))
    within: dict[str, Any] = {
        "n_points": int(inside.sum()),
        "n_masked": masked,
        "window": window,
        "rule": "between 3 / (2 eta lambda_1) and 0.03 / (2 eta lambda_L)",
    }

    def deviation(run: SeedRun) -> float:
        return median_deviation(run.curves[levels], run.general_eta())

    def shift(run: SeedRun) -> float:
        simulated, exact = run.curves[levels][inside], run.general_eta()[inside]
        if not np.all(np.isfinite(simulated)) or inside.sum() < 3:
            return float("nan")
        return decay(alphas[inside], simulated) - decay(alphas[inside], exact)

    values = {"sgd_deviation": (deviation, facts), "sgd_exponent_shift": (shift, within)}
    means = {
        name: mean_over_seeds(per_seed(runs, measure), lost=LOST, **known)
        for name, (measure, known) in values.items()
    }
    return {
        **means,
        "sgd_exponent": exponent_over_seeds(
            alphas,
            curves,
            window=window,
            min_points=max(4, len(alphas) // 4),
            rule=within["rule"],
        ),
    }

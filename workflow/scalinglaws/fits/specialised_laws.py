"""Exponents of the specialised phase (figure 6 of arXiv 2410.09005), theory and simulation.

Quantities end in the spectral exponent in hundredths, for example ``sgd_exponent_b050``. The
window of every fit is [low a1, high a2] of the slow modes, cut where a curve ends; the factors are
set in config/papers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd

from scalinglaws.errors import InputError
from scalinglaws.records import as_record
from scalinglaws.statistics.exponents import exponent_over_seeds
from scalinglaws.statistics.over_seeds import mean_over_seeds, smooth_over_seeds
from scalinglaws.statistics.power_law import fit_power_law
from scalinglaws.statistics.quantity import Quantity, computed, unavailable
from scalinglaws.statistics.windows import select
from scalinglaws.theory.specialised import mode_window, near_teacher_error

Tables = Mapping[str, pd.DataFrame]
RULE = "from window_factors[0] M / (2 eta w lambda_1) to window_factors[1] M / (2 eta w lambda_L)"
GRID = np.linspace(0.02, 6.0, 600)  # beta of the curves that are fitted whole
LEAST_POINTS = 4
WINDOW_ERROR = 1e-3  # change of an exponent with the density of points (tested)


@dataclass(frozen=True)
class Settings:
    """Spectral exponents, their windows, and the L of the formula's curves."""

    betas: tuple[float, ...]
    simulated_betas: tuple[float, ...]
    window_factors: tuple[float, float]
    paper_levels: int
    many_levels: int


def fit(tables: Tables, given: Mapping[str, Any]) -> dict[str, Quantity]:
    """All quantities of figure 6; `given`: see `Settings`."""
    settings = as_record(Settings, given)
    levels = {"paper_levels": settings.paper_levels, "many_levels": settings.many_levels}
    found: dict[str, Quantity] = {}
    for beta in settings.betas:
        for name, count in levels.items():
            exponent = predicted(tables, settings, beta, count)
            found[f"{name}_exponent_{label(beta)}"] = exponent
            found[f"{name}_excess_{label(beta)}"] = minus(exponent, beta / (1 + beta))
    for beta in settings.simulated_betas:
        found |= simulated(tables, settings, beta)
        theory = tables["asymptotic_theory"]
        rows = theory[(theory["kind"] == "formula") & (theory["beta"] == beta)]
        rows = rows[rows["quantity"] == "eps_g"].sort_values("alpha")
        found[f"same_size_exponent_{label(beta)}"] = line_exponent(settings, rows, beta)
    return found


def label(beta: float) -> str:
    return f"b{round(100 * beta):03d}"


def window_of(settings: Settings, rows: pd.DataFrame, beta: float) -> tuple[float, float]:
    """The rule applied to one size, cut at the last abscissa of the curve."""
    first = rows.iloc[0]
    size = (int(first["units"]), int(first["levels"]), beta, float(first["eta"]))
    start, end = mode_window(*size, fast=False)
    low, high = settings.window_factors
    return low * start, min(high * end, float(rows["alpha"].max()))


def predicted(tables: Tables, settings: Settings, beta: float, levels: int) -> Quantity:
    """Exponent of the formula over the whole power law at one L."""
    theory = tables["asymptotic_theory"]
    rows = theory[(theory["kind"] == "window") & (theory["beta"] == beta)]
    rows = rows[(rows["levels"] == levels) & (rows["quantity"] == "eps_g")]
    if rows.empty:
        return unavailable(f"this scale has no curve for beta = {beta:g} with {levels} levels")
    return line_exponent(settings, rows.sort_values("alpha"), beta)


def line_exponent(settings: Settings, rows: pd.DataFrame, beta: float) -> Quantity:
    """Straight line through one curve; its error is the change with half of the points."""
    window = window_of(settings, rows, beta)
    rows = rows[select(rows["alpha"].to_numpy(), *window)]
    x, y = rows["alpha"].to_numpy(), rows["value"].to_numpy()
    try:
        exponent = fit_power_law(x, y).exponent
        error = max(abs(exponent - fit_power_law(x[::2], y[::2]).exponent), WINDOW_ERROR)
    except InputError as problem:
        return unavailable(str(problem), n_points=len(x), window=window, rule=RULE)
    return computed(exponent, error, n_points=len(x), window=window, rule=RULE)


def minus(found: Quantity, value: float) -> Quantity:
    """The quantity shifted by a known number."""
    if found["estimate"] is None or found["interval"] is None:
        return found
    low, high = found["interval"]
    shifted = {"estimate": found["estimate"] - value, "interval": [low - value, high - value]}
    return cast(Quantity, {**found, **shifted})


class Pairs(NamedTuple):
    """Curves (seeds, points) of simulation and of theory from the same starts."""

    alphas: np.ndarray
    sgd: np.ndarray
    theory: np.ndarray
    size: Mapping[str, Any]  # units, levels, eta, beta
    window: tuple[float, float]

    @property
    def facts(self) -> dict[str, Any]:
        masked = int((~np.isfinite(self.sgd)).sum())
        return {"n_points": len(self.alphas), "n_masked": masked}

    def in_window(self) -> "Pairs":
        inside = select(self.alphas, *self.window)
        kept = (self.alphas[inside], self.sgd[:, inside], self.theory[:, inside])
        return Pairs(*kept, self.size, self.window)


def simulated(tables: Tables, settings: Settings, beta: float) -> dict[str, Quantity]:
    """Simulation of one beta: its exponents, and how far it is from theory of the same starts."""
    pairs = matched(tables, settings, beta)
    if isinstance(pairs, str):
        names = ("sgd_exponent", "sgd_law_exponent", "sgd_minus_theory", "sgd_deviation")
        return {f"{name}_{label(beta)}": unavailable(pairs) for name in names}
    found = {
        "sgd_exponent": plain_exponent(pairs),
        "sgd_law_exponent": law_exponent(pairs.in_window()),
        "sgd_minus_theory": exponent_difference(pairs.in_window()),
        "sgd_deviation": deviation(pairs),
    }
    return {f"{name}_{label(beta)}": made for name, made in found.items()}


def matched(tables: Tables, settings: Settings, beta: float) -> Pairs | str:
    """Simulation and theory at the abscissae that both have, or why there are none."""
    keys = ["beta", "seed", "eta", "alpha"]
    theory = tables["asymptotic_theory"]
    theory = theory[(theory["kind"] == "realised") & (theory["beta"] == beta)]
    both = tables["near_teacher_sgd"][[*keys, "value"]].merge(
        theory[[*keys, "units", "levels", "value"]], on=keys, suffixes=("_sgd", "_theory")
    )
    if both.empty:
        return f"beta = {beta:g} was not both simulated and integrated"
    sgd, flow = (
        both.pivot(index="seed", columns="alpha", values=f"value_{which}")
        for which in ("sgd", "theory")
    )
    curves = (sgd.columns.to_numpy(), sgd.to_numpy(), flow.to_numpy())
    size = {str(name): value for name, value in both.iloc[0].items()}
    return Pairs(*curves, size, window_of(settings, both, beta))


def exponent_difference(pairs: Pairs) -> Quantity:
    """Decay exponent of the simulation minus that of its own theory, mean over seeds."""
    facts = {**pairs.facts, "window": pairs.window, "rule": RULE}
    if reason := obstacle(pairs.sgd, facts):
        return reason
    values = slopes(pairs.alphas, pairs.sgd) - slopes(pairs.alphas, pairs.theory)
    return without_scan(mean_over_seeds(values, **facts))


def deviation(pairs: Pairs) -> Quantity:
    """Median over alpha of |simulation / theory - 1|, mean over seeds."""
    if reason := obstacle(pairs.sgd, pairs.facts):
        return reason
    values = np.median(np.abs(pairs.sgd / pairs.theory - 1), axis=1)
    return without_scan(mean_over_seeds(values, **pairs.facts))


def without_scan(found: Quantity) -> Quantity:
    """The range over seeds is no scan over windows."""
    return {**found, "scan": None}


def plain_exponent(pairs: Pairs) -> Quantity:
    """Exponent of the mean curve over seeds."""
    return exponent_over_seeds(
        pairs.alphas, pairs.sgd, mean="arithmetic", window=pairs.window, rule=RULE
    )


def law_exponent(pairs: Pairs) -> Quantity:
    """beta / (1 + beta) of the formula that fits the mean curve best: no bias from finite L.

    The formula's amplitude is free; a straight line on log-log axes is steeper than
    beta / (1 + beta) while the last modes matter.
    """
    facts = {**pairs.facts, "window": pairs.window, "rule": RULE}
    if reason := obstacle(pairs.sgd, facts):
        return reason
    size = (int(pairs.size["units"]), int(pairs.size["levels"]))
    rate = pairs.size["eta"]
    models = np.log([near_teacher_error(pairs.alphas, *size, b, rate, 1.0)[0] for b in GRID])
    models -= models.mean(axis=1, keepdims=True)

    def best(chosen: np.ndarray) -> float:
        logarithms = np.log(pairs.sgd[chosen].mean(axis=0))
        misfit = ((models - (logarithms - logarithms.mean())) ** 2).sum(axis=1)
        place = int(np.argmin(misfit))
        if place in (0, len(GRID) - 1):
            return float("nan")
        beta = GRID[place] + vertex(misfit[place - 1 : place + 2]) * (GRID[1] - GRID[0])
        return beta / (1 + beta)

    return smooth_over_seeds(best, len(pairs.sgd), **facts)


def vertex(values: np.ndarray) -> float:
    """Place of the minimum of the parabola through three equally spaced points, from the middle."""
    left, middle, right = values
    return float((left - right) / (2 * (left - 2 * middle + right)))


def slopes(alphas: np.ndarray, curves: np.ndarray) -> np.ndarray:
    """Decay exponent of each seed's curve."""
    return np.array([fit_power_law(alphas, curve).exponent for curve in curves])


def obstacle(curves: np.ndarray, facts: Mapping[str, Any]) -> Quantity | None:
    """Divergence is said as such; a mean over the seeds that happened to survive is no estimate."""
    if lost := int((~np.isfinite(curves).all(axis=1)).sum()):
        return unavailable(f"{lost} of {len(curves)} seeds diverged", n_seeds=len(curves), **facts)
    if curves.shape[1] < LEAST_POINTS:
        why = f"{curves.shape[1]} abscissae, at least {LEAST_POINTS}"
        return unavailable(why, n_seeds=len(curves), **facts)
    return None

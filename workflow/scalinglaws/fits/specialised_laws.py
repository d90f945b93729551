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
from scalinglaws.statistics.independent import weighted_sum
from scalinglaws.statistics.over_seeds import mean_over_seeds, smooth_over_seeds
from scalinglaws.statistics.power_law import fit_power_law
from scalinglaws.statistics.quantity import Quantity, computed, unavailable
from scalinglaws.statistics.windows import select
from scalinglaws.theory.specialised import mode_window

Tables = Mapping[str, pd.DataFrame]
RULE = "from window_factors[0] M / (2 eta w lambda_1) to window_factors[1] M / (2 eta w lambda_L)"
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
    """Curves (seeds, points) of simulation and of theory from the same starts, and of theory from
    further starts.
    """

    alphas: np.ndarray
    sgd: np.ndarray
    theory: np.ndarray
    further: np.ndarray
    size: Mapping[str, Any]  # units, levels, eta, beta
    window: tuple[float, float]

    @property
    def facts(self) -> dict[str, Any]:
        masked = int((~np.isfinite(self.sgd)).sum())
        return {"n_points": len(self.alphas), "n_masked": masked}

    def in_window(self) -> "Pairs":
        inside = select(self.alphas, *self.window)
        sgd, theory, further = (
            curves[:, inside] for curves in (self.sgd, self.theory, self.further)
        )
        return Pairs(self.alphas[inside], sgd, theory, further, self.size, self.window)


def simulated(tables: Tables, settings: Settings, beta: float) -> dict[str, Quantity]:
    """Simulation of one beta: its exponents, and how far it is from theory of the same starts."""
    pairs = matched(tables, settings, beta)
    if isinstance(pairs, str):
        names = ("sgd_exponent", "sgd_law_exponent", "sgd_minus_theory", "sgd_deviation")
        return {f"{name}_{label(beta)}": unavailable(pairs) for name in names}
    inside = pairs.in_window()
    found = {
        "sgd_exponent": plain_exponent(pairs),
        "sgd_law_exponent": law_exponent(inside, formula_at(tables, inside)),
        "sgd_minus_theory": exponent_difference(inside),
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
    further = theory[~theory["seed"].isin(both["seed"]) & theory["alpha"].isin(both["alpha"])]
    others = further.pivot(index="seed", columns="alpha", values="value")
    curves = (sgd.columns.to_numpy(), sgd.to_numpy(), flow.to_numpy())
    unseen = others.to_numpy() if len(others) else np.empty((0, len(sgd.columns)))
    size = {str(name): value for name, value in both.iloc[0].items()}
    return Pairs(*curves, unseen, size, window_of(settings, both, beta))


def formula_at(tables: Tables, pairs: Pairs) -> np.ndarray:
    """The formula at their abscissae (points,), with gradient noise, of the simulated size."""
    theory = tables["asymptotic_theory"]
    rows = theory[(theory["kind"] == "formula") & (theory["beta"] == pairs.size["beta"])]
    curve = rows[rows["quantity"] == "eps_g"].set_index("alpha")["value"]
    return curve.loc[pairs.alphas].to_numpy()


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


def law_exponent(pairs: Pairs, formula: np.ndarray) -> Quantity:
    """Exponent of the mean curve without what finite L adds: beta / (1 + beta) + t, where the curve
    over the formula of its own size is alpha^-t.

    `formula`: (points,), the mean over starts at these abscissae. (The formula with beta free is
    no measure: at M = 8, L = 256, beta = 1 it finds .505, .507 and .507 in curves that decay more
    slowly than its own by .02, .05 and .1.)

    What scatters is the start, not SGD: eps_g differs by 5 to 24 % from start to start, and by
    1 % from the theory of the same start. So the theory of further starts, which costs next to
    nothing, is a control variate: the exponent of their mean, plus what SGD adds to the theory of
    its own starts, two independent parts. (The formula would not do for the first: at N = 128 the
    mean over teachers decays faster, by .02 at beta = 1/2.)
    """
    facts = {**pairs.facts, "rule": RULE}
    if reason := obstacle(pairs.sgd, {**facts, "window": pairs.window}):
        return reason
    beta = float(pairs.size["beta"])
    own = pairs.alphas ** (beta / (1 + beta)) * formula

    def over_formula(curves: np.ndarray) -> Quantity:
        return exponent_over_seeds(
            pairs.alphas, curves / own, mean="arithmetic", window=pairs.window, rule=RULE
        )

    if len(pairs.further) <= len(pairs.sgd):  # no better known than from the simulated starts
        return over_formula(pairs.sgd)
    added = smooth_over_seeds(
        lambda chosen: line(pairs, pairs.sgd[chosen]) - line(pairs, pairs.theory[chosen]),
        len(pairs.sgd),
        **facts,
    )
    both = weighted_sum([added, over_formula(pairs.further)], [1.0, 1.0])
    # The same abscissae in both parts, which a sum would count twice.
    shown = {"n_points": len(pairs.alphas), "window": [*pairs.window]}
    return cast(Quantity, {**both, **shown})


def line(pairs: Pairs, curves: np.ndarray) -> float:
    """Exponent of the mean of curves (seeds, points)."""
    return fit_power_law(pairs.alphas, curves.mean(axis=0)).exponent


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

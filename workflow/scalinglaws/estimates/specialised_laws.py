"""Exponents of the specialised phase (figure 6 of arXiv 2410.09005), theory and simulation.

Quantities end in the spectral exponent in hundredths, for example ``sgd_exponent_b050``. The
window of every fit is [low a1, high a2] of the slow modes, cut where a curve ends; the factors are
set in config/papers.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
import pandas as pd

from scalinglaws.errors import InputError
from scalinglaws.fitting.bootstrap import BOOTSTRAP_KIND, bootstrap, exponent_over_seeds
from scalinglaws.fitting.power_law import fit_power_law
from scalinglaws.fitting.quantity import NUMERICAL, Quantity, quantity, unavailable
from scalinglaws.fitting.windows import select
from scalinglaws.streams import generator
from scalinglaws.theory.specialised import mode_window, near_teacher_error

Tables = Mapping[str, pd.DataFrame]
Settings = Mapping[str, Any]
RULE = "from window_factors[0] M / (2 eta w lambda_1) to window_factors[1] M / (2 eta w lambda_L)"
GRID = np.linspace(0.02, 6.0, 600)  # beta of the curves that are fitted whole
WINDOW_ERROR = 1e-3  # change of an exponent with the density of points (tested)


def estimate(tables: Tables, settings: Settings) -> dict[str, Quantity]:
    """All quantities of figure 6.

    Settings: betas, simulated_betas, window_factors, paper_levels, many_levels, draws, seed.
    """
    found: dict[str, Quantity] = {}
    for beta in settings["betas"]:
        for name in ("paper_levels", "many_levels"):
            exponent = predicted(tables, settings, beta, settings[name])
            found[f"{name}_exponent_{label(beta)}"] = exponent
            found[f"{name}_excess_{label(beta)}"] = minus(exponent, beta / (1 + beta))
    for beta in settings["simulated_betas"]:
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
    low, high = settings["window_factors"]
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
    return quantity(
        exponent,
        (exponent - error, exponent + error),
        interval_kind=NUMERICAL,
        n_points=len(x),
        window=window,
        rule=RULE,
    )


def minus(found: Quantity, value: float) -> Quantity:
    """The quantity shifted by a known number."""
    if found["estimate"] is None or found["interval"] is None:
        return found
    low, high = found["interval"]
    shifted = {"estimate": found["estimate"] - value, "interval": [low - value, high - value]}
    return cast(Quantity, {**found, **shifted})


def simulated(tables: Tables, settings: Settings, beta: float) -> dict[str, Quantity]:
    """Simulation of one beta: its exponents, and how far it is from theory of the same starts."""
    names = ("sgd_exponent", "sgd_law_exponent", "sgd_minus_theory", "sgd_deviation")
    keys = ["beta", "seed", "eta", "alpha"]
    theory = tables["asymptotic_theory"]
    theory = theory[(theory["kind"] == "realised") & (theory["beta"] == beta)]
    both = tables["near_teacher_sgd"][[*keys, "value"]].merge(
        theory[[*keys, "units", "levels", "value"]], on=keys, suffixes=("_sgd", "_theory")
    )
    if both.empty:
        why = f"beta = {beta:g} was not both simulated and integrated"
        return {f"{name}_{label(beta)}": unavailable(why) for name in names}
    window = window_of(settings, both, beta)
    sgd, flow = (both.pivot(index="seed", columns="alpha", values=f"value_{w}") for w in WHICH)
    alphas, curves, expected = sgd.columns.to_numpy(), sgd.to_numpy(), flow.to_numpy()
    inside = select(alphas, *window)
    facts: dict[str, Any] = {
        "n_points": int(inside.sum()),
        "n_seeds": len(curves),
        "n_masked": int((~np.isfinite(curves)).sum()),
        "window": window,
        "rule": RULE,
    }
    values = [
        plain_exponent(alphas, curves, settings, beta, window),
        law_exponent(alphas[inside], curves[:, inside], settings, both.iloc[0], facts),
        over_seeds(
            slopes(alphas[inside], curves[:, inside]) - slopes(alphas[inside], expected[:, inside]),
            settings,
            f"difference {beta}",
            facts,
        ),
        over_seeds(
            np.median(np.abs(curves / expected - 1), axis=1), settings, f"median {beta}", facts
        ),
    ]
    return {f"{name}_{label(beta)}": v for name, v in zip(names, values, strict=True)}


WHICH = ("sgd", "theory")


def plain_exponent(
    alphas: np.ndarray,
    curves: np.ndarray,
    settings: Settings,
    beta: float,
    window: tuple[float, float],
) -> Quantity:
    """Exponent of the mean curve over seeds."""
    draws = {"generator": stream(settings, f"exponent {beta}"), "draws": settings["draws"]}
    return exponent_over_seeds(alphas, curves, mean="arithmetic", window=window, rule=RULE, **draws)


def law_exponent(
    alphas: np.ndarray, curves: np.ndarray, settings: Settings, size: Any, facts: Mapping[str, Any]
) -> Quantity:
    """beta / (1 + beta) of the formula that fits the mean curve best: no bias from finite L.

    The formula's amplitude is free; a straight line on log-log axes is steeper than
    beta / (1 + beta) while the last modes matter.
    """
    if reason := diverged(curves, facts):
        return reason
    shape = (int(size["units"]), int(size["levels"]))
    models = np.log([near_teacher_error(alphas, *shape, b, size["eta"], 1.0)[0] for b in GRID])
    models -= models.mean(axis=1, keepdims=True)

    def best(chosen: np.ndarray) -> float:
        logarithms = np.log(curves[chosen].mean(axis=0))
        misfit = ((models - (logarithms - logarithms.mean())) ** 2).sum(axis=1)
        place = int(np.argmin(misfit))
        if place in (0, len(GRID) - 1):
            return float("nan")
        beta = GRID[place] + vertex(misfit[place - 1 : place + 2]) * (GRID[1] - GRID[0])
        return beta / (1 + beta)

    return resampled(best, settings, f"law {size['beta']}", facts)


def vertex(values: np.ndarray) -> float:
    """Place of the minimum of the parabola through three equally spaced points, from the middle."""
    left, middle, right = values
    return float((left - right) / (2 * (left - 2 * middle + right)))


def slopes(alphas: np.ndarray, curves: np.ndarray) -> np.ndarray:
    """Decay exponent of each seed's curve; NaN where it diverged."""
    usable = np.isfinite(curves).all(axis=1)
    found = np.full(len(curves), np.nan)
    found[usable] = [fit_power_law(alphas, curve).exponent for curve in curves[usable]]
    return found


def over_seeds(
    values: np.ndarray, settings: Settings, name: str, facts: Mapping[str, Any]
) -> Quantity:
    """Mean over seeds of one number per seed."""
    if reason := diverged(values, facts):
        return reason
    return resampled(lambda chosen: float(values[chosen].mean()), settings, name, facts)


def diverged(values: np.ndarray, facts: Mapping[str, Any]) -> Quantity | None:
    """Said as such, instead of a mean over the seeds that happened to survive."""
    seeds = values.reshape(len(values), -1)
    if lost := int((~np.isfinite(seeds).all(axis=1)).sum()):
        return unavailable(f"{lost} of {len(seeds)} seeds diverged", **facts)
    return None


def resampled(
    statistic: Callable[[np.ndarray], float],
    settings: Settings,
    name: str,
    facts: Mapping[str, Any],
) -> Quantity:
    units, draws = facts["n_seeds"], settings["draws"]
    found = bootstrap(statistic, units, draws=draws, generator=stream(settings, name))
    return quantity(
        found.estimate,
        (found.low, found.high),
        interval_kind=BOOTSTRAP_KIND,
        standard_error=found.standard_error,
        why="one seed has no spread over seeds" if units < 2 else None,
        **facts,
    )


def stream(settings: Settings, name: str) -> np.random.Generator:
    identity = {"name": name}
    return generator(settings["seed"], "worschech2024", "specialised_laws", identity, "bootstrap")

"""Committee machine, figure 1 of arXiv 2410.09005: simulation against theory, plateau, late decay.

Quantities are named after L, for example ``median_deviation_L8``; which L they are asked for is
set in config/papers, and an L that a scale does not contain is unavailable, with the reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.records import as_record
from scalinglaws.statistics.crossings import crossing
from scalinglaws.statistics.over_seeds import mean_over_seeds
from scalinglaws.statistics.quantity import NUMERICAL, Quantity, quantity, unavailable
from scalinglaws.theory.plateau import escape_time, plateau_height

Tables = Mapping[str, pd.DataFrame]
Measure = Callable[[np.ndarray, np.ndarray], float]
LOST = "diverged or do not reach the level compared"


@dataclass(frozen=True)
class Settings:
    """Which L are asked for, and how their curves are measured.

    - `crossing_error`: eps_g at which alpha is compared; `late_alpha`: where the late slope is
    - `plateau_window`: factors of the plateau's height; `growth_window`: of r^(1)
    - `solver_error`: relative, of eps_g and rates; `slope_error`: of local slopes
    - `units`, `eta`, `beta`: of the formulas
    """

    levels_compared: tuple[int, ...]
    levels_theory: tuple[int, ...]
    levels_plateau: tuple[int, ...]
    crossing_error: float
    plateau_window: tuple[float, float]
    late_alpha: float
    growth_window: tuple[float, float]
    solver_error: float
    slope_error: float
    units: int
    eta: float
    beta: float


def fit(tables: Tables, given: Mapping[str, Any]) -> dict[str, Quantity]:
    """All quantities of the committee machine's learning curves; `given`: see `Settings`."""
    settings = as_record(Settings, given)
    found: dict[str, Quantity] = {}
    for levels in settings.levels_compared:
        pairs = matched(tables, levels)
        ratio = crossing_ratio(settings.crossing_error)
        for measure, of_seed in (("median_deviation", deviation), ("crossing_ratio", ratio)):
            found[f"{measure}_L{levels}"] = mean_of_pairs(pairs, of_seed)
    for levels in settings.levels_theory:
        found[f"flattest_slope_L{levels}"] = flattest_slope(tables, settings, levels)
        found[f"late_slope_L{levels}"] = late_slope(tables, settings, levels)
    for levels in settings.levels_plateau:
        found[f"plateau_height_L{levels}"] = measured_height(tables, settings, levels)
        found[f"escape_time_ratio_L{levels}"] = escape_ratio(tables, settings, levels)
    return found | slope_rises(found, settings.levels_theory)


def matched(tables: Tables, levels: int) -> list[pd.DataFrame]:
    """One frame per seed with columns alpha, sgd, ode at the abscissae that both have."""
    sgd, ode = tables["committee_sgd"], tables["committee_ode"]
    sgd = sgd[(sgd["levels"] == levels) & (sgd["quantity"] == "eps_g")]
    ode = ode[(ode["levels"] == levels) & (ode["quantity"] == "eps_g")]
    ode = ode[ode["start"] == "realised"]
    keys = ["seed", "dimension", "alpha"]
    both = sgd[[*keys, "value"]].merge(ode[[*keys, "value"]], on=keys, suffixes=("_sgd", "_ode"))
    both = both.rename(columns={"value_sgd": "sgd", "value_ode": "ode"}).sort_values(keys)
    return [frame for _, frame in both.groupby("seed")]


def mean_of_pairs(pairs: list[pd.DataFrame], measure: Callable[[pd.DataFrame], float]) -> Quantity:
    """Mean over seeds of a measure of each seed's pair of curves."""
    if not pairs:
        return unavailable("no seed of this L was both simulated and integrated")
    values = np.array([measure(frame) for frame in pairs])
    masked = sum(int((~np.isfinite(frame["sgd"])).sum()) for frame in pairs)
    points = len(pairs[0])
    return mean_over_seeds(values, lost=LOST, n_points=points, n_masked=masked)


def deviation(frame: pd.DataFrame) -> float:
    """Median over alpha of |theory / simulation - 1|; diverged values are left out."""
    relative = np.abs(frame["ode"] / frame["sgd"] - 1).to_numpy()
    finite = relative[np.isfinite(relative)]
    return float(np.median(finite)) if len(finite) else float("nan")


def crossing_ratio(level: float) -> Callable[[pd.DataFrame], float]:
    """Where theory and simulation fall below a level: ratio of the two alphas."""

    def crossing_of_both(frame: pd.DataFrame) -> float:
        alphas = frame["alpha"].to_numpy()
        return crossing(alphas, frame["ode"].to_numpy(), level) / crossing(
            alphas, frame["sgd"].to_numpy(), level
        )

    return crossing_of_both


def theory_curves(tables: Tables, levels: int, start: str) -> pd.DataFrame:
    """Columns alpha and one per quantity, of one undrawn start."""
    ode = tables["committee_ode"]
    rows = ode[(ode["levels"] == levels) & (ode["start"] == start)]
    return rows.pivot(index="alpha", columns="quantity", values="value").reset_index()


def deterministic(
    alphas: np.ndarray, values: np.ndarray, measure: Measure, solver_error: float, **facts: Any
) -> Quantity:
    """A measure of a computed curve.

    Its error is its change when every second point is left out, or the error of the integration
    (absolute), whichever is larger.
    """
    full = measure(alphas, values)
    start = (len(alphas) + 1) % 2
    error = max(abs(full - measure(alphas[start::2], values[start::2])), solver_error)
    return quantity(
        full,
        (full - error, full + error),
        interval_kind=NUMERICAL,
        n_points=len(alphas),
        **facts,
    )


def missing_level(levels: int) -> Quantity:
    return unavailable(f"L = {levels} is not among the levels of this scale")


def on_plateau(curves: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    low, high = (f * plateau_height(settings.units) for f in settings.plateau_window)
    inside = curves["eps_g"].between(low, high) & np.isfinite(curves["local_slope"])
    return curves[inside]


def flattest_slope(tables: Tables, settings: Settings, levels: int) -> Quantity:
    """Largest d ln eps_g / d ln alpha while eps_g is near the plateau's height (0 = a plateau)."""
    curves = theory_curves(tables, levels, "typical")
    if curves.empty:
        return missing_level(levels)
    near = on_plateau(curves, settings)
    if len(near) < 4:
        return unavailable("fewer than 4 abscissae near the plateau's height", n_points=len(near))
    columns = (near["alpha"].to_numpy(), near["local_slope"].to_numpy())
    rule = "largest local slope while eps_g / plateau height is inside plateau_window"
    largest = float(columns[1].max())
    error = slope_error(settings, largest)
    return deterministic(*columns, lambda x, y: float(y.max()), error, rule=rule)


def late_slope(tables: Tables, settings: Settings, levels: int) -> Quantity:
    """d ln eps_g / d ln alpha at one late alpha."""
    curves = theory_curves(tables, levels, "typical")
    if curves.empty:
        return missing_level(levels)
    resolved = curves[np.isfinite(curves["local_slope"])]
    late = settings.late_alpha
    if resolved.empty or not resolved["alpha"].iloc[0] < late < resolved["alpha"].iloc[-1]:
        return unavailable(f"eps_g is not resolved around alpha = {late:g}")
    columns = (resolved["alpha"].to_numpy(), resolved["local_slope"].to_numpy())

    def at_late(alphas: np.ndarray, slopes: np.ndarray) -> float:
        return float(np.interp(np.log(late), np.log(alphas), slopes))

    error = slope_error(settings, at_late(*columns))
    return deterministic(*columns, at_late, error, window=(late, late))


def slope_error(settings: Settings, slope: float) -> float:
    """Absolute up to slopes of 1, relative beyond: steep slopes inherit the error of alpha."""
    return settings.slope_error * max(1.0, abs(slope))


def slope_rises(found: Mapping[str, Quantity], levels: tuple[int, ...]) -> dict[str, Quantity]:
    """Late slope of each L minus that of the L before: positive where more levels decay slower."""
    rises: dict[str, Quantity] = {}
    for fewer, more in pairwise(levels):
        low, high = found[f"late_slope_L{fewer}"], found[f"late_slope_L{more}"]
        rises[f"late_slope_rise_L{fewer}_L{more}"] = difference(high, low)
    return rises


def difference(first: Quantity, second: Quantity) -> Quantity:
    """first - second for numerical errors, which need not be independent and so add."""
    if first["interval"] is None or second["interval"] is None:
        return unavailable(first["why"] or second["why"] or "one of the two is unavailable")
    assert first["estimate"] is not None
    assert second["estimate"] is not None
    (low, high), (other_low, other_high) = first["interval"], second["interval"]
    return quantity(
        first["estimate"] - second["estimate"],
        (low - other_high, high - other_low),
        interval_kind=NUMERICAL,
        n_points=first["n_points"],
        window=first["window"],
    )


def measured_height(tables: Tables, settings: Settings, levels: int) -> Quantity:
    """eps_g of the noiseless curve where it is flattest near the formula's height."""
    curves = theory_curves(tables, levels, "noiseless")
    if curves.empty:
        return missing_level(levels)
    near = on_plateau(curves, settings)
    if len(near) < 4:
        return unavailable("fewer than 4 abscissae near the plateau's height", n_points=len(near))
    errors = near["eps_g"].to_numpy()
    return deterministic(
        near["local_slope"].to_numpy(),
        errors,
        lambda slopes, y: float(y[np.argmax(slopes)]),
        settings.solver_error * plateau_height(settings.units),
        rule="eps_g where the local slope is largest",
    )


def escape_ratio(tables: Tables, settings: Settings, levels: int) -> Quantity:
    """1 / (growth rate of r^(1)) over the formula's escape time, while r^(1) is in a window."""
    curves = theory_curves(tables, levels, "noiseless")
    if curves.empty:
        return missing_level(levels)
    window = settings.growth_window
    rates = curves.loc[curves["split"].between(*window), "growth_rate"].to_numpy()
    if len(rates) < 3:
        return unavailable("fewer than 3 abscissae in growth_window", n_points=len(rates))
    formula = escape_time(settings.units, settings.eta, levels, settings.beta)
    ratios = 1 / (rates * formula)
    error = settings.solver_error
    return quantity(
        float(np.median(ratios)),
        (ratios.min() * (1 - error), ratios.max() * (1 + error)),
        interval_kind=NUMERICAL,
        n_points=len(rates),
        rule=f"median and range while r^(1) is between {window[0]:g} and {window[1]:g}",
    )

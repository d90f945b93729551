"""Height, escape time and length of the symmetric plateau against their formulas.

arXiv 2410.09005, figure 5, K = M. All numbers are deterministic; their intervals
are numerical errors. Quantities are named after M, L and the exponent they belong to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.plateau_curves import lengths, members, plateaus
from scalinglaws.records import as_record
from scalinglaws.statistics.crossings import crossing
from scalinglaws.statistics.quantity import NUMERICAL, Quantity, quantity, unavailable
from scalinglaws.theory.plateau import plateau_height


@dataclass(frozen=True)
class Settings:
    """Which M and L are held against the formulas, and how their curves are measured.

    - `units`, `levels`: of the grid held against the formulas; `growth_window`: of r^(1)
    - `left_at`: plateau heights below which the plateau counts as left
    - `exponent_units`, `exponent_levels`: first and last of the scans
    - `beta`: of scans, laws and figure 5; `law_levels`, `curve_levels`: their L
    - `rate`, `rate_units`: of the finite learning rate; `solver_error`: relative
    """

    units: tuple[int, ...]
    levels: tuple[int, ...]
    growth_window: tuple[float, float]
    left_at: float
    exponent_units: tuple[int, int]
    exponent_levels: tuple[int, int]
    beta: float
    law_levels: tuple[int, ...]
    curve_levels: tuple[int, ...]
    rate: float
    rate_units: int
    solver_error: float


def fit(tables: Mapping[str, pd.DataFrame], given: Mapping[str, Any]) -> dict[str, Quantity]:
    """All quantities of plateau and escape; `given`: see `Settings`."""
    settings = as_record(Settings, given)
    table = tables["plateau_theory"]
    found = plateaus(table, settings.growth_window)
    left = lengths(table, settings.left_at)
    quiet = found[found["noise"] == 0]
    quantities: dict[str, Quantity] = {}
    for units in settings.units:
        grid = quiet[(quiet["hidden"] == units) & quiet["levels"].isin(settings.levels)]
        for name in ("height", "tau"):
            quantities[f"largest_{name}_deviation_M{units}"] = largest_deviation(grid, name)
    quantities |= exponents(quiet, settings) | finite_rate(found, settings)
    for units in settings.units:
        for levels in settings.law_levels:
            quantities |= length_law(left, units, levels, settings)
    return quantities | curve_lengths(table, settings)


def largest_deviation(grid: pd.DataFrame, name: str) -> Quantity:
    """Largest |measured / formula - 1| over a grid of L and beta; its range over the windows."""
    if grid.empty or grid[name].isna().any():
        return unavailable("not every member of the grid has points in the growth window")
    formula = grid[name] / grid[f"{name}_ratio"]
    deviations = np.abs(grid[f"{name}_ratio"] - 1)
    ends = [np.abs(grid[f"{name}_{end}"] / formula - 1) for end in ("low", "high")]
    worst = max(float(end.max()) for end in ends)
    estimate = float(deviations.max())
    return quantity(
        estimate,
        (min(0.0, estimate), max(worst, estimate)),
        interval_kind=NUMERICAL,
        n_points=len(grid),
        rule="largest over L and beta of the median in growth_window; interval: worst abscissa",
    )


def exponents(quiet: pd.DataFrame, settings: Settings) -> dict[str, Quantity]:
    """Exponents of tau_esc in M (at L = 1) and in L (at the largest M that is scanned)."""
    of_beta = quiet[quiet["beta"] == settings.beta]
    low, high = settings.exponent_units
    wide = of_beta[(of_beta["levels"] == 1) & of_beta["hidden"].between(low, high)]
    low, high = settings.exponent_levels
    deep = of_beta[of_beta["levels"].between(low, high)]
    deep = deep[deep["hidden"] == deep["hidden"].max()]
    error = settings.solver_error
    return {
        "escape_exponent_units": log_slope(wide, "hidden", error),
        "escape_exponent_levels": log_slope(deep, "levels", error),
    }


def log_slope(rows: pd.DataFrame, by: str, solver_error: float) -> Quantity:
    """Slope of ln tau over ln `by`; its error follows from those of the tau, added up."""
    rows = rows.sort_values(by)
    if len(rows) < 3:
        return unavailable(f"fewer than 3 values of {by} in the window", n_points=len(rows))
    x = np.log(rows[by].to_numpy(dtype=float))
    y = np.log(rows["tau"].to_numpy())
    spread = np.maximum(np.log(rows["tau_high"]) - y, y - np.log(rows["tau_low"]))
    return slope_quantity(x, y, np.asarray(spread) + solver_error, by_ends(rows, by))


def by_ends(rows: pd.DataFrame, by: str) -> tuple[float, float]:
    return float(rows[by].min()), float(rows[by].max())


def slope_quantity(
    x: np.ndarray, y: np.ndarray, errors: np.ndarray, window: Sequence[float]
) -> Quantity:
    """Least-squares slope; errors of y may all conspire (they are no chance)."""
    weights = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
    slope, error = float(weights @ y), float(np.abs(weights) @ errors)
    return quantity(
        slope,
        (slope - error, slope + error),
        interval_kind=NUMERICAL,
        n_points=len(x),
        window=window,
    )


def finite_rate(found: pd.DataFrame, settings: Settings) -> dict[str, Quantity]:
    """Height over the small-eta formula at a finite learning rate."""
    units, rate = settings.rate_units, settings.rate
    rows = found[(found["noise"] == 1) & (found["hidden"] == units) & (found["eta"] == rate)]
    name = f"height_ratio_finite_rate_M{units}"
    if rows.empty:
        return {name: unavailable(f"eta = {rate:g} is not among the rates of this scale")}
    row, error = rows.iloc[0], settings.solver_error
    formula = plateau_height(units)
    ends = (row["height_low"] / formula - error, row["height_high"] / formula + error)
    points = int(row["points"])
    return {name: quantity(row["height_ratio"], ends, interval_kind=NUMERICAL, n_points=points)}


def length_law(
    left: pd.DataFrame, units: int, levels: int, settings: Settings
) -> dict[str, Quantity]:
    """Slopes of length / tau over ln N and -ln sigma_J, and the constant D at the default start."""
    rows = left[(left["hidden"] == units) & (left["levels"] == levels) & (left["noise"] == 0)]
    rows = rows[rows["beta"] == settings.beta]
    name = f"M{units}_L{levels}"
    found: dict[str, Quantity] = {}
    for by, other in (("dimension", "sigma_j"), ("sigma_j", "dimension")):
        scan = rows[rows[other] == rows[other].mode().iloc[0]] if len(rows) else rows
        found[f"length_slope_{by}_{name}"] = length_slope(scan, by)
    found[f"length_constant_{name}"] = length_constant(rows, settings)
    return found


def length_slope(scan: pd.DataFrame, by: str) -> Quantity:
    """Slope of length / tau over ln(N) or -ln(sigma_J)."""
    scan = scan.sort_values(by)
    if scan[by].nunique() < 3 or scan["folds"].isna().any():
        return unavailable(f"fewer than 3 values of {by} at which the plateau is left")
    x = np.log(scan[by].to_numpy(dtype=float)) * (1 if by == "dimension" else -1)
    return slope_quantity(x, scan["folds"].to_numpy(), fold_errors(scan), by_ends(scan, by))


def fold_errors(rows: pd.DataFrame) -> np.ndarray:
    """Interpolation error of length / tau, from every second abscissa (four times the error)."""
    return np.abs(rows["thinned"] / rows["length"] - 1).to_numpy() * rows["folds"].to_numpy()


def length_constant(rows: pd.DataFrame, settings: Settings) -> Quantity:
    """D = length / tau - ln(N)/2 + ln(sigma_J), mean over all starts, range over them."""
    constants = (rows["folds"] - rows["logarithm"]).to_numpy()
    if len(constants) == 0 or not np.all(np.isfinite(constants)):
        return unavailable("no start of this M and L leaves the plateau")
    error = float(fold_errors(rows).max())
    return quantity(
        float(constants.mean()),
        (constants.min() - error, constants.max() + error),
        interval_kind=NUMERICAL,
        n_points=len(constants),
        rule=f"eps_g below {settings.left_at:g} plateau heights",
    )


def curve_lengths(table: pd.DataFrame, settings: Settings) -> dict[str, Quantity]:
    """ln of how much longer figure 5's plateaus get with M, and shorter with L."""
    left: dict[tuple[int, int], tuple[float, float]] = {}
    for identity, curve in members(table, "curve"):
        alphas, errors = curve["alpha"].to_numpy(), curve["eps_g"].to_numpy()
        level = settings.left_at * plateau_height(identity["hidden"])
        ends = (crossing(alphas, errors, level), crossing(alphas[1::2], errors[1::2], level))
        left[identity["hidden"], identity["levels"]] = ends
    found: dict[str, Quantity] = {}
    for levels in settings.curve_levels:
        for fewer, more in pairwise(settings.units):
            name = f"length_rise_M{fewer}_M{more}_L{levels}"
            found[name] = log_ratio(left, (more, levels), (fewer, levels))
    for units in settings.units:
        for fewer, more in pairwise(settings.curve_levels):
            name = f"length_fall_L{fewer}_L{more}_M{units}"
            found[name] = log_ratio(left, (units, fewer), (units, more))
    return found


def log_ratio(
    left: Mapping[tuple[int, int], tuple[float, float]],
    upper: tuple[int, int],
    lower: tuple[int, int],
) -> Quantity:
    if upper not in left or lower not in left:
        return unavailable("this M and L is not among the curves of this scale")
    (above, above_thin), (below, below_thin) = left[upper], left[lower]
    if not np.all(np.isfinite([above, above_thin, below, below_thin])):
        return unavailable("a curve does not leave its plateau before it ends")
    ratio = float(np.log(above / below))
    error = abs(float(np.log(above_thin / above))) + abs(float(np.log(below_thin / below)))
    return quantity(ratio, (ratio - error, ratio + error), interval_kind=NUMERICAL, n_points=2)

"""The square loss: where its smallest error is, how low, and that alpha moves neither."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.interpolate import CubicSpline

from scalinglaws.curves.perceptron_curves import minimisers
from scalinglaws.fits.perceptron_laws import numerical
from scalinglaws.fits.perceptron_scaling import LEAST_ALPHAS, TOO_FEW, best_norm
from scalinglaws.records import as_record
from scalinglaws.statistics.over_samples import mean_over_samples, over_samples, sample_draws
from scalinglaws.statistics.over_seeds import Draws
from scalinglaws.statistics.power_law import fit_power_law
from scalinglaws.statistics.quantity import Quantity, unavailable
from scalinglaws.theory.perceptron import hebb_error

NUMERICAL_ERROR = 1e-8
Found = dict[str, Quantity]


@dataclass(frozen=True)
class Settings:
    draws: int
    seed: int


def fit(tables: Mapping[str, pd.DataFrame], given: Mapping[str, Any]) -> Found:
    """Quantities of the claims P11; `given`: see `Settings`."""
    settings = as_record(Settings, given)
    draws = sample_draws(settings.draws, settings.seed)
    limits, simulated = tables["perceptron_limits"], tables["perceptron_square"]
    return {**predicted(limits), **measured(limits, simulated, draws)}


def optima(limits: pd.DataFrame, name: str) -> pd.Series:
    """One number of the predicted optimum for every alpha."""
    chosen = limits[limits["quantity"] == f"square_optimum_{name}"]
    return pd.Series(chosen["value"].to_numpy(), index=chosen["alpha"].to_numpy()).sort_index()


def predicted(limits: pd.DataFrame) -> Found:
    lam, error = optima(limits, "lambda"), optima(limits, "error")
    finite = lam[np.isfinite(lam.index)]
    found = {
        "optimum_lambda": numerical(lam[np.inf], NUMERICAL_ERROR),
        "smallest_error": numerical(error[np.inf], NUMERICAL_ERROR),
    }
    if len(finite) < LEAST_ALPHAS:
        return {**found, "theory_gamma_2": unavailable(TOO_FEW)}
    slope = -fit_power_law(finite.index.to_numpy(dtype=float), finite.to_numpy()).exponent
    return {**found, "theory_gamma_2": numerical(slope, NUMERICAL_ERROR, len(finite))}


def measured(limits: pd.DataFrame, simulated: pd.DataFrame, draws: Draws) -> Found:
    """The same of the mean curves over samples, read off their splines."""
    curves = {float(alpha): minimisers(own) for alpha, own in simulated.groupby("alpha")}  # type: ignore[arg-type]
    smooth = {alpha: smoothed(*pair) for alpha, pair in curves.items()}
    found: Found = {}
    for alpha, (lambdas, errors) in curves.items():
        grid, fine = smooth[alpha]
        hebb, tag = hebb_error(alpha), f"{alpha:g}"
        name = f"simulated_lambda_{tag}"
        found[name] = over_samples(fine, name, draws, partial(best_norm, grid))
        name = f"simulated_error_{tag}"
        found[name] = over_samples(fine / hebb, name, draws, smallest)
        found[f"simulation_over_theory_{tag}"] = over_theory(limits, alpha, lambdas, errors / hebb)
    found["simulated_gamma_2"] = growth(smooth, draws)
    return found


def smoothed(lambdas: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """801 lambdas and each sample's spline there: linear, so that means may be taken after it.

    A sample with a value missing is NaN throughout.
    """
    grid = np.geomspace(lambdas[0], lambdas[-1], 801)
    whole = np.all(np.isfinite(errors), axis=1)
    fine = np.full((len(errors), len(grid)), np.nan)
    if whole.any():
        fine[whole] = CubicSpline(np.log(lambdas), errors[whole], axis=1)(np.log(grid))
    return grid, fine


def smallest(errors: np.ndarray) -> float:
    return float(errors.mean(axis=0).min())


def over_theory(
    limits: pd.DataFrame,
    alpha: float,
    lambdas: np.ndarray,
    errors: np.ndarray,
) -> Quantity:
    """Mean ratio of simulated to predicted error; errors (samples, lambdas) over Hebb's."""
    own = limits[(limits["quantity"] == "early_square_loss") & (limits["alpha"] == alpha)]
    if len(own) < 2:
        return unavailable(f"this scale has no square-loss curve at alpha = {alpha:g}")
    own = own.sort_values("abscissa")
    spline = CubicSpline(np.log(own["abscissa"]), np.log(own["value"]))
    expected = np.exp(spline(np.log(lambdas)))
    return mean_over_samples(errors / expected)


def growth(curves: Mapping[float, tuple[np.ndarray, np.ndarray]], draws: Draws) -> Quantity:
    """Exponent of the best lambda against alpha, samples of all alphas resampled together."""
    if len(curves) < LEAST_ALPHAS:
        return unavailable(TOO_FEW)
    alphas = np.array(list(curves))
    whole = [
        (grid, errors[np.all(np.isfinite(errors), axis=1)]) for grid, errors in curves.values()
    ]

    def exponent(chosen: np.ndarray) -> float:
        units = chosen[:, 0].astype(int)
        best = [best_norm(grid, errors[units]) for grid, errors in whole]
        return -fit_power_law(alphas, np.array(best)).exponent

    count = min(len(errors) for _, errors in whole)
    units = np.arange(count, dtype=float)[:, None]
    found = over_samples(units, "square growth", draws, exponent)
    return {**found, "n_points": len(alphas), "window": [alphas.min(), alphas.max()]}

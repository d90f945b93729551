"""Numbers of the perceptron at figure 1: limits, optimum, simulation against theory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.interpolate import CubicSpline

from scalinglaws.curves.perceptron_curves import by_alpha, minimisers, seeds_against_norm
from scalinglaws.records import as_record
from scalinglaws.statistics.exponents import exponent_over_seeds
from scalinglaws.statistics.over_samples import (
    gap_at,
    largest_mean,
    mean_over_samples,
    over_samples,
    sample_draws,
)
from scalinglaws.statistics.over_seeds import Draws
from scalinglaws.statistics.power_law import fit_power_law
from scalinglaws.statistics.quantity import (
    NEW_SAMPLES,
    Quantity,
    computed,
    quantity,
    unavailable,
)
from scalinglaws.statistics.windows import select

# Accuracy of the solved saddle point (residuals below 1e-10) and of the minimum over lambda,
# where a flat bottom turns an error of 1e-12 in epsilon into one of 1e-6 in lambda.
ERROR_OF_EPSILON, ERROR_OF_LAMBDA = 1e-8, 1e-5


@dataclass(frozen=True)
class Settings:
    """Where the curves of figure 1 are read.

    - `alpha`: of the figure; `limit_alpha`, `large_alphas`: of the limits of large alpha
    - `hebb_lambda`: small, where Hebb's rule holds; `peak_lambda`, `optimum_lambda`: of gaps
    - `early_window`: factors of the optimal norm; `fixed_norm_window`: norms compared with theory
    """

    alpha: float
    large_alphas: tuple[float, ...]
    limit_alpha: float
    hebb_lambda: float
    early_window: tuple[float, float]
    fixed_norm_window: tuple[float, float]
    peak_lambda: float
    optimum_lambda: float
    draws: int
    seed: int


def fit(tables: Mapping[str, pd.DataFrame], given: Mapping[str, Any]) -> dict[str, Quantity]:
    """Quantities of the claims P1 to P5, P8 and P9; `given`: see `Settings`."""
    settings = as_record(Settings, given)
    theory, descent = tables["perceptron_theory"], tables["perceptron_descent"]
    return {**theory_quantities(theory, settings), **simulated(theory, descent, settings)}


def numerical(value: float, error: float, n_points: int = 1) -> Quantity:
    return computed(value, error, n_points=n_points)


def curve(theory: pd.DataFrame, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """(lambda, epsilon) of one alpha, lambda increasing."""
    chosen = theory[(theory["quantity"] == "epsilon") & (theory["alpha"] == alpha)]
    chosen = chosen.sort_values("lambda")
    return chosen["lambda"].to_numpy(), chosen["value"].to_numpy()


def theory_quantities(theory: pd.DataFrame, settings: Settings) -> dict[str, Quantity]:
    """Deterministic numbers of the replica-symmetric equations."""
    alpha, far = settings.alpha, settings.limit_alpha
    hebb, stable = by_alpha(theory, "epsilon_hebb"), by_alpha(theory, "epsilon_maximum_stability")
    best, bayes = by_alpha(theory, "epsilon_optimum"), by_alpha(theory, "epsilon_bayes")
    at, gap = by_alpha(theory, "lambda_optimum"), by_alpha(theory, "epsilon_optimum") / bayes - 1.0
    found = {
        "hebb_deviation": hebb_deviation(theory, hebb, settings.hebb_lambda),
        "maximum_stability_limit": numerical(far * stable[far], ERROR_OF_EPSILON),
        "bayes_limit": numerical(far * bayes[far], ERROR_OF_EPSILON),
        "gibbs_limit": numerical(far * by_alpha(theory, "epsilon_gibbs")[far], ERROR_OF_EPSILON),
        "optimum_above_bayes": numerical(float(gap.max()), ERROR_OF_EPSILON, len(gap)),
        "optimum_above_bayes_least": numerical(float(gap.min()), ERROR_OF_EPSILON, len(gap)),
        "optimum_lambda": numerical(at[alpha], ERROR_OF_LAMBDA * at[alpha]),
        "optimum_error": numerical(best[alpha], ERROR_OF_EPSILON),
        "hebb_over_optimum": numerical(hebb[alpha] / best[alpha], ERROR_OF_EPSILON),
        "maximum_stability_over_optimum": numerical(stable[alpha] / best[alpha], ERROR_OF_EPSILON),
        "early_exponent_theory": early_exponent(theory, settings, at[alpha]),
    }
    for large in settings.large_alphas:
        found[f"optimum_slope_{large:g}"] = numerical(at[large] / large, ERROR_OF_LAMBDA)
    return {**found, "optimum_exponent": optimum_exponent(at, settings.large_alphas)}


def optimum_exponent(at: pd.Series, alphas: Sequence[float]) -> Quantity:
    """Exponent of lambda_opt between the smallest and the largest of `alphas` (Eq. 3)."""
    low, high = min(alphas), max(alphas)
    if low == high:
        return unavailable("one alpha alone gives no exponent")
    exponent = float(np.log(at[high] / at[low]) / np.log(high / low))
    return numerical(exponent, ERROR_OF_LAMBDA, len(alphas))


def hebb_deviation(theory: pd.DataFrame, hebb: pd.Series, lam: float) -> Quantity:
    """Largest |epsilon(lambda) / epsilon_Hebb - 1| over alpha at one small lambda."""
    rows = theory[(theory["quantity"] == "epsilon") & np.isclose(theory["lambda"], lam, rtol=1e-9)]
    if rows.empty:
        return unavailable(f"the curves have no point at lambda = {lam:g}")
    deviations = np.abs(rows["value"].to_numpy() / hebb[rows["alpha"]].to_numpy() - 1.0)
    return numerical(float(deviations.max()), ERROR_OF_EPSILON, len(rows))


def early_window(settings: Settings, optimum: float) -> tuple[float, float]:
    low, high = settings.early_window
    return low * optimum, high * optimum


def early_exponent(theory: pd.DataFrame, settings: Settings, optimum: float) -> Quantity:
    """Effective exponent of epsilon against lambda on the early branch of theory's curve.

    The interval spans the exponents of the window's two halves: at finite alpha the branch bends,
    and that bend, not a numerical error, is what limits the exponent's meaning.
    """
    window = early_window(settings, optimum)
    lam, eps = curve(theory, settings.alpha)
    inside = select(lam, *window)
    lam, eps = lam[inside], eps[inside]
    if len(lam) < 8:
        return unavailable("fewer than 8 points of the curve in the window", window=window)
    half = len(lam) // 2
    ends = [
        fit_power_law(lam[part], eps[part]).exponent for part in (slice(half), slice(half, None))
    ]
    return quantity(
        fit_power_law(lam, eps).exponent,
        sorted(ends),
        interval_kind="exponents of the window's halves",
        n_points=len(lam),
        window=window,
        rule="early_window times lambda_opt",
    )


def simulated(
    theory: pd.DataFrame, descent: pd.DataFrame, settings: Settings
) -> dict[str, Quantity]:
    """Numbers of the simulated perceptrons; samples are the independent units."""
    optimum = float(by_alpha(theory, "lambda_optimum")[settings.alpha])
    lambdas, fixed = minimisers(descent)
    predicted = np.exp(CubicSpline(*np.log(curve(theory, settings.alpha)))(np.log(lambdas)))
    draws = sample_draws(settings.draws, settings.seed)
    gaps = seeds_against_norm(descent, "epsilon", lambdas) / fixed - 1.0
    inside = select(lambdas, *settings.fixed_norm_window)
    ratios = (fixed / predicted)[:, inside]
    return {
        "simulation_over_theory": mean_over_samples(ratios),
        "descent_gap_at_peak": gap_at(gaps, lambdas, settings.peak_lambda),
        "descent_gap_at_optimum": gap_at(gaps, lambdas, settings.optimum_lambda),
        "descent_gap_largest": largest_mean(gaps),
        **descent_quantities(theory, descent, settings, optimum, draws),
    }


def common_norms(lam: np.ndarray, errors: np.ndarray, low: float) -> np.ndarray:
    """400 norms from `low` to the last one that every sample that trained at all has passed."""
    alive = np.any(np.isfinite(errors), axis=1)
    reached = lam[np.all(np.isfinite(errors[alive]), axis=0)] if alive.any() else lam[:0]
    return np.geomspace(low, max([low, *reached.tolist()]), 400)


def descent_quantities(
    theory: pd.DataFrame, descent: pd.DataFrame, settings: Settings, optimum: float, draws: Draws
) -> dict[str, Quantity]:
    """Early branch and minimum of the free-norm curve, read at theory's lambdas."""
    lam, predicted = curve(theory, settings.alpha)
    window = early_window(settings, optimum)
    errors = seeds_against_norm(descent, "epsilon", lam)
    grid = common_norms(lam, errors, window[0])
    smooth = seeds_against_norm(descent, "epsilon", grid)

    def best_norm(chosen: np.ndarray) -> float:
        return float(grid[np.argmin(chosen.mean(axis=0))])

    def best_error(chosen: np.ndarray) -> float:
        return float(np.min(chosen.mean(axis=0)) / np.min(predicted))

    return {
        "early_exponent_descent": exponent_over_seeds(
            lam,
            errors,
            window=window,
            rule="early_window times lambda_opt",
            target=NEW_SAMPLES,
        ),
        "descent_optimum_lambda": over_samples(smooth, "best norm", draws, best_norm),
        "descent_optimum_over_theory": over_samples(smooth, "best error", draws, best_error),
    }

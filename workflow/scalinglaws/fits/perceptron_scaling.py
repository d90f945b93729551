"""Numbers of the perceptron at figure 2: both laws, their product, free norm at several alpha."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.interpolate import CubicSpline

from scalinglaws.curves.perceptron_curves import (
    by_alpha,
    limit_curve,
    minimisers,
    seeds_against_norm,
)
from scalinglaws.fits.perceptron_laws import (
    ERROR_OF_EPSILON,
    ERROR_OF_LAMBDA,
    common_norms,
    curve,
    numerical,
)
from scalinglaws.records import as_record
from scalinglaws.statistics.exponents import exponent_over_seeds
from scalinglaws.statistics.over_samples import (
    gap_at,
    mean_over_samples,
    over_samples,
    sample_draws,
)
from scalinglaws.statistics.over_seeds import Draws
from scalinglaws.statistics.power_law import fit_power_law
from scalinglaws.statistics.quantity import NEW_SAMPLES, Quantity, unavailable
from scalinglaws.statistics.windows import select

# Of the flow's steps, and of the splines through the other curves (measured: below 1e-7).
ERROR_OF_FLOW, ERROR_OF_SPLINE = 1e-5, 1e-6
LOWEST_NORM = 0.05
LEAST_ALPHAS = 3
TOO_FEW = f"fewer than {LEAST_ALPHAS} of the alphas asked for are there"
Tables = Mapping[str, pd.DataFrame]
Found = dict[str, Quantity]


@dataclass(frozen=True)
class Settings:
    """Where the curves of figure 2 are read.

    - `early_window`, `early_lambda`: norms of law 1; `large_alpha`: where its branch is long
    - `collapse_range`: of lambda / alpha; `product_alphas`, `optimum_alphas`: of the exponents
    - `gap_alpha`, `peak_lambda`, `optimum_lambda`: where free is compared with fixed norm
    - `held_alphas`: where simulation is held against theory
    """

    early_lambda: float
    early_window: tuple[float, float]
    large_alpha: float
    collapse_range: tuple[float, float]
    product_alphas: tuple[float, ...]
    optimum_alphas: tuple[float, ...]
    gap_alpha: float
    peak_lambda: float
    optimum_lambda: float
    held_alphas: tuple[float, ...]
    draws: int
    seed: int


def fit(tables: Tables, given: Mapping[str, Any]) -> Found:
    """Quantities of the claims P6, P7, P8, P9b to P10c; `given`: see `Settings`."""
    settings = as_record(Settings, given)
    draws = sample_draws(settings.draws, settings.seed)
    theory, limits = tables["perceptron_theory"], tables["perceptron_limits"]
    samples = samples_of(tables)
    return {
        **early_branch(limits, settings),
        **collapse(limits, settings.collapse_range),
        **product_law(theory, limits, settings.product_alphas),
        **free_norm(theory, samples, settings),
        **gaps(samples, settings),
        **law_two(theory, samples, settings.optimum_alphas, draws),
        **held(theory, samples, settings.held_alphas),
    }


def samples_of(tables: Tables) -> dict[float, pd.DataFrame]:
    """Simulated perceptrons of every alpha."""
    both = pd.concat([tables["perceptron_descent"], tables["perceptron_alphas"]])
    return {float(alpha): own for alpha, own in both.groupby("alpha")}  # type: ignore[arg-type]


def read_curve(x: np.ndarray, y: np.ndarray, at: float) -> float:
    return float(np.exp(CubicSpline(np.log(x), np.log(y))(np.log(at))))


def early_branch(limits: pd.DataFrame, settings: Settings) -> Found:
    """Law 1 at alpha -> infinity: the error at one lambda, the exponents in the window."""
    fixed, flow = (limit_curve(limits, f"early_{n}") for n in ("fixed_norm", "gradient_flow"))
    at, peak = settings.early_lambda, settings.peak_lambda
    return {
        "early_error": numerical(read_curve(*fixed, at), ERROR_OF_SPLINE),
        "early_exponent": exponent_in(*fixed, settings.early_window),
        "flow_exponent": exponent_in(*flow, settings.early_window),
        "flow_gap_at_peak": numerical(
            read_curve(*flow, peak) / read_curve(*fixed, peak) - 1.0, ERROR_OF_FLOW
        ),
    }


def exponent_in(x: np.ndarray, y: np.ndarray, window: Sequence[float]) -> Quantity:
    """Decay exponent of a computed curve in a window, read off at 41 points of its spline."""
    if len(x) < 8 or window[0] < x[0] or window[1] > x[-1]:
        return unavailable("the curve has too few points or ends inside the window", window=window)
    grid = np.geomspace(window[0], window[1], 41)
    smooth = np.exp(CubicSpline(np.log(x), np.log(y))(np.log(grid)))
    found = numerical(fit_power_law(grid, smooth).exponent, ERROR_OF_FLOW, len(grid))
    return {**found, "window": [float(end) for end in window]}


def collapse(limits: pd.DataFrame, ends: Sequence[float]) -> Found:
    """Largest |alpha epsilon / F - 1| over the range of lambda / alpha, for each alpha."""
    ratios, expected = limit_curve(limits, "scaling_function")
    inside = select(ratios, *ends)
    found: Found = {}
    for alpha in sorted(limits.loc[limits["quantity"] == "scaled_error", "alpha"].unique()):
        deviation = limit_curve(limits, "scaled_error", alpha)[1] / expected - 1.0
        largest = float(np.max(np.abs(deviation[inside])))
        found[f"collapse_deviation_{alpha:g}"] = numerical(
            largest, ERROR_OF_EPSILON, int(inside.sum())
        )
    return found


def product_law(theory: pd.DataFrame, limits: pd.DataFrame, alphas: Sequence[float]) -> Found:
    """Exponent of the smallest error over Hebb's, and its prefactor over that of the product.

    If the early branch eps_hat = k1 lambda^(-1/2) held up to lambda_opt = k2 alpha, the smallest
    eps_hat would be k1 k2^(-1/2) alpha^(-1/2); the curve bends before.
    """
    lam, early = limit_curve(limits, "early_fixed_norm")
    (ratio,), (smallest,) = limit_curve(limits, "scaling_optimum")
    k1 = float(early[-1] * np.sqrt(lam[-1]))  # the remainder goes as 1 / lambda^2
    true = float(smallest * np.sqrt(2 * np.pi))
    found = {
        "scaling_ratio": numerical(ratio, ERROR_OF_LAMBDA),
        "scaling_minimum": numerical(smallest, ERROR_OF_EPSILON),
        "k1": numerical(k1, k1 * 2.0 / lam[-1] ** 2),
        "product_prefactor": numerical(k1 / np.sqrt(ratio), k1 * 2.0 / lam[-1] ** 2),
        "true_prefactor": numerical(true, ERROR_OF_LAMBDA),
        "prefactor_ratio": numerical(true * np.sqrt(ratio) / k1, 4.0 / lam[-1] ** 2),
    }
    best = by_alpha(theory, "epsilon_optimum") / by_alpha(theory, "epsilon_hebb")
    have = [alpha for alpha in alphas if alpha in best.index]
    if len(have) < LEAST_ALPHAS:
        return {**found, "product_exponent": unavailable(TOO_FEW)}
    exponent = fit_power_law(np.array(have), best[have].to_numpy()).exponent
    return {**found, "product_exponent": numerical(exponent, ERROR_OF_LAMBDA, len(have))}


def free_norm(
    theory: pd.DataFrame,
    samples: Mapping[float, pd.DataFrame],
    settings: Settings,
) -> Found:
    """Law 1 along gradient descent, at the one alpha where its branch is long.

    A sample of few weights scatters about the theory, but in the same way at free and at fixed
    norm. So the exponent of (free / fixed) times the theory of the latter has the same mean as
    the plain one and a fraction of its interval.
    """
    window, alpha = settings.early_window, settings.large_alpha
    lam, eps = curve(theory, alpha)
    if alpha not in samples or not len(lam):
        why = f"this scale lacks theory or simulation at alpha = {alpha:g}"
        return {name: unavailable(why) for name in ("free_gamma_1", "free_gamma_1_plain")}
    lambdas, fixed = minimisers(samples[alpha])
    free = seeds_against_norm(samples[alpha], "epsilon", lambdas)
    predicted = np.array([read_curve(lam, eps, at) for at in lambdas])

    def exponent(values: np.ndarray) -> Quantity:
        return exponent_over_seeds(
            lambdas,
            values,
            window=window,
            rule="the window of the theory's exponent",
            target=NEW_SAMPLES,
        )

    return {
        "free_gamma_1": exponent(free / fixed * predicted),
        "free_gamma_1_plain": exponent(free),
    }


def gaps(samples: Mapping[float, pd.DataFrame], settings: Settings) -> Found:
    """Free over fixed norm - 1 on the same data, at the peak and where it should be closed."""
    found: Found = {}
    for alpha in (settings.gap_alpha, settings.large_alpha):
        for place, at in (("peak", settings.peak_lambda), ("optimum", settings.optimum_lambda)):
            name = f"gap_at_{place}_{alpha:g}"
            if alpha not in samples:
                found[name] = unavailable(
                    f"nothing was simulated at alpha = {alpha:g} at this scale"
                )
                continue
            lambdas, fixed = minimisers(samples[alpha])
            free = seeds_against_norm(samples[alpha], "epsilon", lambdas)
            found[name] = gap_at(free / fixed - 1.0, lambdas, at)
    return found


def law_two(
    theory: pd.DataFrame,
    samples: Mapping[float, pd.DataFrame],
    alphas: Sequence[float],
    draws: Draws,
) -> Found:
    """Norm and error at the minimum of the mean free-norm curve, and the growth of that norm."""
    have = [alpha for alpha in alphas if alpha in samples]
    curves = {alpha: free_curves(samples[alpha]) for alpha in have}
    found: Found = {}
    for alpha, (grid, errors) in curves.items():
        name = f"free_optimum_{alpha:g}"
        found[name] = over_samples(errors, name, draws, partial(best_norm, grid))
        name = f"free_smallest_{alpha:g}"
        found[name] = over_samples(errors, name, draws, lambda c: float(c.mean(axis=0).min()))
    optima = by_alpha(theory, "lambda_optimum")
    found["fixed_gamma_2"] = slope_of(optima[[alpha for alpha in have if alpha in optima.index]])
    found["free_gamma_2"] = growth(curves, draws)
    return found


def free_curves(own: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(norms, epsilon (samples, norms)) up to the last norm that every sample has passed."""
    coarse = np.geomspace(LOWEST_NORM, 1e3, 2001)
    grid = common_norms(coarse, seeds_against_norm(own, "epsilon", coarse), LOWEST_NORM)
    return grid, seeds_against_norm(own, "epsilon", grid)


def best_norm(grid: np.ndarray, chosen: np.ndarray) -> float:
    return float(grid[np.argmin(chosen.mean(axis=0))])


def slope_of(optima: pd.Series) -> Quantity:
    if len(optima) < LEAST_ALPHAS:
        return unavailable(TOO_FEW)
    slope = -fit_power_law(optima.index.to_numpy(dtype=float), optima.to_numpy()).exponent
    return numerical(slope, ERROR_OF_LAMBDA, len(optima))


def growth(curves: Mapping[float, tuple[np.ndarray, np.ndarray]], draws: Draws) -> Quantity:
    """Exponent of the best norm against alpha, samples of all alphas resampled together."""
    if len(curves) < LEAST_ALPHAS:
        return unavailable(TOO_FEW)
    whole = {
        alpha: (grid, errors[np.all(np.isfinite(errors), axis=1)])
        for alpha, (grid, errors) in curves.items()
    }
    count = min(len(errors) for _, errors in whole.values())
    alphas = np.array(list(whole))

    def exponent(chosen: np.ndarray) -> float:
        units = chosen[:, 0].astype(int)
        norms = [best_norm(grid, errors[units]) for grid, errors in whole.values()]
        return -fit_power_law(alphas, np.array(norms)).exponent

    units = np.arange(count, dtype=float)[:, None]
    found = over_samples(units, "free growth", draws, exponent)
    return {**found, "n_points": len(alphas), "window": [alphas.min(), alphas.max()]}


def held(
    theory: pd.DataFrame,
    samples: Mapping[float, pd.DataFrame],
    alphas: Sequence[float],
) -> Found:
    """Mean ratio of simulated to predicted fixed-norm error, for each alpha that has both."""
    found: Found = {}
    for alpha in alphas:
        name = f"simulation_over_theory_{alpha:g}"
        lam, eps = curve(theory, alpha)
        if alpha not in samples or not len(lam):
            found[name] = unavailable(f"this scale lacks theory or simulation at alpha = {alpha:g}")
            continue
        lambdas, fixed = minimisers(samples[alpha])
        predicted = np.array([read_curve(lam, eps, at) for at in lambdas])
        found[name] = mean_over_samples(fixed / predicted)
    return found

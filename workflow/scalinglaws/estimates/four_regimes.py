"""Exponents of the four regimes of Bahri et al. (arXiv:2102.06701): those in the data size."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scalinglaws.fitting.bootstrap import (
    bootstrap,
    bootstrap_quantity,
    exponent_over_seeds,
    mean_curve,
)
from scalinglaws.fitting.power_law import fit_power_law
from scalinglaws.fitting.quantity import Quantity, unavailable
from scalinglaws.streams import generator

Settings = Mapping[str, Any]
MIN_POINTS = 3  # of a window in the scan


class Curves(NamedTuple):
    """One quantity of one line: `values` (seeds, sizes) over `sizes` (sizes,)."""

    sizes: np.ndarray
    values: np.ndarray


def estimate(tables: dict[str, pd.DataFrame], settings: Settings) -> dict[str, Quantity]:
    """Decay exponents with intervals over seeds.

    - `variance_slope_{line}`, `deviation_slope_{line}`: L(D) - L(infinity) and the mean squared
      distance of the outputs from their limit, both predicted 1.
    - `resolution_slope_{line}`, line a task or d{dimension}: best test loss; `_final`,
      `_selected` (by the validation loss); `final_minus_best_{line}`: difference of exponents.
    - `four_over_alpha_d{dimension}`: predicted to be d.
    """
    results: dict[str, Quantity] = {}
    for task, rows in tables["variance_limited"].groupby("task", sort=True):
        results |= variance_slopes(settings["lines"][task], rows, settings)
    for task, rows in tables["digits_mlp"].groupby("task", sort=True):
        results |= resolution_slopes(settings["lines"][task], rows, settings)
    scanned = dict(list(tables["teacher_student"].groupby("dimension", sort=True)))
    for dimension in settings["dimensions"]:
        results |= dimension_slopes(dimension, scanned.get(dimension), settings)
    return results


def variance_slopes(line: str, rows: pd.DataFrame, settings: Settings) -> dict[str, Quantity]:
    names = {"variance_slope": "excess", "deviation_slope": "deviation"}
    window, rule = variance_window(rows, settings)
    found = {}
    for key, name in names.items():
        sizes, values = curves(rows, name)
        found[f"{key}_{line}"] = exponent_over_seeds(
            sizes,
            values,
            mean="arithmetic",  # differences can be negative
            window=window,
            rule=rule,
            min_points=MIN_POINTS,
            draws=settings["draws"],
            generator=stream(settings, f"{key}_{line}"),
        )
    return found


def variance_window(rows: pd.DataFrame, settings: Settings) -> tuple[tuple[float, float], str]:
    """All D of at least `data_per_parameter` times the number of parameters."""
    factor = settings["data_per_parameter"]
    low = float(factor * rows["parameters"].iloc[0])
    return (low, max(low, float(rows["data_size"].max()))), f"D >= {factor} P"


def dimension_slopes(
    dimension: int, rows: pd.DataFrame | None, settings: Settings
) -> dict[str, Quantity]:
    """Resolution-limited exponents of one input dimension, absent ones with the reason."""
    line = f"d{dimension}"
    if rows is None:
        missing = unavailable(f"dimension {dimension} is not run at this scale")
        kinds = [f"resolution_slope_{line}{kind}" for kind in ("", "_final", "_selected")]
        return dict.fromkeys(
            [*kinds, f"final_minus_best_{line}", f"four_over_alpha_{line}"], missing
        )
    found = resolution_slopes(line, rows, settings)
    best, window = curves(rows, "test_loss_best"), resolution_window(rows, settings)[0]
    found[f"four_over_alpha_{line}"] = derived(
        lambda seeds: 4.0 / slope(best, window, seeds),
        found[f"resolution_slope_{line}"],
        stream(settings, f"four_over_alpha_{line}"),
        settings,
    )
    return found


def resolution_slopes(line: str, rows: pd.DataFrame, settings: Settings) -> dict[str, Quantity]:
    window, rule = resolution_window(rows, settings)
    kinds = {kind: curves(rows, f"test_loss_{kind}") for kind in ("best", "final", "selected")}
    found = {}
    for kind, (sizes, values) in kinds.items():
        key = f"resolution_slope_{line}" + ("" if kind == "best" else f"_{kind}")
        found[key] = exponent_over_seeds(
            sizes,
            values,
            mean="log",
            window=window,
            rule=rule,
            min_points=MIN_POINTS,
            draws=settings["draws"],
            generator=stream(settings, key),
        )
    found[f"final_minus_best_{line}"] = derived(
        lambda seeds: slope(kinds["final"], window, seeds) - slope(kinds["best"], window, seeds),
        found[f"resolution_slope_{line}"],
        stream(settings, f"final_minus_best_{line}"),
        settings,
    )
    return found


def resolution_window(rows: pd.DataFrame, settings: Settings) -> tuple[tuple[float, float], str]:
    """From the smallest D up to the last before the train loss first exceeds its share.

    The share is that of the geometric means over seeds, final train loss by final test loss.
    Under-trained networks at large D otherwise look like a smaller exponent.
    """
    sizes, train = curves(rows, "train_loss")
    _, test = curves(rows, "test_loss_final")
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.exp(np.nanmean(np.log(train) - np.log(test), axis=0))
    allowed = np.cumprod(share <= settings["train_to_test"]).astype(bool)
    # With none allowed the window holds the smallest D only, which determines no law.
    high = sizes[allowed].max() if allowed.any() else sizes[0]
    rule = f"final train loss <= {settings['train_to_test']:g} test loss"
    return (float(sizes[0]), float(high)), rule


def curves(rows: pd.DataFrame, name: str) -> Curves:
    """One quantity, averaged over the training sets of a seed where there are several.

    A training set that diverged (NaN) makes its seed NaN at that D: it is masked, not dropped.
    """
    chosen = rows[rows["quantity"] == name]
    grouped = chosen.groupby(["seed", "data_size"], sort=True)["value"]
    means = grouped.agg(lambda values: values.mean(skipna=False)).unstack("data_size")
    return Curves(means.columns.to_numpy(dtype=float), means.to_numpy(dtype=float))


def slope(line: Curves, window: tuple[float, float], seeds: np.ndarray) -> float:
    """Decay exponent of the geometric mean over the chosen seeds."""
    inside = (line.sizes >= window[0]) & (line.sizes <= window[1])
    mean = mean_curve(line.values[seeds][:, inside], "log")
    return fit_power_law(line.sizes[inside], mean).exponent


def derived(
    statistic: Callable[[np.ndarray], float],
    slope_used: Quantity,
    draws_from: np.random.Generator,
    settings: Settings,
) -> Quantity:
    """A function of slopes, bootstrapped as a whole; unavailable where the slope itself is."""
    kept = ("n_points", "n_seeds", "n_masked", "window", "rule")
    facts: dict[str, Any] = {name: value for name, value in slope_used.items() if name in kept}
    if slope_used["estimate"] is None:
        return unavailable(str(slope_used["why"]), **facts)
    found = bootstrap(
        statistic, slope_used["n_seeds"], draws=settings["draws"], generator=draws_from
    )
    return bootstrap_quantity(
        found,
        **facts,
    )


def stream(settings: Settings, key: str) -> np.random.Generator:
    return generator(settings["seed"], "bahri2021", "four_regimes", {"quantity": key}, "bootstrap")

"""Exponents of the variance-limited regimes of Bahri et al. (arXiv:2102.06701), in data and width.

A line is a task with its suffixes, in this order: _mse (squared loss instead of cross-entropy),
_erf (instead of ReLU), _cnn (convolutional instead of fully connected).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.size_curves import Curves, curves
from scalinglaws.curves.variance_curves import lines_of
from scalinglaws.records import as_record
from scalinglaws.statistics.bootstrap import exponent_over_seeds, mean_curve
from scalinglaws.statistics.over_seeds import Draws, named_draws, over_seeds
from scalinglaws.statistics.power_law import fit_power_law
from scalinglaws.statistics.quantity import Quantity, unavailable
from scalinglaws.statistics.resolution_slopes import (
    MIN_POINTS,
    Trained,
    Window,
    data_slopes,
    derived,
)

Found = dict[str, Quantity]
Lines = dict[str, pd.DataFrame]
NOT_RUN = "this scale does not run it"
# name of a quantity -> the column of values whose exponent it is
IN_DATA = {"variance_slope": "excess", "deviation_slope": "deviation", "spread_slope": "spread"}
IN_WIDTH = {"width_slope": "excess", "width_deviation_slope": "deviation"}
CENTRED = {"centred_slope": "excess_limit", "centred_deviation_slope": "deviation_limit"}


@dataclass(frozen=True)
class Settings:
    """Windows and names of the lines.

    - `data_per_parameter`, `width_per_example`: from where D and w count as large
    - `data_lines`, `width_lines`, `centred_lines`: those that claims name, run or not
    - `train_to_test`: see `Trained`; `lines`: what the line of each task is called
    """

    data_per_parameter: float
    width_per_example: float
    data_lines: tuple[str, ...]
    width_lines: tuple[str, ...]
    centred_lines: tuple[str, ...]
    train_to_test: float
    lines: Mapping[str, str]
    draws: int
    seed: int


def draws_of(settings: Settings) -> Draws:
    return named_draws(settings.draws, settings.seed, "bahri2021", "four_regimes")


def fit(tables: dict[str, pd.DataFrame], given: Mapping[str, Any]) -> Found:
    """Decay exponents with intervals over seeds.

    - `variance_slope_{line}`: L(D) - L(infinity), predicted 1; `deviation_slope_{line}`, mean
      squared distance of the outputs from their limit, and `spread_slope_{line}`, variance of the
      outputs over training sets, both predicted 1; `ratio_slope_{line}`: L(D) - L(infinity) over
      that variance, predicted 0.
    - `width_slope_{line}`: loss less that of the linearised network, predicted 1 in w;
      `width_deviation_slope_{line}`: mean squared distance of their outputs.
    - `centred_slope_{line}`, `centred_deviation_slope_{line}`: loss less that of the infinitely
      wide network, mean squared distance from it, both predicted 1;
      `centred_ratio_slope_{line}`: of the one over the other, predicted 0.
    - `mean_variance_slope`, `mean_width_slope`: mean over the lines of fully connected networks.
    - `resolution_slope_{line}`: best test loss; `_final`, `_selected` (by the validation loss);
      `final_minus_best_{line}`, `selected_minus_best_{line}`: differences of exponents.
    """
    settings = as_record(Settings, given)
    dense, convolved, wide, centred = (
        lines_of(tables[f"variance_limited{name}"], settings.lines)
        for name in ("", "_cnn", "_width", "_centred")
    )
    found = absent(settings)
    for line, rows in {**dense, **convolved}.items():
        found |= data_line(line, rows, settings)
    for line, rows in wide.items():
        window = width_window(rows, settings)
        found |= exponents(line, rows, "width", IN_WIDTH, window, settings)
    for line, rows in centred.items():
        found |= centred_line(line, rows, settings)
    found |= mean_slope("mean_variance_slope", dense, "data_size", variance_window, settings)
    found |= mean_slope("mean_width_slope", wide, "width", width_window, settings)
    for task, rows in tables["digits_mlp"].groupby("task", sort=True):
        line = settings.lines[str(task)]
        found |= data_slopes(line, rows, Trained(settings.train_to_test), draws_of(settings))
    return found


def absent(settings: Settings) -> Found:
    """Every quantity a claim may name, as not run; those that are run replace them."""
    names = [f"{name}_{line}" for line in settings.data_lines for name in (*IN_DATA, "ratio_slope")]
    names += [f"{name}_{line}" for line in settings.width_lines for name in IN_WIDTH]
    names += [
        f"{name}_{line}"
        for line in settings.centred_lines
        for name in (*CENTRED, "centred_ratio_slope")
    ]
    return {name: unavailable(NOT_RUN) for name in names}


def data_line(line: str, rows: pd.DataFrame, settings: Settings) -> Found:
    window = variance_window(rows, settings)
    found = exponents(line, rows, "data_size", IN_DATA, window, settings)
    pair = (curves(rows, "excess"), curves(rows, "spread"))
    key = f"ratio_slope_{line}"
    found[key] = ratio_slope(key, pair, window[0], found[f"variance_slope_{line}"], settings)
    return found


def centred_line(line: str, rows: pd.DataFrame, settings: Settings) -> Found:
    window = width_window(rows, settings)
    found = exponents(line, rows, "width", CENTRED, window, settings)
    pair = (curves(rows, "excess_limit", "width"), curves(rows, "deviation_limit", "width"))
    key = f"centred_ratio_slope_{line}"
    found[key] = ratio_slope(key, pair, window[0], found[f"centred_slope_{line}"], settings)
    return found


def exponents(
    line: str,
    rows: pd.DataFrame,
    size: str,
    names: Mapping[str, str],
    window: tuple[Window, str],
    settings: Settings,
) -> Found:
    found = {}
    for name, column in names.items():
        sizes, values = curves(rows, column, size)
        found[f"{name}_{line}"] = exponent_over_seeds(
            sizes,
            values,
            mean="arithmetic",  # differences can be negative
            window=window[0],
            rule=window[1],
            min_points=MIN_POINTS,
            draws=settings.draws,
            generator=draws_of(settings).stream(f"{name}_{line}"),
        )
    return found


def variance_window(rows: pd.DataFrame, settings: Settings) -> tuple[Window, str]:
    """All D of at least `data_per_parameter` times the number of parameters."""
    factor = settings.data_per_parameter
    low = float(factor * rows["parameters"].iloc[0])
    return (low, max(low, float(rows["data_size"].max()))), f"D >= {factor} P"


def width_window(rows: pd.DataFrame, settings: Settings) -> tuple[Window, str]:
    """All w of at least `width_per_example` times the number of training examples."""
    factor = settings.width_per_example
    low = float(factor * rows["examples"].iloc[0])
    return (low, max(low, float(rows["width"].max()))), f"w >= {factor} D"


def arithmetic_slope(line: Curves, window: Window, seeds: np.ndarray) -> float:
    """Decay exponent of the arithmetic mean over the chosen seeds; NaN where that is negative."""
    inside = (line.sizes >= window[0]) & (line.sizes <= window[1])
    mean = mean_curve(line.values[seeds][:, inside], "arithmetic")
    return fit_power_law(line.sizes[inside], mean).exponent


def ratio_slope(
    key: str, pair: tuple[Curves, Curves], window: Window, used: Quantity, settings: Settings
) -> Quantity:
    """Exponent of a ratio of mean curves: the difference of theirs, over common seeds."""

    def difference(seeds: np.ndarray) -> float:
        first, second = (arithmetic_slope(line, window, seeds) for line in pair)
        return first - second

    return derived(difference, used, draws_of(settings), key)


def mean_slope(
    key: str,
    lines: Lines,
    size: str,
    window_of: Callable[[pd.DataFrame, Settings], tuple[Window, str]],
    settings: Settings,
) -> Found:
    """Mean exponent of the excess over lines, whose seeds are resampled together: lines of one
    task share initialisations and training sets.
    """
    parts = [(curves(rows, "excess", size), window_of(rows, settings)) for rows in lines.values()]
    counts = {len(line.values) for line, _ in parts}
    if len(counts) != 1:
        return {key: unavailable("the lines have different numbers of seeds")}

    def statistic(seeds: np.ndarray) -> float:
        return float(np.mean([arithmetic_slope(line, window[0], seeds) for line, window in parts]))

    seeds = counts.pop()
    rule = f"mean over {len(parts)} lines, {parts[0][1][1]} in each"
    draws = draws_of(settings)
    return {key: over_seeds(statistic, seeds, draws, key, n_points=len(parts), rule=rule)}

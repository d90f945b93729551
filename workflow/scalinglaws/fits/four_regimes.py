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
from scalinglaws.errors import InputError
from scalinglaws.records import as_record
from scalinglaws.statistics.exponents import (
    exponent_over_seeds,
    facts_of,
    quantity_of,
    seed_line,
)
from scalinglaws.statistics.quantity import GIVEN_TEST_SET, NOT_RUN, Quantity, unavailable
from scalinglaws.statistics.resolution_slopes import (
    MIN_POINTS,
    Trained,
    Window,
    data_slopes,
    measured_with,
)
from scalinglaws.statistics.seed_lines import (
    Choice,
    Local,
    SeedLine,
    exponent_of,
    local_of,
    mean_curve,
    noise_weights,
    signed_exponent,
    sum_of,
)
from scalinglaws.statistics.student import Estimate, combined

Found = dict[str, Quantity]
Lines = dict[str, pd.DataFrame]
# name of a quantity -> the column of values whose exponent it is
IN_DATA = {"variance_slope": "excess", "deviation_slope": "deviation", "spread_slope": "spread"}
IN_WIDTH = {"width_slope": "excess", "width_deviation_slope": "deviation"}
EXCESSES = ("excess", "excess_limit")  # differences of losses: they scatter around zero
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
        found |= exponents(line, rows, "width", IN_WIDTH, window)
    for line, rows in centred.items():
        found |= centred_line(line, rows, settings)
    found |= mean_slope("mean_variance_slope", dense, "data_size", variance_window, settings)
    found |= mean_slope("mean_width_slope", wide, "width", width_window, settings)
    for task, rows in tables["digits_mlp"].groupby("task", sort=True):
        line = settings.lines[str(task)]
        found |= data_slopes(line, rows, Trained(settings.train_to_test), GIVEN_TEST_SET)
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
    found = exponents(line, rows, "data_size", IN_DATA, window)
    pair = (curves(rows, "excess"), curves(rows, "spread"))
    used = found[f"variance_slope_{line}"]
    found[f"ratio_slope_{line}"] = ratio_slope(pair, window[0], used)
    return found


def centred_line(line: str, rows: pd.DataFrame, settings: Settings) -> Found:
    window = width_window(rows, settings)
    found = exponents(line, rows, "width", CENTRED, window)
    pair = (curves(rows, "excess_limit", "width"), curves(rows, "deviation_limit", "width"))
    used = found[f"centred_slope_{line}"]
    found[f"centred_ratio_slope_{line}"] = ratio_slope(pair, window[0], used)
    return found


def exponents(
    line: str,
    rows: pd.DataFrame,
    size: str,
    names: Mapping[str, str],
    window: tuple[Window, str],
) -> Found:
    found = {}
    for name, column in names.items():
        sizes, values = curves(rows, column, size)
        found[f"{name}_{line}"] = exponent_over_seeds(
            sizes,
            values,
            mean="signed" if column in EXCESSES else "arithmetic",
            window=window[0],
            rule=window[1],
            min_points=MIN_POINTS,
            target=GIVEN_TEST_SET,
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


def ratio_slope(pair: tuple[Curves, Curves], window: Window, used: Quantity) -> Quantity:
    """Exponent of an excess over a variance: the difference of theirs, over common seeds.

    Both are fitted with the weights that the excess's noise gives the points: other weights would
    compare other parts of two curves.
    """
    excess, variance = (seed_line(line.sizes, line.values, "signed", window) for line in pair)

    def measure(choice: Choice) -> Local:
        x, above = excess.part(choice)
        below = variance.part(choice)[1]
        if above.shape != below.shape:
            raise InputError("the two curves lack different points.")
        both = np.stack([above, below], axis=-1)
        return local_of(x, both, difference)._replace(size=abs(signed_exponent(x, above).value))

    return measured_with(measure, [excess, variance], used)


def difference(x: np.ndarray, both: np.ndarray) -> Estimate:
    """Exponent of the excesses both[..., 0] less that of the variances both[..., 1]."""
    excess, variance = both[..., 0], both[..., 1]
    weights = noise_weights(x, excess)
    relative = weights * mean_curve(variance, "arithmetic") ** 2  # of a logarithm, up to a factor
    parts = [
        signed_exponent(x, excess, weights),
        exponent_of(x, variance, "arithmetic", relative),
    ]
    return combined(parts, [1.0, -1.0])


def mean_slope(
    key: str,
    lines: Lines,
    size: str,
    window_of: Callable[[pd.DataFrame, Settings], tuple[Window, str]],
    settings: Settings,
) -> Found:
    """Mean exponent of the excess over lines that share their seeds: lines of one task have
    initialisations and training sets in common.
    """
    windows = [window_of(rows, settings) for rows in lines.values()]
    parts: list[SeedLine] = []
    for rows, (window, _) in zip(lines.values(), windows, strict=True):
        line = curves(rows, "excess", size)
        parts.append(seed_line(line.sizes, line.values, "signed", window))
    counts = {len(part.samples) for part in parts}
    if len(counts) != 1:
        return {key: unavailable("the lines have different numbers of seeds")}

    def measure(choice: Choice) -> Local:
        return sum_of([part.local(choice) for part in parts], [1 / len(parts)] * len(parts))

    facts = {**facts_of(parts), "n_points": len(parts), "target": GIVEN_TEST_SET}
    facts["rule"] = f"mean over {len(parts)} lines, {windows[0][1]} in each"
    return {key: quantity_of(measure, **facts)}

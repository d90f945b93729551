"""Exponents of teacher-student regression, in D and in P (Bahri et al., arXiv:2102.06701).

Every exponent comes with its share of the prediction 4 / d (2 p / d for the loss |f - F|^p; d of
the largest factor for a product), so that one statement covers all dimensions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scalinglaws.curves.size_curves import Curves, curves
from scalinglaws.records import as_record
from scalinglaws.statistics.exponents import seed_line
from scalinglaws.statistics.independent import mean_of_independent
from scalinglaws.statistics.mapped import mapped, scaled
from scalinglaws.statistics.quantity import NEW_SEEDS, Quantity, unavailable
from scalinglaws.statistics.resolution_slopes import (
    KINDS,
    Trained,
    Window,
    data_slopes,
    ratio_of_slopes,
    slopes,
)

Found = dict[str, Quantity]
ALL_WIDTHS = "all widths"


@dataclass(frozen=True)
class Settings:
    """Windows, and the lines for which quantities are reported, run or not.

    - `train_to_test`, `data_to_parameters`, `data_from`: see `Trained`
    - `data_from_low`: the last of them where d is low, by d
    - `dimensions`, `powers`, `products` (dimensions of the factors): the lines
    - `data_core`, `size_core`: d of the means over dimensions
    """

    train_to_test: float
    data_to_parameters: float
    data_from: float
    data_from_low: Mapping[int, float]
    dimensions: tuple[int, ...]
    data_core: tuple[int, ...]
    size_core: tuple[int, ...]
    powers: tuple[float, ...]
    products: tuple[tuple[int, ...], ...]

    def trained(self, dimension: int) -> Trained:
        low = self.data_from_low.get(dimension, self.data_from)
        return Trained(self.train_to_test, self.data_to_parameters, low)


def fit(tables: dict[str, pd.DataFrame], given: Mapping[str, Any]) -> Found:
    """Decay exponents with intervals over seeds (one teacher each).

    LINE is d{d} (data scan), size_d{d} (model-size scan), power_p{p}, product_{d1}x{d2}:
    - `resolution_slope_LINE`: of the best test loss; `_final`, `_selected` (by the validation
      loss); `final_minus_best_LINE`, `selected_minus_best_LINE`: differences of exponents.
    - `share_of_prediction_LINE`: the exponent over its prediction, predicted 1.
    - `four_over_alpha_d{d}`, `four_over_alpha_size_d{d}`: predicted d.
    - `mean_share_of_prediction`, `mean_share_of_prediction_size`: mean over the core dimensions.
    - `power_ratio_p{p}`: exponent over that at p = 2 of the same teachers, predicted p / 2.
    """
    settings = as_record(Settings, given)
    found: Found = {}
    run = [*tables["teacher_student"]["dimension"], *tables["model_size_scan"]["dimension"]]
    for dimension in sorted({*settings.dimensions, *run}):
        found |= data_line(dimension, tables["teacher_student"], settings)
        found |= size_line(dimension, tables["model_size_scan"], settings)
    cores = {"": ("d", settings.data_core), "_size": ("size_d", settings.size_core)}
    for suffix, (prefix, dimensions) in cores.items():
        lines = [found[f"share_of_prediction_{prefix}{dimension}"] for dimension in dimensions]
        found[f"mean_share_of_prediction{suffix}"] = mean_of_independent(lines)
    for power in sorted({*map(float, settings.powers), *tables["power_losses"]["power"]}):
        found |= power_line(power, tables["power_losses"], settings)
    products = {"+".join(str(d) for d in factors) for factors in settings.products}
    for target in sorted({*products, *tables["product_manifolds"]["target"]}):
        found |= product_line(target, tables["product_manifolds"], settings)
    return found


def data_line(dimension: int, table: pd.DataFrame, settings: Settings) -> Found:
    line, rows = f"d{dimension}", table[table["dimension"] == dimension]
    if rows.empty:
        return absent(line, True, f"dimension {dimension} is not run at this scale")
    trained = settings.trained(dimension)
    found = data_slopes(line, rows, trained, NEW_SEEDS)
    return found | shares(line, 4.0 / dimension, found)


def size_line(dimension: int, table: pd.DataFrame, settings: Settings) -> Found:
    line, rows = f"size_d{dimension}", table[table["dimension"] == dimension]
    if rows.empty:
        return absent(line, True, f"dimension {dimension} is not run at this scale")
    return width_slopes(line, rows, 4.0 / dimension)


def power_line(power: float, table: pd.DataFrame, settings: Settings) -> Found:
    """The exponent in P under |f - F|^p, absolute and over that of the squared loss."""
    line, rows = f"power_p{power:g}", table[table["power"] == power]
    ratio = f"power_ratio_p{power:g}"
    if rows.empty:
        why = f"the power {power:g} is not run at this scale"
        return absent(line, False, why) | {ratio: unavailable(why)}
    found = width_slopes(line, rows, 2.0 * power / rows["dimension"].iloc[0])
    squared = table[table["power"] == 2.0]
    if squared.empty:
        return found | {ratio: unavailable("the squared loss is not run at this scale")}
    first, second = (curves(part, "test_loss_best", "parameters") for part in (rows, squared))
    parts = [seed_line(one.sizes, one.values, "log", whole(one)) for one in (first, second)]
    found[ratio] = ratio_of_slopes(parts[0], parts[1], found[f"resolution_slope_{line}"])
    return found


def product_line(target: str, table: pd.DataFrame, settings: Settings) -> Found:
    """The exponent in P for a product; `target` names the factors' dimensions, as in "3+3"."""
    line, rows = f"product_{target.replace('+', 'x')}", table[table["target"] == target]
    if rows.empty:
        return absent(line, False, f"the product {target} is not run at this scale")
    return width_slopes(line, rows, 4.0 / rows["dimension"].iloc[0])


def width_slopes(line: str, rows: pd.DataFrame, prediction: float) -> Found:
    """Exponents in P over all widths: fresh data leave no train loss to judge them by."""
    lines = {kind: curves(rows, f"test_loss_{kind}", "parameters") for kind in KINDS}
    window = whole(lines["best"])
    found = slopes(f"resolution_slope_{line}", line, lines, window, ALL_WIDTHS, NEW_SEEDS)
    return found | shares(line, prediction, found)


def whole(line: Curves) -> Window:
    return float(line.sizes.min()), float(line.sizes.max())


def shares(line: str, prediction: float, found: Found) -> Found:
    """The exponent over its prediction, and 4 / alpha where d is what is scanned."""
    slope = found[f"resolution_slope_{line}"]
    made = {f"share_of_prediction_{line}": scaled(slope, 1.0 / prediction)}
    if line.startswith(("d", "size_d")):
        made[f"four_over_alpha_{line}"] = mapped(slope, lambda alpha: 4.0 / alpha, above=0.0)
    return made


def absent(line: str, over_dimension: bool, why: str) -> Found:
    """All quantities of a line that this scale does not run."""
    keys = [f"resolution_slope_{line}{kind}" for kind in ("", "_final", "_selected")]
    keys += [f"{kind}_minus_best_{line}" for kind in ("final", "selected")]
    keys += [f"share_of_prediction_{line}"]
    keys += [f"four_over_alpha_{line}"] if over_dimension else []
    return dict.fromkeys(keys, unavailable(why))

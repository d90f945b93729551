"""Exponents of resolution-limited losses, L against D or P, over independent seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.size_curves import Curves, curves
from scalinglaws.statistics.exponents import (
    Measure,
    exponent_over_seeds,
    facts_of,
    quantity_of,
    seed_line,
)
from scalinglaws.statistics.quantity import Quantity, unavailable
from scalinglaws.statistics.seed_lines import Choice, Local, SeedLine, sum_of
from scalinglaws.statistics.student import Estimate

Window = tuple[float, float]
MIN_POINTS = 3  # of a window in the scan
KINDS = ("best", "final", "selected")  # smallest over time, last, at the smallest validation loss


@dataclass(frozen=True)
class Trained:
    """Which D count as trained: largest share of train by test loss; where given, D at most
    `data_to_parameters` of P and at least `data_from`.
    """

    train_to_test: float
    data_to_parameters: float | None = None
    data_from: float | None = None


def data_slopes(
    line: str, rows: pd.DataFrame, trained: Trained, target: str
) -> dict[str, Quantity]:
    """`resolution_slope_{line}` of the best test loss, `_final`, `_selected`; `final_minus_best_`
    and `selected_minus_best_{line}`: differences of exponents.
    """
    window, rule = trained_window(rows, trained)
    lines = {kind: curves(rows, f"test_loss_{kind}") for kind in KINDS}
    return slopes(f"resolution_slope_{line}", line, lines, window, rule, target)


def slopes(
    name: str, line: str, lines: Mapping[str, Curves], window: Window, rule: str, target: str
) -> dict[str, Quantity]:
    """Exponents of all kinds of loss in one window, and their differences from the best's."""
    found = {}
    for kind, (sizes, values) in lines.items():
        found[name + ("" if kind == "best" else f"_{kind}")] = exponent_over_seeds(
            sizes,
            values,
            mean="log",
            window=window,
            rule=rule,
            min_points=MIN_POINTS,
            target=target,
        )
    for kind in lines:
        if kind != "best":
            pair = [lines[kind], lines["best"]]
            found[f"{kind}_minus_best_{line}"] = sum_of_slopes(
                pair, [1.0, -1.0], window, found[name]
            )
    return found


def sum_of_slopes(
    lines: Sequence[Curves], weights: Sequence[float], window: Window, used: Quantity
) -> Quantity:
    """Weighted sum of exponents of lines that share their seeds and window; unavailable where the
    slope `used` is.
    """
    parts = [seed_line(line.sizes, line.values, "log", window) for line in lines]
    return of_parts(parts, weights, used)


def of_parts(parts: Sequence[SeedLine], weights: Sequence[float], used: Quantity) -> Quantity:
    def measure(choice: Choice) -> Local:
        return sum_of([part.local(choice) for part in parts], weights)

    return measured_with(measure, parts, used)


def measured_with(measure: Measure, parts: Sequence[SeedLine], used: Quantity) -> Quantity:
    """A function of slopes with the facts of the slope it rests on."""
    kept = ("n_points", "n_seeds", "n_masked", "window", "rule", "target")
    facts: dict[str, Any] = {fact: value for fact, value in used.items() if fact in kept}
    if used["estimate"] is None:
        return unavailable(str(used["why"]), **facts)
    return quantity_of(measure, **{**facts, "n_masked": facts_of(parts)["n_masked"]})


def ratio_of_slopes(first: SeedLine, second: SeedLine, used: Quantity) -> Quantity:
    """Exponent of `first` over that of `second`, which share their seeds."""

    def measure(choice: Choice) -> Local:
        above, below = (line.local(choice) for line in (first, second))
        ratio = ratio_of(above.whole, below.whole)
        halves = [
            None if one is None or two is None or two.value <= 0 else ratio_of(one, two)
            for one, two in ((above.early, below.early), (above.late, below.late))
        ]
        return Local(ratio, halves[0], halves[1], abs(ratio.value))

    return measured_with(measure, [first, second], used)


def ratio_of(first: Estimate, second: Estimate) -> Estimate:
    """By the ratio's derivatives: the denominators here are known to some percent."""
    value = first.value / second.value
    influences = (first.influences - value * second.influences) / second.value
    rounding = (first.rounding + abs(value) * second.rounding) / abs(second.value)
    return Estimate(value, influences, rounding)


def trained_window(rows: pd.DataFrame, trained: Trained) -> tuple[Window, str]:
    """From the smallest D up to the last before the train loss first exceeds its share.

    The share is that of the geometric means over seeds, final train loss by final test loss.
    Under-trained networks at large D otherwise look like a smaller exponent.
    """
    sizes, train = curves(rows, "train_loss")
    _, test = curves(rows, "test_loss_final")
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.exp(np.nanmean(np.log(train) - np.log(test), axis=0))
    allowed = share <= trained.train_to_test
    rule = f"final train loss <= {trained.train_to_test:g} test loss"
    if trained.data_to_parameters is not None:
        allowed &= sizes <= trained.data_to_parameters * rows["parameters"].iloc[0]
        rule += f" and D <= {trained.data_to_parameters:g} P"
    if trained.data_from is not None:
        allowed, sizes = (values[sizes >= trained.data_from] for values in (allowed, sizes))
        rule += f" and D >= {trained.data_from}"
    if not len(sizes):
        return (0.0, 0.0), rule
    allowed = np.cumprod(allowed).astype(bool)
    # With none allowed the window holds the smallest D only, which determines no law.
    high = sizes[allowed].max() if allowed.any() else sizes[0]
    return (float(sizes[0]), float(high)), rule

"""Exponents of resolution-limited losses, L against D or P, over independent seeds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.size_curves import Curves, curves
from scalinglaws.statistics.bootstrap import exponent_over_seeds, mean_curve
from scalinglaws.statistics.over_seeds import Draws, over_seeds
from scalinglaws.statistics.power_law import fit_power_law
from scalinglaws.statistics.quantity import Quantity, unavailable

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
    line: str, rows: pd.DataFrame, trained: Trained, draws: Draws
) -> dict[str, Quantity]:
    """`resolution_slope_{line}` of the best test loss, `_final`, `_selected`; `final_minus_best_`
    and `selected_minus_best_{line}`: differences of exponents.
    """
    window, rule = trained_window(rows, trained)
    lines = {kind: curves(rows, f"test_loss_{kind}") for kind in KINDS}
    return slopes(f"resolution_slope_{line}", line, lines, window, rule, draws)


def slopes(
    name: str,
    line: str,
    lines: Mapping[str, Curves],
    window: Window,
    rule: str,
    draws: Draws,
) -> dict[str, Quantity]:
    """Exponents of all kinds of loss in one window, and their differences from the best's."""
    found = {}
    for kind, (sizes, values) in lines.items():
        key = name + ("" if kind == "best" else f"_{kind}")
        found[key] = exponent_over_seeds(
            sizes,
            values,
            mean="log",
            window=window,
            rule=rule,
            min_points=MIN_POINTS,
            draws=draws.count,
            generator=draws.stream(key),
        )
    for kind in lines:
        if kind != "best":
            key = f"{kind}_minus_best_{line}"
            statistic = difference(lines[kind], lines["best"], window)
            found[key] = derived(statistic, found[name], draws, key)
    return found


def difference(first: Curves, second: Curves, window: Window) -> Callable[[np.ndarray], float]:
    return lambda seeds: slope(first, window, seeds) - slope(second, window, seeds)


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


def slope(line: Curves, window: Window, seeds: np.ndarray) -> float:
    """Decay exponent of the geometric mean over the chosen seeds."""
    inside = (line.sizes >= window[0]) & (line.sizes <= window[1])
    mean = mean_curve(line.values[seeds][:, inside], "log")
    return fit_power_law(line.sizes[inside], mean).exponent


def derived(
    statistic: Callable[[np.ndarray], float],
    slope_used: Quantity,
    draws: Draws,
    name: str,
) -> Quantity:
    """A function of slopes, bootstrapped as a whole; unavailable where the slope itself is."""
    kept = ("n_points", "n_seeds", "n_masked", "window", "rule")
    facts: dict[str, Any] = {fact: value for fact, value in slope_used.items() if fact in kept}
    if slope_used["estimate"] is None:
        return unavailable(str(slope_used["why"]), **facts)
    return over_seeds(statistic, draws=draws, name=name, **facts)

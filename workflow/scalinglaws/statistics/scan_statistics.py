"""Statistics of the curves of the kernel experiments, with their intervals over seeds."""

from typing import Any

import numpy as np

from scalinglaws.curves.size_curves import Curves
from scalinglaws.statistics.exponents import (
    STUDENT_KIND,
    exponent_over_seeds,
    quantity_of,
    seed_line,
)
from scalinglaws.statistics.extremes import mean_size
from scalinglaws.statistics.over_seeds import mean_of_seeds, mean_over_seeds
from scalinglaws.statistics.quantity import NEW_SEEDS, NOT_RUN, Quantity, quantity, unavailable
from scalinglaws.statistics.seed_lines import Choice, Local, sum_of

Array = np.ndarray
Window = tuple[float, float]


def exponent(
    curve: Curves, window: Window, rule: str, *, mean: str = "log", target: str = NEW_SEEDS
) -> Quantity:
    """Decay exponent in a window, with its interval over seeds."""
    if curve.values.size == 0:
        return unavailable(NOT_RUN)
    return exponent_over_seeds(
        curve.sizes,
        curve.values,
        mean=mean,
        window=window,
        rule=rule,
        min_points=3,
        target=target,
    )


def mean_quantity(values: Array, curve: Curves, rule: str, target: str = NEW_SEEDS) -> Quantity:
    """Mean of one number per seed (seeds,) that was read off a curve."""
    if curve.values.size == 0:
        return unavailable(NOT_RUN)
    lost = "have no finite value"
    found = mean_over_seeds(values, lost=lost, **{**curve_facts(curve, rule), "target": target})
    return {**found, "scan": None}


def curve_facts(curve: Curves, rule: str) -> dict[str, Any]:
    return {
        "n_points": len(curve.sizes),
        "n_masked": int((~np.isfinite(curve.values)).sum()),
        "window": (curve.sizes[0], curve.sizes[-1]),
        "rule": rule,
    }


def slope_difference(first: Curves, second: Curves, rule: str, target: str = NEW_SEEDS) -> Quantity:
    """Exponent of `first` less that of `second`, paired by seed."""
    if first.values.size == 0:
        return unavailable(NOT_RUN)
    parts = [seed_line(curve.sizes, curve.values, "log", None) for curve in (first, second)]

    def measure(choice: Choice) -> Local:
        return sum_of([part.local(choice) for part in parts], [1.0, -1.0])

    facts = {**curve_facts(first, rule), "target": target}
    return quantity_of(measure, n_seeds=len(first.values), **facts)


def mean_gap(first: Curves, second: Curves, rule: str, target: str = NEW_SEEDS) -> Quantity:
    """Mean over sizes of the distance of two geometric mean curves, as |log ratio|."""
    if first.values.size == 0:
        return unavailable(NOT_RUN)
    facts = {**curve_facts(first, rule), "n_seeds": len(first.values), "target": target}
    with np.errstate(invalid="ignore", divide="ignore"):
        logarithms = np.log(first.values / second.values)
    if not np.all(np.isfinite(logarithms)):
        return unavailable("a seed diverged, so there is no mean distance", **facts)
    estimate, low, high = mean_size([mean_of_seeds(column) for column in logarithms.T])
    degrees = len(logarithms) - 1 if len(logarithms) > 1 else None
    kind = f"mean size: {STUDENT_KIND}"
    return quantity(estimate, (low, high), interval_kind=kind, degrees=degrees, **facts)


def mean_ratio(first: Curves, second: Curves, rule: str, target: str = NEW_SEEDS) -> Quantity:
    """Mean over seeds and sizes of first / second."""
    if first.values.size == 0:
        return unavailable(NOT_RUN)
    return mean_quantity((first.values / second.values).mean(axis=1), first, rule, target)


def peak_height(curve: Curves, at: float, target: str = NEW_SEEDS) -> Quantity:
    """log10 of the loss at the peak over that at half its abscissa, mean over seeds."""
    numbers = [int(np.flatnonzero(curve.sizes == size)[0]) for size in (at, at / 2)]
    heights = np.log10(curve.values[:, numbers[0]] / curve.values[:, numbers[1]])
    rule = "log10 of the loss at D = P over the loss at half that size"
    return mean_quantity(heights, curve.only(np.array(numbers)), rule, target)

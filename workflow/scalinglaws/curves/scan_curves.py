"""Statistics of the curves of the kernel experiments, with their intervals over seeds."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scalinglaws.curves.size_curves import Curves
from scalinglaws.errors import InputError
from scalinglaws.statistics.bootstrap import (
    bootstrap,
    bootstrap_quantity,
    exponent_over_seeds,
    mean_curve,
)
from scalinglaws.statistics.power_law import fit_power_law
from scalinglaws.statistics.quantity import Quantity, unavailable
from scalinglaws.streams import generator

Array = np.ndarray
Settings = Mapping[str, Any]
Window = tuple[float, float]


def slope(curve: Curves, seeds: Array) -> float:
    """Decay exponent of the geometric mean over the chosen seeds."""
    return fit_power_law(curve.sizes, mean_curve(curve.values[seeds], "log")).exponent


def exponent(
    curve: Curves, window: Window, rule: str, settings: Settings, key: str, *, mean: str = "log"
) -> Quantity:
    """Decay exponent in a window, with its interval over seeds."""
    if curve.values.size == 0:
        return unavailable("this scale does not run it")
    return exponent_over_seeds(
        curve.sizes,
        curve.values,
        mean=mean,
        window=window,
        rule=rule,
        min_points=3,
        draws=settings["draws"],
        generator=stream(settings, key),
    )


def resampled(
    statistic: Callable[[Array], float], curve: Curves, settings: Settings, key: str, rule: str
) -> Quantity:
    """Any statistic of seed indices, bootstrapped over the seeds of `curve`."""
    if curve.values.size == 0:
        return unavailable("this scale does not run it")
    try:
        statistic(np.arange(len(curve.values)))
    except InputError as problem:
        return unavailable(str(problem), n_seeds=len(curve.values), rule=rule)
    found = bootstrap(
        statistic, len(curve.values), draws=settings["draws"], generator=stream(settings, key)
    )
    return bootstrap_quantity(
        found,
        n_points=len(curve.sizes),
        n_seeds=len(curve.values),
        n_masked=int((~np.isfinite(curve.values)).sum()),
        window=(curve.sizes[0], curve.sizes[-1]),
        rule=rule,
    )


def slope_difference(
    first: Curves, second: Curves, settings: Settings, key: str, rule: str
) -> Quantity:
    """Exponent of `first` less that of `second`, paired by seed."""
    return resampled(
        lambda seeds: slope(first, seeds) - slope(second, seeds), first, settings, key, rule
    )


def mean_gap(first: Curves, second: Curves, settings: Settings, key: str, rule: str) -> Quantity:
    """Mean over sizes of the distance of two geometric mean curves, as |log ratio|."""
    logarithms = np.log(first.values / second.values)
    return resampled(
        lambda seeds: float(np.mean(np.abs(logarithms[seeds].mean(axis=0)))),
        first,
        settings,
        key,
        rule,
    )


def mean_ratio(first: Curves, second: Curves, settings: Settings, key: str, rule: str) -> Quantity:
    """Mean over seeds and sizes of first / second."""
    ratios = first.values / second.values
    return resampled(lambda seeds: float(ratios[seeds].mean()), first, settings, key, rule)


def peak_height(curve: Curves, at: float, settings: Settings, key: str) -> Quantity:
    """log10 of the loss at the peak over that at half its abscissa, mean over seeds."""
    numbers = [int(np.flatnonzero(curve.sizes == size)[0]) for size in (at, at / 2)]
    heights = np.log10(curve.values[:, numbers[0]] / curve.values[:, numbers[1]])
    return resampled(
        lambda seeds: float(heights[seeds].mean()),
        curve.only(np.array(numbers)),
        settings,
        key,
        "log10 of the loss at D = P over the loss at half that size",
    )


def tag(value: float) -> str:
    """A number as part of a name: 0.3 -> 03, 1.0 -> 1."""
    return f"{value:g}".replace(".", "")


def stream(settings: Settings, key: str) -> np.random.Generator:
    return generator(settings["seed"], "bahri2021", "kernels", {"quantity": key}, "bootstrap")

"""Statistics of the curves of the kernel experiments, with their intervals over seeds."""

from collections.abc import Callable

import numpy as np

from scalinglaws.curves.size_curves import Curves
from scalinglaws.errors import InputError
from scalinglaws.statistics.bootstrap import exponent_over_seeds, mean_curve
from scalinglaws.statistics.over_seeds import Draws, named_draws, over_seeds
from scalinglaws.statistics.power_law import fit_power_law
from scalinglaws.statistics.quantity import Quantity, unavailable

Array = np.ndarray
Window = tuple[float, float]


def kernel_draws(count: int, root: int) -> Draws:
    return named_draws(count, root, "bahri2021", "kernels")


def slope(curve: Curves, seeds: Array) -> float:
    """Decay exponent of the geometric mean over the chosen seeds."""
    return fit_power_law(curve.sizes, mean_curve(curve.values[seeds], "log")).exponent


def exponent(
    curve: Curves, window: Window, rule: str, draws: Draws, key: str, *, mean: str = "log"
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
        draws=draws.count,
        generator=draws.stream(key),
    )


def resampled(
    statistic: Callable[[Array], float], curve: Curves, draws: Draws, key: str, rule: str
) -> Quantity:
    """Any statistic of seed indices, bootstrapped over the seeds of `curve`."""
    if curve.values.size == 0:
        return unavailable("this scale does not run it")
    try:
        statistic(np.arange(len(curve.values)))
    except InputError as problem:
        return unavailable(str(problem), n_seeds=len(curve.values), rule=rule)
    return over_seeds(
        statistic,
        len(curve.values),
        draws,
        key,
        n_points=len(curve.sizes),
        n_masked=int((~np.isfinite(curve.values)).sum()),
        window=(curve.sizes[0], curve.sizes[-1]),
        rule=rule,
    )


def slope_difference(first: Curves, second: Curves, draws: Draws, key: str, rule: str) -> Quantity:
    """Exponent of `first` less that of `second`, paired by seed."""
    return resampled(
        lambda seeds: slope(first, seeds) - slope(second, seeds), first, draws, key, rule
    )


def mean_gap(first: Curves, second: Curves, draws: Draws, key: str, rule: str) -> Quantity:
    """Mean over sizes of the distance of two geometric mean curves, as |log ratio|."""
    logarithms = np.log(first.values / second.values)
    return resampled(
        lambda seeds: float(np.mean(np.abs(logarithms[seeds].mean(axis=0)))),
        first,
        draws,
        key,
        rule,
    )


def mean_ratio(first: Curves, second: Curves, draws: Draws, key: str, rule: str) -> Quantity:
    """Mean over seeds and sizes of first / second."""
    ratios = first.values / second.values
    return resampled(lambda seeds: float(ratios[seeds].mean()), first, draws, key, rule)


def peak_height(curve: Curves, at: float, draws: Draws, key: str) -> Quantity:
    """log10 of the loss at the peak over that at half its abscissa, mean over seeds."""
    numbers = [int(np.flatnonzero(curve.sizes == size)[0]) for size in (at, at / 2)]
    heights = np.log10(curve.values[:, numbers[0]] / curve.values[:, numbers[1]])
    return resampled(
        lambda seeds: float(heights[seeds].mean()),
        curve.only(np.array(numbers)),
        draws,
        key,
        "log10 of the loss at D = P over the loss at half that size",
    )

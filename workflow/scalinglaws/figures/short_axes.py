"""Ticks of logarithmic axes that span little."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import (
    FuncFormatter,
    LogFormatterSciNotation,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
)


def short_axis_ticks(axis: Axis, most: int = 5) -> None:
    """Few numbers on a logarithmic axis that spans less than two decades, decimal if short.

    Left to itself, matplotlib writes such numbers as multiples of powers, 1.6 x 10^0. `most`: fewer
    numbers for a small panel.
    """
    low, high = sorted(axis.get_view_interval())
    if low <= 0 or high > 100 * low or high < 1e-3:
        return
    if high > 1e4:
        axis.set_major_locator(LogLocator(subs=(1, 3)))
        axis.set_major_formatter(LogFormatterSciNotation(minor_thresholds=(np.inf, np.inf)))
        axis.set_minor_formatter(NullFormatter())
        return
    narrow = high < 5 * low
    digits = (1, 2, 5) if most >= 5 or high < 10 * low else (1, 3)
    axis.set_major_locator(MaxNLocator(most) if narrow else LogLocator(subs=digits))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
    if narrow:
        axis.set_minor_locator(NullLocator())


def ticks_at_values(axes: Axes, values: Sequence[int]) -> None:
    """Label the values drawn: a short logarithmic x axis would label overlapping powers."""
    axes.set_xticks(values, [str(value) for value in values])
    axes.xaxis.set_minor_locator(NullLocator())


def size_ticks(axes: Axes, sizes: Sequence[float]) -> None:
    """Ticks at the sizes run (every other one of many): their range is often within a decade."""
    shown = [int(size) for size in sorted(set(sizes))][:: 1 if len(set(sizes)) <= 6 else 2]
    axes.set_xticks(shown, [str(size) for size in shown])
    axes.minorticks_off()


def round_ticks(axes: Axes, values: Sequence[float]) -> None:
    """Ticks at 1, 2 and 5 times powers of ten within the range of the values."""
    low, high = min(values), max(values)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    round_numbers = [digit * 10**decade for decade in decades for digit in (1, 2, 5)]
    shown = [number for number in round_numbers if 0.9 * low <= number <= 1.1 * high]
    axes.set_xticks(shown, [f"{number:g}" for number in shown])
    axes.minorticks_off()


def power_of_two_ticks(axes: Axes, low: float, high: float) -> None:
    """Powers of two as plain numbers, every second one, where a log axis spans few decades."""
    powers = 2 ** np.arange(np.ceil(np.log2(low)), np.floor(np.log2(high)) + 1)
    chosen = powers[:: 2 if len(powers) > 4 else 1]
    axes.set_xticks(chosen, [f"{value:.0f}" for value in chosen])
    axes.set_xticks([], minor=True)

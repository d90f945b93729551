"""Ticks of logarithmic axes that span little."""

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


def short_axis_ticks(axis: Axis) -> None:
    """Few numbers on a logarithmic axis that spans less than two decades, decimal if short.

    Left to itself, matplotlib writes such numbers as multiples of powers, 1.6 x 10^0.
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
    axis.set_major_locator(MaxNLocator(5) if narrow else LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
    if narrow:
        axis.set_minor_locator(NullLocator())


def ticks_at_values(axes: Axes, values: Sequence[int]) -> None:
    """Label the values drawn: a short logarithmic x axis would label overlapping powers."""
    axes.set_xticks(values, [str(value) for value in values])
    axes.xaxis.set_minor_locator(NullLocator())

"""Exponents of the networks on images: one window rule for all of them.

All seeds share one test set, so intervals are about new seeds, given this test set. A level of
log loss has a standard error over test images too that is more than twice that over seeds; of a
slope most of it cancels, as all sizes are tested on the same images.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.size_curves import Curves, curves
from scalinglaws.errors import InputError
from scalinglaws.statistics.exponents import (
    STUDENT_KIND,
    exponent_over_seeds,
    facts_of,
    quantity_of,
    seed_line,
)
from scalinglaws.statistics.extremes import differences, largest_of
from scalinglaws.statistics.quantity import GIVEN_TEST_SET, NOT_RUN, Quantity, quantity, unavailable
from scalinglaws.statistics.seed_lines import Choice, Local, SeedLine, sum_of
from scalinglaws.statistics.student import Estimate

Window = tuple[float, float]
Lines = Sequence[tuple[Curves, Window]]
LEAST_POINTS = 3


@dataclass(frozen=True)
class ImageSettings:
    """Shared by the fits of networks on images: an image counts where it is seen at least
    `visits` times; `lines`: what the line of each task is called.
    """

    visits: int
    lines: Mapping[str, str]

    def tasks(self, line: str) -> list[str]:
        return [task for task, name in self.lines.items() if name == line]


def seen_window(rows: pd.DataFrame, settings: ImageSettings) -> tuple[Window, str]:
    """All D whose images are seen at least `visits` times in training.

    With the same number of steps for all D, larger sets are trained less, which looks like a
    smaller exponent; the rule knows the sizes of the experiment, not its results.
    """
    allowed = rows.loc[rows["visits"] >= settings.visits, "D"]
    low = float(rows["D"].min())
    # With none allowed the window holds the smallest D only, which determines no law.
    high = float(allowed.max()) if len(allowed) else low
    return (low, high), f"each image seen at least {settings.visits} times"


def data_line(rows: pd.DataFrame, quantity: str, settings: ImageSettings) -> tuple[Curves, Window]:
    """One quantity against D, and the window to fit."""
    return curves(rows, quantity, "D"), seen_window(rows, settings)[0]


def data_slope(rows: pd.DataFrame | None, quantity: str, settings: ImageSettings) -> Quantity:
    """Decay exponent in D with its interval over seeds."""
    if rows is None or rows.empty:
        return unavailable(NOT_RUN)
    window, rule = seen_window(rows, settings)
    return exponent(curves(rows, quantity, "D"), window, rule)


def exponent(line: Curves, window: Window | None, rule: str) -> Quantity:
    return exponent_over_seeds(
        line.sizes,
        line.values,
        mean="log",
        window=window,
        rule=rule,
        min_points=LEAST_POINTS,
        target=GIVEN_TEST_SET,
    )


def seed_lines(lines: Lines) -> list[SeedLine]:
    return [seed_line(line.sizes, line.values, "log", window) for line, window in lines]


def obstacle(lines: Lines) -> Quantity | None:
    """Why the lines have no exponents to compare, or None."""
    if not lines:
        return unavailable(NOT_RUN)
    if any(np.sum(line.sizes <= window[1]) < LEAST_POINTS for line, window in lines):
        why = f"a line has fewer than {LEAST_POINTS} points in its window"
        return unavailable(why, **facts_of(seed_lines(lines)))
    return None


def sum_of_slopes(lines: Lines, weights: Sequence[float]) -> Quantity:
    """Weighted sum of the exponents of lines that share their seeds."""
    if reason := obstacle(lines):
        return reason
    parts = seed_lines(lines)

    def measure(choice: Choice) -> Local:
        return sum_of([part.local(choice) for part in parts], weights)

    return quantity_of(measure, **facts_of(parts), target=GIVEN_TEST_SET)


def largest_sum(lines: Lines, contrasts: np.ndarray, sign: int = +1) -> Quantity:
    """Largest of the sums contrasts (m, lines) @ exponents; with `sign` -1, minus the largest."""
    if reason := obstacle(lines):
        return reason
    parts = seed_lines(lines)
    facts = {**facts_of(parts), "target": GIVEN_TEST_SET}
    try:
        slopes = [part.local(Choice(np.arange(len(part.samples)))).whole for part in parts]
    except InputError as problem:
        return unavailable(str(problem), **facts)
    return extreme(slopes, contrasts, sign, facts)


def extreme(
    slopes: Sequence[Estimate], contrasts: np.ndarray, sign: int, facts: Mapping[str, Any]
) -> Quantity:
    value, low, high = largest_of(contrasts, slopes)
    return quantity(
        sign * value,
        sorted((sign * low, sign * high)),
        interval_kind=f"largest of several: {STUDENT_KIND}",
        degrees=facts["n_seeds"] - 1 if facts["n_seeds"] > 1 else None,
        **facts,
    )


def spread(lines: Lines) -> Quantity:
    """Largest less smallest exponent."""
    return largest_sum(lines, differences(len(lines)))

"""Exponents of the networks on images: one window rule for all of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.size_curves import Curves, curves
from scalinglaws.statistics.bootstrap import exponent_over_seeds
from scalinglaws.statistics.over_seeds import Draws, named_draws, over_seeds
from scalinglaws.statistics.quantity import Quantity, unavailable
from scalinglaws.statistics.resolution_slopes import Window, slope

Lines = Sequence[tuple[Curves, Window]]
LEAST_POINTS = 3
NOT_RUN = "this scale does not run it"


@dataclass(frozen=True)
class ImageSettings:
    """Shared by the fits of networks on images: an image counts where it is seen at least
    `visits` times; `lines`: what the line of each task is called.
    """

    visits: int
    lines: Mapping[str, str]
    draws: int
    seed: int

    def tasks(self, line: str) -> list[str]:
        return [task for task, name in self.lines.items() if name == line]


def image_draws(settings: ImageSettings) -> Draws:
    return named_draws(settings.draws, settings.seed, "bahri2021", "images")


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


def data_slope(
    rows: pd.DataFrame | None, quantity: str, settings: ImageSettings, key: str
) -> Quantity:
    """Decay exponent in D with its interval over seeds."""
    if rows is None or rows.empty:
        return unavailable(NOT_RUN)
    window, rule = seen_window(rows, settings)
    line = curves(rows, quantity, "D")
    return exponent(line, window, rule, settings, key)


def exponent(
    line: Curves, window: Window | None, rule: str, settings: ImageSettings, key: str
) -> Quantity:
    return exponent_over_seeds(
        line.sizes,
        line.values,
        mean="log",
        window=window,
        rule=rule,
        min_points=LEAST_POINTS,
        draws=settings.draws,
        generator=image_draws(settings).stream(key),
    )


def of_slopes(
    statistic: Callable[[np.ndarray], float], lines: Lines, settings: ImageSettings, key: str
) -> Quantity:
    """A function of the exponents of several lines, bootstrapped over the seeds they share.

    `statistic`: of the exponents (lines,) in their order.
    """
    if not lines:
        return unavailable(NOT_RUN)
    seeds = len(lines[0][0].values)
    facts: dict[str, Any] = {"n_seeds": seeds, "n_points": sum(len(x.sizes) for x, _ in lines)}
    facts["n_masked"] = int(sum((~np.isfinite(line.values)).sum() for line, _ in lines))
    if any(np.sum(line.sizes <= window[1]) < LEAST_POINTS for line, window in lines):
        return unavailable(f"a line has fewer than {LEAST_POINTS} points in its window", **facts)

    def statistic_of(chosen: np.ndarray) -> float:
        return statistic(np.array([slope(line, window, chosen) for line, window in lines]))

    return over_seeds(statistic_of, draws=image_draws(settings), name=key, **facts)


def spread(slopes: np.ndarray) -> float:
    """Largest less smallest exponent."""
    return float(slopes.max() - slopes.min())

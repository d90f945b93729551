"""Lack of fit: does the exponent change inside its window, and what does that do to its interval?

An interval over seeds says how well the mean curve's slope is known, not whether there is one. A
law that bends by 10 % has a sharply known slope that is no exponent. So the slopes of the window's
lower and upper half are measured as well, with their interval over the same seeds.

- Where their difference excludes 0, the interval that is judged is made longer: it holds the slope
  of the lower half and what the slope would be one half window further on if it went on changing
  as it did (upper + upper - lower, with its interval over seeds). A power law with a correction
  that at least halves over half a window has its asymptotic exponent between these. Without that
  last interval, a bend that is only just seen would be extrapolated by chance.
- What is said of the window alone, such as that a curve falls there, needs no extrapolation: the
  interval within the window holds those of both halves, and goes no further.
- It is called *bent* where the difference is also of practical size, 5 % of the exponent; without
  this, curves without noise would all be bent.
- A difference that noise can explain changes nothing: a bend below it stays unseen, and the
  interval is then that of the slope in the window, as its name says.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scalinglaws.statistics.quantity import SLOPES
from scalinglaws.statistics.seed_lines import Local
from scalinglaws.statistics.student import LEVEL, Estimate, combined, critical

PRACTICAL = 0.05  # share of the exponent

Ends = tuple[float, float]


def bend_of(local: Local) -> dict[str, Any] | None:
    """Slopes of the halves, their difference, and the slope half a window beyond, each
    [estimate, low, high]; None without.
    """
    if local.early is None or local.late is None:
        return None
    difference = combined([local.late, local.early], [1.0, -1.0])
    parts = {"early": local.early, "late": local.late, "difference": difference}
    parts["beyond"] = combined([local.late, local.early], [2.0, -1.0])
    found: dict[str, Any] = {name: triple(part) for name, part in parts.items()}
    if not np.all(np.isfinite([*found["difference"]])):
        return None
    practical = abs(difference.value) >= PRACTICAL * local.size
    return {**found, "bent": bool(significant(found) and practical)}


def triple(part: Estimate) -> list[float]:
    """Student's interval, without a correction for skewness: that would hide bends, and a bend that
    is seen where there is none makes the judged interval longer, which harms no claim.
    """
    reach = critical(len(part.influences), LEVEL) * part.error
    return [part.value, part.value - reach, part.value + reach]


def significant(bend: Mapping[str, Any]) -> bool:
    """Whether seeds cannot explain the difference of the halves."""
    _, low, high = bend["difference"]
    return low > 0 or high < 0


def judged(local: Local, bend: dict[str, Any] | None) -> Ends:
    """The interval over seeds with the model term in it."""
    low, high = local.whole.interval()
    if bend is None or not significant(bend):
        return low, high
    return hull(low, high, bend["early"][0], bend["late"][0], *bend["beyond"])


def slopes_of(local: Local, bend: dict[str, Any] | None) -> dict[str, list[float]] | None:
    """What a bent law is judged by: the ends over seeds of the "whole" window, and the slopes
    "early", "late" and "beyond", [estimate, low, high] each. None for a law that does not bend.
    """
    if bend is None or not significant(bend):
        return None
    slopes = {name: list(bend[name]) for name in SLOPES}
    return {"whole": list(local.whole.interval()), **slopes}


def moved(slopes: Mapping[str, Sequence[float]], by: float) -> dict[str, list[float]]:
    return {name: [float(end + by) for end in ends] for name, ends in slopes.items()}


def within_window(local: Local, bend: dict[str, Any] | None) -> Ends:
    """The interval over seeds and, where the law bends, those of both halves."""
    low, high = local.whole.interval()
    if bend is None or not significant(bend):
        return low, high
    return hull(low, high, *bend["early"], *bend["late"])


def hull(*ends: float) -> Ends:
    """NaN ends where one is NaN: Python's own min and max would pass over it, and a law whose seeds
    do not bound its exponent would get the interval of its halves.
    """
    return float(np.min(ends)), float(np.max(ends))

"""What a fit hands to figures and to the ledger: a number, its interval, and where both come from.

A quantity is a plain dictionary, so that it is written to JSON as it stands; NaN and infinity have
no JSON spelling and would hide a failure, so they become null with a reason under ``why``.
"""

import math
from collections.abc import Sequence
from typing import Any, TypedDict

NUMERICAL = "numerical error"  # deterministic numbers: no sampling, no test, no family


class Quantity(TypedDict):
    """One estimated number; ``interval_kind`` says how the interval was made."""

    estimate: float | None
    interval: list[float] | None
    level: float
    interval_kind: str
    standard_error: float | None
    n_points: int
    n_seeds: int
    n_masked: int
    window: list[float] | None
    rule: str | None
    scan: list[float] | None
    why: str | None


def quantity(
    estimate: float | None,
    interval: Sequence[float] | None,
    *,
    level: float = 0.95,
    interval_kind: str = "none",
    standard_error: float | None = None,
    n_points: int = 0,
    n_seeds: int = 0,
    n_masked: int = 0,
    window: Sequence[float] | None = None,
    rule: str | None = None,
    scan: Sequence[float] | None = None,
    why: str | None = None,
) -> Quantity:
    """A JSON-safe quantity.

    Arguments:
    - `interval`: (low, high) at `level`, or None when there is none.
    - `n_points`, `n_seeds`, `n_masked`: points in the window, independent units, values that were
      left out because they were not finite.
    - `window`, `rule`: the window and the rule, fixed in advance, that chose it; without a rule
      the first and last abscissa fitted.
    - `scan`: lowest and highest estimate over all admissible windows.

    An interval is kept only with a finite estimate and two finite ends in order.
    Raises ValueError when the ends are out of order.
    """
    number, ends, reason = finite(estimate), finite_pair(interval), why
    if number is None:
        ends, reason = None, why or "the estimate is not a finite number"
    elif ends is None:
        reason = why or "no finite interval could be estimated"
    if ends is not None and ends[0] > ends[1]:
        raise ValueError(f"interval ends out of order: {ends}")
    return Quantity(
        estimate=number,
        interval=ends,
        level=float(level),
        interval_kind=interval_kind,
        standard_error=finite(standard_error),
        n_points=int(n_points),
        n_seeds=int(n_seeds),
        n_masked=int(n_masked),
        window=finite_pair(window),
        rule=rule,
        scan=finite_pair(scan),
        why=reason,
    )


def unavailable(
    why: str,
    *,
    level: float = 0.95,
    n_points: int = 0,
    n_seeds: int = 0,
    n_masked: int = 0,
    window: Sequence[float] | None = None,
    rule: str | None = None,
) -> Quantity:
    """A quantity that could not be estimated, and why (one sentence)."""
    return quantity(
        None,
        None,
        level=level,
        n_points=n_points,
        n_seeds=n_seeds,
        n_masked=n_masked,
        window=window,
        rule=rule,
        why=why,
    )


def computed(value: float, error: float, **facts: Any) -> Quantity:
    """A deterministic number with a bound on its numerical error; `facts` as in `quantity`."""
    return quantity(value, (value - error, value + error), interval_kind=NUMERICAL, **facts)


def tag(value: float) -> str:
    """A number as part of a quantity's name: 0.25 -> 025, 1.0 -> 1, 1.5 -> 15."""
    return f"{value:g}".replace(".", "")


def finite(value: float | None) -> float | None:
    """A Python float, or None for None, NaN and infinity."""
    return float(value) if value is not None and math.isfinite(value) else None


def finite_pair(pair: Sequence[float] | None) -> list[float] | None:
    """Two Python floats, or None when either end is missing or not finite."""
    if pair is None:
        return None
    low, high = (finite(end) for end in pair)
    return [low, high] if low is not None and high is not None else None

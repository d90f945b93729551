"""What a fit hands to figures and to the ledger: a number, its interval, and where both come from.

A quantity is a plain dictionary, so that it is written to JSON as it stands; NaN and infinity have
no JSON spelling and would hide a failure, so they become null with a reason under ``why``.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

NUMERICAL = "numerical error"  # deterministic numbers: no sampling, no test, no family
# A reason with these words says that the scale leaves something out, not that it failed. Sums and
# differences hand a part's reason on, and with it what it says.
LEFT_OUT = "this scale"
NOT_RUN = f"{LEFT_OUT} does not run it"
# What an interval is about, see `Quantity.target`.
NEW_SEEDS = "new seeds"
GIVEN_TEST_SET = "new seeds, given this test set"
NEW_SAMPLES = "new samples of data and teacher"
NEW_SIZES = "other training sizes, given these mean curves"


BEND = ("early", "late", "difference", "beyond")
SLOPES = ("early", "late", "beyond")  # those of a bend that are slopes of the curve


class Quantity(TypedDict):
    """One estimated number; ``interval_kind`` says how the interval was made.

    - `interval`: the one that is judged: `seed_interval`, over seeds alone, with the model term of
      a law that bends (statistics/bend.py) in it
    - `window_interval`: of the same number within its window alone: where a law bends, over both
      halves of the window and not beyond it; signs are judged by it
    - `target`: what the interval is about, empty for deterministic numbers; `degrees` of freedom
      behind it
    - `bend`: slopes of the window's halves "early" and "late", their "difference" and the slope
      half a window "beyond", each [estimate, low, high], and whether the curve is "bent"
    - `variants`: name -> [estimate, low, high] of the same number otherwise: window moved by one
      point, one seed left out, Huber's line; `window_variants` likewise, within the window alone,
      where that differs; `variant_slopes`, of variants whose law bends: the ends over seeds of the
      "whole" window, and "early", "late" and "beyond" as in `bend`
    - `not_run`: there is no estimate because the scale leaves out what it needs
    """

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
    target: str
    seed_interval: list[float] | None
    window_interval: list[float] | None
    bend: dict[str, Any] | None
    variants: dict[str, list[float]]
    window_variants: dict[str, list[float]]
    variant_slopes: dict[str, dict[str, list[float]]]
    degrees: float | None
    not_run: bool


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
    target: str = "",
    seed_interval: Sequence[float] | None = None,
    window_interval: Sequence[float] | None = None,
    bend: Mapping[str, Any] | None = None,
    variants: Mapping[str, Sequence[float]] | None = None,
    window_variants: Mapping[str, Sequence[float]] | None = None,
    variant_slopes: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
    degrees: float | None = None,
) -> Quantity:
    """A JSON-safe quantity.

    Arguments:
    - `interval`: (low, high) at `level`, or None when there is none.
    - `n_points`, `n_seeds`, `n_masked`: points in the window, independent units, values that were
      left out because they were not finite.
    - `window`, `rule`: the window and the rule, fixed in advance, that chose it; without a rule
      the first and last abscissa fitted.
    - `scan`: lowest and highest estimate over all admissible windows.
    - `target`, `bend`, `variants`, `degrees`: see `Quantity`; `seed_interval` and
      `window_interval` are the interval itself unless they are given.

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
        target="" if interval_kind == NUMERICAL else target,
        seed_interval=None if ends is None else finite_pair(seed_interval) or ends,
        window_interval=None if ends is None else finite_pair(window_interval) or ends,
        bend=None if number is None or bend is None else finite_bend(bend),
        variants={name: list(map(float, one)) for name, one in (variants or {}).items()},
        window_variants={
            name: list(map(float, one)) for name, one in (window_variants or {}).items()
        },
        variant_slopes={
            name: {part: list(map(float, ends)) for part, ends in slopes.items()}
            for name, slopes in (variant_slopes or {}).items()
        },
        degrees=finite(degrees),
        not_run=number is None and LEFT_OUT in (reason or ""),
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
    target: str = "",
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
        target=target,
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


def finite_bend(bend: Mapping[str, Any]) -> dict[str, Any] | None:
    """A bend all of whose numbers are finite, as plain floats, or None."""
    parts = {name: [float(x) for x in bend[name]] for name in BEND}
    if not all(math.isfinite(x) for part in parts.values() for x in part):
        return None
    return {**parts, "bent": bool(bend["bent"])}


def finite_pair(pair: Sequence[float] | None) -> list[float] | None:
    """Two Python floats, or None when either end is missing or not finite."""
    if pair is None:
        return None
    low, high = (finite(end) for end in pair)
    return [low, high] if low is not None and high is not None else None

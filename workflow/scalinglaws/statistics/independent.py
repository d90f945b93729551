"""Sums of quantities that share no random numbers."""

import math
from collections.abc import Sequence
from typing import Any

from scalinglaws.statistics.quantity import Quantity, quantity, unavailable

KIND = "sum of independent intervals"


def mean_of_independent(parts: Sequence[Quantity]) -> Quantity:
    """Their mean with an interval; unavailable where one of them is."""
    return weighted_sum(parts, [1 / len(parts)] * len(parts))


def weighted_sum(parts: Sequence[Quantity], weights: Sequence[float]) -> Quantity:
    """Sum of independent quantities times their weights; unavailable where one of them is.

    The reaches of the parts' intervals add in squares, each side for itself (the method of
    variance estimates recovery of Zou and Donner 2008, Stat. Med. 27, 1693). It is on the wide
    side: each part brings Student's quantile of its own few seeds, the degrees of freedom of a
    sum are more.
    """
    for part in parts:
        if part["estimate"] is None or part["interval"] is None:
            return unavailable(str(part["why"]), n_seeds=part["n_seeds"], target=parts[0]["target"])
    pairs = list(zip(parts, weights, strict=True))
    estimate = math.fsum(weight * float(part["estimate"] or 0.0) for part, weight in pairs)
    errors = [part["standard_error"] for part in parts]
    known = [
        weight * error for error, weight in zip(errors, weights, strict=True) if error is not None
    ]
    degrees = [part["degrees"] for part in parts if part["degrees"] is not None]
    facts: dict[str, Any] = {
        "seed_interval": sum_interval(estimate, pairs, "seed_interval"),
        "degrees": min(degrees) if degrees else None,
        "window_interval": sum_interval(estimate, pairs, "window_interval"),
        "variants": variants_of(parts, weights, "variants"),
        "window_variants": variants_of(parts, weights, "window_variants"),
    }
    return quantity(
        estimate,
        sum_interval(estimate, pairs, "interval"),
        interval_kind=KIND,
        standard_error=math.hypot(*known) if len(known) == len(parts) else None,
        n_points=sum(part["n_points"] for part in parts),
        n_seeds=min(part["n_seeds"] for part in parts),
        n_masked=sum(part["n_masked"] for part in parts),
        rule=parts[0]["rule"],
        target=parts[0]["target"],
        **facts,
    )


def sum_interval(
    estimate: float, pairs: Sequence[tuple[Any, float]], name: str
) -> tuple[float, float]:
    below, above = [], []
    for part, weight in pairs:
        low, high = part[name]
        ends = sorted((weight * (low - part["estimate"]), weight * (high - part["estimate"])))
        below.append(ends[0])
        above.append(ends[1])
    return estimate - math.hypot(*below), estimate + math.hypot(*above)


def variants_of(
    parts: Sequence[Any], weights: Sequence[float], kind: str
) -> dict[str, list[float]]:
    """Of the sum, where all parts have the variant: all windows are moved alike. Seeds of
    independent parts are not left out together. `kind`: variants or window_variants.
    """
    shared = [
        name
        for name in parts[0][kind]
        if "seed" not in name and all(name in part[kind] for part in parts)
    ]
    found = {}
    for name in shared:
        moved: list[tuple[Any, float]] = [
            (
                {"estimate": part[kind][name][0], "interval": part[kind][name][1:]},
                weight,
            )
            for part, weight in zip(parts, weights, strict=True)
        ]
        estimate = math.fsum(weight * part["estimate"] for part, weight in moved)
        found[name] = [estimate, *sum_interval(estimate, moved, "interval")]
    return found

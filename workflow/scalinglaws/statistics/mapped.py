"""Monotone functions of a quantity: its interval goes through the same function.

No delta method is needed, and the interval over seeds, the model term and the variants stay what
they are.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from scalinglaws.statistics.quantity import SLOPES, Quantity, unavailable

Function = Callable[[float], float]


def scaled(found: Quantity, factor: float) -> Quantity:
    """The quantity times a known number."""
    return mapped(found, lambda value: factor * value)


def mapped(found: Quantity, function: Function, above: float = -math.inf) -> Quantity:
    """`function` of the quantity, monotone for values beyond `above`; an interval that reaches
    below this has no image.
    """
    if found["estimate"] is None or not found["estimate"] > above:
        counts = {"n_points": found["n_points"], "n_seeds": found["n_seeds"]}
        why = found["why"] or f"the estimate is not above {above:g}"
        rule, window = found["rule"], found["window"]
        return unavailable(why, rule=rule, window=window, target=found["target"], **counts)

    def ends(pair: Sequence[float] | None) -> list[float] | None:
        if pair is None or not min(pair) > above:
            return None
        return sorted(function(end) for end in pair)

    new = Quantity(**found)
    new["estimate"] = function(found["estimate"])
    new["interval"], new["seed_interval"] = ends(found["interval"]), ends(found["seed_interval"])
    new["window_interval"] = ends(found["window_interval"])
    new["scan"] = ends(found["scan"])
    if new["interval"] is None:
        new["seed_interval"] = new["window_interval"] = None
        new["why"] = found["why"] or f"the interval reaches {above:g}, beyond which it has no image"
    error = found["standard_error"]
    if error is not None:
        pair = ends([found["estimate"] - error, found["estimate"] + error])
        new["standard_error"] = None if pair is None else (pair[1] - pair[0]) / 2
    new["variants"] = mapped_variants(found["variants"], function, above)
    new["window_variants"] = mapped_variants(found["window_variants"], function, above)
    new["variant_slopes"] = {
        name: {
            part: [*map(function, ends[:-2]), *sorted(map(function, ends[-2:]))]
            for part, ends in slopes.items()
        }
        for name, slopes in found["variant_slopes"].items()
        if min(min(ends) for ends in slopes.values()) > above
    }
    new["bend"] = mapped_bend(found, function, above)
    return new


def mapped_variants(
    variants: Mapping[str, Sequence[float]], function: Function, above: float
) -> dict[str, list[float]]:
    return {
        name: [function(one[0]), *sorted(map(function, one[1:]))]
        for name, one in variants.items()
        if min(one) > above
    }


def mapped_bend(found: Quantity, function: Function, above: float) -> dict[str, object] | None:
    """The slopes' images; the difference's interval keeps its proportions, so its sign."""
    bend = found["bend"]
    if bend is None or not min(end for name in SLOPES for end in bend[name]) > above:
        return None
    halves = {
        name: [function(bend[name][0]), *sorted(map(function, bend[name][1:]))] for name in SLOPES
    }
    change = bend["difference"][0]
    slope = (halves["late"][0] - halves["early"][0]) / change if change else 1.0
    ends = sorted(slope * end for end in bend["difference"][1:])
    return {**halves, "difference": [slope * change, *ends], "bent": bend["bent"]}

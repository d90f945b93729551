"""What it would take to decide a claim that is undecided.

From the ledger alone: where a law bends in its window the interval holds a term that no number of
seeds removes; otherwise its width falls as the root of their number, and the p values say how many
decide, if the estimates stay where they are.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scalinglaws.claims.multiplicity import LEVEL
from scalinglaws.claims.table import worst
from scalinglaws.claims.verdict import (
    REPRODUCED,
    SIGN,
    UNDECIDED,
    band_of,
    degrees_of_freedom,
    is_deterministic,
    p_difference,
    p_equivalence,
    reach,
)
from scalinglaws.planning.power import Sizes, size_needed
from scalinglaws.rounding import rounded

Record = Mapping[str, Any]
MOST = 64  # times the seeds; beyond, an estimate lies at the edge of the band
GIVEN = "jackknife over training sizes"  # intervals of data that the authors released
# What an undecided claim needs, where its numbers do not matter.
OBSTACLES = {
    "seeds": "more seeds",
    "window": "a wider window, as the law bends in this one",
    "edge": "more seeds than can be paid, as the estimate lies at the edge of the band",
    "estimate": "an estimate, as the run gave none",
    "data": "more data than were released",
    "computation": "a finer computation",
}


@dataclass(frozen=True)
class Need:
    """``obstacle``: one of ``OBSTACLES``; ``text``: what it would take, in numbers."""

    obstacle: str
    text: str


def needs(rows: Sequence[Record], share: float = 1.0) -> dict[str, Need]:
    """Claim -> what it needs, for the undecided claims of one paper's whole ledger.

    ``share``: of the error rate that the look at the data may spend.
    """
    return {
        row["id"]: need(row, sizes_of(row, rows, share))
        for row in rows
        if row["verdict"] == UNDECIDED
    }


def sizes_of(row: Record, rows: Sequence[Record], share: float) -> Sizes:
    """What the claim's p values must not exceed while its family stays as it is."""
    family = [one for one in rows if row["family"] is not None and one["family"] == row["family"]]

    def size(decision: str) -> float:
        others = sum(one["verdict"] == decision for one in family)
        return share * size_needed(row["correction"], max(len(family), 1), others)

    return Sizes((1 - LEVEL) / 2 * size(REPRODUCED), (1 - LEVEL) * size("differs"))


def need(row: Record, sizes: Sizes) -> Need:
    open_ones = [one for one in row["judged"] if one["verdict"] != REPRODUCED]
    for one in open_ones:
        if one["interval"] is None:
            return Need("estimate", f"an estimate: {one['why'].rstrip('.')}")
    one = worst({**row, "judged": open_ones or row["judged"]})
    if is_deterministic(one):
        return Need("computation", "a finer computation: the numerical error spans the band's end")
    bent = [each for each in open_ones or [one] if (each.get("bend") or {}).get("bent")]
    if bent and row["provenance"] != SIGN:  # in its window a sign needs but seeds
        return Need("window", window_text(bent[0]))
    if one["interval_kind"].startswith(GIVEN):
        return Need("data", f"more training sizes than were released: {width_text(one, row)}")
    multiple = times_the_seeds(row, sizes)
    if multiple is None:
        return Need("edge", f"more than {MOST} times the seeds: {width_text(one, row)}")
    units = "samples" if "over samples" in one["interval_kind"] else "seeds"
    count = f"{math.ceil(multiple * one['n_seeds'])} {units} instead of {one['n_seeds']}"
    return Need("seeds", f"about {count}: {width_text(one, row)}")


def window_text(one: Record) -> str:
    early, late = (rounded(one["bend"][half][0], 2) for half in ("early", "late"))
    return (
        f"a wider or later window: in this one the slope bends from {early} to {late}, and more "
        "seeds will not help"
    )


def width_text(one: Record, row: Record) -> str:
    """How far the interval reaches, and how far it may."""
    band = band_of(row, row["margin"])
    estimate, (low, high) = one["estimate"], one["interval"]
    if not band.low <= estimate <= band.high:
        below = estimate < band.low
        half, gap = (
            (high - estimate, band.low - estimate)
            if below
            else (estimate - low, estimate - band.high)
        )
        return f"the interval reaches {short(half)} back towards a band that is {short(gap)} away"
    sides = {
        "below": (estimate - low, estimate - band.low),
        "above": (high - estimate, band.high - estimate),
    }
    side = max(sides, key=lambda name: sides[name][0] - sides[name][1])
    half, room = sides[side]
    if half <= room:
        return (
            f"the interval reaches {short(half)} {side} the estimate and the band leaves "
            f"{short(room)}, but many claims judged together ask for more"
        )
    return f"the interval reaches {short(half)} {side} the estimate, the band leaves {short(room)}"


def short(length: float) -> str:
    """Two digits of a length."""
    return f"{length:.2g}" if length < 100 else f"{length:.0f}"


def times_the_seeds(row: Record, sizes: Sizes) -> float | None:
    """The smallest multiple of the seeds that decides the claim with the estimates as they are.

    None beyond ``MOST``.
    """
    by_chance = [one for one in row["judged"] if not is_deterministic(one)]
    seeds = min(one["n_seeds"] for one in by_chance)
    if seeds < 2:
        return None
    band = band_of(row, row["margin"])

    def decides(count: int) -> bool:
        parts = [with_seeds(one, count / seeds) for one in by_chance]
        equal = max(p_equivalence(one, band) for one in parts)
        unequal = len(parts) * min(p_difference([one], band) for one in parts)
        return equal <= sizes.equivalence or unequal <= sizes.difference

    low, high = seeds, 2 * seeds
    while not decides(high):
        low, high = high, 2 * high
        if high > MOST * seeds:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle, high)
    return high / seeds


def with_seeds(one: Record, multiple: float) -> dict[str, Any]:
    """The quantity from so many times the seeds: the same estimate, a shorter interval."""
    degrees, seeds = degrees_of_freedom(one) or 1.0, one["n_seeds"]
    count = round(seeds * multiple)
    more = {**one, "n_seeds": count, "degrees": degrees * (count - 1) / max(seeds - 1, 1)}
    shrink = math.sqrt(seeds / count) * reach(more) / reach(one)
    low, high = one["interval"]
    estimate = one["estimate"]
    more["interval"] = [
        estimate - (estimate - low) * shrink,
        estimate + (high - estimate) * shrink,
    ]
    return more

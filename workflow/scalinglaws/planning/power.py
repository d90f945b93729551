"""Which claims a planned run will decide, by a pilot; how many seeds would decide the others.

A design says how many times the planned seeds each experiment gets. Chances are those of
`planning.chances`; quantities of one claim are taken as independent, which for "all reproduced" is
on the low side where they share their seeds.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from scalinglaws.claims.multiplicity import HOLM, LEVEL
from scalinglaws.claims.verdict import DIFFERS, REPRODUCED
from scalinglaws.planning.chances import Chances, chances
from scalinglaws.planning.pilot import Claim, Family, Part, Pilot
from scalinglaws.planning.plan import Plan
from scalinglaws.planning.prices import Prices
from scalinglaws.planning.units import units_of

Design = Mapping[str, float]  # experiment -> multiple of its planned seeds; 1 where it is not named
WANTED = 0.8  # chance of a decision that counts as enough
DOUBLINGS = 6  # of the planned seeds at most: 64 times as long settles hardly anything more
ROUNDS = 12  # in which the sizes that claims need and their chances come to agree
CLOSE = 1e-3  # change of a chance in the last round
FEWEST = 2  # seeds without which there is no interval
SURE = Chances(0.0, 1.0)
# Why seeds decide nothing, where that follows from the pilot's numbers.
BENDS = "the law bends in its window"
MODEL = "the model's term dominates"
AT_THE_EDGE = "estimate at the band's edge"
UNCLEAR = "unclear side of the band's edge"


@dataclass(frozen=True)
class Sizes:
    """What a claim's p values must not exceed: of equivalence (one-sided), of difference."""

    equivalence: float
    difference: float


def size_needed(correction: str, count: int, others: float) -> float:
    """Share of a family's error that suffices for one claim once `others` of it are decided.

    The one place that says what the ledger's corrections ask. Holm's steps allow 1 / (claims left),
    Benjamini and Hochberg's (claims decided, this one too) / count.
    """
    if correction == HOLM:
        return 1 / (count - others)
    return (others + 1) / count


def sizes_needed(claims: Sequence[Claim], found: Sequence[Chances]) -> list[Sizes]:
    """For each claim, when as many of the others are decided as these chances say."""
    members: dict[Family, int] = defaultdict(int)
    equal: dict[Family, float] = defaultdict(float)
    unequal: dict[Family, float] = defaultdict(float)
    for claim, each in zip(claims, found, strict=True):
        members[claim.family] += claim.in_family
        equal[claim.family] += each.reproduced
        unequal[claim.family] += each.differs

    def share(family: Family, others: float) -> float:
        return family.share * size_needed(family.correction, max(members[family], 1), others)

    return [
        Sizes(
            (1 - LEVEL) / 2 * share(claim.family, equal[claim.family] - each.reproduced),
            (1 - LEVEL) * share(claim.family, unequal[claim.family] - each.differs),
        )
        for claim, each in zip(claims, found, strict=True)
    ]


def foreseen(claims: Sequence[Claim], design: Design) -> list[Chances]:
    """Chances of all claims under a design, each at the size that the others leave to it.

    Sizes begin as if no other claim were decided and rise with the chances until both agree.
    """
    found = [Chances(0.0, 0.0)] * len(claims)
    for _ in range(ROUNDS):
        sizes = sizes_needed(claims, found)
        new = [claim_chances(*each, design) for each in zip(claims, sizes, strict=True)]
        moved = max(
            (abs(a.decided - b.decided) for a, b in zip(found, new, strict=True)), default=0
        )
        found = new
        if moved < CLOSE:
            break
    return found


def claim_chances(claim: Claim, sizes: Sizes, design: Design, *, known: bool = False) -> Chances:
    """Reproduced if all parts are, differs if any does (with the ledger's factor for their number).

    - ``known``: take the pilot's estimates and standard errors for the truth.
    """
    fixed = [part.verdict for part in claim.parts if part.verdict is not None]
    if DIFFERS in fixed:
        return SURE
    by_chance = [part for part in claim.parts if part.verdict is None]
    reproduced, alike = float(set(fixed) <= {REPRODUCED}), 1.0
    for part in by_chance:
        own = part_chances(part, sizes, len(by_chance), design, known)
        reproduced, alike = reproduced * own.reproduced, alike * (1 - own.differs)
    return Chances(reproduced, 1 - alike)


def part_chances(part: Part, sizes: Sizes, parts: int, design: Design, known: bool) -> Chances:
    equivalence, difference = sizes.equivalence, sizes.difference / parts
    if part.slopes:
        each = [part_chances(slope, sizes, parts, design, known) for slope in part.slopes]
        sides = {slope.side for slope in part.slopes}
        differs = 0.0 if sides >= {-1, 1} else math.prod(one.differs for one in each)
        return Chances(math.prod(one.reproduced for one in each), differs)
    if part.p_values:
        equal, unequal = part.p_values
        return Chances(float(equal <= equivalence), float(unequal <= difference))
    if part.piloted is None or (seeds := seeds_of(part, design)) < FEWEST:
        return Chances(0.0, 0.0)
    return cached_chances(part.piloted, seeds, equivalence, difference, known=known)


cached_chances = cache(chances)


def seeds_of(part: Part, design: Design) -> float:
    """Seeds of a quantity: those of the experiment that got the smallest multiple."""
    multiple = min((design.get(one, 1.0) for one in part.experiments), default=1.0)
    return max(1, round(part.planned * multiple))


@dataclass(frozen=True)
class Power:
    """What is foreseen of a claim.

    - ``chances``, ``seeds``: at the planned seeds.
    - ``enough``: multiple of the planned seeds with which a decision has the chance WANTED; None
      where no number of seeds brings that about, and ``why`` says in a few words what stands in
      the way. ``more_seconds``: what the claim's experiments then take beyond the plan.
    """

    claim: Claim
    chances: Chances
    seeds: int
    enough: float | None
    more_seconds: float
    why: str


def powers(prices: Prices, claims: Sequence[Claim]) -> list[Power]:
    """Every claim at the planned seeds."""
    found = foreseen(claims, {})
    sizes = sizes_needed(claims, found)
    return [power(prices, *each) for each in zip(claims, found, sizes, strict=True)]


def power(prices: Prices, claim: Claim, now: Chances, sizes: Sizes) -> Power:
    seeds = min((part.planned for part in claim.parts if part.piloted), default=0)
    if now.decided >= WANTED:
        return Power(claim, now, seeds, 1.0, 0.0, "")
    enough = multiple_enough(prices, claim, sizes, seeds)
    if enough is None:
        return Power(claim, now, seeds, None, 0.0, obstacle(claim, sizes))
    return Power(claim, now, seeds, enough, more_seconds(prices, claim, enough), "")


def multiple_enough(prices: Prices, claim: Claim, sizes: Sizes, seeds: int) -> float | None:
    """The smallest multiple of the seeds that brings the chance WANTED, in whole blocks."""
    if not seeds or any(part.why for part in claim.parts):
        return None

    def suffices(count: int) -> bool:
        return claim_chances(claim, sizes, even(claim, count / seeds)).decided >= WANTED

    doublings = [prices.doublings(one, DOUBLINGS) for one in claim.experiments]
    most = seeds * 2 ** min(doublings)
    high = seeds
    while not suffices(high):
        if high >= most:
            return None
        low, high = high, 2 * high
    while high > seeds and high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle, high)
    while not all(prices.of(one, high / seeds) for one in claim.experiments):
        high += 1  # to whole blocks: a multiple by two, like `most`, fills them
    return high / seeds


def even(claim: Claim, multiple: float) -> dict[str, float]:
    return dict.fromkeys(claim.experiments, multiple)


def more_seconds(prices: Prices, claim: Claim, multiple: float) -> float:
    """Core time that so many times the seeds of a claim's experiments cost beyond the plan."""
    return prices.total(even(claim, multiple)) - prices.total({})


def obstacle(claim: Claim, sizes: Sizes) -> str:
    """Why more seeds do not decide a claim, in a few words."""
    for part in claim.parts:
        if part.why:
            return f"{'no estimate' if part.run else 'not run by the pilot'}: {part.why}"
    if not claim.experiments:
        return "no seeds: its data are given"
    if any(part.bent for part in claim.parts):
        return BENDS
    piloted = [part.piloted for part in claim.parts if part.piloted]
    if any(one.fixed_below + one.fixed_above > one.below + one.above for one in piloted):
        return MODEL
    most = even(claim, 2.0**DOUBLINGS)
    if claim_chances(claim, sizes, most, known=True).decided >= WANTED:
        return UNCLEAR
    return AT_THE_EDGE


def power_record(plan: Plan, pilot: Pilot, found: Sequence[Power]) -> dict[str, Any]:
    """All of it for a machine to read."""
    return {
        "scale": plan.config["scale"],
        "pilot": {"folder": pilot.folder, "scale": pilot.scale, "seed": pilot.seed},
        "expected_decided": sum(one.chances.decided for one in found),
        "claims": [claim_record(plan, one) for one in found],
    }


def claim_record(plan: Plan, of: Power) -> dict[str, Any]:
    names = of.claim.experiments
    return {
        "claim": of.claim.name,
        "primary": of.claim.primary,
        "reproduced": of.chances.reproduced,
        "differs": of.chances.differs,
        "decided": of.chances.decided,
        "seeds": {one: units_of(plan.requests[one].sizes) for one in names},
        "seeds_enough": None if of.enough is None else round(of.seeds * of.enough),
        "multiple_enough": of.enough,
        "more_core_seconds": None if of.enough is None else of.more_seconds,
        "why": of.why or None,
    }

"""Seeds dealt out over experiments so that a budget of core time decides the most claims.

Every experiment climbs its own ladder of doublings, from few seeds up: n, 2 n, 4 n, ... Steps are
taken one after the other, always the one with the largest gain per core second, where a step may
raise several experiments that a claim needs together, and by several doublings, since one alone
often decides nothing. Then single experiments are lowered again where what they free buys more.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scalinglaws.errors import InputError
from scalinglaws.planning.chances import Chances
from scalinglaws.planning.pilot import Claim
from scalinglaws.planning.plan import Plan
from scalinglaws.planning.power import (
    DOUBLINGS,
    Design,
    Sizes,
    claim_chances,
    foreseen,
    sizes_needed,
)
from scalinglaws.planning.prices import Prices
from scalinglaws.planning.units import times, units_of

FEW = 6  # seeds that an experiment keeps, or has anyway; primary claims get as many
PRIMARY = 10.0  # worth of a decided primary claim in other decided claims
LEAST_GAIN = 5e-3  # claims: steps that promise less are not taken
AT_ONCE = 4  # doublings of one step
PASSES = 3  # in which the sizes of tests and the seeds dealt out come to agree
SWAPS = 4  # rounds of lowering and dealing out again
UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}

Steps = dict[str, int]  # experiment -> doublings of its planned seeds


@dataclass(frozen=True)
class Allocation:
    """A design, what it costs in core seconds, and the chances of all claims under it."""

    design: Design
    core_seconds: float
    chances: Sequence[Chances]

    @property
    def decided(self) -> float:
        return sum(each.decided for each in self.chances)


def seconds_of(budget: str) -> float:
    """``120min``, ``2h`` or ``90s`` in seconds. Raises InputError."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|min|h)\s*", budget)
    if not found or float(found[1]) <= 0:
        raise InputError(
            f"--budget is {budget!r}; expected core time above 0 with its unit, for example "
            "120min, 2h or 90s."
        )
    return float(found[1]) * UNITS[found[2]]


def allocation(claims: Sequence[Claim], prices: Prices, design: Design) -> Allocation:
    return Allocation(design, prices.total(design), foreseen(claims, design))


def allocate(plan: Plan, claims: Sequence[Claim], prices: Prices, budget: float) -> Allocation:
    """The most decided claims, primary ones first, for so many core seconds.

    Raises InputError for a plan with GPUs, and for a budget below what the fewest seeds take.
    """
    if any(block.gpu for block in plan.blocks):
        raise InputError(
            f"--budget counts core time, but scale {plan.config['scale']} trains on GPUs; expected "
            'a scale of processors: choose quick or laptop, or --config \'{"device": "cpu"}\'.'
        )
    floor = {one: lowest(plan, claims, prices, one) for one in plan.requests}
    least = prices.total(design_of(floor))
    if least > budget:
        raise InputError(
            f"--budget is {budget / 60:.4g} min, but scale {plan.config['scale']} takes "
            f"{least / 60:.1f} min of core time with the fewest seeds that its claims need; "
            f"expected at least {-(-least // 60):.0f}min, or a smaller scale."
        )
    sizes = sizes_needed(claims, foreseen(claims, design_of(floor)))
    best = None
    for _ in range(PASSES):
        search = Search(claims, prices, floor, budget, sizes)
        found = allocation(claims, prices, design_of(search.dealt()))
        if best is None or worth(claims, found.chances) > worth(claims, best.chances):
            best = found
        sizes = sizes_needed(claims, found.chances)
    assert best is not None
    return best


def design_of(steps: Mapping[str, int]) -> dict[str, float]:
    return {experiment: 2.0**step for experiment, step in steps.items()}


def worth(claims: Sequence[Claim], found: Sequence[Chances]) -> float:
    return sum(weight(claim) * each.decided for claim, each in zip(claims, found, strict=True))


def weight(claim: Claim) -> float:
    return PRIMARY if claim.primary else 1.0


def lowest(plan: Plan, claims: Sequence[Claim], prices: Prices, experiment: str) -> int:
    """The lowest step: whole seeds in whole blocks, no fewer than FEW unless fewer are planned.

    What a primary claim is measured by has FEW seeds at least, planned or not.
    """
    seeds = units_of(plan.requests[experiment].sizes)
    if not seeds:
        return 0
    step = 0
    while (
        units_halved(plan, experiment, step)
        and prices.of(experiment, 2.0 ** (step - 1)) is not None
        and seeds * 2.0 ** (step - 1) >= FEW
    ):
        step -= 1
    if any(claim.primary and experiment in measured_by(claim) for claim in claims):
        while seeds * 2.0**step < FEW:
            step += 1
    return step


def units_halved(plan: Plan, experiment: str, step: int) -> bool:
    """Whether half of the seeds at a step are whole, in every panel."""
    sizes = plan.requests[experiment].sizes
    return times(times(sizes, 2.0 ** (step - 1)), 2.0 ** (1 - step)) == sizes


def measured_by(claim: Claim) -> set[str]:
    return {one for part in claim.parts if part.piloted for one in part.experiments}


class Search:
    """Steps under fixed sizes of the tests; chances are remembered."""

    def __init__(
        self,
        claims: Sequence[Claim],
        prices: Prices,
        floor: Steps,
        budget: float,
        sizes: Sequence[Sizes],
    ) -> None:
        self.prices, self.floor, self.budget = prices, floor, budget
        self.claims = {claim.name: claim for claim in claims}
        self.sizes = {claim.name: size for claim, size in zip(claims, sizes, strict=True)}
        self.highest = {one: prices.doublings(one, DOUBLINGS) for one in floor}
        needs = {part.experiments for claim in claims for part in claim.parts if part.piloted}
        needs |= {claim.experiments for claim in claims if measured_by(claim)}
        self.needs = sorted(needs)
        self.users = {
            one: [claim.name for claim in claims if one in claim.experiments] for one in floor
        }
        self.known: dict[tuple[str, tuple[int, ...]], float] = {}

    def dealt(self) -> Steps:
        """The steps that the budget pays."""
        best = self.climbed(self.floor)
        for _ in range(SWAPS):
            before = self.value(best)
            for experiment in self.floor:
                lower = range(self.floor[experiment], best[experiment])
                for step in sorted({*lower[:1], *lower[-1:]}):
                    other = self.climbed({**best, experiment: step}, without=experiment)
                    if self.value(other) > self.value(best) + LEAST_GAIN:
                        best = other
                        break
            if self.value(best) <= before:
                break
        return best

    def climbed(self, start: Steps, without: str = "") -> Steps:
        """Steps upwards as long as one is worth its price and within the budget.

        The first one leaves the experiment `without` where it is.
        """
        steps, spent = dict(start), self.prices.total(design_of(start))
        while True:
            choices = [
                (gain / cost, names, raised, cost)
                for names, raised in self.raises(steps)
                if without not in raised
                and (cost := self.cost(steps, raised)) <= self.budget - spent
                and (gain := self.gain(steps, raised)) >= LEAST_GAIN
            ]
            if not choices:
                return steps
            without = ""
            _, _, raised, cost = max(choices, key=lambda choice: choice[:2])
            steps.update(raised)
            spent += cost

    def raises(self, steps: Steps) -> Iterator[tuple[tuple[str, ...], Steps]]:
        """What may be raised together: the experiments of a claim or quantity, to one more step of
        the lowest, or up to AT_ONCE more."""
        for names in self.needs:
            lowest_step = min(steps[one] for one in names)
            for more in range(1, AT_ONCE + 1):
                aim = lowest_step + more
                raised = {one: aim for one in names if steps[one] < aim}
                if any(aim > self.highest[one] for one in raised):
                    break
                yield names, raised

    def cost(self, steps: Steps, raised: Steps) -> float:
        change = sum(
            (self.prices.of(one, 2.0**step) or 0.0)
            - (self.prices.of(one, 2.0 ** steps[one]) or 0.0)
            for one, step in raised.items()
        )
        return max(change, 1e-3)  # rounding of prices; nothing is free

    def gain(self, steps: Steps, raised: Steps) -> float:
        names = {name for one in raised for name in self.users[one]}
        after = {**steps, **raised}
        return sum(self.chance(name, after) - self.chance(name, steps) for name in sorted(names))

    def value(self, steps: Steps) -> float:
        return sum(self.chance(name, steps) for name in self.claims)

    def chance(self, name: str, steps: Steps) -> float:
        """Worth of a claim times its chance of a decision."""
        claim = self.claims[name]
        key = (name, tuple(steps[one] for one in claim.experiments))
        if key not in self.known:
            found = claim_chances(claim, self.sizes[name], design_of(steps))
            self.known[key] = weight(claim) * found.decided
        return self.known[key]


def all_alike(claims: Sequence[Claim], prices: Prices, budget: float) -> Allocation | None:
    """The same budget spent on the same multiple of all planned seeds; None where none fits, for
    the budget is short of the planned seeds and parts of their blocks are no blocks.
    """
    low, high = 0.0, 2.0
    names = [one for one in prices.plan.requests if units_of(prices.plan.requests[one].sizes)]

    def design(multiple: float) -> dict[str, float]:
        return dict.fromkeys(names, multiple)

    while within(prices, design(high), budget) and high < 2.0**DOUBLINGS:
        low, high = high, 2 * high
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if within(prices, design(middle), budget) else (low, middle)
    return allocation(claims, prices, design(low)) if low else None


def within(prices: Prices, design: Design, budget: float) -> bool:
    possible = all(prices.of(one, multiple) is not None for one, multiple in design.items())
    return possible and prices.total(design) <= budget

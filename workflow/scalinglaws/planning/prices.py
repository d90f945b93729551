"""What the experiments of a plan cost with more or fewer seeds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from scalinglaws.config import checked_sizes
from scalinglaws.errors import InputError
from scalinglaws.planning.plan import Plan, experiment_blocks
from scalinglaws.planning.units import times


@dataclass(frozen=True)
class Prices:
    """Core seconds of a plan's experiments with more or fewer seeds, as their plans count them."""

    plan: Plan
    known: dict[tuple[str, float], float | None] = field(default_factory=dict)

    def of(self, experiment: str, multiple: float = 1.0) -> float | None:
        """None where the experiment cannot have so many times its planned seeds."""
        key = (experiment, multiple)
        if key not in self.known:
            self.known[key] = self.counted(experiment, multiple)
        return self.known[key]

    def counted(self, experiment: str, multiple: float) -> float | None:
        request = self.plan.requests[experiment]
        sizes = times(request.sizes, multiple)
        try:
            checked_sizes({experiment: request.family}, experiment, sizes, experiment)
            blocks = experiment_blocks(replace(request, sizes=sizes))
        except InputError:
            return None
        return sum(map(self.plan.machine.core_seconds, blocks))

    def total(self, design: Mapping[str, float]) -> float:
        """Of all experiments of the plan. Raises ValueError for a design that one cannot have."""
        priced = {one: self.of(one, design.get(one, 1.0)) for one in self.plan.requests}
        if lacking := [one for one, price in priced.items() if price is None]:
            raise ValueError(f"{lacking[0]} cannot have {design[lacking[0]]:g} times its seeds")
        return sum(price or 0.0 for price in priced.values())

    def doublings(self, experiment: str, most: int) -> int:
        """How often the experiment's seeds can be doubled, `most` times at most."""
        found = 0
        while found < most and self.of(experiment, 2.0 ** (found + 1)) is not None:
            found += 1
        return found

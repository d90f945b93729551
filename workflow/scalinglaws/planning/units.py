"""Independent units of an experiment, what its sizes call seeds: how many, and what more cost.

An experiment's units are the whole number ``seeds`` of its sizes (``samples`` where the units are
data sets drawn anew). Experiments made of panels have a number for each; a quantity belongs to the
panel whose name is part of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scalinglaws.config import checked_sizes
from scalinglaws.errors import InputError
from scalinglaws.planning.plan import Plan, experiment_blocks

UNITS = ("seeds", "samples")  # kernels take a list under `samples`: sizes, no units

Sizes = Mapping[str, Any]


def units_of(sizes: Sizes, quantity: str = "") -> int | None:
    """Units behind a quantity (without: the fewest of the experiment); None where there are none.

    Of panels the one with the longest name that is part of the quantity's.
    """
    if "panels" not in sizes:
        return own_units(sizes)
    counts = {name: own_units({**sizes["shared"], **own}) for name, own in sizes["panels"].items()}
    named = [name for name in counts if name in quantity]
    chosen = [max(named, key=len)] if named else list(counts)
    return min((counts[name] or 0 for name in chosen), default=0) or None


def own_units(sizes: Sizes) -> int | None:
    return next((sizes[key] for key in UNITS if isinstance(sizes.get(key), int)), None)


def times(sizes: Sizes, multiple: float) -> dict[str, Any]:
    """The sizes with so many times the units, rounded to whole ones, at least one."""
    changed = dict(sizes)
    for key, value in sizes.items():
        if isinstance(value, Mapping):
            changed[key] = times(value, multiple)
        elif key in UNITS and isinstance(value, int):
            changed[key] = max(1, round(value * multiple))
    return changed


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
        """Of all experiments of the plan. A design is one that they all can have."""
        return sum(self.of(one, design.get(one, 1.0)) or 0.0 for one in self.plan.requests)

    def doublings(self, experiment: str, most: int) -> int:
        """How often the experiment's seeds can be doubled, `most` times at most."""
        found = 0
        while found < most and self.of(experiment, 2.0 ** (found + 1)) is not None:
            found += 1
        return found

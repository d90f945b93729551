"""Independent units of an experiment, what its sizes call seeds.

An experiment's units are the whole number ``seeds`` of its sizes (``samples`` where the units are
data sets drawn anew). Experiments made of panels have a number for each; a quantity belongs to the
panel whose name is part of its own.
"""

from collections.abc import Mapping
from typing import Any

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

"""Order-parameter theory from the very starts of committee_reduced."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.committee import plan_committee_ode as committee_ode
from scalinglaws.planning.blocks import Block


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Raises InputError when L does not divide N or a physical parameter is not positive."""
    defaults = {
        "plateau_levels": [],
        "reference_dimension": sizes["dimension"],
        "reference_alpha_max": sizes["alpha_max"],
    }
    made = committee_ode.blocks({**sizes, **defaults}, seed, device)
    return [renamed(block) for block in made]


def renamed(block: Block) -> Block:
    fields = {name: getattr(block, name) for name in block.__dataclass_fields__}
    return Block(**{**fields, "experiment": "committee_reduced_ode"})

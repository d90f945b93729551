"""Blocks of the committee machine's order-parameter theory."""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.committee.plan_committee_sgd import (
    SHARED,
    check_committee,
    check_levels,
)
from scalinglaws.planning.blocks import Block, cut

# Steps grow with alpha lambda_1 ~ alpha L, the cost of each with L (measured: 0.5 s at L = 64 for
# alpha 1e4); imports and one compilation come first.
SECONDS_PER_ALPHA_AND_LEVELS_SQUARED = 1.3e-8
SECONDS_AT_START = 6.0


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Raises InputError when L does not divide N or a physical parameter is not positive."""
    check_committee("committee_ode", sizes, sizes["dimension"])
    check_committee("committee_ode", sizes, sizes["reference_dimension"])
    check_plateau_levels(sizes)
    groups = cut(list(sizes["levels"]), sizes["blocks"])
    return [block(sizes, seed, levels, number) for number, levels in enumerate(groups)]


def block(sizes: Mapping[str, Any], seed: int, levels: Sequence[int], number: int) -> Block:
    plateau = [n for n in sizes["plateau_levels"] if n in levels]
    return Block(
        paper="worschech2024",
        experiment="committee_ode",
        name=f"levels{number}",
        module="scalinglaws.experiments.committee.run_ode",
        settings={
            **{key: sizes[key] for key in SHARED},
            "levels": levels,
            "plateau_levels": plateau,
            "seeds": list(range(sizes["seeds"])),
            "reference_dimension": sizes["reference_dimension"],
            "reference_alpha_max": sizes["reference_alpha_max"],
            "seed": seed,
        },
        members=len(levels) * (sizes["seeds"] + 1) + len(plateau),
        core_seconds=SECONDS_AT_START + sum(seconds(sizes, n) for n in levels),
        station="theory",
        memory_mb=1000,
    )


def seconds(sizes: Mapping[str, Any], levels: int) -> float:
    alphas = sizes["seeds"] * sizes["alpha_max"] + 2 * sizes["reference_alpha_max"]
    return SECONDS_PER_ALPHA_AND_LEVELS_SQUARED * alphas * max(levels, 16) ** 2


def check_plateau_levels(sizes: Mapping[str, Any]) -> None:
    if not set(sizes["plateau_levels"]) <= set(sizes["levels"]):
        raise InputError(
            f"committee_ode.plateau_levels is {sizes['plateau_levels']}; expected some of levels = "
            f"{sizes['levels']}: correct it in config/scales."
        )
    if not sizes["alpha_min"] < sizes["reference_alpha_max"]:
        raise InputError(
            f"committee_ode.reference_alpha_max is {sizes['reference_alpha_max']}; expected more "
            f"than alpha_min = {sizes['alpha_min']}: correct it in config/scales."
        )
    for levels in sizes["plateau_levels"]:
        check_levels("committee_ode", "plateau_levels", levels, sizes["reference_dimension"])

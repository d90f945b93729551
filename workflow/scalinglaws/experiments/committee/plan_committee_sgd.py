"""Blocks of the committee machine's one-pass SGD: levels are dealt out, all seeds stay together."""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block, cut

# Measured on one 2.5 GHz core: drawing the normals takes nearly all of it.
SECONDS_PER_STEP_AND_INPUT = 1.4e-8
SECONDS_AT_START = 3.0
SHARED = (
    *("dimension", "hidden", "beta", "eta", "sigma_j"),
    *("alpha_min", "alpha_max", "points"),
)


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Raises InputError when L does not divide N or a physical parameter is not positive."""
    check_committee("committee_sgd", sizes, sizes["dimension"])
    groups = cut(list(sizes["levels"]), sizes["blocks"])
    return [block(sizes, seed, levels, number) for number, levels in enumerate(groups)]


def block(sizes: Mapping[str, Any], seed: int, levels: Sequence[int], number: int) -> Block:
    members = len(levels) * sizes["seeds"]
    steps = sizes["alpha_max"] * sizes["dimension"]
    seconds = SECONDS_PER_STEP_AND_INPUT * sizes["dimension"] * steps * members
    return Block(
        paper="worschech2024",
        experiment="committee_sgd",
        name=f"levels{number}",
        module="scalinglaws.experiments.committee.run_sgd",
        settings={
            **{key: sizes[key] for key in SHARED},
            "levels": levels,
            "seeds": list(range(sizes["seeds"])),
            "seed": seed,
        },
        members=members,
        core_seconds=SECONDS_AT_START + seconds,
        memory_mb=600,
    )


def check_committee(experiment: str, sizes: Mapping[str, Any], dimension: int) -> None:
    """Refuse what the model cannot mean. Raises InputError."""
    for key in ("beta", "sigma_j", "eta", "alpha_min"):
        if not sizes[key] > 0:
            raise InputError(
                f"{experiment}.{key} is {sizes[key]}; expected a number above 0: correct it in "
                "config/scales."
            )
    if not sizes["alpha_min"] < sizes["alpha_max"]:
        raise InputError(
            f"{experiment}.alpha_max is {sizes['alpha_max']}; expected more than alpha_min = "
            f"{sizes['alpha_min']}: correct it in config/scales."
        )
    for levels in sizes["levels"]:
        check_levels(experiment, "levels", levels, dimension)


def check_levels(experiment: str, key: str, levels: int, dimension: int) -> None:
    """L distinct eigenvalues must share N directions equally. Raises InputError."""
    if not 1 <= levels <= dimension or dimension % levels:
        raise InputError(
            f"{experiment}.{key} holds {levels}; expected divisors of the dimension {dimension}, "
            f"at most {dimension}: correct it in config/scales."
        )

"""Blocks of the committee machine's exact reduced dynamics: levels are dealt out."""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.committee.plan_committee_sgd import SHARED, check_committee
from scalinglaws.planning.blocks import Block, cut

# Measured on one 2.5 GHz core: a step, and each random number of it.
SECONDS_PER_STEP = 1.5e-7
SECONDS_PER_NUMBER = 1.2e-8
SECONDS_AT_START = 4.0
# About where a curve of figure 1 leaves the plateau (K = M = 2, eta = 0.1, beta = 1).
EXIT_ALPHA, EXIT_POWER = 3500.0, -0.55


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Raises InputError when L does not divide N or a physical parameter is not positive."""
    check_committee("committee_reduced", sizes, sizes["dimension"])
    if not sizes["stop_error"] > 0:
        raise InputError(
            f"committee_reduced.stop_error is {sizes['stop_error']}; expected a number above 0: "
            "correct it in config/scales."
        )
    groups = cut(list(sizes["levels"]), sizes["blocks"])
    return [block(sizes, seed, levels, number) for number, levels in enumerate(groups)]


def block(sizes: Mapping[str, Any], seed: int, levels: Sequence[int], number: int) -> Block:
    seconds = sum(member_seconds(sizes, n) for n in levels) * sizes["seeds"]
    return Block(
        paper="worschech2024",
        experiment="committee_reduced",
        name=f"levels{number}",
        module="scalinglaws.experiments.committee.run_reduced",
        settings={
            **{key: sizes[key] for key in (*SHARED, "stop_error")},
            "levels": levels,
            "seeds": list(range(sizes["seeds"])),
            "seed": seed,
        },
        members=len(levels) * sizes["seeds"],
        core_seconds=SECONDS_AT_START + seconds,
        memory_mb=600,
    )


def member_seconds(sizes: Mapping[str, Any], levels: int) -> float:
    axes = min(sizes["dimension"] // levels, 2 * sizes["hidden"])
    numbers = levels * (axes + 1)
    alpha = min(sizes["alpha_max"], EXIT_ALPHA * levels**EXIT_POWER)
    steps = alpha * sizes["dimension"]
    return float(steps * (SECONDS_PER_STEP + SECONDS_PER_NUMBER * numbers))

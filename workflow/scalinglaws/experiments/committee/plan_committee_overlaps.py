"""Blocks of the overlaps with a realised teacher: one of theory, one per simulated seed."""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.committee.plan_committee_sgd import check_committee
from scalinglaws.planning.blocks import Block

# Measured on one core, K = M = 4: drawing the normals and eight products per example.
SECONDS_PER_STEP_AND_INPUT = 1.6e-8
SECONDS_AT_START = 4.0
SECONDS_PER_SEED = 0.3
SHARED = (
    *("dimension", "hidden", "levels", "orders", "beta", "eta", "sigma_j"),
    *("alpha_min", "alpha_max", "points"),
)


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Raises InputError when L does not divide N or a physical parameter is not positive."""
    check_committee(
        "committee_overlaps", {**sizes, "levels": [sizes["levels"]]}, sizes["dimension"]
    )
    check_seeds(sizes)
    shorter = {**sizes, "alpha_max": sizes["sgd_alpha_max"]}
    steps = sizes["sgd_alpha_max"] * sizes["dimension"]
    training = SECONDS_AT_START + SECONDS_PER_STEP_AND_INPUT * sizes["dimension"] * steps
    theory = 2 * SECONDS_AT_START + SECONDS_PER_SEED * sizes["seeds"]
    simulations = [
        block(shorter, seed, "sgd", [number], training) for number in range(sizes["sgd_seeds"])
    ]
    return [*simulations, block(sizes, seed, "theory", range(sizes["seeds"]), theory)]


def block(
    sizes: Mapping[str, Any], seed: int, source: str, seeds: Sequence[int], seconds: float
) -> Block:
    return Block(
        paper="worschech2024",
        experiment="committee_overlaps",
        name=source if source == "theory" else f"{source}{seeds[0]}",
        module="scalinglaws.experiments.committee.run_overlaps",
        settings={
            **{key: sizes[key] for key in SHARED},
            "source": source,
            "seeds": list(seeds),
            "seed": seed,
        },
        members=len(seeds),
        core_seconds=seconds,
        memory_mb=1000,
    )


def check_seeds(sizes: Mapping[str, Any]) -> None:
    """Only seeds that are integrated can be compared. Raises InputError."""
    if sizes["sgd_seeds"] > sizes["seeds"]:
        raise InputError(
            f"committee_overlaps.sgd_seeds is {sizes['sgd_seeds']}; expected at most seeds = "
            f"{sizes['seeds']}: correct it in config/scales."
        )
    if not sizes["sgd_alpha_max"] > sizes["alpha_min"]:
        raise InputError(
            f"committee_overlaps.sgd_alpha_max is {sizes['sgd_alpha_max']}; expected more than "
            f"alpha_min = {sizes['alpha_min']}: correct it in config/scales."
        )

"""Blocks of the linear student's one-pass SGD: seeds are dealt out."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.linear.checks import (
    check_alphas,
    check_positive,
    check_simulated_rate,
    check_trainable,
)
from scalinglaws.planning.blocks import Block, cut

# Measured on one 2.5 GHz core: per normal drawn, and per weight of a member that is read.
SECONDS_PER_NORMAL, SECONDS_PER_WEIGHT = 1.3e-8, 4e-10
SECONDS_AT_START = 3.0
SHARED = ("dimension", "beta", "eta", "sigma_j", "alpha_min", "alpha_max", "points")


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """All directions learn. Raises InputError, for one when eta is beyond the critical rate."""
    return gaussian_blocks("linear_sgd", {**sizes, "trainable": [sizes["dimension"]]}, seed)


def gaussian_blocks(experiment: str, sizes: Mapping[str, Any], seed: int) -> list[Block]:
    check_positive(experiment, sizes, "beta", "eta", "sigma_j")
    check_alphas(experiment, sizes)
    check_trainable(experiment, sizes["trainable"], sizes["dimension"])
    check_simulated_rate(experiment, sizes)
    groups = cut(list(range(sizes["seeds"])), sizes["blocks"])
    return [block(experiment, sizes, seed, seeds, n) for n, seeds in enumerate(groups)]


def block(
    experiment: str, sizes: Mapping[str, Any], seed: int, seeds: list[int], number: int
) -> Block:
    settings = {key: sizes[key] for key in SHARED}
    trainable = list(sizes["trainable"])
    return Block(
        paper="worschech2024",
        experiment=experiment,
        name=f"seeds{number}",
        module="scalinglaws.experiments.linear.run_sgd",
        settings={**settings, "trainable": trainable, "seeds": seeds, "seed": seed},
        members=len(seeds) * len(trainable),
        core_seconds=SECONDS_AT_START + len(seeds) * descent_seconds(sizes, sizes["dimension"]),
        memory_mb=600,
    )


def descent_seconds(sizes: Mapping[str, Any], dimension: int, drawn: bool = True) -> float:
    """Of one seed with all its members; `drawn` counts the normals."""
    steps = sizes["alpha_max"] * dimension
    weights = sum(dimension + count for count in sizes["trainable"])
    return float(steps * (dimension * SECONDS_PER_NORMAL * drawn + weights * SECONDS_PER_WEIGHT))

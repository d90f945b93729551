"""Blocks of the committee machine trained from beside its teacher: seeds are dealt out."""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block, cut
from scalinglaws.theory.specialised_modes import critical_rate

# Measured on one 2.5 GHz core: drawing an input, and each weight's field and update.
SECONDS_PER_INPUT = 1.35e-8
SECONDS_PER_WEIGHT = 1.5e-9
SECONDS_PER_UNIT = 6e-8
SECONDS_AT_START = 4.0
SHARED = (
    *("dimension", "hidden", "eta", "sigma_j"),
    *("alpha_min", "alpha_max", "points"),
)


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Raises InputError when a parameter is not positive or the learning rate is unstable."""
    check_near_teacher("near_teacher_sgd", sizes, sizes["betas"])
    groups = cut(list(range(sizes["seeds"])), sizes["blocks"])
    return [block(sizes, seed, seeds, number) for number, seeds in enumerate(groups)]


def block(sizes: Mapping[str, Any], seed: int, seeds: Sequence[int], number: int) -> Block:
    members = len(seeds) * len(sizes["betas"])
    return Block(
        paper="worschech2024",
        experiment="near_teacher_sgd",
        name=f"seeds{number}",
        module="scalinglaws.experiments.specialised.run_sgd",
        settings={
            **{key: sizes[key] for key in SHARED},
            "betas": sizes["betas"],
            "seeds": seeds,
            "seed": seed,
        },
        members=members,
        core_seconds=SECONDS_AT_START + members * member_seconds(sizes),
        memory_mb=600,
    )


def member_seconds(sizes: Mapping[str, Any]) -> float:
    dimension, hidden = sizes["dimension"], sizes["hidden"]
    weights = SECONDS_PER_WEIGHT * dimension * hidden + SECONDS_PER_UNIT * hidden
    return float(sizes["alpha_max"] * dimension * (SECONDS_PER_INPUT * dimension + weights))


def check_near_teacher(experiment: str, sizes: Mapping[str, Any], betas: Sequence[float]) -> None:
    """Refuse what the model cannot mean. Raises InputError."""
    positive = {key: sizes[key] for key in ("eta", "sigma_j", "alpha_min")}
    for key, value in [*positive.items(), *(("betas", beta) for beta in betas)]:
        if not value > 0:
            raise InputError(
                f"{experiment}.{key} is {value}; expected a number above 0: correct it in "
                "config/scales."
            )
    if not sizes["alpha_min"] < sizes["alpha_max"]:
        raise InputError(
            f"{experiment}.alpha_max is {sizes['alpha_max']}; expected more than alpha_min = "
            f"{sizes['alpha_min']}: correct it in config/scales."
        )
    limit = critical_rate(sizes["hidden"])
    if not sizes["eta"] < limit:
        raise InputError(
            f"{experiment}.eta is {sizes['eta']}; expected less than the critical rate "
            f"{limit:.4g} for hidden = {sizes['hidden']}, beyond which deviations from the "
            "teacher grow: correct it in config/scales."
        )

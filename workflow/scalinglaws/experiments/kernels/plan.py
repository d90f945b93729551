"""Blocks of the kernel experiments of Bahri et al.: seeds dealt out, checks that they share."""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.datasets import SIZES

PAPER = "bahri2021"


def seed_blocks(
    experiment: str,
    sizes: Mapping[str, Any],
    seed: int,
    *,
    seed_seconds: float,
    members_per_seed: int,
    memory_mb: int,
    datasets: tuple[str, ...] = (),
) -> list[Block]:
    """One block per range of `seeds_per_block` seeds; all other sizes are settings."""
    shared = {key: sizes[key] for key in sizes if key not in ("seeds", "seeds_per_block")}
    blocks = []
    for first in range(0, sizes["seeds"], sizes["seeds_per_block"]):
        count = min(sizes["seeds_per_block"], sizes["seeds"] - first)
        blocks.append(
            Block(
                paper=PAPER,
                experiment=experiment,
                name=f"seeds_{first}",
                module=f"scalinglaws.experiments.kernels.run_{experiment.split('_')[0]}",
                settings={**shared, "seed": seed, "first_seed": first, "seeds": count},
                members=count * members_per_seed,
                core_seconds=3.0 + count * seed_seconds,
                datasets=datasets,
                memory_mb=memory_mb,
            )
        )
    return blocks


def check_increasing(experiment: str, key: str, values: Sequence[int]) -> None:
    if list(values) != sorted(set(values)):
        raise InputError(
            f"{experiment}.{key} is {list(values)}; expected increasing sizes, none twice: correct "
            "config/scales."
        )


def check_at_most(experiment: str, key: str, largest: float, bound: int, what: str) -> None:
    if largest > bound:
        raise InputError(
            f"{experiment}.{key} asks for {largest:g}; expected at most {bound}, {what}: choose "
            "less in config/scales."
        )


def check_above(experiment: str, key: str, smallest: int, fixed: int) -> None:
    if smallest <= fixed + 1:
        raise InputError(
            f"{experiment}.{key} starts at {smallest}; expected more than fixed + 1 = {fixed + 1}, "
            "below which the variance-limited excess is infinite: correct config/scales."
        )


def training_images(experiment: str, dataset: str) -> int:
    if dataset not in SIZES:
        raise InputError(
            f"{experiment}.dataset is {dataset!r}; expected one of: {', '.join(sorted(SIZES))}: "
            "correct it in config/scales."
        )
    return SIZES[dataset][0]

"""Blocks of the teacher-student regression: one input dimension, a range of seeds."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.planning.blocks import Block
from scalinglaws.planning.costs import largest_split, minibatch_seconds

COMMON = (
    *("data_sizes", "steps", "batch", "learning_rate", "evaluate_every"),
    *("teacher_width", "student_width", "test_size", "validation_size"),
)


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """One block per dimension and range of seeds; data are made, so no size is impossible."""
    starts = range(0, sizes["seeds"], sizes["seeds_per_block"])
    return [
        block(dimension, start, sizes, seed)
        for dimension in sizes["dimensions"]
        for start in starts
    ]


def block(dimension: int, start: int, sizes: Mapping[str, Any], seed: int) -> Block:
    seeds = min(sizes["seeds_per_block"], sizes["seeds"] - start)
    members = seeds * len(sizes["data_sizes"])
    width = sizes["student_width"]
    settings = {name: sizes[name] for name in COMMON}
    settings |= {"dimension": dimension, "seed": seed, "first_seed": start, "seeds": seeds}
    seconds = minibatch_seconds([dimension, width, width, 1], sizes)
    return Block(
        paper="bahri2021",
        experiment="teacher_student",
        name=f"d{dimension}_{start}",
        module="scalinglaws.experiments.teacher_student",
        settings=settings,
        members=members,
        core_seconds=4.0 + members * seconds,
        memory_mb=1000 + int(members / seeds * largest_split(sizes) * width * 2e-5),
    )

"""Blocks of the teacher-student regression: all input dimensions, a range of seeds."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.costs import largest_split, minibatch_seconds

COMMON = (
    *("dimensions", "data_sizes", "steps", "batch", "learning_rate", "evaluate_every"),
    *("teacher_width", "student_width", "test_size", "validation_size", "chord_points"),
)


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """One block per range of seeds; InputError where a student would not be over-parameterised."""
    for dimension in sizes["dimensions"]:
        check_parameters(dimension, sizes)
    starts = range(0, sizes["seeds"], sizes["seeds_per_block"])
    return [block(start, sizes, seed) for start in starts]


def check_parameters(dimension: int, sizes: Mapping[str, Any]) -> None:
    width, largest = sizes["student_width"], max(sizes["data_sizes"])
    parameters = (dimension + 1) * width + (width + 1) * width + width + 1
    if largest > parameters:
        raise InputError(
            f"teacher_student: data_sizes holds D = {largest}, but a student of width {width} has "
            f"P = {parameters} parameters in d = {dimension}; expected D <= P, the law holds for "
            "P >> D; lower data_sizes or raise student_width."
        )


def block(start: int, sizes: Mapping[str, Any], seed: int) -> Block:
    seeds = min(sizes["seeds_per_block"], sizes["seeds"] - start)
    width = sizes["student_width"]
    layers = [[dimension, width, width, 1] for dimension in sizes["dimensions"]]
    each = len(sizes["data_sizes"]) * seeds
    return Block(
        paper="bahri2021",
        experiment="teacher_student",
        name=f"seeds{start}",
        module="scalinglaws.experiments.mlp_scans.run_fixed_sets",
        settings={name: sizes[name] for name in COMMON}
        | {"seed": seed, "first_seed": start, "seeds": seeds},
        members=each * len(layers),
        core_seconds=4.0 + each * sum(minibatch_seconds(layer, sizes) for layer in layers),
        memory_mb=800 + int(len(sizes["data_sizes"]) * largest_split(sizes) * width * 1.5e-5),
        kernel="products",
    )

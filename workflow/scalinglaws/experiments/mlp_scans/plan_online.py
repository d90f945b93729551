"""Blocks of students that learn from fresh data: all targets and losses, a range of seeds."""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block

COMMON = (
    *("widths", "steps", "batch", "learning_rate", "evaluate_every"),
    *("teacher_width", "test_size", "validation_size"),
)
STEP_SECONDS = 8e-5  # of the calls of one step of a stack, whatever its size
FLOPS = 1.1e11  # multiply-adds per second in its products


def online_blocks(
    experiment: str,
    targets: Sequence[Sequence[int]],
    powers: Sequence[float],
    sizes: Mapping[str, Any],
    seed: int,
) -> list[Block]:
    """One block per range of seeds.

    - `targets`: per teacher the dimensions of its factors.
    - `powers`: losses |f - F|^p.

    Raises InputError where the widths determine no exponent.
    """
    if len(sizes["widths"]) < 3:
        raise InputError(
            f"{experiment}: widths is {list(sizes['widths'])}; expected at least 3 widths, fewer "
            "determine no exponent."
        )
    starts = range(0, sizes["seeds"], sizes["seeds_per_block"])
    return [block(experiment, targets, powers, start, sizes, seed) for start in starts]


def block(
    experiment: str,
    targets: Sequence[Sequence[int]],
    powers: Sequence[float],
    start: int,
    sizes: Mapping[str, Any],
    seed: int,
) -> Block:
    seeds = min(sizes["seeds_per_block"], sizes["seeds"] - start)
    groups = seeds * len(targets) * len(powers)
    settings = {name: sizes[name] for name in COMMON}
    settings |= {"targets": [list(factors) for factors in targets], "powers": list(powers)}
    return Block(
        paper="bahri2021",
        experiment=experiment,
        name=f"seeds{start}",
        module="scalinglaws.experiments.mlp_scans.run_online",
        settings=settings | {"seed": seed, "first_seed": start, "seeds": seeds},
        members=groups * len(sizes["widths"]),
        core_seconds=4.0 + groups * group_seconds(targets, sizes),
        memory_mb=700,
        kernel="products",
    )


def group_seconds(targets: Sequence[Sequence[int]], sizes: Mapping[str, Any]) -> float:
    """One seed of one target: all widths padded to the widest, and a teacher for each factor."""
    widest, teacher = max(sizes["widths"]), sizes["teacher_width"]
    teachers = sum(map(len, targets)) / len(targets)
    students = 6 * len(sizes["widths"]) * widest * (widest + 60)
    work = students + 2 * teachers * teacher * (teacher + 60)
    measured = (sizes["test_size"] + sizes["validation_size"]) / sizes["evaluate_every"]
    examples = sizes["batch"] + 0.5 * measured
    return float(sizes["steps"] * (STEP_SECONDS + examples * work / FLOPS))

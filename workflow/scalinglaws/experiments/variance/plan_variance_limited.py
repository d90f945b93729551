"""Blocks of the variance-limited experiment: one task, a range of seeds."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.variance.checks import SYNTHETIC, check_balance, check_images
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.datasets import SHAPES

EXPERIMENT = "variance_limited"
COMMON = (
    *("losses", "population", "test_size", "width", "hidden_layers", "data_sizes", "sets"),
    "steps",
)
OF_TEACHER = ("input_dimension", "classes", "teacher_width", "teacher_sharpness")


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """One block per task and range of seeds.

    Raises InputError when a population exceeds its data set, when the training sets of a seed
    cannot cover the population equally, or when the pooling does not fit the images.
    """
    check_balance(EXPERIMENT, sizes)
    starts = range(0, sizes["seeds"], sizes["seeds_per_block"])
    return [block(task, start, sizes, seed) for task in sizes["tasks"] for start in starts]


def block(task: str, start: int, sizes: Mapping[str, Any], seed: int) -> Block:
    seeds = min(sizes["seeds_per_block"], sizes["seeds"] - start)
    settings = {name: sizes[name] for name in COMMON}
    settings |= {"task": task, "seed": seed, "first_seed": start, "seeds": seeds}
    if task == SYNTHETIC:
        settings |= {name: sizes[name] for name in OF_TEACHER}
        settings |= {"learning_rate": sizes["learning_rate_teacher"]}
    else:
        check_images(EXPERIMENT, task, sizes)
        settings |= {"learning_rate": sizes["learning_rate_images"], "pooling": sizes["pooling"]}
    members = seeds * len(sizes["losses"]) * len(sizes["data_sizes"]) * (sizes["sets"] + 1)
    return Block(
        paper="bahri2021",
        experiment=EXPERIMENT,
        name=f"{task}_{start}",
        module="scalinglaws.experiments.variance.run_mlp",
        settings=settings,
        members=members,
        core_seconds=4.0 + members * member_seconds(task, sizes),
        datasets=() if task == SYNTHETIC else (task,),
        memory_mb=900 + int(sizes["population"] * sizes["width"] * sizes["sets"] * 1e-4),
        kernel="products",
    )


def member_seconds(task: str, sizes: Mapping[str, Any]) -> float:
    """Measured: 0.14 ms a step for 20 inputs, 0.22 ms for 49, at width 8 on 3,000 examples."""
    features = input_count(task, sizes)
    per_example = (28e-9 + 0.9e-9 * features) * sizes["width"] / 8
    return float(sizes["steps"] * sizes["population"] * per_example)


def input_count(task: str, sizes: Mapping[str, Any]) -> int:
    if task == SYNTHETIC:
        return int(sizes["input_dimension"])
    side, channels, _ = SHAPES[task]
    return (side // sizes["pooling"]) ** 2 * channels

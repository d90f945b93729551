"""Blocks of the networks on real images: one data set, a range of seeds."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.costs import largest_split, minibatch_seconds
from scalinglaws.planning.datasets import SHAPES, SIZES

EXPERIMENT = "digits_mlp"
COMMON = (
    *("data_sizes", "steps", "batch", "learning_rate", "evaluate_every", "pooling"),
    *("width", "hidden_layers", "test_size", "validation_size"),
)


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """One block per data set and range of seeds.

    Raises InputError when the largest training set, with the validation set beside it, or the
    test set exceeds the data set, or when the pooling does not fit the images.
    """
    for task in sizes["tasks"]:
        check(task, sizes)
    starts = range(0, sizes["seeds"], sizes["seeds_per_block"])
    return [block(task, start, sizes, seed) for task in sizes["tasks"] for start in starts]


def check(task: str, sizes: Mapping[str, Any]) -> None:
    (train, test), (side, _, _) = SIZES[task], SHAPES[task]
    needed = max(sizes["data_sizes"]) + sizes["validation_size"]
    if needed > train:
        raise InputError(
            f"{EXPERIMENT}.data_sizes: the largest, {max(sizes['data_sizes'])}, and "
            f"{sizes['validation_size']} validation examples are {needed}, but {task} has {train} "
            "training examples; choose smaller sizes in config/scales."
        )
    if sizes["test_size"] > test:
        raise InputError(
            f"{EXPERIMENT}.test_size is {sizes['test_size']} but {task} has {test} test examples; "
            "choose a smaller one in config/scales."
        )
    if side % sizes["pooling"]:
        raise InputError(
            f"{EXPERIMENT}.pooling is {sizes['pooling']}, which does not divide the side {side} of "
            f"{task}; choose a divisor in config/scales."
        )


def block(task: str, start: int, sizes: Mapping[str, Any], seed: int) -> Block:
    seeds = min(sizes["seeds_per_block"], sizes["seeds"] - start)
    members = seeds * len(sizes["data_sizes"])
    side, channels, classes = SHAPES[task]
    features = (side // sizes["pooling"]) ** 2 * channels
    layers = [features, *[sizes["width"]] * sizes["hidden_layers"], classes]
    settings = {name: sizes[name] for name in COMMON}
    settings |= {"task": task, "seed": seed, "first_seed": start, "seeds": seeds}
    return Block(
        paper="bahri2021",
        experiment=EXPERIMENT,
        name=f"{task}_{start}",
        module="scalinglaws.experiments.mlp_scans.run_digits",
        settings=settings,
        members=members,
        core_seconds=4.0 + members * minibatch_seconds(layers, sizes),
        datasets=(task,),
        memory_mb=1000 + int(members / seeds * largest_split(sizes) * sizes["width"] * 2e-5),
        kernel="products",
    )

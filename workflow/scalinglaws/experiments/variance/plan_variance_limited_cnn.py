"""Blocks of the variance-limited convolutional networks: one task, a range of seeds."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.variance.checks import check_balance, check_images
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.datasets import SHAPES
from scalinglaws.planning.gpu_work import (
    Footprint,
    Work,
    evaluation,
    gpu_memory_mb,
    training,
)
from scalinglaws.planning.network_costs import Product, product

EXPERIMENT = "variance_limited_cnn"
COMMON = (
    *("losses", "population", "test_size", "pooling", "channels", "data_sizes", "sets", "steps"),
    "learning_rate",
)
SMALLEST_SIDE = 4  # two 2 x 2 pools
CONVOLUTIONS, POOLED_AFTER = 4, (1, 2)  # of networks.myrtle
KERNELS = 40  # of a forward and a backward pass, weights of the examples included
PRECISION = "float32"  # differences of losses of 1e-4 and less are what is measured


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """One block per task and range of seeds.

    Raises InputError as variance_limited does, and when pooling leaves fewer than 4 x 4 pixels.
    """
    check_balance(EXPERIMENT, sizes)
    for task in sizes["tasks"]:
        check_images(EXPERIMENT, task, sizes)
        check_side(task, sizes["pooling"])
    starts = range(0, sizes["seeds"], sizes["seeds_per_block"])
    return [block(task, start, sizes, seed, device) for task in sizes["tasks"] for start in starts]


def check_side(task: str, pooling: int) -> None:
    side = SHAPES[task][0] // pooling
    if side < SMALLEST_SIDE:
        raise InputError(
            f"{EXPERIMENT}.pooling is {pooling}, which leaves {side} x {side} pixels of {task}; "
            f"the network needs {SMALLEST_SIDE} x {SMALLEST_SIDE}: choose a smaller one in "
            "config/scales."
        )


def block(task: str, start: int, sizes: Mapping[str, Any], seed: int, device: str) -> Block:
    seeds = min(sizes["seeds_per_block"], sizes["seeds"] - start)
    settings = {name: sizes[name] for name in COMMON}
    settings |= {"task": task, "seed": seed, "first_seed": start, "seeds": seeds}
    members = seeds * len(sizes["losses"]) * (1 + len(sizes["data_sizes"]) * sizes["sets"])
    cuda = device == "cuda"
    return Block(
        paper="bahri2021",
        experiment=EXPERIMENT,
        name=f"{task}_{start}",
        module="scalinglaws.experiments.variance.run_cnn",
        settings=settings,
        members=members,
        core_seconds=4.0 + (0.0 if cuda else members * member_seconds(task, sizes)),
        datasets=(task,),
        memory_mb=1000 + int(1e-3 * min(sizes["population"], 2048) * image_positions(task, sizes)),
        gpu=cuda,
        kernel="convolutions",
        gpu_work=work(task, sizes, members) if cuda else (),
        gpu_memory_mb=memory_on_gpu(task, sizes) if cuda else 0,
    )


def work(task: str, sizes: Mapping[str, Any], members: int) -> tuple[Work, Work]:
    """Full-batch descent on the population, and the test losses at the end."""
    network, steps = footprint(task, sizes), members * sizes["steps"]
    return (
        training(network, steps, sizes["population"], PRECISION, "sgd"),
        evaluation(network, members, sizes["test_size"], PRECISION),
    )


def memory_on_gpu(task: str, sizes: Mapping[str, Any]) -> int:
    side, channels, _ = SHAPES[task]
    images = sizes["population"] + sizes["test_size"]
    resident = 4.0 * images * channels * (side // sizes["pooling"]) ** 2
    network = footprint(task, sizes)
    return gpu_memory_mb(network, sizes["population"], PRECISION, "sgd", resident)


def footprint(task: str, sizes: Mapping[str, Any]) -> Footprint:
    """Convolutions with bias and ReLU, two of them with a mean-pool; the logits."""
    side, inside, classes = SHAPES[task]
    side //= sizes["pooling"]
    width = sizes["channels"]
    found: list[Product] = []
    numbers, count = float(inside * side**2), 0
    for layer in range(CONVOLUTIONS):
        found.append(product((width, inside, 3, 3), side**2))
        numbers += 2 * width * side**2
        count += 9 * inside * width + width
        if layer in POOLED_AFTER:
            side //= 2
            numbers += width * side**2
        inside = width
    found.append(product((classes, width)))
    return Footprint(tuple(found), numbers, count + classes * (width + 1), KERNELS)


def image_positions(task: str, sizes: Mapping[str, Any]) -> float:
    return float((SHAPES[task][0] // sizes["pooling"]) ** 2)


def member_seconds(task: str, sizes: Mapping[str, Any]) -> float:
    """Measured: 13 microseconds a step and image of 7 x 7 or 8 x 8 pixels at eight channels."""
    per_image = 0.25e-6 * image_positions(task, sizes) * sizes["channels"] / 8
    return float(sizes["steps"] * sizes["population"] * per_image)

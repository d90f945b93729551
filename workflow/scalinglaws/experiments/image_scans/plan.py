"""Blocks of the networks on images: a list of variants, times data sizes, times seeds."""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.datasets import SHAPES, SIZES, check_training_sizes
from scalinglaws.planning.devices import check_precision
from scalinglaws.planning.image_costs import (
    START_UP,
    member_gpu_memory_mb,
    member_seconds,
    member_work,
    memory_mb,
)

MODULE = "scalinglaws.experiments.image_scans.run"
COMMON = (
    *("network", "pooling", "steps", "batch", "optimiser", "learning_rate", "weight_decay"),
    *("precision", "crop", "flips", "evaluate_every", "test_size", "embedded"),
)
CNN_WIDTHS, CNN_DEPTH = {"svhn": 64}, 4  # Table 1: channels of the first convolution
DIGITS = (2, 5, 10)
# Superclass counts with a documented merge (data.superclasses); elsewhere the classes as they are.
MERGES = {"cifar100": (2, 5, 10, 20, 100), "mnist5k": DIGITS, "mnist": DIGITS, "svhn": DIGITS}

Variant = dict[str, Any]
Sizes = Mapping[str, Any]


def variant(task: str, width: int, depth: int, **changes: Any) -> Variant:
    """A variant without superclasses and noise, unless `changes` say so.

    Raises InputError for an unknown data set.
    """
    if task not in SHAPES:
        raise InputError(
            f"data set {task!r} is unknown; expected one of: {', '.join(sorted(SHAPES))}: correct "
            "config/scales."
        )
    whole = {"task": task, "classes": SHAPES[task][2], "noise": 0.0, "noise_kind": "none"}
    return {**whole, "width": width, "depth": depth, **changes}


def image_blocks(
    experiment: str, variants: Sequence[Variant], sizes: Sizes, seed: int, device: str
) -> list[Block]:
    """All variants x data sizes x seeds, cut into blocks.

    Raises InputError for what cannot be: data sizes beyond a set, unfitting pooling, width below
    1, a residual depth that is not 6 n + 4, unknown superclass counts, negative noise, TF32 on a
    CPU.
    """
    check_precision(experiment, sizes["precision"], device)
    for each in variants:
        check(experiment, each, sizes)
    data_sizes = sorted(sizes["data_sizes"])
    cuts = [
        (kinds, first, parts)
        for kinds in pieces(variants, sizes["variants_per_block"])
        for first in range(0, sizes["seeds"], sizes["seeds_per_block"])
        for parts in pieces(data_sizes, sizes["sizes_per_block"])
    ]
    return [block(experiment, number, *cut, sizes, seed, device) for number, cut in enumerate(cuts)]


def pieces(items: Sequence[Any], length: int) -> list[list[Any]]:
    return [list(items[start : start + length]) for start in range(0, len(items), length)]


def block(
    experiment: str,
    number: int,
    variants: list[Variant],
    first_seed: int,
    data_sizes: list[int],
    sizes: Sizes,
    seed: int,
    device: str,
) -> Block:
    seeds = min(sizes["seeds_per_block"], sizes["seeds"] - first_seed)
    tasks = sorted({each["task"] for each in variants})
    largest = max(data_sizes) == max(sizes["data_sizes"])
    settings = {name: sizes[name] for name in COMMON}
    settings |= {"experiment": experiment, "variants": variants, "data_sizes": data_sizes}
    settings |= {"seed": seed, "first_seed": first_seed, "seeds": seeds}
    # Dimensions are measured on the networks with the largest training set only.
    settings["embedded"] = sizes["embedded"] if largest else 0
    cuda, alike = device == "cuda", seeds * len(data_sizes)
    each = 0.0 if cuda else sum(member_seconds(one, sizes) for one in variants)
    work = [part for one in variants for part in member_work(one, sizes, alike)] if cuda else []
    memory = [member_gpu_memory_mb(one, sizes, max(data_sizes)) for one in variants if cuda]
    return Block(
        paper="bahri2021",
        experiment=experiment,
        name=f"part{number}",
        module=MODULE,
        settings=settings,
        members=len(variants) * seeds * len(data_sizes),
        core_seconds=START_UP + alike * each,
        datasets=tuple(tasks),
        memory_mb=memory_mb(tasks, sizes),
        gpu=cuda,
        kernel="products" if sizes["network"] == "mlp" else "convolutions",
        gpu_work=tuple(work),
        gpu_memory_mb=max(memory, default=0),
    )


def check(experiment: str, one: Variant, sizes: Sizes) -> None:
    task = one["task"]
    check_training_sizes(f"{experiment}.data_sizes", sizes["data_sizes"], task)
    check_images(experiment, task, sizes)
    check_shape(experiment, one, sizes)
    known = MERGES.get(task, (SHAPES[task][2],))
    if one["classes"] not in known:
        raise InputError(
            f"{experiment}.classes has {one['classes']}, but {task} is merged into "
            f"{', '.join(map(str, known))} classes only: choose among these in config/scales."
        )
    if one["noise"] < 0:
        raise InputError(
            f"{experiment}.noises has {one['noise']}; expected standard deviations of at least 0: "
            "correct config/scales."
        )


def check_images(experiment: str, task: str, sizes: Sizes) -> None:
    side, available = SHAPES[task][0], SIZES[task][1]
    if sizes["test_size"] > available:
        raise InputError(
            f"{experiment}.test_size is {sizes['test_size']} but {task} has {available} test "
            "images; choose a smaller one in config/scales."
        )
    smallest = 4 if sizes["network"] == "cnn" else 1  # two max-pools
    if side % sizes["pooling"] or side // sizes["pooling"] < smallest:
        raise InputError(
            f"{experiment}.pooling is {sizes['pooling']}, but images of {task} have sides of "
            f"{side}; choose a divisor that leaves at least {smallest} pixels in config/scales."
        )


def check_shape(experiment: str, one: Variant, sizes: Sizes) -> None:
    if one["width"] < 1:
        raise InputError(
            f"{experiment}: width is {one['width']}; expected at least 1: correct config/scales."
        )
    residual = sizes["network"] == "wrn"
    if residual and (one["depth"] < 10 or one["depth"] % 6 != 4):
        raise InputError(
            f"{experiment}: depth is {one['depth']}; a wide residual network has 6 n + 4 layers "
            "(10, 16, 22, 28, ...): choose one of these in config/scales."
        )
    if one["depth"] < 1:
        raise InputError(
            f"{experiment}: depth is {one['depth']}; expected at least 1: correct config/scales."
        )

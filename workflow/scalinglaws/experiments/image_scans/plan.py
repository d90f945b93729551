"""Blocks of the networks on images: a list of variants, times data sizes, times seeds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.image_scans.costs import (
    START_UP,
    member_gpu_memory_mb,
    member_seconds,
    member_work,
    memory_mb,
)
from scalinglaws.experiments.image_scans.settings import Settings, Training, Variant
from scalinglaws.planning.blocks import Block, Request
from scalinglaws.planning.datasets import SHAPES, SIZES, check_training_sizes
from scalinglaws.planning.devices import check_precision
from scalinglaws.records import as_record

CNN_WIDTHS, CNN_DEPTH = {"svhn": 64}, 4  # Table 1: channels of the first convolution
DIGITS = (2, 5, 10)
# Superclass counts with a documented merge (data.superclasses); elsewhere the classes as they are.
MERGES = {"cifar100": (2, 5, 10, 20, 100), "mnist5k": DIGITS, "mnist": DIGITS, "svhn": DIGITS}

Given = Mapping[str, Any]


@dataclass(frozen=True)
class Sizes(Training):
    """What all experiments of the family have; their variants come from further keys."""

    data_sizes: tuple[int, ...]
    seeds: int
    variants_per_block: int
    seeds_per_block: int
    sizes_per_block: int


def blocks(request: Request) -> list[Block]:
    """All variants x data sizes x seeds, cut into blocks.

    Raises InputError for what cannot be: data sizes beyond a set, unfitting pooling, width below
    1, a residual depth that is not 6 n + 4, unknown superclass counts, negative noise, TF32 on a
    CPU, seeds that are no whole number of blocks.
    """
    given = request.sizes
    sizes = as_record(Sizes, {field.name: given[field.name] for field in fields(Sizes)})
    variants = VARIANTS[request.experiment](given)
    check_precision(request.experiment, sizes.precision, request.device)
    for each in variants:
        check(request.experiment, each, sizes)
    return [
        scan_block(request, sizes, f"variants{n}_seeds{first}_sizes{m}", kinds, first, seeds, parts)
        for n, kinds in enumerate(pieces(variants, sizes.variants_per_block))
        for first, seeds in request.seed_ranges()
        for m, parts in enumerate(pieces(sorted(sizes.data_sizes), sizes.sizes_per_block))
    ]


def variant(task: str, width: int, depth: int, **changes: Any) -> Variant:
    """A variant without superclasses and noise, unless `changes` say so.

    Raises InputError for an unknown data set.
    """
    if task not in SHAPES:
        raise InputError(
            f"data set {task!r} is unknown; expected one of: {', '.join(sorted(SHAPES))}: correct "
            "config/scales."
        )
    whole = {"classes": SHAPES[task][2], "noise": 0.0, "noise_kind": "none", **changes}
    return Variant(task=task, width=width, depth=depth, **whole)


def shape_per_task(given: Given) -> list[Variant]:
    """Every task at one shape (Figs. 1a, S1)."""
    return [variant(task, given["width"], given["depth"]) for task in given["tasks"]]


def widths_per_task(given: Given) -> list[Variant]:
    """Every task at every width, one depth (Fig. 1a bottom left)."""
    shapes = [(task, width) for task in given["tasks"] for width in given["widths"]]
    return [variant(task, width, given["depth"]) for task, width in shapes]


def table_1(given: Given) -> list[Variant]:
    """Every task with its column of Table 1 (Fig. S3)."""
    return [variant(task, CNN_WIDTHS.get(task, 50), CNN_DEPTH) for task in given["tasks"]]


def superclasses(given: Given) -> list[Variant]:
    """One task in several numbers of classes (Fig. 3 left)."""
    shape = given["task"], given["width"], given["depth"]
    return [variant(*shape, classes=count) for count in given["classes"]]


def noises(given: Given) -> list[Variant]:
    """One task under several noises; without noise the kinds are one (Fig. 3 right)."""
    shape = given["task"], given["width"], given["depth"]
    levels = [noise for noise in given["noises"] if noise]
    kinds = [(kind, noise) for kind in given["noise_kinds"] for noise in levels]
    noisy = [variant(*shape, noise=noise, noise_kind=kind) for kind, noise in kinds]
    return [variant(*shape), *noisy]


def aspect_ratios(given: Given) -> list[Variant]:
    """One task: all widths at one depth, and all depths at one width, once each (Fig. S5)."""
    shapes = [(width, given["depth"]) for width in given["widths"]]
    shapes += [(given["width"], depth) for depth in given["depths"]]
    return [variant(given["task"], *shape) for shape in dict.fromkeys(shapes)]


VARIANTS: Mapping[str, Callable[[Given], list[Variant]]] = {
    "image_data_scan": shape_per_task,
    "image_width_scan": widths_per_task,
    "cnn_data_scan": table_1,
    "superclass_scan": superclasses,
    "noise_scan": noises,
    "aspect_scan": aspect_ratios,
}


def pieces(items: Sequence[Any], length: int) -> list[list[Any]]:
    return [list(items[start : start + length]) for start in range(0, len(items), length)]


def scan_block(
    request: Request,
    sizes: Sizes,
    name: str,
    variants: list[Variant],
    first_seed: int,
    seeds: int,
    data_sizes: list[int],
) -> Block:
    tasks = sorted({each.task for each in variants})
    training = {field.name: getattr(sizes, field.name) for field in fields(Training)}
    # Dimensions are measured on the networks with the largest training set only.
    if max(data_sizes) < max(sizes.data_sizes):
        training["embedded"] = 0
    settings = Settings(
        **training,
        experiment=request.experiment,
        variants=tuple(variants),
        data_sizes=tuple(data_sizes),
        seed=request.seed,
        first_seed=first_seed,
        seeds=seeds,
    )
    cuda, alike = request.device == "cuda", seeds * len(data_sizes)
    seconds = 0.0 if cuda else sum(member_seconds(one, sizes) for one in variants)
    work = [part for one in variants for part in member_work(one, sizes, alike)] if cuda else []
    memory = [member_gpu_memory_mb(one, sizes, max(data_sizes)) for one in variants if cuda]
    return request.block(
        name,
        asdict(settings),
        members=len(variants) * alike,
        core_seconds=START_UP + alike * seconds,
        datasets=tuple(tasks),
        memory_mb=memory_mb(tasks, sizes.pooling),
        gpu=cuda,
        kernel="products" if sizes.network == "mlp" else "convolutions",
        gpu_work=tuple(work),
        gpu_memory_mb=max(memory, default=0),
    )


def check(experiment: str, one: Variant, sizes: Sizes) -> None:
    task = one.task
    check_training_sizes(f"{experiment}.data_sizes", list(sizes.data_sizes), task)
    check_images(experiment, task, sizes)
    check_shape(experiment, one, sizes)
    known = MERGES.get(task, (SHAPES[task][2],))
    if one.classes not in known:
        raise InputError(
            f"{experiment}.classes has {one.classes}, but {task} is merged into "
            f"{', '.join(map(str, known))} classes only: choose among these in config/scales."
        )
    if one.noise < 0:
        raise InputError(
            f"{experiment}.noises has {one.noise}; expected standard deviations of at least 0: "
            "correct config/scales."
        )


def check_images(experiment: str, task: str, sizes: Sizes) -> None:
    side, available = SHAPES[task][0], SIZES[task][1]
    if sizes.test_size > available:
        raise InputError(
            f"{experiment}.test_size is {sizes.test_size} but {task} has {available} test "
            "images; choose a smaller one in config/scales."
        )
    smallest = 4 if sizes.network == "cnn" else 1  # two max-pools
    if side % sizes.pooling or side // sizes.pooling < smallest:
        raise InputError(
            f"{experiment}.pooling is {sizes.pooling}, but images of {task} have sides of "
            f"{side}; choose a divisor that leaves at least {smallest} pixels in config/scales."
        )


def check_shape(experiment: str, one: Variant, sizes: Sizes) -> None:
    if one.width < 1:
        raise InputError(
            f"{experiment}: width is {one.width}; expected at least 1: correct config/scales."
        )
    residual = sizes.network == "wrn"
    if residual and (one.depth < 10 or one.depth % 6 != 4):
        raise InputError(
            f"{experiment}: depth is {one.depth}; a wide residual network has 6 n + 4 layers "
            "(10, 16, 22, 28, ...): choose one of these in config/scales."
        )
    if one.depth < 1:
        raise InputError(
            f"{experiment}: depth is {one.depth}; expected at least 1: correct config/scales."
        )

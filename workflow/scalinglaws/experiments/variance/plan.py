"""Blocks of the variance-limited experiments: seeds in ranges, for small networks task by task."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.variance import costs
from scalinglaws.experiments.variance.sizes import (
    SYNTHETIC,
    CNNSizes,
    MLPSizes,
    Resampled,
    WideSizes,
)
from scalinglaws.planning.blocks import Block, Request
from scalinglaws.planning.datasets import SHAPES, SIZES

OF_TEACHER = ("input_dimension", "classes", "teacher_width", "teacher_sharpness")
OF_BOTH = ("losses", "population", "test_size", "data_sizes", "sets", "steps")
OF_MLP = (*OF_BOTH, "width", "hidden_layers")
OF_CNN = (*OF_BOTH, "pooling", "channels", "learning_rate")
OF_WIDE = (
    *("tasks", "losses", "activations", "train_size", "test_size", "pooling", *OF_TEACHER),
    *("widths", "hidden_layers", "steps", "relative_rate"),
)
SMALLEST_SIDE = 4  # of a Myrtle network's images: two 2 x 2 pools


def blocks(request: Request) -> list[Block]:
    """One block per range of seeds; of small networks, per task and range.

    Raises InputError when examples exceed their data set, when the training sets of a seed cannot
    cover the population equally, when the pooling does not fit the images or the network, or when
    seeds cannot be dealt to whole blocks.
    """
    if request.experiment == "variance_limited":
        return mlp_blocks(request, request.sizes_as(MLPSizes))
    if request.experiment == "variance_limited_cnn":
        return cnn_blocks(request, request.sizes_as(CNNSizes))
    return wide_blocks(request, request.sizes_as(WideSizes))


def chosen(request: Request, names: tuple[str, ...], first: int, seeds: int) -> dict[str, Any]:
    """A block's settings: these sizes as they stand, and its seeds."""
    of_block = {"seed": request.seed, "first_seed": first, "seeds": seeds}
    return {**{name: request.sizes[name] for name in names}, **of_block}


def mlp_blocks(request: Request, sizes: MLPSizes) -> list[Block]:
    check_balance(request.experiment, sizes)
    check_images(request, "population")
    ranges = request.seed_ranges()
    return [mlp_block(request, sizes, task, *part) for task in sizes.tasks for part in ranges]


def mlp_block(request: Request, sizes: MLPSizes, task: str, first: int, seeds: int) -> Block:
    settings = {**chosen(request, OF_MLP, first, seeds), "task": task}
    if task == SYNTHETIC:
        settings |= {name: request.sizes[name] for name in OF_TEACHER}
        settings |= {"learning_rate": sizes.learning_rate_teacher}
    else:
        settings |= {"learning_rate": sizes.learning_rate_images, "pooling": sizes.pooling}
    members = seeds * len(sizes.losses) * len(sizes.data_sizes) * (sizes.sets + 1)
    return request.block(
        f"{task}_{first}",
        settings,
        run="run_mlp",
        members=members,
        core_seconds=costs.START_UP + members * costs.mlp_seconds(task, sizes),
        datasets=() if task == SYNTHETIC else (task,),
        memory_mb=900 + int(sizes.population * sizes.width * sizes.sets * 1e-4),
        kernel="products",
    )


def cnn_blocks(request: Request, sizes: CNNSizes) -> list[Block]:
    check_balance(request.experiment, sizes)
    check_images(request, "population")
    for task in sizes.tasks:
        check_side(request.experiment, task, sizes.pooling)
    ranges = request.seed_ranges()
    return [cnn_block(request, sizes, task, *part) for task in sizes.tasks for part in ranges]


def cnn_block(request: Request, sizes: CNNSizes, task: str, first: int, seeds: int) -> Block:
    members = seeds * len(sizes.losses) * (1 + len(sizes.data_sizes) * sizes.sets)
    cuda, side = request.device == "cuda", SHAPES[task][0] // sizes.pooling
    seconds = 0.0 if cuda else members * costs.cnn_seconds(side, sizes)
    return request.block(
        f"{task}_{first}",
        {**chosen(request, OF_CNN, first, seeds), "task": task},
        run="run_cnn",
        members=members,
        core_seconds=costs.START_UP + seconds,
        datasets=(task,),
        memory_mb=1000 + int(1e-3 * min(sizes.population, 2048) * side**2),
        gpu=cuda,
        kernel="convolutions",
        gpu_work=costs.cnn_work(task, sizes, members) if cuda else (),
        gpu_memory_mb=costs.cnn_gpu_memory_mb(task, sizes) if cuda else 0,
    )


def wide_blocks(request: Request, sizes: WideSizes) -> list[Block]:
    check_images(request, "train_size")
    ranges = request.seed_ranges()
    return [wide_block(request, sizes, *part) for part in ranges]


def wide_block(request: Request, sizes: WideSizes, first: int, seeds: int) -> Block:
    """All lines (task, loss, activation) of a range of initialisations."""
    centred = request.experiment == "variance_limited_centred"
    per_task = len(sizes.losses) * len(sizes.activations)
    lines = list(sizes.tasks) * per_task
    cuda, kernels = request.device == "cuda", costs.largest_kernel_mb(sizes)
    seconds = 0.0 if cuda else sum(costs.line_seconds(task, sizes) for task in lines)
    work = [part for task in sizes.tasks for part in costs.line_work(task, sizes, seeds * per_task)]
    return request.block(
        f"seeds_{first}",
        {**chosen(request, OF_WIDE, first, seeds), "centred": centred},
        run="run_wide",
        members=seeds * len(lines) * len(sizes.widths),
        core_seconds=costs.START_UP + seeds * seconds,
        datasets=tuple(task for task in sizes.tasks if task != SYNTHETIC),
        memory_mb=900 + int(max(sizes.widths) ** 2 * 2e-5 + kernels),
        gpu=cuda,
        kernel="products",
        gpu_work=tuple(work) if cuda else (),
        gpu_memory_mb=costs.wide_gpu_memory_mb(sizes) if cuda else 0,
    )


def check_images(request: Request, training_key: str) -> None:
    """Refuse more examples than a data set has and a pooling that does not divide its side."""
    sizes: Mapping[str, Any] = request.sizes
    for task in [task for task in sizes["tasks"] if task != SYNTHETIC]:
        for key, available in zip((training_key, "test_size"), SIZES[task], strict=True):
            if sizes[key] > available:
                raise InputError(
                    f"{request.experiment}.{key} is {sizes[key]} but {task} has {available} "
                    "examples there; choose a smaller one in config/scales."
                )
        if SHAPES[task][0] % sizes["pooling"]:
            raise InputError(
                f"{request.experiment}.pooling is {sizes['pooling']}, which does not divide the "
                f"side {SHAPES[task][0]} of {task}; choose a divisor in config/scales."
            )


def check_balance(experiment: str, sizes: Resampled) -> None:
    """Refuse data sizes whose sets cannot hold every example of the population equally often."""
    for size in sizes.data_sizes:
        if sizes.sets * size % sizes.population:
            raise InputError(
                f"{experiment}.data_sizes holds {size}: {sizes.sets} sets of that size do not "
                f"cover the population of {sizes.population} equally; expected sets * size to "
                "be a multiple of the population: change config/scales."
            )


def check_side(experiment: str, task: str, pooling: int) -> None:
    side = SHAPES[task][0] // pooling
    if side < SMALLEST_SIDE:
        raise InputError(
            f"{experiment}.pooling is {pooling}, which leaves {side} x {side} pixels of {task}; "
            f"the network needs {SMALLEST_SIDE} x {SMALLEST_SIDE}: choose a smaller one in "
            "config/scales."
        )

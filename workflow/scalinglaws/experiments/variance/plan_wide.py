"""Blocks of the wide networks: all lines (task, loss, activation), a range of initialisations."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.variance.checks import SYNTHETIC, check_images
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.datasets import SHAPES
from scalinglaws.planning.gpu_work import CONTEXT_MB, Work

KEYS = (
    *("tasks", "losses", "activations", "train_size", "test_size", "pooling", "input_dimension"),
    *("classes", "teacher_width", "teacher_sharpness", "widths", "hidden_layers", "steps"),
    "relative_rate",
)
PRECISION = "float32"  # differences of losses of 1e-4 and less are what is measured
KERNELS = 40  # of a step of the network and of its linearisation


def wide_blocks(
    experiment: str, sizes: Mapping[str, Any], seed: int, device: str, centred: bool
) -> list[Block]:
    """One block per range of seeds. Raises InputError when a task has too few examples."""
    for task in sizes["tasks"]:
        if task != SYNTHETIC:
            check_images(experiment, task, sizes, "train_size")
    starts = range(0, sizes["seeds"], sizes["seeds_per_block"])
    return [block(experiment, start, sizes, seed, device, centred) for start in starts]


def block(
    experiment: str, start: int, sizes: Mapping[str, Any], seed: int, device: str, centred: bool
) -> Block:
    seeds = min(sizes["seeds_per_block"], sizes["seeds"] - start)
    settings = {name: sizes[name] for name in KEYS}
    settings |= {"centred": centred, "seed": seed, "first_seed": start, "seeds": seeds}
    lines = list(sizes["tasks"]) * len(sizes["losses"]) * len(sizes["activations"])
    cuda = device == "cuda"
    seconds = 0.0 if cuda else sum(line_seconds(task, sizes) for task in lines)
    each = seeds * len(lines) // len(sizes["tasks"])  # lines of a task, times initialisations
    work = [part for task in sizes["tasks"] for part in line_work(task, sizes, each)]
    return Block(
        paper="bahri2021",
        experiment=experiment,
        name=f"seeds_{start}",
        module="scalinglaws.experiments.variance.run_wide",
        settings=settings,
        members=seeds * len(lines) * len(sizes["widths"]),
        core_seconds=4.0 + seeds * seconds,
        datasets=tuple(task for task in sizes["tasks"] if task != SYNTHETIC),
        memory_mb=900 + int(max(sizes["widths"]) ** 2 * 2e-5 + largest_kernel(sizes)),
        gpu=cuda,
        kernel="products",
        gpu_work=tuple(work) if cuda else (),
        gpu_memory_mb=memory_on_gpu(sizes) if cuda else 0,
    )


def memory_on_gpu(sizes: Mapping[str, Any]) -> int:
    """Weights, gradients and a copy at the start, as on the host; kernels likewise."""
    weights = sizes["hidden_layers"] * max(sizes["widths"]) ** 2
    return CONTEXT_MB + int(4 * 4e-6 * weights + largest_kernel(sizes))


def line_work(task: str, sizes: Mapping[str, Any], count: int) -> list[Work]:
    """Of so many networks at each width: descent with its linearisation, then the rest.

    The rest are the tangent kernel of the training set and four passes over the test set.
    """
    examples, rows = sizes["train_size"], sizes["train_size"] * classes_of(task, sizes)
    found = []
    for width in sizes["widths"]:
        weights = (sizes["hidden_layers"] - 1) * width**2 + 100.0 * width
        descent = ((min(width, examples), 6.0 * examples * weights), (rows, 2.0 * rows**2))
        traffic = 4.0 * (7 * weights + rows**2)  # weights and gradients; the kernel is read once
        found.append(Work(count * sizes["steps"], PRECISION, KERNELS, descent, traffic))
        once = ((width, 2.0 * rows**2 * width + 8.0 * weights * sizes["test_size"]),)
        found.append(Work(count, PRECISION, KERNELS, once, 4.0 * (4 * weights + 3 * rows**2)))
    return found


def classes_of(task: str, sizes: Mapping[str, Any]) -> int:
    return int(sizes["classes"] if task == SYNTHETIC else SHAPES[task][2])


def largest_kernel(sizes: Mapping[str, Any]) -> float:
    """Megabytes of the tangent kernel of the training set and its factors."""
    rows = max(sizes["train_size"] * classes_of(task, sizes) for task in sizes["tasks"])
    return 4e-6 * rows * (3 * rows + 3 * max(sizes["widths"]))


def line_seconds(task: str, sizes: Mapping[str, Any]) -> float:
    """Seconds of one initialisation at all widths; measured for 12 to 100 training examples.

    Training: per step three products with the training examples and one pass over the weights;
    linearisation: tangent kernel, a product with it per step; four passes over the test set.
    """
    examples, rows = sizes["train_size"], sizes["train_size"] * classes_of(task, sizes)
    total = 0.0
    for width in sizes["widths"]:
        weights = (sizes["hidden_layers"] - 1) * width**2 + 100.0 * width
        training = sizes["steps"] * (1.2e-4 + weights * (6 * examples / 6e10 + 2.5e-10))
        kernel = rows**2 * (1.5e-8 + 6e-11 * width + 1.5e-10 * sizes["steps"])
        total += training + kernel + 8 * weights * sizes["test_size"] / 8e10
    return total

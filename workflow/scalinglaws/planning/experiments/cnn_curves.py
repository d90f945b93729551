"""Plan of the CNN learning curves of D'Amico et al. (arXiv:2505.13230, figure 3)."""

import math
from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.datasets import SHAPES, SIZES, check_training_sizes

EXPERIMENT = "cnn_curves"
NUMBERS = (  # sizes handed to the training as they stand
    *("dataset", "pool", "widths", "hidden", "pool_every", "init_factor"),
    *("batch_size", "learning_rate", "weight_decay", "epochs", "log_epochs"),
)
# One CPU thread, in multiply-adds of one image's forward pass per second.
TRAIN_RATE, EVALUATE_RATE = 7.8e9, 2.8e10
STEP_SECONDS = 0.9e-3  # of one member, whatever the batch: small tensors, optimiser
GPU_SPEEDUP = 300.0  # an estimate: figures only in the planned time
START_UP = 5.0  # seconds: imports and data

Ensemble = dict[str, Any]


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Ensembles (one P, several seeds), dealt into blocks of about equal cost.

    Raises InputError for training sizes the data set does not have and for unfitting pooling.
    """
    check_training_sizes(f"{EXPERIMENT}.training_sizes", sizes["training_sizes"], sizes["dataset"])
    check_pooling(sizes)
    ensembles = [
        {"P": size, "seeds": list(range(start, min(start + sizes["stack"], sizes["seeds"])))}
        for size in sizes["training_sizes"]
        for start in range(0, sizes["seeds"], sizes["stack"])
    ]
    groups = dealt(ensembles, sizes)
    return [
        block(number, group, sizes, seed, device) for number, group in enumerate(groups) if group
    ]


def check_pooling(sizes: Mapping[str, Any]) -> None:
    side = SHAPES[sizes["dataset"]][0]
    if side % sizes["pool"] or side // sizes["pool"] < 2 ** pools(sizes):
        raise InputError(
            f"{EXPERIMENT}.pool is {sizes['pool']} for images of {side} x {side} pixels; expected "
            "a divisor that leaves at least one pixel after the max-pools: change config/scales."
        )


def block(
    number: int, group: list[Ensemble], sizes: Mapping[str, Any], seed: int, device: str
) -> Block:
    speed = GPU_SPEEDUP if device == "cuda" else 1.0
    return Block(
        paper="damico2025",
        experiment=EXPERIMENT,
        name=f"part{number}",
        module="scalinglaws.experiments.cnn_curves",
        settings={**{key: sizes[key] for key in NUMBERS}, "seed": seed, "ensembles": group},
        members=sum(len(ensemble["seeds"]) for ensemble in group),
        core_seconds=START_UP + sum(cost(ensemble, sizes) for ensemble in group) / speed,
        datasets=(sizes["dataset"],),
        memory_mb=memory_mb(group, sizes),
        gpu=device == "cuda",
    )


def dealt(ensembles: list[Ensemble], sizes: Mapping[str, Any]) -> list[list[Ensemble]]:
    """Longest first, each to the block with the least so far."""
    groups: list[list[Ensemble]] = [[] for _ in range(sizes["blocks"])]
    load = [0.0] * len(groups)
    for ensemble in sorted(ensembles, key=lambda item: -cost(item, sizes)):
        lightest = load.index(min(load))
        groups[lightest].append(ensemble)
        load[lightest] += cost(ensemble, sizes)
    return groups


def cost(ensemble: Ensemble, sizes: Mapping[str, Any]) -> float:
    """Seconds on one CPU thread: training, and an evaluation of both sets at each logged epoch."""
    trained = sizes["epochs"] * ensemble["P"]
    evaluated = logged(sizes) * (ensemble["P"] + SIZES[sizes["dataset"]][1])
    work = trained / TRAIN_RATE + evaluated / EVALUATE_RATE
    steps = sizes["epochs"] * math.ceil(ensemble["P"] / sizes["batch_size"])
    return len(ensemble["seeds"]) * (multiply_adds(sizes) * work + STEP_SECONDS * steps)


def logged(sizes: Mapping[str, Any]) -> int:
    """How many epochs are logged: about `log_epochs`, fewer where early ones coincide."""
    points = range(sizes["log_epochs"])
    top = max(1, sizes["log_epochs"] - 1)
    return len({int(sizes["epochs"] ** (point / top)) for point in points})


def multiply_adds(sizes: Mapping[str, Any]) -> float:
    """Multiply-adds of one image's forward pass."""
    side, channels, classes = SHAPES[sizes["dataset"]]
    side //= sizes["pool"]
    total = 0.0
    for number, width in enumerate(sizes["widths"], start=1):
        total += side**2 * 9 * channels * width
        channels, side = width, side // 2 if number % sizes["pool_every"] == 0 else side
    units = [side**2 * channels, *sizes["hidden"], classes]
    return total + sum(math.prod(units[layer : layer + 2]) for layer in range(len(units) - 1))


def memory_mb(group: list[Ensemble], sizes: Mapping[str, Any]) -> int:
    """Libraries (400 MB measured at scale quick), images while they are read, and per member six
    copies of the largest layer: weights, gradients, their stack, two moments, one temporary.
    """
    images = sum(SIZES[sizes["dataset"]]) * pixels(sizes) * 12
    side = SHAPES[sizes["dataset"]][0] // sizes["pool"] // 2 ** pools(sizes)
    units = [side**2 * sizes["widths"][-1], *sizes["hidden"], 10]
    members = max(len(ensemble["seeds"]) for ensemble in group)
    return 800 + int((images + 24 * members * units[0] * units[1]) / 1e6)


def pools(sizes: Mapping[str, Any]) -> int:
    return len(sizes["widths"]) // sizes["pool_every"]


def pixels(sizes: Mapping[str, Any]) -> int:
    side, channels, _ = SHAPES[sizes["dataset"]]
    return side**2 * channels

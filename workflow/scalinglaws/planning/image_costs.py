"""Expected time and memory of networks on images, from measurements on one CPU thread."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from scalinglaws.planning.datasets import SHAPES, SIZES

# Multiply-adds of one image's forward pass cost 6 operations in training and 2 in evaluation.
WRN_SPEED, WRN_WIDTH = 5.5e10, 16  # operations per second at width 16: 1.05e11 at 64, 2.5e10 at 4
CNN_SPEED = 6.5e10
MLP_SPEED, MLP_WIDTH = 5.5e10, 128
LAYER_SECONDS = 1.6e-4  # per convolution and step: launches, BatchNorm, optimiser
MLP_STEP_SECONDS = 9e-5  # per member and step: draws, optimiser
GPU_SPEED, GPU_STEP_SECONDS = 3e13, 3e-3  # estimates in float32: they figure only in the plan
START_UP = 3.5  # imports

Variant = Mapping[str, Any]
Sizes = Mapping[str, Any]


def member_seconds(variant: Variant, sizes: Sizes, device: str) -> float:
    """Seconds to train one network and to measure it on the way."""
    network, work = sizes["network"], multiply_adds(variant, sizes)
    evaluations = sizes["steps"] // sizes["evaluate_every"] + 2
    operations = work * (6 * sizes["steps"] * sizes["batch"] + 2 * evaluations * sizes["test_size"])
    if device == "cuda":
        return operations / GPU_SPEED + sizes["steps"] * GPU_STEP_SECONDS
    if network == "mlp":
        speed = MLP_SPEED * min(1.0, (variant["width"] / MLP_WIDTH) ** 0.5)
        return operations / speed + sizes["steps"] * MLP_STEP_SECONDS
    layers = 5 if network == "cnn" else variant["depth"]
    speed = CNN_SPEED
    if network == "wrn":
        speed = WRN_SPEED * min(2.0, max(0.2, (variant["width"] / WRN_WIDTH) ** 0.5))
    return operations / speed + sizes["steps"] * layers * LAYER_SECONDS


def multiply_adds(variant: Variant, sizes: Sizes) -> float:
    """Of one image's forward pass."""
    side, channels, classes = SHAPES[variant["task"]]
    side //= sizes["pooling"]
    if sizes["network"] == "mlp":
        layers = [side**2 * channels, *[variant["width"]] * variant["depth"], classes]
        return float(sum(left * right for left, right in pairwise(layers)))
    if sizes["network"] == "cnn":
        return cnn_multiply_adds(side, channels)
    return wrn_multiply_adds(variant["depth"], variant["width"], side, channels)


def cnn_multiply_adds(side: int, channels: int) -> float:
    """Convolutions 50, 100, 100 with a pool after the first two; the other designs cost less."""
    quarter, sixteenth = (side // 2) ** 2, (side // 4) ** 2
    convolved = 9 * (channels * 50 * side**2 + 50 * 100 * quarter + 100 * 100 * sixteenth)
    return float(convolved + 100 * sixteenth * 200)


def wrn_multiply_adds(depth: int, width: int, side: int, channels: int) -> float:
    inside, total = min(16, width), 9.0 * channels * min(16, width) * side**2
    for group in range(3):
        outside = width * 2**group
        side = -(-side // 2) if group else side
        total += side**2 * (9 * inside * outside + (inside * outside if inside != outside else 0))
        total += side**2 * 9 * outside**2 * (2 * ((depth - 4) // 6) - 1)
        inside = outside
    return total


def memory_mb(tasks: Sequence[str], sizes: Sizes) -> int:
    """Libraries, and the images as they are read, pooled and standardised."""
    total = 0
    for task in tasks:
        side, channels, _ = SHAPES[task]
        count = sum(SIZES[task]) * channels
        total += count * side**2 * 3 + count * (side // sizes["pooling"]) ** 2 * 40
    return 1200 + int(total / 1e6)

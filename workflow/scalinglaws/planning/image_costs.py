"""Expected time and memory of networks on images: on one CPU thread measured, on a GPU counted."""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from scalinglaws.planning.datasets import SHAPES, SIZES
from scalinglaws.planning.gpu_work import (
    Footprint,
    Work,
    evaluation,
    gpu_memory_mb,
    training,
)
from scalinglaws.planning.network_costs import (
    CNN_KERNELS,
    RESNET_KERNELS,
    Product,
    product,
)

# Multiply-adds of one image's forward pass cost 6 operations in training and 2 in evaluation.
WRN_SPEED, WRN_WIDTH = 5.5e10, 16  # operations per second at width 16: 1.05e11 at 64, 2.5e10 at 4
CNN_SPEED = 6.5e10
MLP_SPEED, MLP_WIDTH = 5.5e10, 128
LAYER_SECONDS = 1.6e-4  # per convolution and step: launches, BatchNorm, optimiser
MLP_STEP_SECONDS = 9e-5  # per member and step: draws, optimiser
START_UP = 3.5  # imports
STEM, GROUPS = 16, 3  # of networks.wide_resnet
# Table 1, as in networks.four_layer_cnn: channels of the convolutions, hidden units.
DESIGNS = {"cifar100": ((50, 100, 100), 200), "svhn": ((64, 64), 128)}
SMALL = ((50, 100, 100), 64)
POOLS = 2  # 2 x 2 max-pools, after the first convolutions
MLP_KERNELS = 10  # per layer, forward and backward, on stacked members

Variant = Mapping[str, Any]
Sizes = Mapping[str, Any]


def member_seconds(variant: Variant, sizes: Sizes) -> float:
    """Seconds to train one network on a CPU thread and to measure it on the way."""
    network, work = sizes["network"], multiply_adds(variant, sizes)
    evaluations = looks(sizes)
    operations = work * (6 * sizes["steps"] * sizes["batch"] + 2 * evaluations * sizes["test_size"])
    if network == "mlp":
        speed = MLP_SPEED * min(1.0, (variant["width"] / MLP_WIDTH) ** 0.5)
        return operations / speed + sizes["steps"] * MLP_STEP_SECONDS
    layers = 5 if network == "cnn" else variant["depth"]
    speed = CNN_SPEED
    if network == "wrn":
        speed = WRN_SPEED * min(2.0, max(0.2, (variant["width"] / WRN_WIDTH) ** 0.5))
    return operations / speed + sizes["steps"] * layers * LAYER_SECONDS


def looks(sizes: Sizes) -> int:
    """Passes over the test set or as many training images."""
    return int(sizes["steps"] // sizes["evaluate_every"] + 2)


def member_work(variant: Variant, sizes: Sizes, members: int) -> tuple[Work, Work]:
    """Training and evaluation of so many alike networks, one after the other, on a GPU."""
    network, precision = footprint_of(variant, sizes), sizes["precision"]
    steps = members * sizes["steps"]
    return (
        training(network, steps, sizes["batch"], precision, sizes["optimiser"]),
        evaluation(network, members * looks(sizes), sizes["test_size"], precision),
    )


def member_gpu_memory_mb(variant: Variant, sizes: Sizes, data_size: int) -> int:
    """With training and test images resident as float32, the former also with margins."""
    side, channels = picture(variant, sizes)
    padded = side + 2 * sizes["crop"]
    pixels = data_size * (side**2 + padded**2) + sizes["test_size"] * side**2
    resident = 4.0 * channels * pixels
    network = footprint_of(variant, sizes)
    return gpu_memory_mb(network, sizes["batch"], sizes["precision"], sizes["optimiser"], resident)


def picture(variant: Variant, sizes: Sizes) -> tuple[int, int]:
    """Side and channels of the images as the networks see them."""
    side, channels, _ = SHAPES[variant["task"]]
    return side // sizes["pooling"], channels


def multiply_adds(variant: Variant, sizes: Sizes) -> float:
    """Of one image's forward pass."""
    return float(sum(count for _, count in footprint_of(variant, sizes).products))


def footprint_of(variant: Variant, sizes: Sizes) -> Footprint:
    (side, channels), task = picture(variant, sizes), variant["task"]
    width, depth, classes = (variant[name] for name in ("width", "depth", "classes"))
    if sizes["network"] == "mlp":
        return mlp_footprint((side**2 * channels, *[width] * depth, classes))
    if sizes["network"] == "cnn":
        return cnn_footprint(DESIGNS.get(task, SMALL), side, channels, classes)
    return wrn_footprint(depth, width, side, channels, classes)


@cache
def mlp_footprint(layers: tuple[int, ...]) -> Footprint:
    found = [product((outside, inside)) for inside, outside in pairwise(layers)]
    count = sum((inside + 1) * outside for inside, outside in pairwise(layers))
    return Footprint(tuple(found), 2.0 * sum(layers), count, MLP_KERNELS * len(found))


@cache
def cnn_footprint(
    design: tuple[tuple[int, ...], int], side: int, channels: int, classes: int
) -> Footprint:
    """Convolutions with bias and ReLU, the first two with a pool; a hidden layer; the logits."""
    convolutions, hidden = design
    inside, numbers, count = channels, float(channels * side**2), 0
    found: list[Product] = []
    for number, outside in enumerate(convolutions):
        found.append(product((outside, inside, 3, 3), side**2))
        numbers += 2 * outside * side**2
        count += 9 * inside * outside + outside
        if number < POOLS:
            side //= 2
            numbers += 3 * outside * side**2
        inside = outside
    for shape in ((hidden, inside * side**2), (classes, hidden)):
        found.append(product(shape))
        numbers += 2 * shape[0]
        count += shape[0] * (shape[1] + 1)
    return Footprint(tuple(found), numbers, count, CNN_KERNELS * len(found))


@cache
def wrn_footprint(depth: int, width: int, side: int, channels: int, classes: int) -> Footprint:
    """A convolution, the normalisation before it, and a ReLU or sum each write as many numbers."""
    convolutions = wrn_convolutions(depth, width, side, channels)
    last = width * 2 ** (GROUPS - 1)
    found = [product(shape, pixels) for shape, pixels in convolutions]
    count = sum(math.prod(shape) for shape, _ in convolutions) + last * classes + classes
    normalised = [shape[1] for shape, _ in convolutions[1:] if shape[2] == 3]
    count += 2 * (sum(normalised) + last)
    numbers = 3.0 * sum(shape[0] * pixels for shape, pixels in convolutions)
    products = (*found, product((classes, last)))
    return Footprint(products, numbers, count, RESNET_KERNELS * len(products))


def wrn_convolutions(
    depth: int, width: int, side: int, channels: int
) -> list[tuple[tuple[int, int, int, int], int]]:
    """Weights (out, in, k, k) and pixels written, stem first, shortcuts after their block."""
    inside = min(STEM, width)
    found = [((inside, channels, 3, 3), side**2)]
    for group in range(GROUPS):
        outside = width * 2**group
        for number in range((depth - 4) // 6):
            stride = 2 if group and not number else 1
            side = -(-side // stride)
            found += [((outside, each, 3, 3), side**2) for each in (inside, outside)]
            if (inside, stride) != (outside, 1):
                found.append(((outside, inside, 1, 1), side**2))
            inside = outside
    return found


def memory_mb(tasks: Sequence[str], sizes: Sizes) -> int:
    """Libraries, and the images as they are read, pooled and standardised."""
    total = 0
    for task in tasks:
        side, channels, _ = SHAPES[task]
        count = sum(SIZES[task]) * channels
        total += count * side**2 * 3 + count * (side // sizes["pooling"]) ** 2 * 40
    return 1200 + int(total / 1e6)

"""Expected time and memory of networks on images: on one CPU thread measured, on a GPU counted."""

import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from scalinglaws.experiments.image_scans.settings import Training, Variant, network_of
from scalinglaws.networks.shapes import POOLS, FourLayerCNN, WideResNet
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
    product,
)

# Multiply-adds of one image's forward pass cost 6 operations in training and 2 in evaluation.
WRN_SPEED, WRN_WIDTH = 5.5e10, 16  # operations per second at width 16: 1.05e11 at 64, 2.5e10 at 4
CNN_SPEED = 6.5e10
MLP_SPEED, MLP_WIDTH = 5.5e10, 128
LAYER_SECONDS = 1.6e-4  # per convolution and step: launches, BatchNorm, optimiser
MLP_STEP_SECONDS = 9e-5  # per member and step: draws, optimiser
START_UP = 3.5  # imports
MLP_KERNELS = 10  # per layer, forward and backward, on stacked members


def member_seconds(variant: Variant, common: Training) -> float:
    """Seconds to train one network on a CPU thread and to measure it on the way."""
    network, work = common.network, multiply_adds(variant, common)
    evaluations = looks(common)
    operations = work * (6 * common.steps * common.batch + 2 * evaluations * common.test_size)
    if network == "mlp":
        speed = MLP_SPEED * min(1.0, (variant.width / MLP_WIDTH) ** 0.5)
        return operations / speed + common.steps * MLP_STEP_SECONDS
    layers = 5 if network == "cnn" else variant.depth
    speed = CNN_SPEED
    if network == "wrn":
        speed = WRN_SPEED * min(2.0, max(0.2, (variant.width / WRN_WIDTH) ** 0.5))
    return operations / speed + common.steps * layers * LAYER_SECONDS


def looks(common: Training) -> int:
    """Passes over the test set or as many training images."""
    return int(common.steps // common.evaluate_every + 2)


def member_work(variant: Variant, common: Training, members: int) -> tuple[Work, Work]:
    """Training and evaluation of so many alike networks, one after the other, on a GPU."""
    network, precision = footprint_of(variant, common), common.precision
    steps = members * common.steps
    return (
        training(network, steps, common.batch, precision, common.optimiser),
        evaluation(network, members * looks(common), common.test_size, precision),
    )


def member_gpu_memory_mb(variant: Variant, common: Training, data_size: int) -> int:
    """With training and test images resident as float32, the former also with margins."""
    side, channels = picture(variant, common)
    padded = side + 2 * common.crop
    pixels = data_size * (side**2 + padded**2) + common.test_size * side**2
    resident = 4.0 * channels * pixels
    network = footprint_of(variant, common)
    return gpu_memory_mb(network, common.batch, common.precision, common.optimiser, resident)


def picture(variant: Variant, common: Training) -> tuple[int, int]:
    """Side and channels of the images as the networks see them."""
    side, channels, _ = SHAPES[variant.task]
    return side // common.pooling, channels


def multiply_adds(variant: Variant, common: Training) -> float:
    """Of one image's forward pass."""
    return float(sum(count for _, count in footprint_of(variant, common).products))


def footprint_of(variant: Variant, common: Training) -> Footprint:
    side, channels = picture(variant, common)
    network = network_of(common.network, variant, side, channels)
    if isinstance(network, WideResNet):
        return wide_footprint(network, side)
    if isinstance(network, FourLayerCNN):
        return four_layer_footprint(network)
    return mlp_footprint(network)


@cache
def mlp_footprint(layers: tuple[int, ...]) -> Footprint:
    found = [product((outside, inside)) for inside, outside in pairwise(layers)]
    count = sum((inside + 1) * outside for inside, outside in pairwise(layers))
    return Footprint(tuple(found), 2.0 * sum(layers), count, MLP_KERNELS * len(found))


@cache
def four_layer_footprint(network: FourLayerCNN) -> Footprint:
    """Convolutions with bias and ReLU, the first two with a pool; a hidden layer; the logits."""
    side, found = network.side, []
    numbers, count = float(network.channels * side**2), 0
    for number, shape in enumerate(network.weight_shapes):
        pixels = side**2 if len(shape) == 4 else 1
        found.append(product(shape, pixels))
        numbers += 2 * shape[0] * pixels
        count += math.prod(shape) + shape[0]
        if number < POOLS:
            side //= 2
            numbers += 3 * shape[0] * side**2
    return Footprint(tuple(found), numbers, count, CNN_KERNELS * len(found))


@cache
def wide_footprint(network: WideResNet, side: int) -> Footprint:
    """A convolution, the normalisation before it, and a ReLU or sum each write as many numbers."""
    convolutions = [shape for shape in network.parameter_shapes if len(shape) == 4]
    sides = [side]  # that each of them writes; a block's shortcut comes after its convolutions
    for inside, outside, stride in network.blocks:
        side = -(-side // stride)
        sides += [side] * (2 if (inside, stride) == (outside, 1) else 3)
    found = [product(shape, s**2) for shape, s in zip(convolutions, sides, strict=True)]
    numbers = 3.0 * sum(shape[0] * s**2 for shape, s in zip(convolutions, sides, strict=True))
    products = (*found, product(network.parameter_shapes[-2]))
    count = sum(map(math.prod, network.parameter_shapes))
    return Footprint(products, numbers, count, RESNET_KERNELS * len(products))


def memory_mb(tasks: Sequence[str], pooling: int) -> int:
    """Libraries, and the images as they are read, pooled and standardised."""
    total = 0
    for task in tasks:
        side, channels, _ = SHAPES[task]
        count = sum(SIZES[task]) * channels
        total += count * side**2 * 3 + count * (side // pooling) ** 2 * 40
    return 1200 + int(total / 1e6)

"""Speed of the wide residual networks against plain convolutions, measured in one run on one core.

    python tests/performance/image_networks.py

The peak is what torch's convolutions of the same shapes need, forward and backward, with nothing
around them; a training step adds normalisation, activations, draws, augmentation and the
optimiser. Exit status 1 if a step runs below half the peak. Times are processor time; the two
take turns, so that a machine that slows down slows both, and each counts with its median turn.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scalinglaws.networks.shapes import WideResNet
from scalinglaws.networks.wide_resnet import ARCHITECTURE, in_order, init
from scalinglaws.streams import generator
from scalinglaws.training.image_steps import (
    Course,
    empty_draws,
    fill,
    margined,
    one_step,
    optimiser_for,
)
from scalinglaws.training.images import as_seen
from scalinglaws.training.learners import alone

TURNS, STEPS, BOUND = 9, 12, 0.5
SHAPES = {  # name -> (depth, width, side, batch)
    "WRN-10-1, 8 x 8, batch 32 (laptop)": (10, 16, 8, 32),
    "WRN-10-1, 16 x 16, batch 64": (10, 16, 16, 64),
    "WRN-16-4, 16 x 16, batch 32": (16, 64, 16, 32),
}
Turn = Callable[[], float]


def training(network: WideResNet, side: int, batch: int) -> Turn:
    """A function that takes steps as the experiments do and returns seconds per step."""

    def stream(purpose: str) -> np.random.Generator:
        return generator(0, "bahri2021", "benchmark", {}, purpose)

    course = Course(1000, batch, "sgd", 0.1, 5e-4, 1000, 1, True, 0.0, stream)
    start = init(network, stream("network"))
    learner = alone(ARCHITECTURE, network, start, "cpu", "float32")
    optimiser, draws = optimiser_for(learner, course), empty_draws(course, 1, torch.device("cpu"))
    images = np.random.default_rng(0).standard_normal((500, 3, side, side), dtype=np.float32)
    pool = as_seen(images, np.arange(500) % network.classes, "cpu")
    padded = margined(pool, 1)

    def turn() -> float:
        began = time.process_time()
        fill(draws, course, [500], 0)
        for _ in range(STEPS):
            one_step(learner, optimiser, padded, pool.labels, draws, course)
        return (time.process_time() - began) / STEPS

    return turn


def convolutions(network: WideResNet, side: int, batch: int) -> Turn:
    """The same for the bare convolutions; the stem needs no gradient of its images."""
    shapes: list[tuple[tuple[int, ...], int, int]] = [(network.parameter_shapes[0], 1, side)]
    for inside, outside, stride in network.blocks:
        shapes.append(((outside, inside, 3, 3), stride, side))
        if (inside, stride) != (outside, 1):
            shapes.append(((outside, inside, 1, 1), stride, side))
        side = -(-side // stride)
        shapes.append(((outside, outside, 3, 3), 1, side))
    layers = [layer(*shape, batch, first=not number) for number, shape in enumerate(shapes)]

    def turn() -> float:
        began = time.process_time()
        for _ in range(STEPS):
            for images, weight, stride, output in layers:
                result = F.conv2d(images, weight, stride=stride, padding=weight.shape[-1] // 2)
                needed = [weight, images] if images.requires_grad else [weight]
                torch.autograd.grad(result, needed, output)
        return (time.process_time() - began) / STEPS

    return turn


def layer(
    shape: tuple[int, ...], stride: int, side: int, batch: int, *, first: bool
) -> tuple[Tensor, Tensor, int, Tensor]:
    """Images, weight, stride and the gradient that comes back."""
    images = in_order(torch.randn(batch, shape[1], side, side)).requires_grad_(not first)
    weight = in_order(torch.randn(shape)).requires_grad_()
    after = -(-side // stride)
    return images, weight, stride, in_order(torch.randn(batch, shape[0], after, after))


def main() -> int:
    torch.set_num_threads(1)
    kept = True
    for name, (depth, width, side, batch) in SHAPES.items():
        network = WideResNet(depth, width, 3, 10)
        turns = [make(network, side, batch) for make in (training, convolutions)]
        for turn in turns:
            turn()  # first calls choose algorithms
        found = [[turn() for turn in turns] for _ in range(TURNS)]
        share = statistics.median(plain / step for step, plain in found)
        step = statistics.median(step for step, _ in found)
        met = share >= BOUND
        kept &= met
        print(
            f"{name}: {1e3 * step:.1f} ms per step, {share:.2f} of the convolution peak "
            f"(at least {BOUND}): {'kept' if met else 'MISSED'}"
        )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

"""Cost of subtracting the linearised network, as a share of training the network itself.

    python tests/performance/linearised_networks.py

The paper's setting: two hidden layers, 100 training examples, cross-entropy, 200 steps of
full-batch descent; 1,000 test examples. Exit status 1 if the linearisation costs more than three
times the training over widths 64 to 1024 together. Processor time, one thread, best of three
turns. For comparison, the linearised network trained by jvp and vjp in parameter space.
"""

import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from scalinglaws.networks.wide import (
    RELU,
    Weights,
    backward,
    below,
    layer_sizes,
    normal_weights,
    outputs,
    signals,
    tangent_outputs,
)
from scalinglaws.training.linearised import (
    Problem,
    linearised_outputs,
    rates_of,
    trained_outputs,
)
from scalinglaws.training.losses import CROSS_ENTROPY

WIDTHS = (64, 128, 256, 512, 1024)
INPUTS, CLASSES, EXAMPLES, TESTS, STEPS = 20, 4, 100, 1000, 200
MOST = 3.0


@torch.no_grad()
def by_parameters(start: Weights, test: torch.Tensor, problem: Problem) -> torch.Tensor:
    """The linearised network trained step by step in parameter space."""
    moved = [torch.zeros_like(weight) for weight in start]
    found = signals(start, problem.inputs, RELU)
    entering, rates = below(problem.inputs, found, RELU), rates_of(start, problem)
    for _ in range(problem.steps):
        now = found[-1] + tangent_outputs(start, moved, problem.inputs, RELU)
        carried = backward(start, found, problem.loss.slope(now, problem.targets), RELU)
        for change, back, front, rate in zip(moved, carried, entering, rates, strict=True):
            change.baddbmm_(back, front.transpose(1, 2), alpha=-rate)
    return outputs(start, test, RELU) + tangent_outputs(start, moved, test, RELU)


def seconds(turn: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        began = time.process_time()
        turn()
        times.append(time.process_time() - began)
    return min(times)


def main() -> int:
    torch.set_num_threads(1)
    draw = torch.Generator().manual_seed(0)
    inputs, test = (torch.randn(INPUTS, count, generator=draw) for count in (EXAMPLES, TESTS))
    targets = torch.softmax(torch.randn(CLASSES, EXAMPLES, generator=draw), 0)
    problem = Problem(inputs, targets, CROSS_ENTROPY, RELU, 0.5, STEPS)
    total = np.zeros(3)
    print(f"{'width':>6} {'training':>10} {'linearised':>11} {'by jvp, vjp':>12} {'ratio':>6}")
    for width in WIDTHS:
        sizes = layer_sizes(INPUTS, width, 2, CLASSES)
        start = normal_weights(sizes, RELU.gain, [np.random.default_rng(width)])
        routes = (trained_outputs, linearised_outputs, by_parameters)
        spent = [seconds(partial(route, start, test, problem)) for route in routes]
        total += spent
        ratio = spent[1] / spent[0]
        print(f"{width:6} {spent[0]:8.3f} s {spent[1]:9.3f} s {spent[2]:10.3f} s {ratio:6.2f}")
    ratio = total[1] / total[0]
    print(f"linearisation / training, all widths: {ratio:.2f} (bound {MOST:g})")
    return 1 if ratio > MOST else 0


if __name__ == "__main__":
    sys.exit(main())

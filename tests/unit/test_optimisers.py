from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from scalinglaws.training.optimisers import optimiser_arrays, optimiser_of, optimiser_restore

RATE, DECAY = 0.01, 0.1
Step = Callable[[list[Tensor], list[Tensor]], None]


def start() -> list[Tensor]:
    source = torch.Generator().manual_seed(0)
    shapes = [(4, 3, 3, 3), (4,), (5, 7), (5,)]
    tensors = [torch.randn(shape, generator=source) for shape in shapes]
    tensors[0] = tensors[0].contiguous(memory_format=torch.channels_last)
    return [tensor.requires_grad_() for tensor in tensors]


def gradients(parameters: list[Tensor], step: int) -> list[Tensor]:
    """Of a quadratic with a different centre at each step; autograd keeps the layout."""
    loss = sum(((p - np.sin(step + i)) ** 2).sum() for i, p in enumerate(parameters))
    assert isinstance(loss, Tensor)
    return list(torch.autograd.grad(loss, parameters))


def fused(name: str, steps: int) -> list[Tensor]:
    parameters = start()
    optimiser = optimiser_of(name, parameters, RATE, DECAY)
    for step in range(steps):
        for parameter, gradient in zip(parameters, gradients(parameters, step), strict=True):
            parameter.grad = gradient
        optimiser.step()
    return parameters


def plain(advance: Step, steps: int) -> list[Tensor]:
    parameters = start()
    for step in range(steps):
        found = gradients(parameters, step)
        with torch.no_grad():
            advance(parameters, found)
    return parameters


def adam(shrink: float, inside: float) -> Step:
    """As published, b_1 = 0.9, b_2 = 0.999; decoupled decay shrinks the weights before the step."""
    means, squares = ([torch.zeros_like(p) for p in start()] for _ in range(2))
    taken = [0]

    def advance(parameters: list[Tensor], found: list[Tensor]) -> None:
        taken[0] += 1
        for i, (parameter, gradient) in enumerate(zip(parameters, found, strict=True)):
            slope = gradient + inside * parameter
            means[i] = 0.9 * means[i] + 0.1 * slope
            squares[i] = 0.999 * squares[i] + 0.001 * slope**2
            mean = means[i] / (1 - 0.9 ** taken[0])
            spread = (squares[i] / (1 - 0.999 ** taken[0])).sqrt() + 1e-8
            parameter *= 1 - RATE * shrink
            parameter -= RATE * mean / spread

    return advance


def nesterov() -> Step:
    momenta = [torch.zeros_like(p) for p in start()]

    def advance(parameters: list[Tensor], found: list[Tensor]) -> None:
        for i, (parameter, gradient) in enumerate(zip(parameters, found, strict=True)):
            slope = gradient + DECAY * parameter
            momenta[i] = 0.9 * momenta[i] + slope
            parameter -= RATE * (slope + 0.9 * momenta[i])

    return advance


def descent(parameters: list[Tensor], found: list[Tensor]) -> None:
    for parameter, gradient in zip(parameters, found, strict=True):
        parameter -= RATE * (gradient + DECAY * parameter)


@pytest.mark.parametrize(
    ("name", "advance"),
    [
        *[("adam", adam(0.0, DECAY)), ("adamw", adam(DECAY, 0.0))],
        *[("sgd", descent), ("nesterov", nesterov())],
    ],
)
def test_fused_steps_are_those_of_a_plain_loop(name: str, advance: Step) -> None:
    for mine, expected in zip(fused(name, 20), plain(advance, 20), strict=True):
        np.testing.assert_allclose(mine.detach(), expected.detach(), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "nesterov"])
def test_a_restored_state_goes_on_bit_by_bit(name: str) -> None:
    parameters = start()
    optimiser = optimiser_of(name, parameters, RATE, DECAY)
    for step in range(10):
        if step == 5:
            kept = [p.detach().clone() for p in parameters]
            state = {k: v.copy() for k, v in optimiser_arrays(optimiser, parameters).items()}
            parameters = [tensor.requires_grad_() for tensor in kept]
            optimiser = optimiser_of(name, parameters, RATE, DECAY)
            optimiser_restore(optimiser, parameters, state)
        for parameter, gradient in zip(parameters, gradients(parameters, step), strict=True):
            parameter.grad = gradient
        optimiser.step()
    for mine, whole in zip(parameters, fused(name, 10), strict=True):
        assert torch.equal(mine, whole)

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from scalinglaws.training.adam import adam_init, adam_step
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
    """Our own Adam; decoupled decay shrinks the weights before the step."""
    state = adam_init(start())

    def advance(parameters: list[Tensor], found: list[Tensor]) -> None:
        torch._foreach_mul_(parameters, 1 - RATE * shrink)
        adam_step(parameters, found, state, RATE, weight_decay=inside)

    return advance


def descent(parameters: list[Tensor], found: list[Tensor]) -> None:
    for parameter, gradient in zip(parameters, found, strict=True):
        parameter -= RATE * (gradient + DECAY * parameter)


@pytest.mark.parametrize(
    ("name", "advance"),
    [("adam", adam(0.0, DECAY)), ("adamw", adam(DECAY, 0.0)), ("sgd", descent)],
)
def test_fused_steps_are_those_of_a_plain_loop(name: str, advance: Step) -> None:
    for mine, expected in zip(fused(name, 20), plain(advance, 20), strict=True):
        np.testing.assert_allclose(mine.detach(), expected.detach(), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
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

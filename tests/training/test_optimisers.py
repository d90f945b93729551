from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from scalinglaws.training.optimisers import (
    advance,
    as_laid,
    begin_anew,
    optimiser_arrays,
    optimiser_of,
    optimiser_restore,
    rate_tensor,
)

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
    optimiser = optimiser_of(name, parameters, DECAY)
    for step in range(steps):
        advance(optimiser, parameters, gradients(parameters, step), RATE)
    return parameters


def plain(rule: Step, steps: int) -> list[Tensor]:
    parameters = start()
    for step in range(steps):
        found = gradients(parameters, step)
        with torch.no_grad():
            rule(parameters, found)
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
    ("name", "rule"),
    [
        *[("adam", adam(0.0, DECAY)), ("adamw", adam(DECAY, 0.0))],
        *[("sgd", descent), ("nesterov", nesterov())],
    ],
)
def test_fused_steps_are_those_of_a_plain_loop(name: str, rule: Step) -> None:
    for mine, expected in zip(fused(name, 20), plain(rule, 20), strict=True):
        np.testing.assert_allclose(mine.detach(), expected.detach(), rtol=2e-5, atol=2e-6)


NAMES = ["adam", "adamw", "sgd", "nesterov"]


@pytest.mark.parametrize("name", NAMES)
def test_a_restored_state_goes_on_bit_by_bit(name: str) -> None:
    parameters = start()
    optimiser = optimiser_of(name, parameters, DECAY)
    for step in range(10):
        if step == 5:
            kept = [p.detach().clone() for p in parameters]
            state = {k: v.copy() for k, v in optimiser_arrays(optimiser).items()}
            parameters = [tensor.requires_grad_() for tensor in kept]
            optimiser = optimiser_of(name, parameters, DECAY)
            optimiser_restore(optimiser, state)
        advance(optimiser, parameters, gradients(parameters, step), RATE)
    for mine, whole in zip(parameters, fused(name, 10), strict=True):
        assert torch.equal(mine, whole)


@pytest.mark.parametrize("name", NAMES)
def test_a_step_is_torchs_own_fused_step_bit_by_bit(name: str) -> None:
    classes: dict[str, Any] = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    parameters = start()
    momentum = {"momentum": 0.9, "nesterov": True} if name == "nesterov" else {}
    optimiser = classes.get(name, torch.optim.SGD)(
        parameters, lr=RATE, weight_decay=DECAY, fused=True, **momentum
    )
    for step in range(7):
        for parameter, gradient in zip(parameters, gradients(parameters, step), strict=True):
            parameter.grad = gradient
        optimiser.step()
    for mine, theirs in zip(fused(name, 7), parameters, strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize("name", NAMES)
def test_a_rate_in_a_tensor_gives_the_step_of_the_number(name: str) -> None:
    number, tensor = start(), start()
    optimisers = [optimiser_of(name, parameters, DECAY) for parameters in (number, tensor)]
    for step in range(3):
        advance(optimisers[0], number, gradients(number, step), 0.1 / (step + 3))
        rate = rate_tensor(tensor, 0.1 / (step + 3))
        advance(optimisers[1], tensor, gradients(tensor, step), rate)
    assert all(torch.equal(one, other) for one, other in zip(number, tensor, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_begun_anew_an_optimiser_is_as_at_the_start(name: str) -> None:
    parameters = start()
    optimiser = optimiser_of(name, parameters, DECAY)
    advance(optimiser, parameters, gradients(parameters, 0), RATE)
    begin_anew(optimiser)
    assert all(not tensor.any() for tensor in optimiser.state)


@pytest.mark.parametrize("name", NAMES)
def test_restored_state_lies_on_the_parameters_device_in_their_order(name: str) -> None:
    # A step count that stayed on the CPU crashed the resumed block of a GPU; "meta" stands for it.
    made = optimiser_of(name, start(), DECAY)
    arrays = optimiser_arrays(made)
    parameters = [p.detach().to("meta") for p in start()]
    optimiser = optimiser_of(name, parameters, DECAY)
    optimiser_restore(optimiser, arrays)
    assert {tensor.device.type for tensor in optimiser.state} == {"meta"}
    for moment in optimiser.moments:
        assert [m.stride() for m in moment] == [p.stride() for p in parameters]


def test_gradients_are_laid_as_their_parameters_in_their_type() -> None:
    parameter = torch.zeros(4, 3, 2, 2).contiguous(memory_format=torch.channels_last)
    gradient = torch.arange(48, dtype=torch.bfloat16).reshape(4, 3, 2, 2)
    (laid,) = as_laid([gradient], [parameter])
    assert laid.stride() == parameter.stride()
    assert torch.equal(laid, gradient.float())
    assert as_laid([laid], [parameter])[0] is laid

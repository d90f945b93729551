from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from scalinglaws.networks.cnn import (
    ARCHITECTURE,
    convolved,
    convolved_on_gpu,
    dropped,
    init,
    linear_on_gpu,
)
from scalinglaws.networks.shapes import CNN

SMALL = CNN(side=6, channels=2, widths=(3, 4, 5), hidden=(7,), classes=4)
AUTHORS = CNN(side=28, channels=1, widths=(32, 64, 128), hidden=(512,), classes=10)


def start(network: CNN, init_factor: float = 1.0) -> list[torch.Tensor]:
    return init(network, np.random.default_rng(3), init_factor)


def examples() -> tuple[torch.Tensor, torch.Tensor]:
    source = torch.Generator().manual_seed(1)
    images = torch.randn(9, 2, 6, 6, generator=source)
    return images, torch.randint(0, 4, (9,), generator=source)


def as_module(parameters: list[torch.Tensor]) -> nn.Sequential:
    layers = [
        *(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()),
        *(nn.MaxPool2d(2), nn.Conv2d(4, 5, 3, padding=1), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(45, 7), nn.ReLU(), nn.Linear(7, 4)),
    ]
    module = nn.Sequential(*layers)
    with torch.no_grad():
        for parameter, tensor in zip(module.parameters(), parameters, strict=True):
            parameter.copy_(tensor)
    return module


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_logits_and_gradients_are_those_of_torch_modules(layout: torch.memory_format) -> None:
    images, labels = examples()
    parameters = [tensor.requires_grad_() for tensor in start(SMALL)]
    module = as_module(parameters)
    outputs = ARCHITECTURE.logits(
        SMALL, parameters, [], images.contiguous(memory_format=layout), training=True
    )
    expected = module(images)
    np.testing.assert_allclose(outputs.detach(), expected.detach(), rtol=1e-5, atol=1e-6)
    nn.functional.cross_entropy(outputs, labels).backward()
    nn.functional.cross_entropy(expected, labels).backward()
    for mine, theirs in zip(parameters, module.parameters(), strict=True):
        np.testing.assert_allclose(mine.grad, theirs.grad, rtol=1e-4, atol=1e-6)


def test_initial_weights_have_the_law_of_torch_and_biases_are_not_scaled() -> None:
    full, small = start(AUTHORS), start(AUTHORS, init_factor=0.05)
    assert [tuple(tensor.shape) for tensor in full[::2]] == AUTHORS.weight_shapes
    theirs = nn.Conv2d(64, 128, 3).weight.detach()
    assert float(full[4].abs().max()) == pytest.approx(float(theirs.abs().max()), rel=1e-3)
    assert float(full[4].std()) == pytest.approx(float(theirs.std()), rel=2e-2)
    for weight, bias, scaled, same in zip(
        full[::2], full[1::2], small[::2], small[1::2], strict=True
    ):
        np.testing.assert_allclose(scaled, 0.05 * weight, rtol=1e-6)
        assert torch.equal(bias, same)
    assert not ARCHITECTURE.initial_statistics(AUTHORS)


def test_units_are_dropped_in_training_only_and_by_the_given_generator() -> None:
    network = CNN(side=6, channels=2, widths=(3,), hidden=(200, 200), classes=4, dropout=0.5)
    parameters, (images, _) = start(network), examples()

    def outputs(training: bool, seed: int = 0) -> torch.Tensor:
        stream = torch.Generator().manual_seed(seed)
        return ARCHITECTURE.logits(
            network, parameters, [], images, training=training, dropout=stream
        )

    assert torch.equal(outputs(False, 0), outputs(False, 1))
    assert torch.equal(outputs(True, 0), outputs(True, 0))
    assert not torch.equal(outputs(True, 0), outputs(True, 1))


def test_dropping_keeps_the_mean_and_takes_the_stated_share() -> None:
    found = dropped(torch.full((400, 500), 3.0), 0.1, torch.Generator().manual_seed(0))
    assert float((found == 0).double().mean()) == pytest.approx(0.1, abs=0.003)
    assert float(found.double().mean()) == pytest.approx(3.0, rel=0.003)
    assert float(found.max()) == pytest.approx(3.0 / 0.9)


@pytest.mark.parametrize("pool_every", [1, 2, 3])
def test_a_gpus_order_of_operations_gives_the_same_numbers_and_gradients(pool_every: int) -> None:
    network = replace(SMALL, side=8, pool_every=pool_every)
    drawn = init(network, np.random.default_rng(3))
    leaves = [tensor.double().requires_grad_() for tensor in drawn]
    images = torch.randn(9, 2, 8, 8, generator=torch.Generator().manual_seed(1)).double()

    def computed(convolutions: Any, linear: Any) -> tuple[torch.Tensor, ...]:
        signal = convolutions(network, leaves, images.contiguous(memory_format=torch.channels_last))
        units = linear(signal, *leaves[6:8])
        return units, *torch.autograd.grad(units.square().sum(), leaves[:8])

    torch.testing.assert_close(
        computed(convolved_on_gpu, linear_on_gpu), computed(convolved, nn.functional.linear)
    )

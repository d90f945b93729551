import numpy as np
import pytest
import torch
from torch import nn

from scalinglaws.networks.cnn import CNN, apply, gradients, init

SMALL = CNN(side=6, channels=2, widths=(3, 4, 5), hidden=(7,), classes=4)
AUTHORS = CNN(side=28, channels=1, widths=(32, 64, 128), hidden=(512,), classes=10)


def generators(count: int) -> list[np.random.Generator]:
    return [np.random.default_rng(member) for member in range(count)]


def batches(members: int) -> tuple[torch.Tensor, torch.Tensor]:
    source = torch.Generator().manual_seed(1)
    images = torch.randn(members, 9, 2, 6, 6, generator=source)
    return images, torch.randint(0, 4, (members, 9), generator=source)


def as_module(stack: list[torch.Tensor], member: int) -> nn.Sequential:
    layers = [
        *(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()),
        *(nn.MaxPool2d(2), nn.Conv2d(4, 5, 3, padding=1), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(45, 7), nn.ReLU(), nn.Linear(7, 4)),
    ]
    module = nn.Sequential(*layers)
    with torch.no_grad():
        for parameter, tensor in zip(module.parameters(), stack, strict=True):
            parameter.copy_(tensor[member])
    return module


def test_each_member_of_a_stack_is_the_plain_torch_network() -> None:
    stack = init(SMALL, generators(3))
    images, _ = batches(3)
    logits = apply(SMALL, stack, images)
    for member in range(3):
        with torch.no_grad():
            expected = as_module(stack, member)(images[member])
        np.testing.assert_allclose(logits[member], expected, rtol=1e-5, atol=1e-6)


def test_a_shared_batch_is_seen_by_every_member() -> None:
    stack = init(SMALL, generators(2))
    images, _ = batches(1)
    own = apply(SMALL, stack, images.expand(2, -1, -1, -1, -1))
    assert torch.equal(apply(SMALL, stack, images[0]), own)


def test_stacked_gradients_are_those_of_the_plain_torch_network() -> None:
    stack = init(SMALL, generators(3))
    images, labels = batches(3)
    stacked = gradients(SMALL, stack, images, labels)
    for member in range(3):
        module = as_module(stack, member)
        nn.functional.cross_entropy(module(images[member]), labels[member]).backward()
        for mine, parameter in zip(stacked, module.parameters(), strict=True):
            np.testing.assert_allclose(mine[member], parameter.grad, rtol=1e-4, atol=1e-6)


def test_initial_weights_have_the_law_of_torch_and_biases_are_not_scaled() -> None:
    full, small = init(AUTHORS, generators(1)), init(AUTHORS, generators(1), init_factor=0.05)
    assert [tuple(tensor.shape[1:]) for tensor in full[::2]] == AUTHORS.weight_shapes
    theirs = nn.Conv2d(64, 128, 3).weight.detach()
    assert float(full[4].abs().max()) == pytest.approx(float(theirs.abs().max()), rel=1e-3)
    assert float(full[4].std()) == pytest.approx(float(theirs.std()), rel=2e-2)
    for weight, bias, scaled, same in zip(
        full[::2], full[1::2], small[::2], small[1::2], strict=True
    ):
        np.testing.assert_allclose(scaled, 0.05 * weight, rtol=1e-6)
        assert torch.equal(bias, same)


def test_the_authors_network_has_the_published_number_of_parameters() -> None:
    colour = CNN(side=32, channels=3, widths=(32, 64, 128), hidden=(512,), classes=10)
    assert sum(int(np.prod(shape)) + shape[0] for shape in colour.weight_shapes) == 16_876_106


def test_a_nan_member_leaves_the_gradients_of_the_others_untouched() -> None:
    stack = init(SMALL, generators(2))
    images, labels = batches(2)
    clean = gradients(SMALL, stack, images, labels)
    stack[0][0].fill_(torch.nan)
    sick = gradients(SMALL, stack, images, labels)
    assert torch.isnan(sick[0][0]).any()
    assert all(torch.equal(a[1], b[1]) for a, b in zip(clean, sick, strict=True))

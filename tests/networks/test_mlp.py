import itertools

import numpy as np
import pytest
import torch

from scalinglaws.networks.mlp import (
    backward,
    copies,
    forward,
    he_normal,
    ntk_rates,
    parameter_count,
)
from scalinglaws.training.losses import CROSS_ENTROPY, SQUARED, error_rate

SIZES = [5, 7, 6, 3]


def networks(members):
    return he_normal(SIZES, [np.random.default_rng(seed) for seed in range(members)])


def module_like(parameters, member):
    layers = []
    for layer, (inputs, outputs) in enumerate(itertools.pairwise(SIZES)):
        linear = torch.nn.Linear(inputs, outputs)
        linear.weight.data = parameters[2 * layer][member].clone()
        linear.bias.data = parameters[2 * layer + 1][member, :, 0].clone()
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("loss_name", ["squared", "cross_entropy"])
def test_stacked_outputs_and_gradients_equal_those_of_separate_modules(shared, loss_name):
    parameters = networks(3)
    stream = torch.Generator().manual_seed(0)
    inputs = torch.randn(*([5, 11] if shared else [3, 5, 11]), generator=stream)
    targets = torch.softmax(torch.randn(3, 3, 11, generator=stream), 1)
    loss = SQUARED if loss_name == "squared" else CROSS_ENTROPY
    activations = forward(parameters, inputs)
    gradients = backward(parameters, activations, loss.slope(activations[-1], targets) / 11)
    for member in range(3):
        module = module_like(parameters, member)
        seen = inputs if shared else inputs[member]
        outputs = module(seen.T)
        if loss_name == "squared":
            value = ((outputs - targets[member].T) ** 2).sum(1).mean()
        else:
            value = torch.nn.functional.cross_entropy(outputs, targets[member].T)
        value.backward()
        torch.testing.assert_close(activations[-1][member].T, outputs)
        assert loss.mean(activations[-1], targets)[member].item() == pytest.approx(value.item())
        for layer in range(3):
            linear = module[2 * layer]
            torch.testing.assert_close(gradients[2 * layer][member], linear.weight.grad)
            torch.testing.assert_close(gradients[2 * layer + 1][member, :, 0], linear.bias.grad)


def test_a_members_initialisation_does_not_depend_on_its_company():
    alone = he_normal(SIZES, [np.random.default_rng(2)])
    together = networks(3)
    assert all(torch.equal(one[0], all_[2]) for one, all_ in zip(alone, together, strict=True))


def test_initial_weights_have_hes_variance_and_biases_are_zero():
    weight, bias, last, _ = he_normal([200, 400, 50], [np.random.default_rng(0)], last_gain=0.1)
    assert weight.var().item() == pytest.approx(2 / 200, rel=0.02)
    assert last.var().item() == pytest.approx(0.01 * 2 / 400, rel=0.03)
    assert not bias.any()


def test_descent_with_ntk_rates_is_descent_on_ntk_scaled_weights():
    rate, parameters = 0.3, networks(1)
    inputs, targets = torch.randn(5, 20), torch.randn(1, 3, 20)
    gains = [np.sqrt(2 / size) for size in SIZES[:-1]]
    scaled = [
        (tensor / gains[i // 2] if i % 2 == 0 else tensor.clone()).requires_grad_()
        for i, tensor in enumerate(parameters)
    ]
    for _ in range(3):
        activations = forward(parameters, inputs)
        gradients = backward(parameters, activations, SQUARED.slope(activations[-1], targets) / 20)
        steps = zip(parameters, ntk_rates(SIZES, rate / 10), gradients, strict=True)
        parameters = [tensor - speed * gradient for tensor, speed, gradient in steps]
        standard = [
            tensor * gains[i // 2] if i % 2 == 0 else tensor for i, tensor in enumerate(scaled)
        ]
        value = SQUARED.mean(forward(standard, inputs)[-1], targets)[0]
        slopes = torch.autograd.grad(value, scaled)
        pairs = zip(scaled, slopes, strict=True)
        scaled = [(tensor - rate / 10 * one).detach().requires_grad_() for tensor, one in pairs]
    for i in range(3):
        torch.testing.assert_close(parameters[2 * i], scaled[2 * i].detach() * float(gains[i]))


def test_copies_do_not_share_memory():
    original = networks(1)
    twice = copies(original, 2)
    twice[0][0].zero_()
    assert torch.equal(twice[0][1], original[0][0])


def test_parameters_are_counted_with_biases():
    assert parameter_count(SIZES) == sum(tensor.numel() for tensor in networks(1))


def test_error_rate_of_a_diverged_member_is_nan_and_leaves_the_others():
    outputs = torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[torch.nan, 0.0], [0.0, 1.0]]])
    targets = torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    rates = error_rate(outputs, targets)
    assert rates[0].item() == 0.5
    assert torch.isnan(rates[1])

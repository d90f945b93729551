import numpy as np
import pytest
import torch

from scalinglaws.networks.mlp import backward, forward, he_normal
from scalinglaws.training.losses import CROSS_ENTROPY, SQUARED, absolute_power
from scalinglaws.training.optimisers import (
    advance,
    optimiser_arrays,
    optimiser_of,
    optimiser_restore,
)
from scalinglaws.training.workspace import backpropagate, workspace

SIZES = [5, 9, 7, 3]


def networks(members):
    return he_normal(SIZES, [np.random.default_rng(seed) for seed in range(members)])


def draws(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("loss", [SQUARED, CROSS_ENTROPY])
def test_gradients_in_kept_memory_equal_the_plain_ones(shared, loss):
    parameters = networks(3)
    inputs = draws([5, 11] if shared else [3, 5, 11])
    targets = torch.softmax(draws([3, 3, 11], 1), 1)
    room = workspace(parameters, 11)
    for _ in range(2):  # the second pass must not see the first
        backpropagate(parameters, inputs, targets, loss, room)
    activations = forward(parameters, inputs)
    plain = backward(parameters, activations, loss.slope(activations[-1], targets) / 11)
    for mine, theirs in zip(room.gradients, plain, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_zero_padding_of_narrow_networks_stays_zero_and_changes_nothing():
    narrow = he_normal([4, 3, 3, 1], [np.random.default_rng(0)])
    shapes = [(1, 6, 4), (1, 6, 1), (1, 6, 6), (1, 6, 1), (1, 1, 6), (1, 1, 1)]
    wide = [torch.zeros(shape) for shape in shapes]
    for padded, tensor in zip(wide, narrow, strict=True):
        padded[:, : tensor.shape[1], : tensor.shape[2]] = tensor
    inputs, targets = draws([4, 20]), draws([1, 20], 1)
    for parameters in (narrow, wide):
        room, state = workspace(parameters, 20), optimiser_of("adam", parameters)
        for _ in range(30):
            backpropagate(parameters, inputs, targets, SQUARED, room)
            advance(state, parameters, room.gradients, 0.01)
    for padded, tensor in zip(wide, narrow, strict=True):
        inside = padded[:, : tensor.shape[1], : tensor.shape[2]]
        torch.testing.assert_close(inside, tensor, rtol=1e-4, atol=1e-6)
        assert padded.count_nonzero() == inside.count_nonzero()


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0, 4.0])
def test_the_slope_of_a_power_of_the_distance_is_its_derivative(power):
    outputs = draws([2, 1, 6]).double().requires_grad_()
    targets = draws([1, 6], 1).double()
    loss = absolute_power(power)
    summed = loss.examples(outputs, targets).sum()
    (expected,) = torch.autograd.grad(summed, outputs)
    torch.testing.assert_close(loss.slope(outputs.detach(), targets), expected)


def test_the_second_power_is_the_squared_loss():
    outputs, targets = draws([2, 1, 6]), draws([1, 6], 1)
    square = absolute_power(2.0)
    torch.testing.assert_close(
        square.examples(outputs, targets), SQUARED.examples(outputs, targets)
    )
    torch.testing.assert_close(square.slope(outputs, targets), SQUARED.slope(outputs, targets))


def adam_descent(parameters, state, steps, first=0):
    for step in range(first, first + steps):
        gradients = [torch.sin(3.0 * parameter + step) for parameter in parameters]
        advance(state, parameters, gradients, 0.01 / (1 + step))


def test_fused_adam_is_torchs_adam_member_by_member():
    stacked = networks(2)
    adam_descent(stacked, optimiser_of("adam", stacked), 20)
    for member in range(2):
        alone = [torch.nn.Parameter(tensor[member].clone()) for tensor in networks(2)]
        optimiser = torch.optim.Adam(alone, lr=1.0)
        for step in range(20):
            for parameter in alone:
                parameter.grad = torch.sin(3.0 * parameter.detach() + step)
            optimiser.param_groups[0]["lr"] = 0.01 / (1 + step)
            optimiser.step()
        for mine, theirs in zip(stacked, alone, strict=True):
            torch.testing.assert_close(mine[member], theirs.detach(), rtol=1e-5, atol=1e-6)


def test_a_restored_fused_adam_goes_on_bit_by_bit():
    whole, broken = networks(2), networks(2)
    adam_descent(whole, optimiser_of("adam", whole), 7)
    first = optimiser_of("adam", broken)
    adam_descent(broken, first, 4)
    kept = {name: array.copy() for name, array in optimiser_arrays(first).items()}
    again = optimiser_of("adam", broken)
    optimiser_restore(again, kept)
    adam_descent(broken, again, 3, first=4)
    assert all(torch.equal(one, other) for one, other in zip(whole, broken, strict=True))


def test_a_nan_member_leaves_the_others_of_a_fused_step_untouched():
    clean, sick = networks(3), networks(3)
    adam_descent(clean, optimiser_of("adam", clean), 3)
    sick[2][1, 0, 0] = torch.nan
    adam_descent(sick, optimiser_of("adam", sick), 3)
    assert torch.isnan(sick[2][1, 0, 0])
    for one, other in zip(clean, sick, strict=True):
        assert torch.equal(one[[0, 2]], other[[0, 2]])

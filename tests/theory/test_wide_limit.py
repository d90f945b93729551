import numpy as np
import pytest
import torch

from scalinglaws.networks import wide
from scalinglaws.theory import wide_limit
from scalinglaws.theory.relu_kernels import relu_kernels
from scalinglaws.training.linearised import Problem, linearised_outputs, trained_outputs
from scalinglaws.training.losses import CROSS_ENTROPY, SQUARED

STREAM = np.random.default_rng(0)
LEFT, RIGHT = STREAM.standard_normal((6, 5)), STREAM.standard_normal((6, 4))


@pytest.mark.parametrize("name", ["relu", "erf"])
def test_gaussian_averages_agree_with_samples(name):
    left, right, both = 1.3, 0.7, 0.4
    u, noise = np.random.default_rng(1).standard_normal((2, 400_000))
    v = both / np.sqrt(left) * u + np.sqrt(right - both**2 / left) * noise
    u, v = torch.tensor(np.sqrt(left) * u), torch.tensor(v)
    activation = wide.ACTIVATIONS[name]
    expected = [(f(u) * f(v)).mean().item() for f in (activation.value, activation.slope)]
    found = wide_limit.AVERAGES[name](np.array(both), np.array(left), np.array(right))
    np.testing.assert_allclose(found, expected, rtol=0.01)


def test_the_relu_kernel_is_that_of_the_arc_cosine_recursion():
    found = wide_limit.tangent_kernel(LEFT, RIGHT, activation="relu", gain=2.0, hidden_layers=2)
    np.testing.assert_allclose(found, relu_kernels(LEFT.T, RIGHT.T, 2)[1], rtol=1e-12)


@pytest.mark.parametrize("name", ["relu", "erf"])
def test_the_empirical_tangent_kernel_tends_to_the_limit(name):
    activation = wide.ACTIVATIONS[name]
    inputs = torch.tensor(LEFT, dtype=torch.float32)
    exact = wide_limit.tangent_kernel(
        LEFT, LEFT, activation=name, gain=activation.gain, hidden_layers=2
    )
    streams = [np.random.default_rng(i) for i in range(24)]
    weights = wide.normal_weights([6, 256, 256, 1], activation.gain, streams)
    rates = wide.layer_rates(weights, activation.gain)
    found = wide.tangent_kernel(weights, inputs, activation, rates).numpy()
    error = found.std(0) / np.sqrt(len(found))
    assert np.all(np.abs(found.mean(0) - exact) < 4.5 * error + 2e-2 * np.abs(exact))


@pytest.mark.parametrize(("name", "loss"), [("relu", CROSS_ENTROPY), ("erf", SQUARED)])
def test_centred_wide_networks_tend_to_the_infinitely_wide_one(name, loss):
    activation = wide.ACTIVATIONS[name]
    train, test_train = (
        wide_limit.tangent_kernel(a, LEFT, activation=name, gain=activation.gain, hidden_layers=2)
        for a in (LEFT, RIGHT)
    )
    targets = torch.eye(5)[:3].double()
    rate = 0.2 * wide_limit.largest_stable_rate(train, 2.0)
    exact = wide_limit.trained_outputs(
        train,
        test_train,
        lambda outs: loss.slope(torch.tensor(outs)[None], targets)[0].numpy(),
        *(3, rate, 40),
    )
    distances = []
    for width in (64, 1024):
        streams = [np.random.default_rng([width, i]) for i in range(4)]
        start = wide.normal_weights([6, width, width, 3], activation.gain, streams)
        problem = Problem(
            torch.tensor(LEFT).float(), targets.float(), loss, activation, rate, 40, centred=True
        )
        test = torch.tensor(RIGHT).float()
        both = (trained_outputs(start, test, problem), linearised_outputs(start, test, problem))
        distances.append([np.mean((outs.numpy() - exact) ** 2) for outs in both])
    # Sixteen times the width: a sixteenth of the variance, within the spread of four networks.
    ratios = np.array(distances[0]) / np.array(distances[1])
    assert np.all(ratios > 6)
    assert np.all(ratios < 40)

import numpy as np
import pytest
import torch
from torch import nn

from meta_tensors import AllOn
from scalinglaws.experiments.variance import run_cnn as variance_limited_cnn
from scalinglaws.experiments.variance.quantities import quantities
from scalinglaws.networks import myrtle
from scalinglaws.networks.shapes import Myrtle
from scalinglaws.training.losses import CROSS_ENTROPY, SQUARED
from scalinglaws.training.weighted_descent import Examples


def start():
    return myrtle.he_normal(Myrtle(3, 8, 10), np.random.default_rng(0))


def module(parameters):
    layers = [nn.Conv2d(3 if i == 0 else 8, 8, 3, padding=1) for i in range(4)]
    linear = nn.Linear(8, 10)
    for layer, place in zip([*layers, linear], range(0, 10, 2), strict=True):
        layer.weight.data, layer.bias.data = parameters[place], parameters[place + 1]
    relu, pool = nn.ReLU(), nn.AvgPool2d(2)
    first, second, third, fourth = layers
    return nn.Sequential(
        *(first, relu, second, relu, pool, third, relu, pool, fourth, relu),
        *(pool, pool, pool, nn.Flatten(), linear),
    )


def test_on_32_pixels_it_is_the_published_stack_of_layers():
    images = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = module(start())(images).T
        torch.testing.assert_close(myrtle.outputs(start(), images), expected)


def test_its_parameters_are_counted():
    assert Myrtle(3, 8, 10).parameter_count == sum(tensor.numel() for tensor in start()) == 2066


def test_weighted_descent_in_pieces_is_plain_descent_on_the_repeated_images(monkeypatch):
    draw = torch.Generator().manual_seed(1)
    images = torch.randn(12, 3, 8, 8, generator=draw)
    targets = torch.softmax(torch.randn(10, 12, generator=draw), 0)
    counts = np.random.default_rng(2).multinomial(20, np.full(12, 1 / 12))
    monkeypatch.setattr(variance_limited_cnn, "PIECE", 5)
    settings = {"steps": 4, "learning_rate": 0.4}
    weights = torch.tensor(counts / 20, dtype=torch.float32)
    found = variance_limited_cnn.descend(
        start(), Examples(images, targets), weights, "squared", settings
    )
    drawn = np.repeat(np.arange(12), counts)
    plain = start()
    for _ in range(4):
        plain = [tensor.detach().requires_grad_() for tensor in plain]
        outputs = myrtle.outputs(plain, images[drawn])
        loss = (outputs - targets[:, drawn]).square().sum(0).mean()
        slopes = torch.autograd.grad(loss, plain)
        rates = myrtle.ntk_rates(plain, 0.1)
        plain = [p - rate * slope for p, rate, slope in zip(plain, rates, slopes, strict=True)]
    for one, other in zip(found, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_a_step_changes_the_parameters_where_they_lie():
    draw = torch.Generator().manual_seed(1)
    population = Examples(torch.randn(6, 3, 8, 8, generator=draw), torch.full((10, 6), 0.1))
    parameters, weights = start(), torch.full((6,), 1 / 6)
    places = [tensor.data_ptr() for tensor in parameters]
    variance_limited_cnn.step(parameters, [0.1] * 10, population, weights, SQUARED)
    assert [tensor.data_ptr() for tensor in parameters] == places
    assert not any(map(torch.equal, parameters, start()))


def test_descent_leaves_the_start_as_it_is():
    population = Examples(torch.ones(6, 3, 8, 8), torch.full((10, 6), 0.1))
    before, settings = start(), {"steps": 2, "learning_rate": 0.4}
    variance_limited_cnn.descend(before, population, torch.ones(6), "squared", settings)
    assert all(map(torch.equal, before, start()))


@pytest.mark.parametrize("loss", ["cross_entropy", "squared"])
def test_descent_stays_on_its_device(loss):
    population = Examples(torch.rand(12, 3, 8, 8), torch.rand(10, 12)).to("meta")
    first = [tensor.to("meta") for tensor in start()]
    weights = torch.rand(12, device="meta")
    with AllOn("meta"):
        variance_limited_cnn.descend(
            first, population, weights, loss, {"steps": 2, "learning_rate": 0.4}
        )


@pytest.mark.parametrize("loss", [CROSS_ENTROPY, SQUARED])
def test_spread_over_sets_is_the_variance_and_deviation_adds_the_bias(loss):
    draw = torch.Generator().manual_seed(1)
    limit = torch.randn(1, 3, 50, generator=draw)
    noise = torch.randn(4000, 3, 50, generator=draw)
    targets = torch.softmax(torch.randn(3, 50, generator=draw), 0)
    found = quantities(torch.cat([limit, limit + 0.2 + 0.1 * noise]), targets, loss)
    assert found["spread"].mean() == pytest.approx(0.01, rel=0.02)
    assert found["deviation"].mean() == pytest.approx(0.01 + 0.04, rel=0.02)
    assert found["excess"].shape == (4000,)

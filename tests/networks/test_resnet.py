import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scalinglaws.networks.resnet import ARCHITECTURE, init, initial_statistics
from scalinglaws.networks.shapes import ResNet

SMALL = ResNet(side=9, channels=2, blocks_per_stage=(1, 2, 1), widths=(4, 4, 6), classes=3)


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        shortcut = [nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)]
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Sequential(*([] if same else [*shortcut, nn.BatchNorm2d(outputs)]))

    def forward(self, signal: Tensor) -> Tensor:
        inner = torch.relu(self.first_norm(self.first(signal)))
        return torch.relu(self.second_norm(self.second(inner)) + self.shortcut(signal))


def as_module(parameters: list[Tensor]) -> nn.Sequential:
    stem = [nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU()]
    blocks = [Block(4, 4, 1), Block(4, 4, 2), Block(4, 4, 1), Block(4, 6, 2)]
    last = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3)]
    module = nn.Sequential(*stem, *blocks, *last)
    with torch.no_grad():
        for theirs, ours in zip(module.parameters(), parameters, strict=True):
            theirs.copy_(ours)
    return module


def disturbed(seed: int = 0) -> list[Tensor]:
    source = torch.Generator().manual_seed(seed)
    parameters = init(SMALL, np.random.default_rng(seed))
    return [p + 0.2 * torch.randn(p.shape, generator=source) for p in parameters]


def batch(seed: int = 1) -> tuple[Tensor, Tensor]:
    source = torch.Generator().manual_seed(seed)
    images = torch.randn(7, 2, 9, 9, generator=source)
    return images, torch.randint(0, 3, (7,), generator=source)


def running(module: nn.Module) -> list[Tensor]:
    return [buffer for buffer in module.buffers() if buffer.ndim]


def test_training_equals_the_torch_modules_in_logits_gradients_and_running_statistics() -> None:
    parameters, statistics = disturbed(), initial_statistics(SMALL)
    module = as_module(parameters)
    for step in range(3):
        images, labels = batch(step)
        leaves = [p.clone().requires_grad_() for p in parameters]
        ours = ARCHITECTURE.logits(SMALL, leaves, statistics, images, training=True)
        theirs = module(images)
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
        gradients = torch.autograd.grad(F.cross_entropy(ours, labels), leaves)
        module.zero_grad()
        F.cross_entropy(theirs, labels).backward()
        for mine, parameter in zip(gradients, module.parameters(), strict=True):
            torch.testing.assert_close(mine, parameter.grad, rtol=1e-4, atol=1e-5)
    for mine, buffer in zip(statistics, running(module), strict=True):
        torch.testing.assert_close(mine, buffer, rtol=1e-5, atol=1e-6)


def test_evaluation_uses_the_running_statistics_and_leaves_them() -> None:
    parameters, statistics = disturbed(), initial_statistics(SMALL)
    module = as_module(parameters)
    module(batch(0)[0])
    ARCHITECTURE.logits(SMALL, parameters, statistics, batch(0)[0], training=True)
    kept = [tensor.clone() for tensor in statistics]
    with torch.no_grad():
        ours = ARCHITECTURE.logits(SMALL, parameters, statistics, batch(1)[0], training=False)
        torch.testing.assert_close(ours, module.eval()(batch(1)[0]), rtol=1e-5, atol=1e-5)
    for before, after in zip(kept, statistics, strict=True):
        assert torch.equal(before, after)
    with torch.no_grad():
        trained = ARCHITECTURE.logits(SMALL, parameters, kept, batch(1)[0], training=True)
    assert not torch.allclose(ours, trained, rtol=1e-2)


@pytest.mark.parametrize("factor", [1.0, 0.05])
def test_initial_weights_have_the_authors_deviations_and_norms_are_neutral(factor: float) -> None:
    network = ResNet(32, 3, (2, 2), (64, 128), 10)
    parameters = init(network, np.random.default_rng(0), factor)
    assert [tuple(p.shape) for p in parameters] == network.parameter_shapes
    assert all(p.dtype == torch.float32 for p in parameters)
    for weight, gain, shift in zip(
        parameters[:-2:3], parameters[1:-2:3], parameters[2:-2:3], strict=True
    ):
        fan_out = weight.shape[0] * weight.shape[2] ** 2
        scaled = float(weight.std()) / factor / math.sqrt(2 / fan_out)
        assert scaled == pytest.approx(1, abs=5 / math.sqrt(2 * weight.numel()))
        assert torch.equal(gain, torch.ones_like(gain))
        assert torch.equal(shift, torch.zeros_like(shift))
    assert float(parameters[-2].std()) / factor == pytest.approx(0.01, rel=0.1)
    assert not parameters[-1].any()


def test_the_same_stream_gives_the_same_network_scaled_by_the_factor() -> None:
    one, other = (init(SMALL, np.random.default_rng(4), factor) for factor in (1.0, 0.25))
    for large, small in zip(one[::3], other[::3], strict=True):
        torch.testing.assert_close(0.25 * large, small)


@pytest.mark.parametrize(
    ("blocks", "classes", "millions"), [((2, 2, 2, 2), 10, 11.2), ((3, 4, 6, 3), 100, 21.3)]
)
def test_the_authors_networks_have_the_stated_numbers_of_parameters(
    blocks: tuple[int, ...], classes: int, millions: float
) -> None:
    network = ResNet(32, 3, blocks, (64, 128, 256, 512), classes)
    count = sum(math.prod(shape) for shape in network.parameter_shapes)
    assert count / 1e6 == pytest.approx(millions, abs=0.05)

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from scalinglaws.networks import four_layer_cnn, wide_resnet
from scalinglaws.networks.shapes import HUNDRED, SMALL, STREET, FourLayerCNN, WideResNet


class Block(nn.Module):
    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.first_norm = nn.BatchNorm2d(inside)
        self.first = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outside)
        self.second = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        same = inside == outside and stride == 1
        self.shortcut = None if same else nn.Conv2d(inside, outside, 1, stride, bias=False)

    def forward(self, signal: torch.Tensor) -> torch.Tensor:
        active = self.first_norm(signal).relu()
        inner = self.second(self.second_norm(self.first(active)).relu())
        return inner + (signal if self.shortcut is None else self.shortcut(active))


def reference(network: WideResNet) -> nn.Sequential:
    stem = min(16, network.width)
    parts: list[nn.Module] = [nn.Conv2d(network.channels, stem, 3, 1, 1, bias=False)]
    count, inside = (network.depth - 4) // 6, stem
    for group, outside in enumerate((network.width, 2 * network.width, 4 * network.width)):
        for number in range(count):
            parts.append(Block(inside, outside, 2 if group > 0 and number == 0 else 1))
            inside = outside
    parts += [nn.BatchNorm2d(inside), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*parts, nn.Linear(inside, network.classes))


def filled(network: WideResNet) -> tuple[nn.Sequential, list[torch.Tensor], list[torch.Tensor]]:
    parameters = wide_resnet.init(network, np.random.default_rng(3), 0.1)
    model = reference(network)
    with torch.no_grad():
        for target, source in zip(model.parameters(), parameters, strict=True):
            source += 0.05 * torch.randn(source.shape, generator=torch.Generator().manual_seed(1))
            target.copy_(source)
    return model, parameters, wide_resnet.initial_statistics(network)


@pytest.mark.parametrize(
    "network", [WideResNet(10, 16, 3, 7), WideResNet(16, 32, 1, 10), WideResNet(10, 4, 3, 5)]
)
def test_logits_gradients_and_statistics_are_those_of_torch_modules(network: WideResNet) -> None:
    model, parameters, statistics = filled(network)
    source = torch.Generator().manual_seed(2)
    images = torch.randn(6, network.channels, 9, 9, generator=source)
    labels = torch.arange(6) % network.classes
    leaves = [tensor.requires_grad_() for tensor in parameters]
    ours = wide_resnet.ARCHITECTURE.logits(network, leaves, statistics, images, training=True)
    theirs = model(images)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
    gradients = torch.autograd.grad(F.cross_entropy(ours, labels), leaves)
    F.cross_entropy(theirs, labels).backward()
    for found, parameter in zip(gradients, model.parameters(), strict=True):
        torch.testing.assert_close(found, parameter.grad, rtol=2e-3, atol=2e-5)
    buffers = [b for name, b in model.named_buffers() if "num_batches" not in name]
    for found, expected in zip(statistics, buffers, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)
    model.eval()
    with torch.no_grad():
        evaluated = wide_resnet.ARCHITECTURE.logits(
            network, leaves, statistics, images, training=False
        )
        torch.testing.assert_close(evaluated, model(images), rtol=1e-4, atol=1e-5)


def test_the_published_network_has_its_published_size() -> None:
    shapes = WideResNet(28, 160, 3, 10).parameter_shapes
    count = sum(int(np.prod(shape)) for shape in shapes)
    assert count == pytest.approx(36.5e6, rel=2e-3)  # arXiv:1605.07146, Table 4
    assert len([shape for shape in shapes if shape[-2:] == (3, 3)]) == 25


def test_the_start_has_unit_scales_zero_shifts_and_he_weights() -> None:
    network = WideResNet(10, 64, 3, 10)
    parameters = wide_resnet.init(network, np.random.default_rng(0), 0.1)
    vectors = [tensor for tensor in parameters[:-1] if tensor.ndim == 1]
    assert all(bool((scale == 1).all()) for scale in vectors[::2])
    assert all(bool((shift == 0).all()) for shift in vectors[1::2])
    largest = max((t for t in parameters if t.ndim == 4), key=lambda t: t.numel())
    assert float(largest.std()) == pytest.approx((2 / (9 * largest.shape[0])) ** 0.5, rel=0.02)
    assert float(parameters[-2].std()) == pytest.approx(0.1 * (2 / 256) ** 0.5, rel=0.05)


@pytest.mark.parametrize(
    ("network", "total"),
    [
        (FourLayerCNN(SMALL, 32, 3, 10), 1400 + 45100 + 90100 + 409664 + 650),
        (FourLayerCNN(SMALL, 28, 1, 10), 500 + 45100 + 90100 + 313664 + 650),
        (FourLayerCNN(HUNDRED, 32, 3, 100), 1400 + 45100 + 90100 + 1280200 + 20100),
        (FourLayerCNN(STREET, 32, 3, 10), 1792 + 36928 + 524416 + 1290),
    ],
)
def test_table_one_counts_the_parameters_that_are_trained(
    network: FourLayerCNN, total: int
) -> None:
    parameters = four_layer_cnn.init(network, np.random.default_rng(0))
    assert sum(tensor.numel() for tensor in parameters) == total
    assert sum(layer.parameters for layer in four_layer_cnn.layers(network)) == total


def test_table_one_shapes_are_those_that_the_images_take() -> None:
    network = FourLayerCNN(HUNDRED, 14, 3, 100)
    model = nn.Sequential(
        *(nn.Conv2d(3, 50, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(50, 100, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(100, 100, 3, padding=1), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(900, 200), nn.ReLU(), nn.Linear(200, 100)),
    )
    parameters = four_layer_cnn.init(network, np.random.default_rng(0))
    with torch.no_grad():
        for target, source in zip(model.parameters(), parameters, strict=True):
            target.copy_(source)
        images = torch.randn(4, 3, 14, 14, generator=torch.Generator().manual_seed(0))
        ours = four_layer_cnn.ARCHITECTURE.logits(network, parameters, [], images, training=False)
        torch.testing.assert_close(ours, model(images), rtol=1e-4, atol=1e-5)
        shapes, signal = [], images
        for part in model:
            signal = part(signal)
            if isinstance(part, nn.Conv2d | nn.MaxPool2d | nn.Linear):
                shapes.append(tuple(signal.shape[1:]))
    assert [layer.output for layer in four_layer_cnn.layers(network)] == shapes

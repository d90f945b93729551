import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scalinglaws.networks.shapes import ViT
from scalinglaws.networks.vit import ARCHITECTURE, init

SMALL = ViT(side=12, channels=2, patch=4, dim=12, depth=3, heads=3, classes=5, mlp_ratio=2)


class Reference(nn.Module):
    def __init__(self, network: ViT) -> None:
        super().__init__()
        dim = network.dim
        self.token = nn.Parameter(torch.zeros(1, 1, dim))
        self.positions = nn.Parameter(torch.zeros(1, network.tokens, dim))
        self.patches = nn.Conv2d(network.channels, dim, network.patch, stride=network.patch)
        layers = [
            nn.TransformerEncoderLayer(
                *(dim, network.heads, network.mlp_ratio * dim),
                dropout=0.0,
                activation="gelu",
                batch_first=True,
                norm_first=True,
            )
            for _ in range(network.depth)
        ]
        self.layers = nn.ModuleList(layers)
        self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, network.classes)

    def forward(self, images: Tensor) -> Tensor:
        patches = self.patches(images).flatten(2).transpose(1, 2)
        token = self.token.expand(len(images), -1, -1)
        signal = torch.cat([token, patches], 1) + self.positions
        for layer in self.layers:
            signal = layer(signal)
        return self.head(self.norm(signal)[:, 0])

    def in_our_order(self) -> list[Tensor]:
        tensors = [self.token, self.positions, self.patches.weight, self.patches.bias]
        for layer in self.layers:
            attention = layer.self_attn
            tensors += [*layer.norm1.parameters(), attention.in_proj_weight, attention.in_proj_bias]
            tensors += [*attention.out_proj.parameters(), *layer.norm2.parameters()]
            tensors += [*layer.linear1.parameters(), *layer.linear2.parameters()]
        return [*tensors, *self.norm.parameters(), *self.head.parameters()]


def both(network: ViT = SMALL) -> tuple[list[Tensor], Reference]:
    source = torch.Generator().manual_seed(0)
    parameters = init(network, np.random.default_rng(0))
    parameters = [p + 0.3 * torch.randn(p.shape, generator=source) for p in parameters]
    module = Reference(network)
    with torch.no_grad():
        for theirs, ours in zip(module.in_our_order(), parameters, strict=True):
            theirs.copy_(ours)
    return parameters, module


def batch() -> tuple[Tensor, Tensor]:
    source = torch.Generator().manual_seed(1)
    return torch.randn(6, 2, 12, 12, generator=source), torch.randint(0, 5, (6,), generator=source)


def test_logits_and_gradients_are_those_of_the_torch_modules() -> None:
    parameters, module = both()
    images, labels = batch()
    leaves = [p.requires_grad_() for p in parameters]
    ours = ARCHITECTURE.logits(SMALL, leaves, [], images, training=True)
    theirs = module(images)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    gradients = torch.autograd.grad(F.cross_entropy(ours, labels), leaves)
    F.cross_entropy(theirs, labels).backward()
    for mine, parameter in zip(gradients, module.in_our_order(), strict=True):
        torch.testing.assert_close(mine, parameter.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("depth", [1, 2])
def test_evaluation_equals_the_torch_modules(depth: int) -> None:
    network = ViT(side=12, channels=2, patch=3, dim=8, depth=depth, heads=2, classes=5)
    parameters, module = both(network)
    with torch.no_grad():
        ours = ARCHITECTURE.logits(network, parameters, [], batch()[0], training=False)
        torch.testing.assert_close(ours, module.eval()(batch()[0]), rtol=1e-5, atol=1e-5)


def test_the_factor_spares_the_joint_projection_of_queries_keys_and_values() -> None:
    network = ViT(side=32, channels=3, patch=4, dim=192, depth=2, heads=3, classes=10)
    one, other = (init(network, np.random.default_rng(0), factor) for factor in (1.0, 0.005))
    assert [tuple(p.shape) for p in one] == network.parameter_shapes
    for large, small, shape in zip(one, other, network.parameter_shapes, strict=True):
        scaled = large.ndim in (2, 4) and shape != (576, 192)
        torch.testing.assert_close(0.005 * large if scaled else large, small)
    joint = next(p for p in other if p.shape == (576, 192))
    assert float(joint.std()) == pytest.approx(0.051, abs=0.0005)  # measured on torch's own


def test_initial_weights_have_the_authors_distributions() -> None:
    network = ViT(side=32, channels=3, patch=4, dim=192, depth=1, heads=3, classes=10)
    tensors = init(network, np.random.default_rng(0))
    deviations = {0: 0.02, 1: 0.02, 2: math.sqrt(2 / (192 * 16))}
    for position, deviation in deviations.items():
        assert float(tensors[position].std()) == pytest.approx(deviation, rel=0.15)
    for matrix in (t for t in tensors if t.ndim == 2):
        bound = math.sqrt(6 / sum(matrix.shape))
        assert bound * 0.99 < float(matrix.abs().max()) <= bound * (1 + 1e-6)
    neutral = [t for t in tensors[3:] if t.ndim == 1]
    gains = [t for t in neutral if t.any()]
    assert len(gains) == 3
    assert all(torch.equal(gain, torch.ones_like(gain)) for gain in gains)


@pytest.mark.parametrize(
    ("network", "millions"),
    [
        (ViT(28, 1, 7, 128, 4, 4, 10), 0.80),
        (ViT(32, 3, 4, 192, 6, 3, 10), 2.7),
        (ViT(32, 3, 4, 256, 6, 4, 100), 4.8),
    ],
)
def test_the_authors_networks_have_the_stated_numbers_of_parameters(
    network: ViT, millions: float
) -> None:
    count = sum(math.prod(shape) for shape in network.parameter_shapes)
    assert count / 1e6 == pytest.approx(millions, abs=0.05 if millions > 1 else 0.005)

import numpy as np
import pytest
import torch
from torch import nn

from scalinglaws.measures.norms import largest_singular_values, weight_norms
from scalinglaws.networks.cnn import CNN, init

SHAPES = [(5, 2, 3, 3), (6, 5, 3, 3), (40, 24), (3, 40)]


def stack(members: int = 3) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    source = torch.Generator().manual_seed(3)
    weights = [torch.randn(members, *shape, generator=source) for shape in SHAPES]
    return weights, [torch.randn(members, shape[0], generator=source) for shape in SHAPES]


def direct(weights: list[np.ndarray], biases: list[np.ndarray]) -> dict[str, float]:
    matrices = [weight.reshape(len(weight), -1).astype(float) for weight in weights]
    s = [np.linalg.svd(matrix, compute_uv=False)[0] for matrix in matrices]
    columns = [sum(np.linalg.norm(column) for column in matrix.T) for matrix in matrices]
    rows = [sum(np.linalg.norm(row) for row in matrix) for matrix in matrices]
    authors = sum((sum(columns[i + 1 :]) / s[i]) ** (2 / 3) for i in range(len(s)))
    bartlett = sum((rows[i] / s[i]) ** (2 / 3) for i in range(len(s)))
    entries = np.concatenate([array.ravel().astype(float) for array in [*weights, *biases]])
    return {
        "spectral_complexity": np.prod(s) * authors**1.5,
        "spectral_complexity_bartlett": np.prod(s) * bartlett**1.5,
        "spectral_product": np.prod(s),
        "l1_norm": np.abs(entries).sum(),
        "frobenius_norm": np.sqrt((entries**2).sum()),
        "two_one_norm": sum(columns),
    }


def test_batched_norms_equal_a_direct_computation_member_by_member() -> None:
    weights, biases = stack()
    batched = weight_norms(weights, biases)
    for member in range(3):
        expected = direct([w[member].numpy() for w in weights], [b[member].numpy() for b in biases])
        assert set(expected) == set(batched)
        for name, value in expected.items():
            assert float(batched[name][member]) == pytest.approx(value, rel=1e-6), name


def test_two_layers_give_the_closed_form_spectral_times_two_one_norm_of_the_last() -> None:
    weights, biases = (tensors[2:] for tensors in stack())
    norms = weight_norms(weights, biases)
    last = weights[1].double()
    closed = largest_singular_values(last) * torch.linalg.vector_norm(last, dim=1).sum(1)
    np.testing.assert_allclose(norms["spectral_complexity"], closed, rtol=1e-12)


def test_the_spectral_complexity_of_the_authors_code_does_not_see_a_rotation_of_images() -> None:
    weights, biases = stack()
    before = weight_norms(weights, biases)
    turned = [weights[0].flip(-1), *weights[1:]]  # a permutation of columns
    after = weight_norms(turned, biases)
    for name in before:
        np.testing.assert_allclose(before[name], after[name], rtol=1e-12)


def test_the_authors_network_at_torch_initialisation_has_the_reported_complexity() -> None:
    network = CNN(side=28, channels=1, widths=(32, 64, 128), hidden=(512,), classes=10)
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3), nn.Conv2d(64, 128, 3)]
    dense = [nn.Linear(network.features, 512), nn.Linear(512, 10)]
    weights = [layer.weight.detach()[None] for layer in [*layers, *dense]]
    theirs = weight_norms(weights, [])
    ours = weight_norms(init(network, [np.random.default_rng(0)])[::2], [])
    # 5338 and 439 are those of one draw; eight draws of ours gave 5490 +- 170 and 456 +- 17.
    for norms in (theirs, ours):
        assert float(norms["spectral_complexity"]) == pytest.approx(5338.3, rel=0.1)
        assert float(norms["spectral_complexity_bartlett"]) == pytest.approx(439.0, rel=0.1)


def test_a_nan_member_has_nan_norms_and_leaves_the_others() -> None:
    weights, biases = stack()
    clean = weight_norms(weights, biases)
    weights[1][1, 0, 0, 0, 0] = torch.nan
    sick = weight_norms(weights, biases)
    for name in clean:
        assert torch.isnan(sick[name][1]), name
        np.testing.assert_allclose(sick[name][[0, 2]], clean[name][[0, 2]], rtol=1e-12)

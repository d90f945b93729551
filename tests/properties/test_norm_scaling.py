import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scalinglaws.measures.norms import network_norms
from scalinglaws.networks.shapes import CNN, Network, ResNet, ViT

NETWORKS: list[Network] = [
    CNN(side=4, channels=2, widths=(3,), hidden=(5,), classes=4, pool_every=1),
    ResNet(side=4, channels=2, blocks_per_stage=(1, 1), widths=(2, 3), classes=4),
    ViT(side=4, channels=2, patch=2, dim=4, depth=1, heads=2, classes=3),
]
MATRICES = (3, 7, 8)
HOMOGENEOUS = ("l1_norm", "frobenius_norm", "two_one_norm")


def parameters_of(network: Network, seed: int) -> list[torch.Tensor]:
    source = np.random.default_rng(seed)
    return [torch.from_numpy(source.standard_normal(s)) for s in network.parameter_shapes]


def degree(network: Network, matrices: int, name: str) -> int:
    if name in HOMOGENEOUS:
        return 1
    two_layers = isinstance(network, ResNet) and name in ("spectral_complexity", "spectral_product")
    return 2 if two_layers else matrices


@settings(max_examples=40, deadline=None)
@given(
    case=st.sampled_from(list(zip(NETWORKS, MATRICES, strict=True))),
    seed=st.integers(0, 10**6),
    factor=st.floats(0.01, 100.0),
)
def test_norms_are_homogeneous_in_the_weights(
    case: tuple[Network, int], seed: int, factor: float
) -> None:
    network, matrices = case
    parameters = parameters_of(network, seed)
    before = network_norms(network, parameters)
    after = network_norms(network, [factor * p for p in parameters])
    for name, value in before.items():
        expected = factor ** degree(network, matrices, name) * value
        assert after[name] == pytest.approx(expected, rel=1e-9), name


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), which=st.sampled_from(NETWORKS))
def test_neither_reversed_inputs_nor_signs_change_a_norm(seed: int, which: Network) -> None:
    parameters = parameters_of(which, seed)
    turned = [-p.flip(-1) if p.ndim in (2, 4) else p for p in parameters]
    before, after = network_norms(which, parameters), network_norms(which, turned)
    assert after == pytest.approx(before, rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), factor=st.floats(0.1, 10.0))
def test_moving_a_factor_between_relu_layers_keeps_the_spectral_product_only(
    seed: int, factor: float
) -> None:
    network = NETWORKS[0]
    parameters = parameters_of(network, seed)
    moved = list(parameters)
    moved[0], moved[2] = factor * parameters[0], parameters[2] / factor
    before, after = network_norms(network, parameters), network_norms(network, moved)
    assert after["spectral_product"] == pytest.approx(before["spectral_product"], rel=1e-9)
    if abs(np.log(factor)) > 0.5:
        assert after["spectral_complexity"] != pytest.approx(
            before["spectral_complexity"], rel=1e-3
        )

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scalinglaws.measures.norms import weight_norms

DEGREES = {  # how a norm of three layers grows when all weights grow by one factor
    "spectral_complexity": 3,
    "spectral_complexity_bartlett": 3,
    "spectral_product": 3,
    "l1_norm": 1,
    "frobenius_norm": 1,
    "two_one_norm": 1,
}


def weights_of(seed: int) -> list[torch.Tensor]:
    source = np.random.default_rng(seed)
    shapes = [(2, 4, 1, 3, 3), (2, 5, 12), (2, 3, 5)]
    return [torch.from_numpy(source.standard_normal(shape)) for shape in shapes]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), factor=st.floats(0.01, 100.0))
def test_norms_are_homogeneous_in_the_weights(seed: int, factor: float) -> None:
    weights = weights_of(seed)
    before, after = weight_norms(weights, []), weight_norms([factor * w for w in weights], [])
    for name, degree in DEGREES.items():
        np.testing.assert_allclose(after[name], factor**degree * before[name], rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_members_do_not_see_each_other(seed: int) -> None:
    weights = weights_of(seed)
    swapped = weight_norms([weight.flip(0) for weight in weights], [])
    for name, values in weight_norms(weights, []).items():
        np.testing.assert_allclose(swapped[name], values.flip(0), rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), factor=st.floats(0.1, 10.0))
def test_moving_a_factor_between_relu_layers_keeps_the_spectral_product_only(
    seed: int, factor: float
) -> None:
    first, second, third = weights_of(seed)
    before = weight_norms([first, second, third], [])
    after = weight_norms([factor * first, second / factor, third], [])
    np.testing.assert_allclose(after["spectral_product"], before["spectral_product"], rtol=1e-9)
    if abs(np.log(factor)) > 0.5:
        assert float(after["spectral_complexity"][0]) != pytest.approx(
            float(before["spectral_complexity"][0]), rel=1e-3
        )

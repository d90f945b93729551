import os

import numpy as np
import pytest
import torch

from scalinglaws.measures.intrinsic_dimension import intrinsic_dimensions
from scalinglaws.networks.mlp import he_normal
from scalinglaws.training import minibatch
from scalinglaws.training.arithmetic import (
    CUBLAS_WORKSPACE,
    computing_in,
    set_arithmetic,
    subnormals_as_zero,
)
from scalinglaws.training.losses import SQUARED
from scalinglaws.training.optimisers import advance

SUBNORMALS = torch.set_flush_denormal(False)
needs_flushing = pytest.mark.skipif(
    not SUBNORMALS, reason="this processor cannot count small numbers as zero"
)


def halved(value):
    return float(torch.full((64,), value).mul_(0.5).max())


@needs_flushing
def test_numbers_too_small_for_float32_count_as_zero_while_training_only():
    assert halved(2e-38) > 0
    with subnormals_as_zero():
        assert halved(2e-38) == 0
        assert halved(4e-38) > 0
    assert halved(2e-38) > 0


@needs_flushing
def test_a_training_that_fails_leaves_the_arithmetic_as_it_was():
    with pytest.raises(RuntimeError), subnormals_as_zero():
        raise RuntimeError
    assert halved(2e-38) > 0


@needs_flushing
def test_neighbours_are_found_after_a_training():
    with subnormals_as_zero():
        halved(1.0)
    points = np.random.default_rng(0).standard_normal((500, 3))
    assert np.isfinite(intrinsic_dimensions(np.maximum(points, 0.0))).all()


@needs_flushing
def test_nested_training_sets_are_learned_in_this_arithmetic(monkeypatch):
    seen = []

    def recorded(*arguments):
        seen.append(halved(2e-38))
        advance(*arguments)

    monkeypatch.setattr(minibatch, "advance", recorded)
    split = minibatch.Split(torch.rand(8, 2), torch.rand(8, 1))
    course = minibatch.Course(SQUARED, 2, 4, 1e-3, 1, 250, np.random.default_rng)
    start = he_normal([2, 3, 1], [np.random.default_rng(0)])
    held_out = {"test": split, "validation": split}
    minibatch.trained_nested(start, [4, 8], split, held_out, course, {}, lambda *_: None)
    assert seen == [0.0, 0.0]
    assert halved(2e-38) > 0


@pytest.fixture
def restored(monkeypatch):
    """What set_arithmetic changes for the whole process, put back."""
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    yield
    set_arithmetic("cpu", threads)
    torch.use_deterministic_algorithms(strict)


@pytest.mark.parametrize(
    ("precision", "short"), [("float32", False), ("tf32", True), ("bf16", True)]
)
def test_products_on_a_gpu_have_the_asked_factors_and_one_order_of_sums(precision, short, restored):
    set_arithmetic("cuda", 1, precision)
    # Networks trained in bf16 are measured in tf32.
    assert torch.backends.cuda.matmul.allow_tf32 is short
    assert torch.backends.cudnn.allow_tf32 is short
    assert torch.backends.cudnn.deterministic
    assert not torch.backends.cudnn.benchmark
    assert torch.are_deterministic_algorithms_enabled()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == CUBLAS_WORKSPACE


def test_the_processor_is_left_as_it_is_but_for_its_threads(restored):
    set_arithmetic("cpu", 1)
    assert torch.get_num_threads() == 1
    assert not torch.are_deterministic_algorithms_enabled()
    assert "CUBLAS_WORKSPACE_CONFIG" not in os.environ


@pytest.mark.parametrize(
    ("precision", "kind"), [("float32", torch.float32), ("tf32", torch.float32),
                            ("bf16", torch.bfloat16)]
)  # fmt: skip
def test_products_of_a_forward_pass_are_cast_for_bf16_only(precision, kind):
    left = torch.ones(2, 2)
    with computing_in(precision, "cpu"):
        assert (left @ left).dtype == kind
    assert (left @ left).dtype == torch.float32

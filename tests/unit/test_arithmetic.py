import numpy as np
import pytest
import torch

from scalinglaws.measures.intrinsic_dimension import intrinsic_dimensions
from scalinglaws.networks.mlp import he_normal
from scalinglaws.training import minibatch
from scalinglaws.training.arithmetic import subnormals_as_zero
from scalinglaws.training.losses import SQUARED
from scalinglaws.training.optimisers import advance

if not torch.set_flush_denormal(False):
    pytest.skip("this processor cannot count small numbers as zero", allow_module_level=True)


def halved(value):
    return float(torch.full((64,), value).mul_(0.5).max())


def test_numbers_too_small_for_float32_count_as_zero_while_training_only():
    assert halved(2e-38) > 0
    with subnormals_as_zero():
        assert halved(2e-38) == 0
        assert halved(4e-38) > 0
    assert halved(2e-38) > 0


def test_a_training_that_fails_leaves_the_arithmetic_as_it_was():
    with pytest.raises(RuntimeError), subnormals_as_zero():
        raise RuntimeError
    assert halved(2e-38) > 0


def test_neighbours_are_found_after_a_training():
    with subnormals_as_zero():
        halved(1.0)
    points = np.random.default_rng(0).standard_normal((500, 3))
    assert np.isfinite(intrinsic_dimensions(np.maximum(points, 0.0))).all()


def test_nested_training_sets_are_learned_in_this_arithmetic(monkeypatch):
    seen = []

    def recorded(*arguments):
        seen.append(halved(2e-38))
        advance(*arguments)

    monkeypatch.setattr(minibatch, "advance", recorded)
    split = minibatch.Split(torch.rand(8, 2), torch.rand(8, 1))
    course = minibatch.Course(SQUARED, 2, 4, 1e-3, 1, np.random.default_rng)
    start = he_normal([2, 3, 1], [np.random.default_rng(0)])
    held_out = {"test": split, "validation": split}
    minibatch.train_nested(start, [4, 8], split, held_out, course, {}, lambda *_: None)
    assert seen == [0.0, 0.0]
    assert halved(2e-38) > 0

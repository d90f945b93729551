import contextlib

import numpy as np
import pandas as pd
import pytest
import torch

from made_data import made_digits
from planned_blocks import planned
from scalinglaws.config import read_scale
from scalinglaws.errors import InputError
from scalinglaws.experiments.mlp_scans import run_digits as digits_mlp
from scalinglaws.experiments.mlp_scans import run_fixed_sets as teacher_student
from scalinglaws.training import minibatch
from scalinglaws.training.losses import SQUARED
from scalinglaws.training.session import Session
from small_runs import SETTINGS


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch):
    for module in (digits_mlp, teacher_student):
        monkeypatch.setattr(module, "CHUNK", 10)


@pytest.fixture(scope="module")
def data():
    return {"mnist5k": made_digits(80, 40)}


def test_smaller_training_sets_are_inside_larger_ones(data, monkeypatch):
    seen = {}

    def record(start, data_sizes, train, *rest):
        seen[max(data_sizes)] = train.inputs.numpy()
        return {"train_loss": np.zeros(len(data_sizes))}, start

    for module in (teacher_student, digits_mlp):
        settings = SETTINGS[module.EXPERIMENT]
        monkeypatch.setattr(module, "trained_nested", record)
        seen.clear()
        for sizes in ([8], [8, 32]):
            with contextlib.suppress(IndexError):  # one student stands for all: no chord
                module.run({**settings, "data_sizes": sizes, "seeds": 1}, data, Session())
        np.testing.assert_array_equal(seen[8], seen[32][:8])


def test_stacked_training_equals_a_plain_loop_over_members():
    settings = {**SETTINGS["teacher_student"], "seeds": 1}
    together = pd.DataFrame(teacher_student.run(settings, {}, Session()))
    for size in settings["data_sizes"]:
        # The largest set fixes nothing but how many inputs are drawn: a head is a head.
        alone = pd.DataFrame(teacher_student.run({**settings, "data_sizes": [size]}, {}, Session()))
        names = ["member", "quantity", "coordinate"]
        alone = alone[~alone["quantity"].str.startswith("chord")]
        pair = alone.merge(together, on=names, suffixes=("", "_together"))
        assert len(pair) == len(alone)
        np.testing.assert_allclose(pair["value"], pair["value_together"], rtol=1e-4)


def test_minibatch_training_equals_torch_modules_with_torchs_adam():
    stream = np.random.default_rng(0)
    inputs = torch.tensor(stream.normal(size=(12, 2)), dtype=torch.float32)
    train = minibatch.Split(inputs, inputs[:, :1] * inputs[:, 1:])
    start = minibatch.copies([torch.randn(1, 5, 2), torch.zeros(1, 5, 1)], 1)
    start += [torch.randn(1, 1, 5), torch.zeros(1, 1, 1)]
    course = minibatch.Course(
        stream=lambda chunk: np.random.default_rng(chunk),
        loss=SQUARED,
        **{"steps": 35, "batch": 6, "learning_rate": 0.01, "evaluate_every": 5, "chunk": 10},
    )
    held_out = {"test": train, "validation": train}
    found = minibatch.trained_nested(start, [12], train, held_out, course, {}, lambda *_: None)[0]
    first, second = torch.nn.Linear(2, 5), torch.nn.Linear(5, 1)
    for linear, index in ((first, 0), (second, 2)):
        linear.weight.data = start[index][0].clone()
        linear.bias.data = start[index + 1][0, :, 0].clone()
    module = torch.nn.Sequential(first, torch.nn.ReLU(), second)
    adam = torch.optim.Adam(module.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, 35)
    batches = [np.random.default_rng(chunk).random((10, 6)) for chunk in range(4)]
    for uniform in np.concatenate(batches)[:35]:
        chosen = torch.tensor((uniform * 12).astype(int))
        adam.zero_grad()
        loss = torch.nn.functional.mse_loss(module(train.inputs[chosen]), train.targets[chosen])
        loss.backward()
        adam.step()
        schedule.step()
    expected = torch.nn.functional.mse_loss(module(train.inputs), train.targets).item()
    assert found["test_loss_final"][0] == pytest.approx(expected, rel=1e-4)
    assert found["train_loss"][0] == pytest.approx(expected, rel=1e-4)


def test_a_diverged_member_is_nan_in_every_summary_and_alone():
    curves = {
        "test": np.array([[3.0, 3.0], [2.0, np.nan], [2.5, np.nan]]),
        "error": np.array([[0.3, 0.3], [0.2, np.nan], [0.1, np.nan]]),
        "validation": np.array([[1.0, 1.0], [0.5, np.nan], [0.7, np.nan]]),
    }
    found = minibatch.summary(curves)
    assert found["test_loss_best"][0] == 2.0
    assert found["test_loss_final"][0] == 2.5
    assert found["test_error_selected"][0] == 0.2
    assert all(np.isnan(values[1]) for values in found.values())


@pytest.mark.parametrize("scale", ["quick", "laptop", "workstation", "paper"])
@pytest.mark.parametrize("experiment", ["digits_mlp", "teacher_student"])
def test_blocks_of_every_scale_hold_each_seed_once(experiment, scale):
    sizes = read_scale(scale)["bahri2021"][experiment]
    blocks = planned(experiment, scale)
    assert len({block.name for block in blocks}) == len(blocks)
    lines = len(sizes["tasks"]) if "tasks" in sizes else 1
    assert sum(block.settings["seeds"] for block in blocks) == sizes["seeds"] * lines


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"data_sizes": [40, 2900]}, "3000 training"),
        ({"test_size": 2001}, "2000 test"),
        ({"pooling": 5}, "divide"),
        ({"width": 0}, "width is 0"),
        ({"data_sizes": []}, "data_sizes"),
        ({"tasks": ["teacher_student"]}, "expected one of"),
    ],
)
def test_impossible_sizes_are_refused_when_planning(changes, word):
    with pytest.raises(InputError, match=word):
        planned("digits_mlp", **changes)

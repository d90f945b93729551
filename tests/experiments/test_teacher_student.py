import numpy as np
import pandas as pd
import pytest
import torch

from interruption import resumed_after_saves, same_bytes
from planned_blocks import planned
from scalinglaws.config import read_scale
from scalinglaws.errors import InputError
from scalinglaws.experiments.mlp_scans import run_fixed_sets as teacher_student
from scalinglaws.experiments.mlp_scans import run_online as online_students
from scalinglaws.experiments.mlp_scans import teachers as random_teachers
from scalinglaws.networks.mlp import forward, he_normal
from scalinglaws.training.session import Session

ONLINE = {
    **{"targets": [[3], [2, 2]], "powers": [2.0], "widths": [3, 5], "seed": 5, "first_seed": 0},
    **{"seeds": 1, "steps": 45, "batch": 16, "learning_rate": 0.01, "evaluate_every": 20},
    **{"teacher_width": 16, "test_size": 30, "validation_size": 20},
}
NESTED = {
    **{"dimensions": [3], "data_sizes": [8, 32], "teacher_width": 16, "student_width": 24},
    **{"steps": 60, "batch": 16, "learning_rate": 0.003, "evaluate_every": 20, "chord_points": 5},
    **{"test_size": 30, "validation_size": 20, "seed": 5, "first_seed": 0, "seeds": 1},
}
SCANS = ("model_size_scan", "power_losses", "product_manifolds")


def draws(purpose):
    return np.random.default_rng([*purpose.encode()])


def test_linear_teachers_are_refused_and_curved_ones_kept():
    inputs = np.random.default_rng(0).uniform(-1, 1, (500, 3))
    assert random_teachers.linear_share(inputs, inputs @ [1.0, 2.0, 3.0] + 4) > 0.999999
    assert random_teachers.linear_share(inputs, np.abs(inputs[:, 0])) < 0.1
    assert random_teachers.linear_share(inputs, np.zeros(500)) == 1.0


def test_screening_draws_again_until_the_teacher_is_not_nearly_linear(monkeypatch):
    answers = iter([0.99, 0.96, 0.5])
    monkeypatch.setattr(random_teachers, "linear_share", lambda *_: next(answers))
    teacher = random_teachers.screened_teacher(3, 16, draws)
    expected = he_normal([3, 16, 16, 1], [draws("teacher 2")])
    assert torch.equal(teacher.parameters[0], expected[0])
    assert (teacher.rejected, teacher.linear_share) == (2, 0.5)


@pytest.mark.parametrize("factors", [[3], [2, 3]])
def test_targets_have_mean_zero_and_variance_one(factors):
    teachers = [
        random_teachers.screened_teacher(d, 32, lambda purpose, n=n: draws(f"{n} {purpose}"))
        for n, d in enumerate(factors)
    ]
    inputs = random_teachers.cube(40000, sum(factors), draws("inputs")).T
    values = random_teachers.teacher_values(teachers, inputs)
    assert values.mean().item() == pytest.approx(0.0, abs=0.04)
    assert values.var().item() == pytest.approx(1.0, abs=0.06)


def test_a_products_teacher_is_a_sum_over_its_factors():
    teachers = [
        random_teachers.screened_teacher(2, 16, lambda purpose, n=n: draws(f"{n} {purpose}"))
        for n in range(2)
    ]
    inputs = random_teachers.cube(4, 4, draws("inputs")).T.contiguous()
    mixed = inputs.clone()
    mixed[:2] = inputs[:2].roll(1, 1)
    swapped = inputs.clone()
    swapped[2:] = inputs[2:].roll(1, 1)
    both = inputs.roll(1, 1)
    one, two, three, four = (
        random_teachers.teacher_values(teachers, x) for x in (inputs, both, mixed, swapped)
    )
    torch.testing.assert_close(one + two, three + four)


def test_all_data_sizes_share_the_chord_and_its_teacher():
    table = pd.DataFrame(teacher_student.run(NESTED, {}, Session()))
    chord = table[table["quantity"] == "chord_teacher"]
    assert len(set(chord.groupby("data_size")["value"].apply(tuple))) == 1
    student = table[table["quantity"] == "chord_student"]
    assert sorted(set(student["coordinate"])) == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_students_on_the_chord_are_the_trained_networks():
    parameters = he_normal([3, 4, 1], [np.random.default_rng(seed) for seed in range(2)])
    teacher = random_teachers.screened_teacher(3, 8, draws)
    ends = torch.tensor([[0.0, 0.5, -1.0], [1.0, 0.5, 0.0]])
    found = teacher_student.chord(parameters, teacher, ends, 3)
    middle = forward(parameters, torch.tensor([[0.5], [0.5], [-0.5]]))[-1][:, 0, 0]
    np.testing.assert_allclose(found["chord_student"][:, 1], middle.numpy(), rtol=1e-6)
    first = random_teachers.teacher_values([teacher], ends[:1].T)[0, 0].item()
    assert found["chord_teacher"][0] == pytest.approx(first, rel=1e-6)


@pytest.mark.parametrize("saves", [1, 3, 6, 8])
def test_online_training_killed_at_any_save_resumes_to_identical_bytes(
    saves, tmp_path, monkeypatch
):
    monkeypatch.setattr(online_students, "CHUNK", 10)
    whole = online_students.run(ONLINE, {}, Session())
    resumed = resumed_after_saves(
        lambda session: online_students.run(ONLINE, {}, session), tmp_path, saves
    )
    assert same_bytes(resumed, whole)


def test_a_width_learns_the_same_alone_as_padded_beside_wider_ones():
    together = pd.DataFrame(online_students.run(ONLINE, {}, Session()))
    alone = pd.DataFrame(online_students.run({**ONLINE, "widths": [3]}, {}, Session()))
    both = alone.merge(together, on=["member", "quantity"], suffixes=("", "_together"))
    assert len(both) == len(alone) > 0
    np.testing.assert_allclose(both["value"], both["value_together"], rtol=1e-4)


def test_online_training_equals_torch_modules_on_the_same_stream():
    settings = {**ONLINE, "targets": [[3]], "widths": [4], "powers": [3.0], "steps": 12}
    table = pd.DataFrame(online_students.run(settings, {}, Session()))

    def stream(purpose):
        identity = {"factors": [3], "seed": 0}
        return online_students.generator(5, "bahri2021", "online_students", identity, purpose)

    teachers = online_students.product_teacher((3,), 16, stream)
    start = he_normal([3, 4, 4, 1], [stream("student 4")])
    layers = []
    for index in (0, 2, 4):
        linear = torch.nn.Linear(start[index].shape[2], start[index].shape[1])
        linear.weight.data = start[index][0].clone()
        linear.bias.data = start[index + 1][0, :, 0].clone()
        layers += [linear, torch.nn.ReLU()]
    module = torch.nn.Sequential(*layers[:-1])
    adam = torch.optim.Adam(module.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, 12)
    data = random_teachers.cube(online_students.CHUNK * 16, 3, stream("data 0"))
    for batch in data.split(16)[:12]:
        adam.zero_grad()
        targets = random_teachers.teacher_values(teachers, batch.T)[0]
        (module(batch)[:, 0] - targets).abs().pow(3.0).mean().backward()
        adam.step()
        schedule.step()
    test = random_teachers.cube(30, 3, stream("test inputs"))
    targets = random_teachers.teacher_values(teachers, test.T)[0]
    expected = (module(test)[:, 0] - targets).abs().pow(3.0).mean().item()
    found = table[table["quantity"] == "test_loss_final"]["value"].item()
    assert found == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("scale", ["quick", "laptop", "workstation", "paper"])
@pytest.mark.parametrize("experiment", SCANS)
def test_online_blocks_of_every_scale_hold_each_seed_once(experiment, scale):
    blocks = planned(experiment, scale)
    seeds = read_scale(scale)["bahri2021"][experiment]["seeds"]
    held = [
        block.settings["first_seed"] + i for block in blocks for i in range(block.settings["seeds"])
    ]
    assert held == list(range(seeds))


@pytest.mark.parametrize(
    ("experiment", "changes", "word"),
    [
        ("teacher_student", {"dimensions": [0]}, "dimensions"),
        ("teacher_student", {"dimensions": []}, "dimensions"),
        ("teacher_student", {"seeds": 0}, "seeds is 0"),
        ("teacher_student", {"student_width": 0}, "student_width is 0"),
        ("teacher_student", {"stepps": 3}, "stepps"),
        ("teacher_student", {"data_sizes": [64, 50000]}, "D = 50000, but a student of width 192"),
        ("model_size_scan", {"widths": [0, 2, 3]}, "widths"),
        ("model_size_scan", {"widths": [8, 16]}, "at least 3 widths"),
        ("model_size_scan", {"dimensions": [0]}, "dimensions"),
        ("power_losses", {"powers": [0.5]}, "powers"),
        ("power_losses", {"dimension": 0}, "dimension is 0"),
        ("product_manifolds", {"factors": [[]]}, "factors"),
        ("product_manifolds", {"factors": [[3, 0]]}, "factors"),
    ],
)
def test_impossible_sizes_are_refused_when_planning(experiment, changes, word):
    with pytest.raises(InputError, match=word):
        planned(experiment, **changes)

"""Teacher-student regression in d dimensions: resolution-limited scaling in the data size.

Bahri et al. (arXiv:2102.06701), Figs. 1b and S2: a random teacher with two hidden layers, a wider
student, inputs uniform in a cube, squared loss, Adam with cosine decay for a fixed number of steps.
The predicted exponent is 4 / d. Targets are standardised; see `random_teachers` for the cube and
the screening of teachers.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.mlp_scans.teachers import (
    Teacher,
    cube,
    screened_teacher,
    teacher_values,
)
from scalinglaws.networks.mlp import forward, he_normal, parameter_count
from scalinglaws.streams import generator
from scalinglaws.training.arithmetic import set_arithmetic
from scalinglaws.training.groups import Arrays, Keep, in_turn
from scalinglaws.training.losses import SQUARED
from scalinglaws.training.minibatch import Course, Split, trained_nested
from scalinglaws.training.session import Session

PAPER, EXPERIMENT = "bahri2021", "teacher_student"
SCREENING = ("teacher_linear_share", "teachers_rejected")


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (d, D, seed, quantity, coordinate).

    Quantities as in training.minibatch.train_nested (mean squared errors of targets with unit
    variance); `teacher_linear_share`, the R^2 of a linear fit to the seed's teacher, and
    `teachers_rejected` before it; `chord_student` and `chord_teacher`, outputs on the straight line
    between two training points that all D share, at `coordinate` 0 to 1 (NaN for all others).
    """
    set_arithmetic("cpu", session.threads)
    seeds = range(settings["first_seed"], settings["first_seed"] + settings["seeds"])
    groups = [(dimension, seed) for dimension in settings["dimensions"] for seed in seeds]

    def compute(group: tuple[int, int], inner: Arrays, keep: Keep) -> Arrays:
        return of_group(*group, settings, inner, keep)

    results = in_turn(groups, compute, session)
    rows = []
    for (dimension, seed), result in zip(groups, results, strict=True):
        for index, size in enumerate(settings["data_sizes"]):
            label = labels(settings, dimension, size, seed)
            rows += group_rows(label, result, index)
    return stack(rows)


def labels(settings: Mapping[str, Any], dimension: int, size: int, seed: int) -> dict[str, Any]:
    identity = {"dimension": dimension, "data_size": size, "seed": seed}
    parameters = parameter_count(student_layers(settings, dimension))
    step = settings["steps"]
    return {"member": member_name(identity), **identity, "parameters": parameters, "step": step}


def group_rows(label: Mapping[str, Any], result: Arrays, index: int) -> list[dict[str, Any]]:
    """All rows of one member: its number in the group is `index`."""
    plain = sorted(name for name in result if not name.startswith(("test_error", "chord")))
    rows = [
        {**label, "coordinate": np.nan, "quantity": name, "value": result[name][index]}
        for name in plain
    ]
    students = result["chord_student"][index]
    for name, values in (("chord_student", students), ("chord_teacher", result["chord_teacher"])):
        rows += [
            {**label, "coordinate": float(place), "quantity": name, "value": value}
            for place, value in zip(result["chord_coordinate"], values, strict=True)
        ]
    return rows


def student_layers(settings: Mapping[str, Any], dimension: int) -> list[int]:
    return [dimension, settings["student_width"], settings["student_width"], 1]


def of_group(
    dimension: int, seed: int, settings: Mapping[str, Any], inner: Arrays, keep: Keep
) -> Arrays:
    """All data sizes of one seed: one teacher, one student start, nested training sets."""

    def stream(purpose: str) -> np.random.Generator:
        # Streams do not know D: all data sizes of a seed share them.
        identity = {"dimension": dimension, "seed": seed}
        return generator(settings["seed"], PAPER, EXPERIMENT, identity, purpose)

    teacher = screened_teacher(dimension, settings["teacher_width"], stream)

    def split(purpose: str, count: int) -> Split:
        inputs = cube(count, dimension, stream(purpose))
        return Split(inputs, teacher_values([teacher], inputs.T).T)

    sizes = settings["data_sizes"]
    course = Course(
        SQUARED,
        settings["steps"],
        settings["batch"],
        settings["learning_rate"],
        settings["evaluate_every"],
        lambda chunk: stream(f"minibatches {chunk}"),
    )
    train = split("training inputs", max(sizes))
    held_out = {
        "test": split("test inputs", settings["test_size"]),
        "validation": split("validation inputs", settings["validation_size"]),
    }
    start = he_normal(student_layers(settings, dimension), [stream("student")])
    values, students = trained_nested(start, sizes, train, held_out, course, inner, keep)
    for name, value in zip(SCREENING, (teacher.linear_share, teacher.rejected), strict=True):
        values[name] = np.full(len(sizes), float(value))
    return values | chord(students, teacher, train.inputs[:2], settings["chord_points"])


@torch.no_grad()
def chord(students: list[Tensor], teacher: Teacher, ends: Tensor, points: int) -> Arrays:
    """Outputs on the segment between two training points that are in every nested subset.

    Shapes: `chord_coordinate` and `chord_teacher` (points,), `chord_student` (members, points).
    """
    places = torch.linspace(0.0, 1.0, points)
    inputs = torch.outer(ends[0], 1.0 - places) + torch.outer(ends[1], places)
    return {
        "chord_coordinate": places.double().numpy(),
        "chord_student": forward(students, inputs)[-1][:, 0].double().numpy(),
        "chord_teacher": teacher_values([teacher], inputs)[0].double().numpy(),
    }

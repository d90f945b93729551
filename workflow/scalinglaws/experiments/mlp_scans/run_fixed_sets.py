"""Teacher-student regression in d dimensions: resolution-limited scaling in the data size.

Bahri et al. (arXiv:2102.06701), Figs. 1b and S2: a random teacher with two hidden layers, a wider
student, inputs uniform in a cube, squared loss, Adam with cosine decay for a fixed number of steps.
The predicted exponent is 4 / d. Targets are standardised; see `teachers` for the cube and
the screening of teachers.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.mlp_scans.settings import FixedSets
from scalinglaws.experiments.mlp_scans.teachers import (
    Teacher,
    cube,
    screened_teacher,
    teacher_values,
)
from scalinglaws.networks.mlp import forward, he_normal, parameter_count
from scalinglaws.records import as_record
from scalinglaws.streams import generator
from scalinglaws.training.groups import Arrays, Keep, tabulated
from scalinglaws.training.losses import SQUARED
from scalinglaws.training.minibatch import Course, Split, trained_nested
from scalinglaws.training.session import Session

PAPER, EXPERIMENT = "bahri2021", "teacher_student"
CHUNK = 250  # steps between two offers to save the state; also the unit of the minibatch streams
Group = tuple[int, int]  # dimension, seed


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (d, D, seed, quantity, coordinate).

    Quantities as in training.minibatch.trained_nested (mean squared errors of targets with unit
    variance); `teacher_linear_share`, the R^2 of a linear fit to the seed's teacher, and
    `teachers_rejected` before it; `chord_student` and `chord_teacher`, outputs on the straight line
    between two training points that all D share, at `coordinate` 0 to 1 (NaN for all others).
    """
    scan = as_record(FixedSets, settings)
    return tabulated(
        list(product(scan.dimensions, scan.seed_range)),
        lambda group, inner, keep: of_group(group, scan, inner, keep),
        lambda group, result: rows(group, result, scan),
        session,
    )


def rows(group: Group, result: Arrays, scan: FixedSets) -> Iterator[dict[str, Any]]:
    dimension, seed = group
    parameters = parameter_count(scan.student_layers(dimension))
    for index, size in enumerate(scan.data_sizes):
        identity = {"dimension": dimension, "data_size": size, "seed": seed}
        label = {"member": member_name(identity), **identity}
        label |= {"parameters": parameters, "step": scan.steps}
        for coordinate, name, value in values_of_member(result, index):
            yield {**label, "coordinate": coordinate, "quantity": name, "value": value}


def values_of_member(result: Arrays, index: int) -> Iterator[tuple[float, str, float]]:
    """(coordinate, quantity, value) of the member with this number in its group."""
    for name in sorted(result):
        if not name.startswith("chord"):
            yield np.nan, name, result[name][index]
    students = result["chord_student"][index]
    for name, values in (("chord_student", students), ("chord_teacher", result["chord_teacher"])):
        for place, value in zip(result["chord_coordinate"], values, strict=True):
            yield float(place), name, value


def of_group(group: Group, scan: FixedSets, inner: Arrays, keep: Keep) -> Arrays:
    """All data sizes of one seed: one teacher, one student start, nested training sets."""
    dimension, seed = group

    def stream(purpose: str) -> np.random.Generator:
        # Streams do not know D: all data sizes of a seed share them.
        identity = {"dimension": dimension, "seed": seed}
        return generator(scan.seed, PAPER, EXPERIMENT, identity, purpose)

    teacher = screened_teacher(dimension, scan.teacher_width, stream)

    def split(purpose: str, count: int) -> Split:
        inputs = cube(count, dimension, stream(purpose))
        return Split(inputs, teacher_values([teacher], inputs.T).T)

    sizes = scan.data_sizes
    course = Course(
        SQUARED,
        scan.steps,
        scan.batch,
        scan.learning_rate,
        scan.evaluate_every,
        CHUNK,
        lambda chunk: stream(f"minibatches {chunk}"),
    )
    train = split("training inputs", max(sizes))
    held_out = {
        "test": split("test inputs", scan.test_size),
        "validation": split("validation inputs", scan.validation_size),
    }
    start = he_normal(scan.student_layers(dimension), [stream("student")])
    values, students = trained_nested(start, sizes, train, held_out, course, inner, keep)
    values |= {
        "teacher_linear_share": np.full(len(sizes), teacher.linear_share),
        "teachers_rejected": np.full(len(sizes), float(teacher.rejected)),
    }
    return values | chord(students, teacher, train.inputs[:2], scan.chord_points)


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

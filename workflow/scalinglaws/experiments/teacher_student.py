"""Teacher-student regression in d dimensions: resolution-limited scaling in the data size.

Bahri et al. (arXiv:2102.06701), Fig. S2: a random teacher with two hidden layers, a wider student,
inputs uniform in a cube, squared loss, Adam with cosine decay for a fixed number of steps. The
predicted exponent is 4 / d. The centred cube [-1, 1]^d, standardised targets and the refusal of
nearly linear teachers are ours: on [0, 1]^d random ReLU teachers are close to linear.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from scalinglaws.canonical import member_name
from scalinglaws.data.dataset import Dataset
from scalinglaws.networks.mlp import forward, he_normal
from scalinglaws.storage import Columns, stack
from scalinglaws.streams import generator
from scalinglaws.training.groups import Arrays, Keep, in_turn
from scalinglaws.training.losses import SQUARED
from scalinglaws.training.minibatch import Course, Split, train_nested
from scalinglaws.training.session import Session

PAPER, EXPERIMENT = "bahri2021", "teacher_student"
LINEAR_LIMIT = 0.95  # a teacher whose linear fit explains more than this is drawn again
SCREENED = 4096  # inputs used to screen and standardise a teacher


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (d, D, seed, quantity); quantities as in training.minibatch.train_nested.

    Losses are mean squared errors of targets with unit variance.
    """
    torch.set_num_threads(session.threads)

    def compute(seed: int, inner: Arrays, keep: Keep) -> Arrays:
        return of_seed(seed, settings, inner, keep)

    seeds = range(settings["first_seed"], settings["first_seed"] + settings["seeds"])
    results = in_turn(seeds, compute, session)
    return stack(
        [
            {**labels(settings, size, seed), "quantity": name, "value": result[name][index]}
            for seed, result in zip(seeds, results, strict=True)
            for index, size in enumerate(settings["data_sizes"])
            for name in sorted(result)
            if not name.startswith("test_error")  # regression has none
        ]
    )


def labels(settings: Mapping[str, Any], size: int, seed: int) -> dict[str, Any]:
    identity = {"dimension": settings["dimension"], "data_size": size, "seed": seed}
    return {"member": member_name(identity), **identity, "step": settings["steps"]}


def of_seed(seed: int, settings: Mapping[str, Any], inner: Arrays, keep: Keep) -> Arrays:
    """All data sizes of one seed: one teacher, one student start, nested training sets."""
    dimension, width = settings["dimension"], settings["student_width"]
    teacher, shift, scale = screened_teacher(seed, settings)

    def split(purpose: str, count: int) -> Split:
        inputs = cube(count, dimension, stream(settings, seed, purpose))
        return Split(inputs, (teacher_values(teacher, inputs) - shift) / scale)

    start = he_normal([dimension, width, width, 1], [stream(settings, seed, "student")])
    course = Course(
        SQUARED,
        settings["steps"],
        settings["batch"],
        settings["learning_rate"],
        settings["evaluate_every"],
        lambda chunk: stream(settings, seed, f"minibatches {chunk}"),
    )
    train = split("training inputs", max(settings["data_sizes"]))
    held_out = {
        "test": split("test inputs", settings["test_size"]),
        "validation": split("validation inputs", settings["validation_size"]),
    }
    return train_nested(start, settings["data_sizes"], train, held_out, course, inner, keep)


def screened_teacher(
    seed: int, settings: Mapping[str, Any]
) -> tuple[list[torch.Tensor], float, float]:
    """The seed's first teacher that is not nearly linear, with mean and deviation of its output."""
    dimension, width = settings["dimension"], settings["teacher_width"]
    inputs = cube(SCREENED, dimension, stream(settings, seed, "screening inputs"))
    attempt = 0
    while True:
        draw = stream(settings, seed, f"teacher {attempt}")
        teacher = he_normal([dimension, width, width, 1], [draw])
        values = teacher_values(teacher, inputs)[:, 0].double().numpy()
        if linear_share(inputs.double().numpy(), values) <= LINEAR_LIMIT:
            return teacher, float(values.mean()), float(values.std())
        attempt += 1


def linear_share(inputs: np.ndarray, values: np.ndarray) -> float:
    """Fraction of the variance of `values` (n,) explained by a linear function of `inputs` (n, d).

    1 for constant values: a teacher that says nothing is degenerate too.
    """
    variance = values.var()
    if variance == 0:
        return 1.0
    design = np.column_stack([np.ones(len(inputs)), inputs])
    coefficients = np.linalg.lstsq(design, values, rcond=None)[0]
    return float(1.0 - (values - design @ coefficients).var() / variance)


@torch.no_grad()
def teacher_values(teacher: list[torch.Tensor], inputs: torch.Tensor) -> torch.Tensor:
    """(n, 1) outputs of a single network."""
    return forward(teacher, inputs.T)[-1][0].T


def cube(count: int, dimension: int, draws: np.random.Generator) -> torch.Tensor:
    """(count, dimension) points uniform in [-1, 1]^d; fewer points are the head of more."""
    return torch.tensor(draws.uniform(-1.0, 1.0, (count, dimension)), dtype=torch.float32)


def stream(settings: Mapping[str, Any], seed: int, purpose: str) -> np.random.Generator:
    """Streams do not know D: all data sizes of a seed share them."""
    identity = {"dimension": settings["dimension"], "seed": seed}
    return generator(settings["seed"], PAPER, EXPERIMENT, identity, purpose)

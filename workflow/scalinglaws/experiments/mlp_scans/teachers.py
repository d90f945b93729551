"""Random teachers on a cube, screened for degeneracy, alone or summed over a product of cubes.

Inputs are uniform in the centred cube [-1, 1]^d. On [0, 1]^d random ReLU networks are close to
linear; even here some are, and a nearly linear teacher is learned from few examples whatever d.
A teacher of a product manifold is a sum over the factors, each factor with a network of its own on
its own coordinates (Sharma & Kaplan, arXiv:2004.10802).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from scalinglaws.networks.mlp import forward, he_normal

LINEAR_LIMIT = 0.95  # a teacher whose linear fit explains more than this is drawn again
SCREENED = 4096  # inputs used to screen and standardise a teacher
Stream = Callable[[str], np.random.Generator]


@dataclass(frozen=True)
class Teacher:
    """A single network with what makes its output standardised, and how it passed the screen."""

    parameters: list[Tensor]
    shift: float
    scale: float
    linear_share: float
    rejected: int


@torch.no_grad()
def screened_teacher(dimension: int, width: int, stream: Stream) -> Teacher:
    """The first of the streams "teacher 0", "teacher 1", ... that is not nearly linear."""
    inputs = cube(SCREENED, dimension, stream("screening inputs"))
    attempt = 0
    while True:
        parameters = he_normal([dimension, width, width, 1], [stream(f"teacher {attempt}")])
        values = forward(parameters, inputs.T)[-1][0, 0].double().numpy()
        share = linear_share(inputs.double().numpy(), values)
        if share <= LINEAR_LIMIT:
            return Teacher(parameters, float(values.mean()), float(values.std()), share, attempt)
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
def teacher_values(teachers: Sequence[Teacher], inputs: Tensor) -> Tensor:
    """(1, n) targets of mean zero and variance one, for `inputs` (features, n).

    The teachers take their coordinates in order; their standardised outputs are summed and divided
    by the root of their number.
    """
    total, used = torch.zeros(1, inputs.shape[1]), 0
    for teacher in teachers:
        dimension = teacher.parameters[0].shape[2]
        output = forward(teacher.parameters, inputs[used : used + dimension])[-1][0]
        total += (output - teacher.shift) / teacher.scale
        used += dimension
    return total / len(teachers) ** 0.5


def cube(count: int, dimension: int, draws: np.random.Generator) -> Tensor:
    """(count, dimension) points uniform in [-1, 1]^d; fewer points are the head of more."""
    return torch.tensor(draws.uniform(-1.0, 1.0, (count, dimension)), dtype=torch.float32)

"""One-pass SGD of the linear student on Gaussian inputs with a power-law spectrum, L = N.

Worschech & Rosenow (arXiv 2410.09005): figure 2, right (all directions learn) and figure 3, left
(only the first N_l learn; experiment feature_scaling runs this module too).
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.linear.settings import Descent, GaussianDescent
from scalinglaws.records import as_record
from scalinglaws.streams import generator
from scalinglaws.theory.power_law_spectrum import eigenvalues
from scalinglaws.training.linear_descent import Course, Run, descend
from scalinglaws.training.one_pass import observation_steps
from scalinglaws.training.session import Session

PAPER = "worschech2024"


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Train every seed and number of trainable directions.

    Returns columns member, dimension, beta, eta, seed, n_trainable, direction, alpha, quantity,
    value; quantities as in linear_descent.descend.
    """
    own = as_record(GaussianDescent, settings)
    runs = [gaussian_run(own, seed) for seed in own.seed_range]
    return stack(descend(course_of(own, own.dimension), runs, session))


def gaussian_run(own: GaussianDescent, seed: int) -> Run:
    dimension = own.dimension
    shares = eigenvalues(dimension, own.beta) / dimension
    # Neither beta nor eta: the same seed has the same teacher and examples at every value.
    member = {"dimension": dimension, "seed": seed}
    return Run(
        identity={"dimension": dimension, "beta": own.beta, "eta": own.eta, "seed": seed},
        shares=shares,
        start=first_errors(own, "linear_sgd", dimension, seed),
        scale=np.sqrt(shares),
        fill=normals,
        stream=partial(generator, own.seed, PAPER, "linear_sgd", member),
    )


def course_of(own: Descent, dimension: int) -> Course:
    steps = observation_steps(dimension, own.alpha_min, own.alpha_max, own.points)
    return Course(np.array(own.trainable), own.eta, steps)


def first_errors(own: Descent, experiment: str, dimension: int, seed: int) -> np.ndarray:
    """B - J with teacher B ~ N(0, 1) and student J ~ N(0, sigma_J^2), (N,)."""
    member = {"dimension": dimension, "seed": seed}
    stream = generator(own.seed, PAPER, experiment, member, "weights")
    student, teacher = stream.standard_normal((2, dimension))
    return teacher - own.sigma_j * student


def normals(stream: np.random.Generator, slab: np.ndarray) -> None:
    stream.standard_normal(out=slab, dtype=np.float32)

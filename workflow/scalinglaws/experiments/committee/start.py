"""What simulation and theory of the committee machine share: first weights and abscissae."""

from typing import NamedTuple

import numpy as np

from scalinglaws.experiments.committee.settings import Descents, Ensemble, Machine
from scalinglaws.streams import generator
from scalinglaws.training.one_pass import observation_steps

PAPER = "worschech2024"


class Member(NamedTuple):
    levels: int
    seed: int
    dimension: int


def members_of(settings: Descents) -> list[Member]:
    """Members of a block, in the order in which they are trained."""
    dimension = settings.dimension
    return [Member(n, seed, dimension) for n in settings.levels for seed in settings.seed_range]


def draw_weights(
    settings: Ensemble, seed: int, purpose: str = "committee"
) -> tuple[np.ndarray, np.ndarray]:
    """Student (or deviation) ~ N(0, sigma_J^2) and teacher B ~ N(0, 1), both (hidden, N).

    The stream knows neither L nor beta: the same seed has the same weights for every spectrum, so
    that curves of one seed differ by the spectrum alone.
    """
    identity = {"dimension": settings.dimension, "hidden": settings.hidden, "seed": seed}
    stream = generator(settings.seed, PAPER, purpose, identity, "weights")
    normals = stream.standard_normal((2, settings.hidden, settings.dimension))
    return settings.sigma_j * normals[0], normals[1]


def steps_of(settings: Machine) -> np.ndarray:
    """Numbers of examples after which a curve is observed, (points,)."""
    of = (settings.dimension, settings.alpha_min, settings.alpha_max, settings.points)
    return observation_steps(*of)

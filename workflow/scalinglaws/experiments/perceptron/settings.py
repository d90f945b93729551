"""Settings of the perceptron's runs, as the plan cuts them: standard library only."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scalinglaws.records import as_record

Grid = tuple[float, float, int]  # lowest, highest value and number of a log-spaced grid


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Simulations: samples are data sets, each with a teacher of its own."""

    first_sample: int = 0
    samples: int
    seed: int  # the root of all random streams

    @property
    def seeds(self) -> range:
        return range(self.first_sample, self.first_sample + self.samples)


@dataclass(frozen=True, kw_only=True)
class Course(Samples):
    """Gradient descent, followed at ``records`` iterations, and fixed-norm minimisers."""

    records: int
    fixed_norm_lambdas: tuple[float, ...]
    # The paper gives none of these three; the results do not depend on them beyond 0.3 %.
    initial_norm: float = 0.001  # lambda at the start: so small that the Hebb plateau comes first
    curvature_step: float = 1.0  # step in units of 1 / largest curvature
    norm_change: float = 0.05  # largest relative change of the weights in one step


@dataclass(frozen=True, kw_only=True)
class Descent(Course):
    """A course with alpha examples for each of N = ``weights`` weights."""

    alpha: float
    weights: int
    iterations: int


@dataclass(frozen=True, kw_only=True)
class Descents(Course):
    """Courses at several alpha, each with its own N and number of iterations."""

    alphas: tuple[float, ...]
    weights: tuple[int, ...]
    iterations: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Lambdas:
    """A grid of norms, lambda = |w| / sqrt(N)."""

    lambda_low: float
    lambda_high: float
    lambda_points: int

    @property
    def lambda_grid(self) -> Grid:
        return self.lambda_low, self.lambda_high, self.lambda_points


@dataclass(frozen=True, kw_only=True)
class Theory(Lambdas):
    """Replica-symmetric curves."""

    alphas: tuple[float, ...]
    seed: int  # nothing is random; part of every block's settings


@dataclass(frozen=True, kw_only=True)
class Square(Lambdas, Samples):
    """Fixed-norm minimisers of the square loss at several alpha."""

    alphas: tuple[float, ...]
    weights: int


@dataclass(frozen=True, kw_only=True)
class Limits(Lambdas):
    """Theory for alpha -> infinity, and the finite alpha that are held against it."""

    ratio_low: float
    ratio_high: float
    ratio_points: int
    collapse_alphas: tuple[float, ...]
    square_alphas: tuple[float, ...]
    seed: int  # as in Theory

    @property
    def ratio_grid(self) -> Grid:
        """Of lambda / alpha."""
        return self.ratio_low, self.ratio_high, self.ratio_points


def descents(settings: Mapping[str, Any]) -> list[Descent]:
    """What a block of descents computes in turn: its alpha, or every one of its alphas."""
    if "alpha" in settings:
        return [as_record(Descent, settings)]
    several = as_record(Descents, settings)
    shared = {key: value for key, value in asdict(several).items() if key != "alphas"}
    each = zip(several.alphas, several.weights, several.iterations, strict=True)
    return [
        Descent(**{**shared, "alpha": alpha, "weights": weights, "iterations": iterations})
        for alpha, weights, iterations in each
    ]

"""Settings of the linear network's runs, as the plan cuts them: standard library only."""

from dataclasses import dataclass

from scalinglaws.experiments.seeds import SeedRange


@dataclass(frozen=True, kw_only=True)
class Course:
    """How the student starts and learns, and the alphas at which its error is recorded.

    - ``eta``: learning rate; ``sigma_j``: standard deviation of the student's first weights
    - ``points`` alphas = examples / N, geometric from ``alpha_min`` to ``alpha_max``
    """

    eta: float
    sigma_j: float
    alpha_min: float
    alpha_max: float
    points: int


@dataclass(frozen=True, kw_only=True)
class Curve(Course):
    """A course on N = ``dimension`` directions with eigenvalues ~ l^-(1 + beta)."""

    dimension: int
    beta: float


@dataclass(frozen=True, kw_only=True)
class Descent(Course, SeedRange):
    """SGD: members are all seeds, each with all numbers N_l of ``trainable`` directions."""

    trainable: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class GaussianDescent(Curve, Descent):
    """SGD on Gaussian inputs with a power-law spectrum."""


@dataclass(frozen=True, kw_only=True)
class ImageDescent(Descent):
    """SGD on images averaged over pool x pool pixels, or on Gaussian inputs like them."""

    dataset: str
    pool: int
    inputs: tuple[str, ...]  # "images", "gaussian"


@dataclass(frozen=True, kw_only=True)
class Law:
    """Where decay exponents are fitted.

    ``window``: factors of 1 / (2 eta lambda_1) and 1 / (2 eta lambda_L), between which the
    ``points`` alphas lie.
    """

    eta: float
    sigma_j: float
    window: tuple[float, float]
    points: int


@dataclass(frozen=True, kw_only=True)
class Theory:
    """The closed forms: one field or group of fields per part of run_theory."""

    any_eta: Curve
    scaling: Curve
    betas: tuple[float, ...]
    law: Law
    law_levels: int
    gamma_levels: int
    tail_dimensions: tuple[int, ...]
    tail_betas: tuple[float, ...]
    tail_trainable: tuple[int, ...]
    critical_levels: tuple[int, ...]
    critical_dimensions: tuple[int, ...]
    critical_betas: tuple[float, ...]
    seed: int  # nothing is random; part of every block's settings

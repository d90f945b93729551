"""What determines the numbers of a block of the specialised phase's experiments."""

from dataclasses import dataclass

from scalinglaws.experiments.committee.settings import Ensemble


@dataclass(frozen=True, kw_only=True)
class NearTeacher(Ensemble):
    """L = N; sigma_j is the size of J - B."""

    betas: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Asymptotics(NearTeacher):
    """Theory of the simulated machine, of the paper's and of one with very many levels.

    - ``betas``: of what is not drawn; ``simulated_betas``: of each seed's realised start.
    """

    simulated_betas: tuple[float, ...]
    paper_units: int
    paper_levels: int
    many_levels: int
    window_points: int
    many_points: int

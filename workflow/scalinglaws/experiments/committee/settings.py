"""What determines the numbers of a block of a committee machine's experiment; K = M throughout."""

from dataclasses import dataclass

from scalinglaws.experiments.seeds import SeedRange


@dataclass(frozen=True, kw_only=True)
class Machine:
    """N = dimension, K = M = hidden; a start of size sigma_j, observed geometrically in alpha."""

    dimension: int
    hidden: int
    eta: float
    sigma_j: float
    alpha_min: float
    alpha_max: float
    points: int


@dataclass(frozen=True, kw_only=True)
class Ensemble(Machine, SeedRange):
    """Machines of some seeds."""


@dataclass(frozen=True, kw_only=True)
class Descents(Ensemble):
    beta: float
    levels: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ReducedDescents(Descents):
    stop_error: float  # eps_g below which a member ends


@dataclass(frozen=True, kw_only=True)
class OrderParameters(Descents):
    """``typical_levels``, ``plateau_levels``: L of the typical and of the noiseless starts."""

    typical_levels: tuple[int, ...]
    plateau_levels: tuple[int, ...]
    reference_dimension: int
    reference_alpha_max: float


@dataclass(frozen=True, kw_only=True)
class UnitOverlaps(Ensemble):
    beta: float
    levels: int
    orders: tuple[int, ...]
    source: str  # "theory" or "sgd"


@dataclass(frozen=True, kw_only=True)
class PlateauScans:
    """Scans of plateau and escape; which members each of them has is written in run_plateau."""

    dimension: int
    sigma_j: float
    eta: float
    betas: tuple[float, ...]
    scan_beta: float
    points: int
    grid_hidden: tuple[int, ...]
    grid_levels: tuple[int, ...]
    scan_hidden: tuple[int, ...]
    scan_levels: tuple[int, ...]
    scan_levels_hidden: int
    rates_hidden: tuple[int, ...]
    rates: tuple[float, ...]
    length_hidden: tuple[int, ...]
    law_levels: tuple[int, ...]
    length_levels: tuple[int, ...]
    length_dimensions: tuple[int, ...]
    length_sigmas: tuple[float, ...]
    curve_hidden: tuple[int, ...]
    curve_levels: tuple[int, ...]
    curve_alpha_min: float
    curve_alpha_max: float


@dataclass(frozen=True, kw_only=True)
class PlateauPart(PlateauScans):
    """Every ``parts``-th member from ``part`` on."""

    part: int
    parts: int
    seed: int

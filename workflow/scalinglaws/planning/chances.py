"""The chance that a claim is decided by a run that is still to come, from a finished pilot.

What a pilot of n0 seeds tells of one quantity: an estimate m, and a standard error s with nu0
degrees of freedom. Neither the true value nor the true scatter is known, so both are integrated
over what the pilot leaves open (flat prior of the value and of the logarithm of the scatter):
sigma^2 = s^2 nu0 / chi^2(nu0), the true value normal around m with sigma^2, the run's estimate
normal around the true value with sigma^2 n0 / n, and its squared standard error
sigma^2 n0 / n chi^2(nu) / nu. So the run's estimate scatters around m by a Student t with nu0
degrees of freedom, wider than the run's own standard error says.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import chdtri, ndtr, stdtrit

from scalinglaws.claims.verdict import Band

Array = np.ndarray
NODES = 32  # equally likely values of each chi^2; chances come out to about 0.01 (tested)
TINY = 1e-300  # in place of a standard error of zero: seeds that agree in all digits


@dataclass(frozen=True)
class Piloted:
    """One quantity as a pilot measured it, and the band of its claim.

    - `below`, `above`: halves of its interval at `level`, as far as seeds explain them.
    - `fixed_below`, `fixed_above`: what the halves have beyond that; more seeds leave it.
    - `degrees`: of freedom of the standard error.
    """

    estimate: float
    below: float
    above: float
    fixed_below: float
    fixed_above: float
    level: float
    seeds: int
    degrees: float
    band: Band

    def degrees_of(self, seeds: float) -> float:
        """Of a standard error from so many seeds."""
        return max(1.0, self.degrees * (seeds - 1) / (self.seeds - 1))


@dataclass(frozen=True)
class Chances:
    """Probabilities of the two decisions."""

    reproduced: float
    differs: float

    @property
    def decided(self) -> float:
        return self.reproduced + self.differs


def chances(
    piloted: Piloted, seeds: float, equivalence: float, difference: float, *, known: bool = False
) -> Chances:
    """Of a run with so many seeds (2 or more), whose p values must not exceed these.

    - `equivalence`: for "reproduced", of each of the two one-sided tests.
    - `difference`: for "differs", of the two-sided test.
    - `known`: take the pilot's estimate and standard error for the truth.
    """
    nu0, nu = piloted.degrees, piloted.degrees_of(seeds)
    reach0, reach = student(piloted.level, nu0), student(piloted.level, nu)
    error = max((piloted.below + piloted.above) / 2 / reach0, TINY)
    sigma = error * (np.ones((1, 1)) if known else np.sqrt(nu0 / chi_squared(nu0))[:, None])
    share = piloted.seeds / seeds
    # The ledger reads each half of an interval as a multiple of Student's quantile.
    half = np.sqrt(share * chi_squared(nu) / nu) * sigma / (error * reach0)
    below = half * piloted.below + piloted.fixed_below / reach
    above = half * piloted.above + piloted.fixed_above / reach
    spread = sigma * np.sqrt(share + (not known))
    inside, outside = student(1 - 2 * equivalence, nu), student(1 - difference, nu)
    low, high = piloted.band.low - piloted.estimate, piloted.band.high - piloted.estimate
    within = ndtr((high - inside * above) / spread) - ndtr((low + inside * below) / spread)
    beyond = ndtr((low - outside * above) / spread) + ndtr(-(high + outside * below) / spread)
    return Chances(float(np.mean(np.maximum(within, 0.0))), float(np.mean(beyond)))


@cache
def student(level: float, degrees: float) -> float:
    """Half-width of a two-sided interval in standard errors."""
    return float(stdtrit(degrees, (1 + level) / 2))


@cache
def chi_squared(degrees: float) -> Array:
    """(NODES,) equally likely values, at the middles of equal shares of probability."""
    return np.asarray(chdtri(degrees, 1 - (np.arange(NODES) + 0.5) / NODES))

"""Blocks of the committee machine's experiments; costs were measured on one 2.5 GHz core."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from scalinglaws.errors import InputError
from scalinglaws.experiments.committee.settings import (
    Descents,
    Machine,
    OrderParameters,
    PlateauPart,
    PlateauScans,
    ReducedDescents,
    UnitOverlaps,
)
from scalinglaws.planning.blocks import Block, Request, cut
from scalinglaws.records import Record

# Direct SGD: drawing the normals takes nearly all of it; observing four units a bit more.
SGD_PER_STEP_AND_INPUT, SGD_AT_START = 1.4e-8, 3.0
OVERLAPS_PER_STEP_AND_INPUT, OVERLAPS_AT_START, OVERLAPS_PER_SEED = 1.6e-8, 4.0, 0.3
# Reduced SGD: a step, and each random number of it.
REDUCED_PER_STEP, REDUCED_PER_NUMBER, REDUCED_AT_START = 1.5e-7, 1.2e-8, 4.0
# About where a curve of figure 1 leaves the plateau (K = M = 2, eta = 0.1, beta = 1).
EXIT_ALPHA, EXIT_POWER = 3500.0, -0.55
# Steps grow with alpha lambda_1 ~ alpha L, the cost of each with L (0.5 s at L = 64 for alpha 1e4);
# imports and one compilation come first.
ODE_PER_ALPHA_AND_LEVELS_SQUARED, ODE_AT_START = 1.3e-8, 6.0
# The explicit solver takes eta lambda_1 alpha steps, and alpha is about 10 escape times
# M^2 / (eta L), or what the slowest block of L needs to settle.
PLATEAU_PER_UNITS_SQUARED, PLATEAU_PER_LEVELS_SQUARED = 1e-3, 1e-4
PLATEAU_PER_MEMBER, PLATEAU_AT_START = 0.05, 8.0


@dataclass(frozen=True, kw_only=True)
class Sizes(Machine):
    """Levels are dealt out to ``level_groups``, each cut by ranges of seeds."""

    beta: float
    levels: tuple[int, ...]
    seeds: int
    seeds_per_block: int
    level_groups: int


@dataclass(frozen=True, kw_only=True)
class ReducedSizes(Sizes):
    stop_error: float


@dataclass(frozen=True, kw_only=True)
class OdeSizes(Sizes):
    plateau_levels: tuple[int, ...]
    reference_dimension: int
    reference_alpha_max: float


@dataclass(frozen=True, kw_only=True)
class OverlapSizes(Machine):
    beta: float
    levels: int
    orders: tuple[int, ...]
    seeds: int
    seeds_per_block: int
    sgd_seeds: int
    sgd_alpha_max: float


@dataclass(frozen=True, kw_only=True)
class PlateauSizes(PlateauScans):
    blocks: int


class Part(NamedTuple):
    """Some levels of some seeds: what one block computes."""

    name: str
    levels: tuple[int, ...]
    first_seed: int
    seeds: int

    @property
    def members(self) -> int:
        return len(self.levels) * self.seeds

    def settings(self, kind: type[Record], request: Request, **own: Any) -> Record:
        part = {"levels": self.levels, "first_seed": self.first_seed, "seeds": self.seeds}
        return request.settings(kind, **part, **own)


def blocks(request: Request) -> list[Block]:
    """Raises InputError when L does not divide N, a range is empty or a block not whole."""
    return CUT_INTO[request.experiment](request)


def sgd_blocks(request: Request) -> list[Block]:
    sizes = request.sizes_as(Sizes)
    check_alphas(request)
    check_divisors(request, "levels", sizes.levels, sizes.dimension)
    steps = sizes.alpha_max * sizes.dimension
    found = []
    for part in parts_of(request, sizes):
        seconds = SGD_PER_STEP_AND_INPUT * sizes.dimension * steps * part.members
        settings = part.settings(Descents, request)
        costs = {"members": part.members, "core_seconds": SGD_AT_START + seconds, "memory_mb": 600}
        found.append(request.block(part.name, settings, run="run_sgd", **costs))
    return found


def reduced_blocks(request: Request) -> list[Block]:
    sizes = request.sizes_as(ReducedSizes)
    check_alphas(request)
    check_divisors(request, "levels", sizes.levels, sizes.dimension)
    found = []
    for part in parts_of(request, sizes):
        seconds = sum(reduced_seconds(sizes, n) for n in part.levels) * part.seeds
        costs = {
            "members": part.members,
            "core_seconds": REDUCED_AT_START + seconds,
            "memory_mb": 600,
        }
        settings = part.settings(ReducedDescents, request)
        found.append(request.block(part.name, settings, run="run_reduced", **costs))
    return found


def reduced_seconds(sizes: Sizes, levels: int) -> float:
    """Of one member, which ends soon after it has left the plateau."""
    axes = min(sizes.dimension // levels, 2 * sizes.hidden)
    numbers = levels * (axes + 1)
    alpha = min(sizes.alpha_max, EXIT_ALPHA * levels**EXIT_POWER)
    steps = alpha * sizes.dimension
    return float(steps * (REDUCED_PER_STEP + REDUCED_PER_NUMBER * numbers))


def ode_blocks(request: Request) -> list[Block]:
    sizes = request.sizes_as(OdeSizes)
    check_alphas(request)
    check_alphas(request, last="reference_alpha_max")
    for dimension in (sizes.dimension, sizes.reference_dimension):
        check_divisors(request, "levels", sizes.levels, dimension)
    among = set(sizes.plateau_levels) <= set(sizes.levels)
    require(request, "plateau_levels", among, f"some of levels = {list(sizes.levels)}")
    return theory_blocks(request, sizes)


def reduced_ode_blocks(request: Request) -> list[Block]:
    """Theory from the very starts of committee_reduced: typical starts are at its own N."""
    sizes = request.sizes_as(Sizes)
    check_alphas(request)
    check_divisors(request, "levels", sizes.levels, sizes.dimension)
    with_reference = OdeSizes(
        **asdict(sizes),
        plateau_levels=(),
        reference_dimension=sizes.dimension,
        reference_alpha_max=sizes.alpha_max,
    )
    return theory_blocks(request, with_reference)


def theory_blocks(request: Request, sizes: OdeSizes) -> list[Block]:
    """Curves from starts that are not drawn are in the blocks of the first seeds."""
    found = []
    for part in parts_of(request, sizes):
        typical = part.levels if part.first_seed == 0 else ()
        plateau = tuple(n for n in sizes.plateau_levels if n in typical)
        costs = {
            "members": part.members + len(typical) + len(plateau),
            "core_seconds": ODE_AT_START + sum(ode_seconds(sizes, part, n) for n in part.levels),
            "memory_mb": 1000,
            "station": "theory",
        }
        settings = part.settings(
            OrderParameters,
            request,
            typical_levels=typical,
            plateau_levels=plateau,
            reference_dimension=sizes.reference_dimension,
            reference_alpha_max=sizes.reference_alpha_max,
        )
        found.append(request.block(part.name, settings, run="run_ode", **costs))
    return found


def ode_seconds(sizes: OdeSizes, part: Part, levels: int) -> float:
    """Of one L of a part: each seed's start, and two that are not drawn beside the first ones."""
    undrawn = 2 * sizes.reference_alpha_max if part.first_seed == 0 else 0.0
    alphas = part.seeds * sizes.alpha_max + undrawn
    return ODE_PER_ALPHA_AND_LEVELS_SQUARED * alphas * max(levels, 16) ** 2


def overlap_blocks(request: Request) -> list[Block]:
    """One block per simulated seed, and theory by ranges of seeds."""
    sizes = request.sizes_as(OverlapSizes)
    check_alphas(request)
    check_alphas(request, last="sgd_alpha_max")
    check_divisors(request, "levels", [sizes.levels], sizes.dimension)
    integrated = sizes.sgd_seeds <= sizes.seeds
    require(request, "sgd_seeds", integrated, f"at most seeds = {sizes.seeds}")
    steps = sizes.sgd_alpha_max * sizes.dimension
    training = OVERLAPS_AT_START + OVERLAPS_PER_STEP_AND_INPUT * sizes.dimension * steps
    theory = 2 * OVERLAPS_AT_START + OVERLAPS_PER_SEED * sizes.seeds_per_block

    def block(source: str, first: int, seeds: int, alpha_max: float, seconds: float) -> Block:
        own = {"source": source, "first_seed": first, "seeds": seeds, "alpha_max": alpha_max}
        costs = {"members": seeds, "core_seconds": seconds, "memory_mb": 1000}
        settings = request.settings(UnitOverlaps, **own)
        return request.block(f"{source}{first}", settings, run="run_overlaps", **costs)

    longest, last = sizes.alpha_max, sizes.sgd_alpha_max
    simulated = [block("sgd", seed, 1, last, training) for seed in range(sizes.sgd_seeds)]
    ranges = request.seed_ranges()
    return simulated + [block("theory", *seeds, longest, theory) for seeds in ranges]


def plateau_blocks(request: Request) -> list[Block]:
    """Members of all kinds are dealt out, so that costs even out."""
    sizes = request.sizes_as(PlateauSizes)
    parts = sizes.blocks
    longer = sizes.curve_alpha_max > sizes.curve_alpha_min
    require(request, "curve_alpha_max", longer, "more than curve_alpha_min")
    costs = {
        "members": -(-plateau_members(sizes) // parts),
        "core_seconds": PLATEAU_AT_START + plateau_seconds(sizes) / parts,
        "memory_mb": 1000,
        "station": "theory",
    }
    found = []
    for part in range(parts):
        settings = request.settings(PlateauPart, part=part, parts=parts)
        found.append(request.block(f"part{part}", settings, run="run_plateau", **costs))
    return found


def plateau_members(of: PlateauSizes) -> int:
    """At most: members that two scans share are integrated once."""
    betas, starts = len(of.betas), len(of.length_dimensions) + len(of.length_sigmas)
    growth = len(of.grid_hidden) * len(of.grid_levels) * betas + len(of.scan_hidden)
    growth += len(of.scan_levels) * betas + 2 * len(of.rates_hidden) * len(of.rates)
    length = len(of.law_levels) * starts + len(of.length_levels) * betas
    curves = len(of.curve_hidden) * len(of.curve_levels)
    return growth + len(of.length_hidden) * length + curves


def plateau_seconds(of: PlateauSizes) -> float:
    wide = sum(units**2 for units in of.scan_hidden)
    deep = sum(levels**2 for levels in of.scan_levels) * len(of.betas)
    scans = PLATEAU_PER_UNITS_SQUARED * wide + PLATEAU_PER_LEVELS_SQUARED * deep
    return scans + PLATEAU_PER_MEMBER * plateau_members(of)


def parts_of(request: Request, sizes: Sizes) -> list[Part]:
    """Every group of levels with every range of seeds."""
    groups = cut(list(sizes.levels), sizes.level_groups)
    return [
        Part(f"levels{number}_seeds{first}", tuple(levels), first, seeds)
        for number, levels in enumerate(groups)
        for first, seeds in request.seed_ranges()
    ]


def check_alphas(request: Request, last: str = "alpha_max") -> None:
    """Raises InputError."""
    first = request.sizes["alpha_min"]
    require(request, last, first < request.sizes[last], f"more than alpha_min = {first}")


def check_divisors(request: Request, key: str, levels: Iterable[int], dimension: int) -> None:
    """L distinct eigenvalues must share N directions equally. Raises InputError."""
    for number in levels:
        if not 1 <= number <= dimension or dimension % number:
            raise InputError(
                f"{request.experiment}.{key} holds {number}; expected divisors of the dimension "
                f"{dimension}, at most {dimension}: correct it in config/scales."
            )


def require(request: Request, key: str, holds: bool, expected: str) -> None:
    """Raises InputError unless it ``holds``."""
    if not holds:
        raise InputError(
            f"{request.experiment}.{key} is {request.sizes[key]}; expected {expected}: correct it "
            "in config/scales."
        )


CUT_INTO = {
    "committee_sgd": sgd_blocks,
    "committee_ode": ode_blocks,
    "committee_overlaps": overlap_blocks,
    "committee_reduced": reduced_blocks,
    "committee_reduced_ode": reduced_ode_blocks,
    "plateau_theory": plateau_blocks,
}

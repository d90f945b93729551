"""Blocks of the specialised phase's experiments; costs were measured on one 2.5 GHz core."""

from dataclasses import dataclass, replace

from scalinglaws.experiments.committee.plan import check_alphas, require
from scalinglaws.experiments.committee.settings import Machine
from scalinglaws.experiments.specialised.settings import Asymptotics, NearTeacher
from scalinglaws.planning.blocks import Block, Request
from scalinglaws.theory.specialised_modes import critical_rate

# SGD: drawing an input, and each weight's field and update.
SGD_PER_INPUT, SGD_PER_WEIGHT, SGD_PER_UNIT, SGD_AT_START = 1.35e-8, 1.5e-9, 6e-8, 4.0
# Theory: two exponential sums, eigenvectors of the noisy system, recursion of a realised start.
THEORY_PER_LEVEL_AND_POINT, THEORY_PER_CUBED_LEVEL = 2.5e-8, 2e-9
THEORY_PER_WEIGHT, THEORY_AT_START = 1.2e-4, 2.0


@dataclass(frozen=True, kw_only=True)
class SgdSizes(Machine):
    betas: tuple[float, ...]
    seeds: int
    seeds_per_block: int


@dataclass(frozen=True, kw_only=True)
class TheorySizes(Machine):
    betas: tuple[float, ...]
    seeds: int
    seeds_per_block: int
    simulated_betas: tuple[float, ...]
    paper_units: int
    paper_levels: int
    many_levels: int
    window_points: int
    many_points: int


def blocks(request: Request) -> list[Block]:
    """Raises InputError when a range is empty, the learning rate unstable or a block not whole."""
    check_alphas(request)
    check_rate(request)
    if request.experiment == "near_teacher_sgd":
        return sgd_blocks(request)
    return theory_blocks(request)


def sgd_blocks(request: Request) -> list[Block]:
    sizes, found = request.sizes_as(SgdSizes), []
    for own in request.seeded(NearTeacher):
        members = own.seeds * len(own.betas)
        seconds = SGD_AT_START + members * sgd_seconds(sizes)
        costs = {"members": members, "core_seconds": seconds, "memory_mb": 600}
        found.append(request.block(f"seeds{own.first_seed}", own, run="run_sgd", **costs))
    return found


def sgd_seconds(sizes: SgdSizes) -> float:
    dimension, hidden = sizes.dimension, sizes.hidden
    weights = SGD_PER_WEIGHT * dimension * hidden + SGD_PER_UNIT * hidden
    return float(sizes.alpha_max * dimension * (SGD_PER_INPUT * dimension + weights))


def theory_blocks(request: Request) -> list[Block]:
    """What is not drawn (all but realised starts) is in the block of the first seeds."""
    sizes = request.sizes_as(TheorySizes)
    among = set(sizes.simulated_betas) <= set(sizes.betas)
    require(request, "simulated_betas", among, f"some of betas = {list(sizes.betas)}")
    first, *others = request.seeded(Asymptotics)
    cuts = [first, *(replace(own, betas=()) for own in others)]
    return [theory_block(request, sizes, own) for own in cuts]


def theory_block(request: Request, sizes: TheorySizes, own: Asymptotics) -> Block:
    realised = len(own.simulated_betas) * own.seeds
    return request.block(
        f"seeds{own.first_seed}",
        own,
        run="run_theory",
        members=4 * len(own.betas) + realised,
        core_seconds=THEORY_AT_START + theory_seconds(sizes, len(own.betas), realised),
        memory_mb=1500,
        station="theory",
    )


def theory_seconds(sizes: TheorySizes, betas: int, realised: int) -> float:
    sums = sizes.many_levels * sizes.many_points
    sums += (sizes.paper_levels + sizes.dimension) * sizes.window_points
    per_beta = THEORY_PER_LEVEL_AND_POINT * sums
    per_beta += THEORY_PER_CUBED_LEVEL * sizes.dimension**3
    weights = sizes.hidden * sizes.dimension
    return float(betas * per_beta + THEORY_PER_WEIGHT * weights * realised)


def check_rate(request: Request) -> None:
    """Raises InputError."""
    hidden = request.sizes["hidden"]
    limit = critical_rate(hidden)
    require(
        request,
        "eta",
        request.sizes["eta"] < limit,
        f"less than the critical rate {limit:.4g} for hidden = {hidden}, beyond which deviations "
        "from the teacher grow",
    )

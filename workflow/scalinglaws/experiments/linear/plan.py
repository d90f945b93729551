"""Blocks of the linear network's experiments: SGD by ranges of seeds, theory is one block."""

from collections.abc import Sequence

from scalinglaws.errors import InputError
from scalinglaws.experiments.linear.settings import (
    Course,
    Curve,
    Descent,
    GaussianDescent,
    ImageDescent,
    Law,
    Theory,
)
from scalinglaws.planning.blocks import Block, Request
from scalinglaws.planning.datasets import SHAPES, SIZES
from scalinglaws.records import as_record
from scalinglaws.theory.critical_rate import (
    SAFE_FOR_EVERY_SPECTRUM,
    check_theory_rate,
    power_law_shares,
    sgd_critical_rate,
)

# Measured on one 2.5 GHz core: per normal drawn, and per weight of a member that is read.
SECONDS_PER_NORMAL, SECONDS_PER_WEIGHT = 1.3e-8, 4e-10
# Covariance and coordinates: 6 n N^2 operations at about 1e10 a second.
SECONDS_PER_PRODUCT = 6e-10
SECONDS_AT_START = 3.0
THEORY_SECONDS = 3.0  # measured, imports included; no size of any scale changes it much


def blocks(request: Request) -> list[Block]:
    """Raises InputError for sizes that contradict each other or let SGD diverge."""
    if request.experiment == "linear_theory":
        return [theory_block(request)]
    if request.experiment == "image_features":
        return image_blocks(request)
    return gaussian_blocks(request)


def gaussian_blocks(request: Request) -> list[Block]:
    # All directions learn where the sizes do not say how many (linear_sgd).
    trainable = request.sizes.get("trainable", [request.sizes["dimension"]])
    cuts = request.seeded(GaussianDescent, trainable=trainable)
    check_gaussian(request.experiment, cuts[0])
    return [
        request.block(
            f"seeds{own.first_seed}",
            own,
            run="run_sgd",
            members=own.seeds * len(own.trainable),
            core_seconds=SECONDS_AT_START + own.seeds * descent_seconds(own, own.dimension),
            memory_mb=600,
        )
        for own in cuts
    ]


def image_blocks(request: Request) -> list[Block]:
    cuts = request.seeded(ImageDescent)
    dimension = checked_dimension(request.experiment, cuts[0])
    return [image_block(request, f"{own.dataset}_{own.first_seed}", own, dimension) for own in cuts]


def image_block(request: Request, name: str, own: ImageDescent, dimension: int) -> Block:
    images = SIZES[own.dataset][0]
    kinds = [descent_seconds(own, dimension, kind == "gaussian") for kind in own.inputs]
    return request.block(
        name,
        own,
        run="run_images",
        members=own.seeds * len(own.inputs) * len(own.trainable),
        core_seconds=SECONDS_AT_START
        + SECONDS_PER_PRODUCT * images * dimension**2
        + own.seeds * sum(kinds),
        datasets=(own.dataset,),
        # Bytes, pooled images, their grey values and coordinates: four floats a pixel at most.
        memory_mb=600 + int(2.4e-5 * images * dimension),
    )


def theory_block(request: Request) -> Block:
    own = as_record(Theory, {**request.sizes, "seed": request.seed})
    check_theory(request.experiment, own)
    tails = len(own.tail_dimensions) * len(own.tail_betas) * len(own.tail_trainable)
    rates = len(own.critical_betas) * len({*own.critical_levels, *own.critical_dimensions})
    return request.block(
        "all",
        own,
        run="run_theory",
        members=1 + 1 + 2 * len(own.betas) + tails + rates,
        core_seconds=THEORY_SECONDS,
        station="theory",
        memory_mb=600,
    )


def descent_seconds(own: Descent, dimension: int, drawn: bool = True) -> float:
    """Of one seed with all its members; `drawn` counts the normals."""
    steps = own.alpha_max * dimension
    weights = sum(dimension + count for count in own.trainable)
    return float(steps * (dimension * SECONDS_PER_NORMAL * drawn + weights * SECONDS_PER_WEIGHT))


def check_gaussian(where: str, own: GaussianDescent) -> None:
    check_positive(where, own, "beta")
    check_course(where, own)
    check_trainable(where, own.trainable, own.dimension)
    check_simulated_rate(where, own)


def checked_dimension(where: str, own: ImageDescent) -> int:
    """The input dimension N. Raises InputError."""
    if own.dataset not in SHAPES:
        raise InputError(
            f"{where}.dataset is {own.dataset!r}; expected one of: {', '.join(sorted(SHAPES))}: "
            "correct it in config/scales."
        )
    side = SHAPES[own.dataset][0]
    if side % own.pool:
        raise InputError(
            f"{where}.pool is {own.pool}, which does not divide the side {side} of "
            f"{own.dataset}; choose a divisor in config/scales."
        )
    dimension = (side // own.pool) ** 2
    check_course(where, own)
    check_trainable(where, own.trainable, dimension)
    # The spectrum is known only with the images: run_images holds eta against its own limit.
    if not own.eta < SAFE_FOR_EVERY_SPECTRUM:
        raise InputError(
            f"{where}.eta is {own.eta}; expected less than 2/3, below which SGD is "
            "stable whatever the images' spectrum: correct it in config/scales."
        )
    return dimension


def check_theory(where: str, own: Theory) -> None:
    for part, curve in (("any_eta", own.any_eta), ("scaling", own.scaling)):
        check_positive(f"{where}.{part}", curve, "beta")
        check_course(f"{where}.{part}", curve)
    check_positive(f"{where}.law", own.law, "eta", "sigma_j")
    # The exact mean at finite N is drawn beside the theory, so its own limit binds here.
    check_simulated_rate(f"{where}.any_eta", own.any_eta)
    check_theory_rate(f"{where}.scaling.eta", own.scaling.eta)
    for key in ("betas", "tail_betas", "critical_betas"):
        if (smallest := min(getattr(own, key))) <= 0:
            raise InputError(
                f"{where}.{key} holds {smallest}; expected numbers above 0: correct them in "
                "config/scales."
            )
    check_trainable(f"{where}.tail", own.tail_trainable, min(own.tail_dimensions))
    if not all(factor > 0 for factor in own.law.window):
        raise InputError(
            f"{where}.law.window is {list(own.law.window)}; expected two factors above 0: "
            "correct it in config/scales."
        )


def check_positive(where: str, own: Course | Law, *keys: str) -> None:
    """Raises InputError for a field that is not above 0."""
    for key in keys:
        if not getattr(own, key) > 0:
            raise InputError(
                f"{where}.{key} is {getattr(own, key)}; expected a number above 0: correct it in "
                "config/scales."
            )


def check_course(where: str, own: Course) -> None:
    """Raises InputError unless eta, sigma_J > 0 and 0 < alpha_min < alpha_max."""
    check_positive(where, own, "eta", "sigma_j", "alpha_min")
    if not own.alpha_min < own.alpha_max:
        raise InputError(
            f"{where}.alpha_max is {own.alpha_max}; expected more than alpha_min = "
            f"{own.alpha_min}: correct it in config/scales."
        )


def check_trainable(where: str, trainable: Sequence[int], dimension: int) -> None:
    """Raises InputError for N_l below 1, above N or given twice."""
    wrong = [count for count in trainable if not 1 <= count <= dimension]
    if wrong or not trainable or len(set(trainable)) != len(trainable):
        raise InputError(
            f"{where}.trainable is {list(trainable)}; expected different numbers of directions "
            f"between 1 and the dimension {dimension}: correct it in config/scales."
        )


def check_simulated_rate(where: str, own: Curve) -> None:
    """Raises InputError when one-pass SGD would diverge at this N, beta and eta."""
    critical = sgd_critical_rate(power_law_shares(own.dimension, own.beta))
    if not own.eta < critical:
        raise InputError(
            f"{where}.eta is {own.eta}; expected less than {critical:.4g}, the critical rate "
            f"of SGD for N = {own.dimension} and beta = {own.beta}, beyond which it "
            "diverges: correct it in config/scales."
        )

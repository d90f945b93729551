"""Blocks of the kernel experiments: closed forms at once, random draws by ranges of seeds."""

from collections.abc import Sequence
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.kernels.settings import (
    GaussianFeatures,
    KernelTheory,
    PretrainedFeatures,
    RandomFeatures,
    SphereKernels,
)
from scalinglaws.experiments.seeds import SeedRange
from scalinglaws.planning.blocks import Block, Request
from scalinglaws.planning.datasets import SHAPES, SIZES

GRIDS = ("data_sizes", "parameter_sizes", "resonance_sizes", "variance_sizes", "kernel_sizes")


def blocks(request: Request) -> list[Block]:
    """Raises InputError for sizes beyond the data, below a threshold, or that do not increase."""
    cut = {
        "kernel_theory": theory_blocks,
        "sphere_kernels": sphere_blocks,
        "gaussian_features": gaussian_blocks,
        "random_features": random_blocks,
        "pretrained_features": pretrained_blocks,
    }[request.experiment]
    return cut(request)


def theory_blocks(request: Request) -> list[Block]:
    settings = request.sizes_as(KernelTheory)
    largest, count = max(settings.samples), settings.size
    check_at_most("kernel_theory.samples", largest, count - 1, "fewer than there are eigenvalues")
    solutions = len(settings.alphas) * len(settings.samples)
    return [
        request.block(
            "curves",
            settings,
            run="run_theory",
            members=solutions,
            # 30 evaluations of a sum over all eigenvalues for each solution.
            core_seconds=1.0 + 1e-7 * solutions * count,
            station="theory",
            memory_mb=600 + int(count * 5e-5),
        )
    ]


def sphere_blocks(request: Request) -> list[Block]:
    return [sphere_block(settings, request) for settings in request.seeded(SphereKernels)]


def sphere_block(settings: SphereKernels, request: Request) -> Block:
    check_increasing("sphere_kernels.sizes", settings.sizes)
    dimensions, largest = len(settings.dimensions), settings.sizes[-1]
    points = largest + settings.test_size
    return seeds_block(
        request,
        settings,
        "run_spheres",
        # Measured: 0.73 s for 2,048 and 1,000 held out; arc cosines dominate.
        seed_seconds=dimensions * largest * points * 0.9e-7,
        members_per_seed=2 * dimensions * len(settings.sizes),
        memory_mb=500 + int(largest * points * 1e-4),
    )


def gaussian_blocks(request: Request) -> list[Block]:
    return [gaussian_block(settings, request) for settings in request.seeded(GaussianFeatures)]


def gaussian_block(settings: GaussianFeatures, request: Request) -> Block:
    where, features, spectra = "gaussian_features", settings.features, len(settings.alphas)
    check_increasing(f"{where}.sizes", settings.sizes)
    check_increasing(f"{where}.variance_sizes", settings.variance_sizes)
    for key, largest in (
        ("sizes", settings.sizes[-1]),
        ("variance_sizes", settings.variance_sizes[-1]),
        ("resonance", settings.resonance),
    ):
        check_at_most(f"{where}.{key}", largest, features, "the number of features")
    check_above(f"{where}.variance_sizes", settings.variance_sizes[0], settings.fixed)
    return seeds_block(
        request,
        settings,
        "run_gaussian",
        seed_seconds=spectra * spectrum_seconds(settings),
        members_per_seed=spectra * 2 * (2 * len(settings.sizes) + 1),
        memory_mb=500 + int(settings.draws * settings.variance_sizes[-1] * features * 2.4e-5),
    )


def spectrum_seconds(settings: GaussianFeatures) -> float:
    """Measured: 0.5 s for 20 sizes up to 320, 8 draws up to 512 and 1,000 features."""
    squares = sum(n * n + 3 * n * settings.resonance for n in settings.sizes)
    drawn = settings.draws * sum(settings.variance_sizes) * (2 * settings.fixed + 20)
    return float(2 * settings.features * (squares * 1.0e-10 + drawn * 4e-10))


def random_blocks(request: Request) -> list[Block]:
    return [random_block(settings, request) for settings in request.seeded(RandomFeatures)]


def random_block(settings: RandomFeatures, request: Request) -> Block:
    check_random(settings)
    draws = 2 * len(settings.variance_sizes) * settings.draws
    return seeds_block(
        request,
        settings,
        "run_random",
        seed_seconds=len(settings.pools) * pool_seconds(settings),
        members_per_seed=len(settings.pools) * (3 + 2 * len(settings.sizes) + draws),
        memory_mb=600 + int(settings.population**2 * 7e-5),
        datasets=(settings.dataset,),
    )


def check_random(settings: RandomFeatures) -> None:
    where, dataset, population = "random_features", settings.dataset, settings.population
    images, side = SIZES[dataset][0], SHAPES[dataset][0]
    check_at_most(f"{where}.population", population, images, f"the images of {dataset}")
    check_increasing(f"{where}.sizes", settings.sizes)
    check_increasing(f"{where}.variance_sizes", settings.variance_sizes)
    check_at_most(f"{where}.sizes", settings.sizes[-1], population, "the population")
    check_above(f"{where}.variance_sizes", settings.variance_sizes[0], settings.fixed)
    for pool in settings.pools:
        if side % pool:
            raise InputError(
                f"{where}.pools holds {pool}, which does not divide the side {side} of {dataset}; "
                "choose divisors in config/scales."
            )


def pool_seconds(settings: RandomFeatures) -> float:
    """Measured: 1.2 s for 1,200 images and features, 16 orders up to 300, 16 draws of 8 sizes."""
    population, largest = settings.population, settings.sizes[-1]
    whole = 1.6e-10 * population**3 + 2.9e-10 * settings.orders * largest**2 * population
    draws = 2 * settings.draws * len(settings.variance_sizes)
    return float(whole + draws * population**2 * settings.fixed * 1.2e-10)


def pretrained_blocks(request: Request) -> list[Block]:
    return [pretrained_block(settings, request) for settings in request.seeded(PretrainedFeatures)]


def pretrained_block(settings: PretrainedFeatures, request: Request) -> Block:
    check_examples(settings)
    check_grids(settings)
    check_shape(settings)
    half, population = SIZES[settings.dataset][0] // 2, settings.population
    return seeds_block(
        request,
        settings,
        "run_pretrained",
        seed_seconds=pretrained_seconds(settings),
        members_per_seed=4 * sum(len(getattr(settings, key)) for key in GRIDS),
        memory_mb=1200 + int(half * settings.hidden * 1.6e-5 + population**2 * 1e-4),
        datasets=(settings.dataset,),
    )


def check_examples(settings: PretrainedFeatures) -> None:
    where, dataset, (train, test) = "pretrained_features", settings.dataset, SIZES[settings.dataset]
    halved = f"half the images of {dataset}"
    check_at_most(f"{where}.population", settings.population, train // 2, halved)
    check_at_most(f"{where}.test_size", 2 * settings.test_size, test, "the test images, halved")


def check_grids(settings: PretrainedFeatures) -> None:
    where, population, features = "pretrained_features", settings.population, settings.features
    for key in GRIDS:
        check_increasing(f"{where}.{key}", getattr(settings, key))
    for key in ("data_sizes", "resonance_sizes", "kernel_sizes"):
        check_at_most(f"{where}.{key}", getattr(settings, key)[-1], population, "the population")
    for key in ("parameter_sizes", "resonance_sizes"):
        largest = getattr(settings, key)[-1]
        check_at_most(f"{where}.{key}", largest, features, "the number of features")
    # Ranks are recorded to a quarter of the examples, and beyond S there is no eigenvalue.
    ranks, most = settings.spectrum_size, min(population, 4 * features)
    check_at_most(f"{where}.spectrum_size", ranks, most, "4 S and the population")
    check_above(f"{where}.variance_sizes", settings.variance_sizes[0], settings.fixed)
    if settings.resonance not in settings.resonance_sizes:
        raise InputError(
            f"{where}.resonance is {settings.resonance}; expected one of resonance_sizes, so that "
            "D = P is among the points: correct config/scales."
        )
    for total in (population, features):
        for size in settings.variance_sizes:
            if settings.sets * size % total:
                raise InputError(
                    f"{where}.variance_sizes holds {size}: {settings.sets} sets of that size do "
                    f"not cover {total} equally; expected sets * size to be a multiple of the "
                    "population and of the features: change config/scales."
                )


def check_shape(settings: PretrainedFeatures) -> None:
    where, dataset, pool = "pretrained_features", settings.dataset, settings.pool
    side, needed = SHAPES[dataset][0], 2 ** len(settings.widths)
    if side == 1:  # embeddings
        return
    if side % pool or side // pool < needed:
        raise InputError(
            f"{where}.pool is {pool}; expected a divisor of the side {side} of {dataset} that "
            f"leaves {needed} pixels for the convolutions: change config/scales."
        )
    check_at_most(f"{where}.features", settings.features, settings.hidden, "the hidden units")


def pretrained_seconds(settings: PretrainedFeatures) -> float:
    """Measured: 4.5 s for 300 steps of 64, 14 x 14, widths 12, 24, and 1,280 examples."""
    side, channels, _ = SHAPES[settings.dataset]
    pixels, inputs, work = (side // settings.pool) ** 2, channels, 0.0
    for width in settings.widths:
        work += pixels * width * (9 * inputs + 150)
        pixels, inputs = pixels // 4, width
    work += max(pixels, 1) * inputs * settings.hidden * 3
    training = 0.0 if side == 1 else settings.steps * settings.batch * work * 0.9e-10
    products = settings.population**2 * (settings.population + 12 * settings.test_size)
    return float(training + 1.0 + 2.4e-10 * products)


def seeds_block(
    request: Request,
    settings: SeedRange,
    run: str,
    *,
    seed_seconds: float,
    members_per_seed: int,
    **costs: Any,
) -> Block:
    return request.block(
        f"seeds_{settings.first_seed}",
        settings,
        run=run,
        members=settings.seeds * members_per_seed,
        core_seconds=3.0 + settings.seeds * seed_seconds,
        **costs,
    )


def check_increasing(where: str, values: Sequence[int]) -> None:
    if list(values) != sorted(set(values)):
        raise InputError(
            f"{where} is {list(values)}; expected increasing sizes, none twice: correct "
            "config/scales."
        )


def check_at_most(where: str, largest: float, bound: int, what: str) -> None:
    if largest > bound:
        raise InputError(
            f"{where} asks for {largest:g}; expected at most {bound}, {what}: choose less in "
            "config/scales."
        )


def check_above(where: str, smallest: int, fixed: int) -> None:
    if smallest <= fixed + 1:
        raise InputError(
            f"{where} starts at {smallest}; expected more than fixed + 1 = {fixed + 1}, below "
            "which the variance-limited excess is infinite: correct config/scales."
        )

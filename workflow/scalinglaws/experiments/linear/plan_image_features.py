"""Blocks of SGD with N_l trainable directions on real images' covariance: seeds are dealt out."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.linear.checks import check_alphas, check_positive, check_trainable
from scalinglaws.experiments.linear.plan_linear_sgd import descent_seconds
from scalinglaws.planning.blocks import Block, cut
from scalinglaws.planning.datasets import SHAPES, SIZES
from scalinglaws.theory.critical_rate import SAFE_FOR_EVERY_SPECTRUM

EXPERIMENT = "image_features"
SHARED = (
    *("dataset", "pool", "inputs", "trainable", "eta", "sigma_j"),
    *("alpha_min", "alpha_max", "points"),
)
# Covariance and coordinates: 6 n N^2 operations at about 1e10 a second.
SECONDS_PER_PRODUCT, SECONDS_AT_START = 6e-10, 3.0


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Raises InputError when N_l exceeds N or eta is too large for some spectrum."""
    dimension = check(sizes)
    groups = cut(list(range(sizes["seeds"])), sizes["blocks"])
    return [block(sizes, dimension, seed, seeds, n) for n, seeds in enumerate(groups)]


def check(sizes: Mapping[str, Any]) -> int:
    """The input dimension N. Raises InputError."""
    side = side_of(sizes["dataset"])
    if side % sizes["pool"]:
        raise InputError(
            f"{EXPERIMENT}.pool is {sizes['pool']}, which does not divide the side {side} of "
            f"{sizes['dataset']}; choose a divisor in config/scales."
        )
    dimension = (side // sizes["pool"]) ** 2
    check_positive(EXPERIMENT, sizes, "eta", "sigma_j")
    check_alphas(EXPERIMENT, sizes)
    check_trainable(EXPERIMENT, sizes["trainable"], dimension)
    if not sizes["eta"] < SAFE_FOR_EVERY_SPECTRUM:
        raise InputError(
            f"{EXPERIMENT}.eta is {sizes['eta']}; expected less than 2/3, below which SGD is "
            "stable whatever the images' spectrum: correct it in config/scales."
        )
    return dimension


def side_of(dataset: str) -> int:
    if dataset not in SHAPES:
        raise InputError(
            f"{EXPERIMENT}.dataset is {dataset!r}; expected one of: {', '.join(sorted(SHAPES))}: "
            "correct it in config/scales."
        )
    return SHAPES[dataset][0]


def block(
    sizes: Mapping[str, Any], dimension: int, seed: int, seeds: list[int], number: int
) -> Block:
    images = SIZES[sizes["dataset"]][0]
    kinds = [descent_seconds(sizes, dimension, kind == "gaussian") for kind in sizes["inputs"]]
    return Block(
        paper="worschech2024",
        experiment=EXPERIMENT,
        name=f"{sizes['dataset']}_{number}",
        module="scalinglaws.experiments.linear.run_images",
        settings={**{key: sizes[key] for key in SHARED}, "seeds": seeds, "seed": seed},
        members=len(seeds) * len(sizes["inputs"]) * len(sizes["trainable"]),
        core_seconds=SECONDS_AT_START
        + SECONDS_PER_PRODUCT * images * dimension**2
        + len(seeds) * sum(kinds),
        datasets=(sizes["dataset"],),
        # Bytes, pooled images, their grey values and coordinates: four floats a pixel at most.
        memory_mb=600 + int(2.4e-5 * images * dimension),
    )

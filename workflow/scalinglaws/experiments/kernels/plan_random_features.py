"""Blocks of random ReLU features of pooled images."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.kernels.plan import (
    check_above,
    check_at_most,
    check_increasing,
    seed_blocks,
    training_images,
)
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.datasets import SHAPES

EXPERIMENT = "random_features"


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Raises InputError for pools that do not fit and populations beyond the data set."""
    dataset, population = sizes["dataset"], sizes["population"]
    available = training_images(EXPERIMENT, dataset)
    check_at_most(EXPERIMENT, "population", population, available, f"the images of {dataset}")
    for key in ("sizes", "variance_sizes"):
        check_increasing(EXPERIMENT, key, sizes[key])
    check_at_most(EXPERIMENT, "sizes", sizes["sizes"][-1], population, "the population")
    check_above(EXPERIMENT, "variance_sizes", sizes["variance_sizes"][0], sizes["fixed"])
    check_pools(dataset, sizes["pools"])
    per_pool = 3 + 2 * len(sizes["sizes"]) + 2 * len(sizes["variance_sizes"]) * sizes["draws"]
    return seed_blocks(
        EXPERIMENT,
        sizes,
        seed,
        seed_seconds=len(sizes["pools"]) * pool_seconds(sizes),
        members_per_seed=len(sizes["pools"]) * per_pool,
        memory_mb=600 + int(population**2 * 7e-5),
        datasets=(dataset,),
    )


def check_pools(dataset: str, pools: list[int]) -> None:
    side = SHAPES[dataset][0]
    for pool in pools:
        if side % pool:
            raise InputError(
                f"{EXPERIMENT}.pools holds {pool}, which does not divide the side {side} of "
                f"{dataset}; choose divisors in config/scales."
            )


def pool_seconds(sizes: Mapping[str, Any]) -> float:
    """Measured: 1.2 s for 1,200 images and features, 16 orders up to 300, 16 draws of 8 sizes."""
    population, largest = sizes["population"], sizes["sizes"][-1]
    whole = 1.6e-10 * population**3 + 2.9e-10 * sizes["orders"] * largest**2 * population
    draws = 2 * sizes["draws"] * len(sizes["variance_sizes"])
    return float(whole + draws * population**2 * sizes["fixed"] * 1.2e-10)

"""Blocks of regression from the features of a network trained on the other half of the data."""

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
from scalinglaws.planning.datasets import SHAPES, SIZES

EXPERIMENT = "pretrained_features"
GRIDS = ("data_sizes", "parameter_sizes", "resonance_sizes", "variance_sizes", "kernel_sizes")


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Raises InputError for sizes beyond the halves of the data set, and unbalanced draws."""
    dataset = sizes["dataset"]
    half = training_images(EXPERIMENT, dataset) // 2
    check_at_most(
        EXPERIMENT, "population", sizes["population"], half, f"half the images of {dataset}"
    )
    check_at_most(
        EXPERIMENT,
        "test_size",
        2 * sizes["test_size"],
        SIZES[dataset][1],
        "the test images, halved",
    )
    for key in GRIDS:
        check_increasing(EXPERIMENT, key, sizes[key])
    check_grids(sizes)
    check_shape(dataset, sizes)
    curves = sum(len(sizes[key]) for key in GRIDS)
    return seed_blocks(
        EXPERIMENT,
        sizes,
        seed,
        seed_seconds=seed_seconds(sizes, SHAPES[dataset]),
        members_per_seed=4 * curves,
        memory_mb=1200 + int(half * sizes["hidden"] * 1.6e-5 + sizes["population"] ** 2 * 1e-4),
        datasets=(dataset,),
    )


def check_grids(sizes: Mapping[str, Any]) -> None:
    population, features = sizes["population"], sizes["features"]
    for key in ("data_sizes", "resonance_sizes", "kernel_sizes"):
        check_at_most(EXPERIMENT, key, sizes[key][-1], population, "the population")
    for key in ("parameter_sizes", "resonance_sizes"):
        check_at_most(EXPERIMENT, key, sizes[key][-1], features, "the number of features")
    most = min(population, 4 * features)
    # Ranks are recorded to a quarter of the examples, and beyond S there is no eigenvalue.
    check_at_most(
        EXPERIMENT, "spectrum_size", sizes["spectrum_size"], most, "4 S and the population"
    )
    check_above(EXPERIMENT, "variance_sizes", sizes["variance_sizes"][0], sizes["fixed"])
    if sizes["resonance"] not in sizes["resonance_sizes"]:
        raise InputError(
            f"{EXPERIMENT}.resonance is {sizes['resonance']}; expected one of resonance_sizes, so "
            "that D = P is among the points: correct config/scales."
        )
    for total in (population, features):
        for size in sizes["variance_sizes"]:
            if sizes["sets"] * size % total:
                raise InputError(
                    f"{EXPERIMENT}.variance_sizes holds {size}: {sizes['sets']} sets of that size "
                    f"do not cover {total} equally; expected sets * size to be a multiple of the "
                    "population and of the features: change config/scales."
                )


def check_shape(dataset: str, sizes: Mapping[str, Any]) -> None:
    side, _, _ = SHAPES[dataset]
    if side == 1:  # embeddings
        return
    if side % sizes["pool"] or side // sizes["pool"] < 2 ** len(sizes["widths"]):
        raise InputError(
            f"{EXPERIMENT}.pool is {sizes['pool']}; expected a divisor of the side {side} of "
            f"{dataset} that leaves {2 ** len(sizes['widths'])} pixels for the convolutions: "
            "change config/scales."
        )
    check_at_most(EXPERIMENT, "features", sizes["features"], sizes["hidden"], "the hidden units")


def seed_seconds(sizes: Mapping[str, Any], shape: tuple[int, int, int]) -> float:
    """Measured: 4.5 s for 300 steps of 64, 14 x 14, widths 12, 24, and 1,280 examples."""
    side, channels, _ = shape
    pixels, inputs, work = (side // sizes["pool"]) ** 2, channels, 0.0
    for width in sizes["widths"]:
        work += pixels * width * (9 * inputs + 150)
        pixels, inputs = pixels // 4, width
    work += max(pixels, 1) * inputs * sizes["hidden"] * 3
    training = 0.0 if side == 1 else sizes["steps"] * sizes["batch"] * work * 0.9e-10
    products = sizes["population"] ** 2 * (sizes["population"] + 12 * sizes["test_size"])
    return float(training + 1.0 + 2.4e-10 * products)

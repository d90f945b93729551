"""Blocks of regression on Gaussian features with a power-law spectrum."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.kernels.plan import (
    check_above,
    check_at_most,
    check_increasing,
    seed_blocks,
)
from scalinglaws.planning.blocks import Block

EXPERIMENT = "gaussian_features"


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Raises InputError for more examples than features or sizes below the threshold."""
    features = sizes["features"]
    for key in ("sizes", "variance_sizes"):
        check_increasing(EXPERIMENT, key, sizes[key])
    for key in ("sizes", "variance_sizes"):
        check_at_most(EXPERIMENT, key, sizes[key][-1], features, "the number of features")
    check_at_most(EXPERIMENT, "resonance", sizes["resonance"], features, "the number of features")
    check_above(EXPERIMENT, "variance_sizes", sizes["variance_sizes"][0], sizes["fixed"])
    return seed_blocks(
        EXPERIMENT,
        sizes,
        seed,
        seed_seconds=len(sizes["alphas"]) * spectrum_seconds(sizes),
        members_per_seed=len(sizes["alphas"]) * 2 * (2 * len(sizes["sizes"]) + 1),
        memory_mb=500 + int(sizes["draws"] * sizes["variance_sizes"][-1] * features * 2.4e-5),
    )


def spectrum_seconds(sizes: Mapping[str, Any]) -> float:
    """Measured: 0.5 s for 20 sizes up to 320, 8 draws up to 512 and 1,000 features."""
    features, middle = sizes["features"], sizes["resonance"]
    squares = sum(n * n + 3 * n * middle for n in sizes["sizes"])
    drawn = sizes["draws"] * sum(sizes["variance_sizes"]) * (2 * sizes["fixed"] + 20)
    return float(2 * features * (squares * 1.0e-10 + drawn * 4e-10))

"""One block of regression with kernels of wide networks on spheres."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.kernels.plan import PAPER, check_increasing
from scalinglaws.planning.blocks import Block

EXPERIMENT = "sphere_kernels"


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Raises InputError for sizes that do not increase."""
    check_increasing(EXPERIMENT, "sizes", sizes["sizes"])
    largest, groups = sizes["sizes"][-1], len(sizes["dimensions"]) * sizes["seeds"]
    return [
        Block(
            paper=PAPER,
            experiment=EXPERIMENT,
            name="spheres",
            module="scalinglaws.experiments.kernels.run_spheres",
            settings={**sizes, "seed": seed},
            members=2 * groups * len(sizes["sizes"]),
            # Measured: 0.73 s for 2,048 and 1,000 held out; arc cosines dominate.
            core_seconds=3.0 + groups * largest * (largest + sizes["test_size"]) * 0.9e-7,
            memory_mb=500 + int(largest * (largest + sizes["test_size"]) * 1e-4),
        )
    ]

"""Plan of the residual networks over widths (arXiv:2102.06701, Fig. 1a bottom left)."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.image_scans.plan import image_blocks, variant
from scalinglaws.planning.blocks import Block

EXPERIMENT = "image_width_scan"


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Every task at every width, one depth.

    Raises InputError for sizes that cannot be (planning.image_scans).
    """
    variants = [
        variant(task, width, sizes["depth"]) for task in sizes["tasks"] for width in sizes["widths"]
    ]
    return image_blocks(EXPERIMENT, variants, sizes, seed, device)

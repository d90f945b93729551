"""Plan of the merged classes (arXiv:2102.06701, Fig. 3 left)."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.image_scans.plan import image_blocks, variant
from scalinglaws.planning.blocks import Block

EXPERIMENT = "superclass_scan"


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """One task in several numbers of classes.

    Raises InputError for sizes that cannot be (planning.image_scans).
    """
    variants = [
        variant(sizes["task"], sizes["width"], sizes["depth"], classes=count)
        for count in sizes["classes"]
    ]
    return image_blocks(EXPERIMENT, variants, sizes, seed, device)

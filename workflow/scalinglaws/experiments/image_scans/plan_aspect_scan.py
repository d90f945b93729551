"""Plan of the aspect ratios (arXiv:2102.06701, Fig. S5)."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.image_scans.plan import image_blocks, variant
from scalinglaws.planning.blocks import Block

EXPERIMENT = "aspect_scan"


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """One task: all widths at one depth, and all depths at one width, once each.

    Raises InputError for sizes that cannot be (planning.image_scans).
    """
    shapes = [(width, sizes["depth"]) for width in sizes["widths"]]
    shapes += [(sizes["width"], depth) for depth in sizes["depths"]]
    variants = [variant(sizes["task"], *shape) for shape in dict.fromkeys(shapes)]
    return image_blocks(EXPERIMENT, variants, sizes, seed, device)

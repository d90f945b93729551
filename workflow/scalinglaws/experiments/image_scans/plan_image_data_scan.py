"""Plan of the wide residual networks over data sizes (arXiv:2102.06701, Figs. 1a, S1)."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.image_scans.plan import image_blocks, variant
from scalinglaws.planning.blocks import Block

EXPERIMENT = "image_data_scan"


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Every task at one shape.

    Raises InputError for sizes that cannot be (planning.image_scans).
    """
    variants = [variant(task, sizes["width"], sizes["depth"]) for task in sizes["tasks"]]
    return image_blocks(EXPERIMENT, variants, sizes, seed, device)

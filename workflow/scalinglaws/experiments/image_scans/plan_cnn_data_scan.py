"""Plan of the four-layer CNNs over data sizes (arXiv:2102.06701, Fig. S3, Table 1)."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.image_scans.plan import CNN_DEPTH, CNN_WIDTHS, image_blocks, variant
from scalinglaws.planning.blocks import Block

EXPERIMENT = "cnn_data_scan"


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Every task with its column of Table 1.

    Raises InputError for sizes that cannot be (planning.image_scans).
    """
    variants = [variant(task, CNN_WIDTHS.get(task, 50), CNN_DEPTH) for task in sizes["tasks"]]
    return image_blocks(EXPERIMENT, variants, sizes, seed, device)

"""Plan: the authors' own CNN and protocol, at sizes that can be afforded (arXiv:2505.13230)."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.learning_curves.plan import curve_blocks
from scalinglaws.planning.blocks import Block

EXPERIMENT = "protocol_curves"


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """See `planning.learning_curves.curve_blocks`."""
    return curve_blocks(EXPERIMENT, sizes, seed, device)

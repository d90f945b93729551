"""Plan: every network with three strengths of weight decay (arXiv:2505.13230, appendix)."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.learning_curves.plan import curve_blocks
from scalinglaws.planning.blocks import Block

EXPERIMENT = "decay_curves"


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """See `planning.learning_curves.curve_blocks`."""
    return curve_blocks(EXPERIMENT, sizes, seed, device)

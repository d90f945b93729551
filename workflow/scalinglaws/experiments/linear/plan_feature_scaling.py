"""Blocks of SGD with N_l trainable directions on power-law inputs: seeds are dealt out."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.linear.plan_linear_sgd import gaussian_blocks
from scalinglaws.planning.blocks import Block


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Raises InputError when an N_l exceeds N or eta is beyond the critical rate."""
    return gaussian_blocks("feature_scaling", sizes, seed)

"""Blocks of the wide networks from zero outputs, against the infinitely wide network."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.variance.plan_wide import wide_blocks
from scalinglaws.planning.blocks import Block


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """One block per range of initialisations. Raises InputError for impossible sizes."""
    return wide_blocks("variance_limited_centred", sizes, seed, device, centred=True)

"""Blocks of the wide networks from random outputs, against their own linearisation."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.variance.plan_wide import wide_blocks
from scalinglaws.planning.blocks import Block


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """One block per range of initialisations. Raises InputError for impossible sizes."""
    return wide_blocks("variance_limited_width", sizes, seed, device, centred=False)

"""Blocks of the wide networks from zero outputs, against the infinitely wide network."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.planning.blocks import Block
from scalinglaws.planning.wide_blocks import wide_blocks


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """One block per range of initialisations. Raises InputError for impossible sizes."""
    return wide_blocks("variance_limited_centred", sizes, seed, device, centred=True)

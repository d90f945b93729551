"""Plan of the input noise (arXiv:2102.06701, Fig. 3 right)."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.image_scans.plan import image_blocks, variant
from scalinglaws.planning.blocks import Block

EXPERIMENT = "noise_scan"


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """One task under several noises; without noise the kinds are one.

    Raises InputError for sizes that cannot be (planning.image_scans).
    """
    noises = [("none", 0.0)] + [
        (kind, noise) for kind in sizes["noise_kinds"] for noise in sizes["noises"] if noise
    ]
    variants = [
        variant(sizes["task"], sizes["width"], sizes["depth"], noise=noise, noise_kind=kind)
        for kind, noise in noises
    ]
    return image_blocks(EXPERIMENT, variants, sizes, seed, device)

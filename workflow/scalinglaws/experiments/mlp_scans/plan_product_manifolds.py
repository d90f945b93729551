"""Blocks of the model-size scan with teachers that are sums over the factors of a product."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.mlp_scans.plan_online import online_blocks
from scalinglaws.planning.blocks import Block


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    return online_blocks("product_manifolds", sizes["factors"], [2.0], sizes, seed)

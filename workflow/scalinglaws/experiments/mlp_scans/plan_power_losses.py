"""Blocks of the model-size scan under losses |f - F|^p."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.mlp_scans.plan_online import online_blocks
from scalinglaws.planning.blocks import Block


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    targets = [[sizes["dimension"]]]
    powers = [float(power) for power in sizes["powers"]]
    return online_blocks("power_losses", targets, powers, sizes, seed)

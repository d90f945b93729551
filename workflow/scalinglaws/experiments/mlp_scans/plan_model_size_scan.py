"""Blocks of the teacher-student model-size scan: one teacher in d dimensions, squared loss."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.mlp_scans.plan_online import online_blocks
from scalinglaws.planning.blocks import Block


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    targets = [[dimension] for dimension in sizes["dimensions"]]
    return online_blocks("model_size_scan", targets, [2.0], sizes, seed)

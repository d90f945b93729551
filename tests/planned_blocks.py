"""Blocks of one experiment of arXiv 2102.06701 as the plan cuts them."""

import importlib
from typing import Any

from scalinglaws.config import read_scale, validate
from scalinglaws.planning.blocks import Block


def planned(experiment: str, scale: str = "quick", **changes: Any) -> list[Block]:
    """Blocks of a scale's sizes with some of them changed. Raises InputError as planning does."""
    sizes = {**read_scale(scale)["bahri2021"][experiment], **changes}
    validate(sizes, f"experiments/{experiment}", "sizes")
    module = importlib.import_module(f"scalinglaws.planning.experiments.{experiment}")
    blocks: list[Block] = module.blocks(sizes, 1, "cpu")
    return blocks

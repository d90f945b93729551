"""Blocks of one experiment as the plan cuts them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from scalinglaws.config import PAPERS, checked_sizes, read_families, read_scale
from scalinglaws.planning.blocks import Block, Request
from scalinglaws.planning.plan import experiment_blocks


@cache
def all_families() -> dict[str, dict[str, str]]:
    return {paper: read_families(paper) for paper in PAPERS}


def paper_with(experiment: str) -> str:
    (paper,) = (slug for slug in PAPERS if experiment in all_families()[slug])
    return paper


def checked(experiment: str, sizes: Mapping[str, Any]) -> dict[str, Any]:
    """Sizes held against their schema, numbers as floats. Raises InputError."""
    families = all_families()[paper_with(experiment)]
    return checked_sizes(families, experiment, dict(sizes), experiment)


def cut(
    experiment: str, sizes: Mapping[str, Any], seed: int = 1, device: str = "cpu"
) -> list[Block]:
    """Blocks of these sizes, unchecked by the schema. Raises InputError as planning does."""
    paper = paper_with(experiment)
    family = all_families()[paper][experiment]
    return experiment_blocks(Request(paper, family, experiment, sizes, seed, device))


def planned(experiment: str, scale: str = "quick", **changes: Any) -> list[Block]:
    """Blocks of a scale's sizes with some of them changed. Raises InputError as planning does."""
    sizes = {**read_scale(scale)[paper_with(experiment)][experiment], **changes}
    return cut(experiment, checked(experiment, sizes))

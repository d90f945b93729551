"""How seeds are dealt to blocks: more seeds are more blocks, whatever the experiment."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from planned_blocks import all_families, cut
from scalinglaws.config import read_scale, read_scale_file
from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block, seed_ranges

SCALES = ("quick", "laptop", "workstation", "paper")
COUNTS = ("seeds", "sgd_seeds", "samples")  # keys whose whole number is one of independent draws
EXPERIMENTS = [
    (scale, paper, name)
    for scale in SCALES
    for paper, families in all_families().items()
    for name in families
]


@pytest.mark.parametrize(
    ("seeds", "each", "ranges"),
    [(6, 3, [(0, 3), (3, 3)]), (2, 2, [(0, 2)]), (3, 1, [(0, 1), (1, 1), (2, 1)])],
)
def test_every_seed_is_in_one_range(seeds, each, ranges):
    assert seed_ranges("here", {"seeds": seeds, "seeds_per_block": each}) == ranges


@pytest.mark.parametrize(("seeds", "each"), [(7, 3), (2, 5)])
def test_a_range_cut_short_is_refused_in_one_sentence(seeds, each):
    sizes = {"samples": seeds, "samples_per_block": each}
    sentence = f"here.samples is {seeds}; expected a multiple of samples_per_block = {each}, "
    with pytest.raises(InputError, match=sentence):
        seed_ranges("here", sizes, "samples")


@pytest.mark.parametrize(("scale", "paper", "experiment"), EXPERIMENTS)
def test_twice_the_seeds_leave_every_block_as_it_is(scale, paper, experiment):
    sections, device = sections_and_device(scale)
    sizes = sections[paper][experiment]
    before = blocks_of(cut(experiment, sizes, device=device))
    after = blocks_of(cut(experiment, doubled(sizes), device=device))
    assert before.items() <= after.items()
    if doubled(sizes) == sizes:  # nothing is drawn
        assert after == before
    else:
        assert len(after) == 2 * len(before)


@cache
def sections_and_device(scale: str) -> tuple[dict[str, dict[str, Any]], str]:
    return read_scale(scale), read_scale_file(scale)["device"]


def blocks_of(blocks: list[Block]) -> dict[tuple[str, str, str], str]:
    return {(block.paper, block.experiment, block.name): block.digest for block in blocks}


def doubled(sizes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: twice(key, value) for key, value in sizes.items()}


def twice(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return doubled(value)
    return 2 * value if key in COUNTS and isinstance(value, int) else value

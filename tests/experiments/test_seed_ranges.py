"""Members are the same whether their seeds share a block or have one each: all that is drawn.

Sizes are the small ones of tests/workflow.
"""

import importlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from made_data import made_digits
from planned_blocks import all_families, checked, cut
from scalinglaws.config import read_scale
from scalinglaws.planning.blocks import Block
from scalinglaws.training.session import Session

TINY = yaml.safe_load((Path(__file__).parents[1] / "workflow" / "tiny.yaml").read_text())
# Smaller still where a member takes seconds: seeds are compared, nothing else.
SMALLER: dict[str, dict[str, Any]] = {
    "gaussian_features": {"alphas": [0.6]},
    "random_features": {"pools": [7]},
    "committee_ode": {"levels": [2], "plateau_levels": [2]},
    "committee_reduced": {"levels": [8], "alpha_max": 60.0},
    "committee_reduced_ode": {"levels": [8], "alpha_max": 60.0},
}
PER_BLOCK = ("seeds_per_block", "samples_per_block")

pytestmark = pytest.mark.slow


def small(paper: str, experiment: str) -> dict[str, Any]:
    own = TINY[paper].get(experiment, {}) | SMALLER.get(experiment, {})
    return {**read_scale("quick")[paper][experiment], **own}


def one_per_block(sizes: Mapping[str, Any]) -> dict[str, Any]:
    def changed(key: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return one_per_block(value)
        return 1 if key in PER_BLOCK else value

    return {key: changed(key, value) for key, value in sizes.items()}


DRAWN = [
    (paper, experiment)
    for paper, families in all_families().items()
    for experiment in families
    if one_per_block(small(paper, experiment)) != small(paper, experiment)
]


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    card = {"mean": [0.5], "std": [0.3]}
    return {"mnist5k": replace(made_digits(3000, 600), card=card)}


def table_of(blocks: list[Block], data: Mapping[str, Any]) -> pd.DataFrame:
    parts = []
    for block in blocks:
        used = {name: data[name] for name in block.datasets}
        run = importlib.import_module(block.module).run
        parts.append(pd.DataFrame(run(block.settings, used, Session())))
    table = pd.concat(parts, ignore_index=True)
    keys = [name for name in table.columns if name != "value"]
    return table.sort_values(keys, ignore_index=True)


@pytest.mark.parametrize(("paper", "experiment"), DRAWN)
def test_a_seed_is_the_same_in_a_block_of_its_own(paper, experiment, data):
    sizes = checked(experiment, small(paper, experiment))
    shared, alone = cut(experiment, sizes), cut(experiment, one_per_block(sizes))
    assert len(alone) > len(shared)
    together, apart = table_of(shared, data), table_of(alone, data)
    labels = [name for name in together.columns if name != "value"]
    pd.testing.assert_frame_equal(together[labels], apart[labels])
    np.testing.assert_array_equal(together["value"], apart["value"])

"""A table's rows stand in one order, whether one block holds an experiment or several."""

import numpy as np
import pandas as pd
import pytest

from scalinglaws.canonical import member_name
from scalinglaws.columns import in_order, stack
from scalinglaws.errors import InputError
from scalinglaws.stations.table import collect_table
from scalinglaws.storage import FORMAT, read_table, write_table

ALPHAS = np.array([0.5, 10.0, 2.0])


def rows(seeds):
    """As an experiment returns them, members in turn: seed 10 after seed 2, quantities as found."""
    return stack(
        [
            {
                "member": member_name({"kind": kind, "seed": seed}),
                **{"kind": kind, "seed": seed, "alpha": ALPHAS, "quantity": quantity},
                "value": seed + ALPHAS,
            }
            for kind in ("sgd", "Adam")
            for seed in seeds
            for quantity in ("loss", "error")
        ]
    )


def write_block(path, name, columns):
    header = {"format": FORMAT, "station": "runs", "name": f"made/{name}", "block": name}
    extra = {"diverged": [], "datasets": {}, "code": {}, "made_on": None}
    write_table(path, columns, header | extra)
    return str(path)


@pytest.mark.parametrize("cuts", [[range(12)], [range(6), range(6, 12)], [range(6, 12), range(6)]])
def test_rows_do_not_depend_on_the_cut(tmp_path, cuts):
    names = [str(number) for number in range(len(cuts))]
    files = [
        write_block(tmp_path / name, name, in_order(rows(seeds)))
        for name, seeds in zip(names, cuts, strict=True)
    ]
    collect_table("made", files, names, tmp_path / "table")
    collected, _ = read_table(tmp_path / "table")
    alone, _ = read_table(write_block(tmp_path / "all", "all", in_order(rows(range(12)))))
    pd.testing.assert_frame_equal(collected, alone)


def test_a_member_in_two_blocks_is_refused(tmp_path):
    files = [write_block(tmp_path / name, name, rows(range(2))) for name in ("a", "b")]
    with pytest.raises(InputError, match="is in two blocks; expected each member once"):
        collect_table("made", files, ["a", "b"], tmp_path / "table")

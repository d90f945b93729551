"""Reading the tables of variance-limited losses: the rows of every line.

A line is a task with its suffixes, in this order: _mse (squared loss instead of cross-entropy),
_erf (instead of ReLU), _cnn (convolutional instead of fully connected).
"""

from collections.abc import Mapping

import pandas as pd

SUFFIXES = {"squared": "_mse", "erf": "_erf", "convolutional": "_cnn"}


def lines_of(table: pd.DataFrame, names: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Rows of each line of a table, by the line's name, in the order of `names`.

    `names`: what the line of each task is called.
    """
    keys = [key for key in ("task", "loss", "activation", "network") if key in table]
    found = {
        line_name({key: str(rows[key].iloc[0]) for key in keys}, names): rows
        for _, rows in table.groupby(keys, sort=True)
    }
    order = list(dict.fromkeys(names.values()))
    return dict(
        sorted(found.items(), key=lambda item: (order.index(item[0].split("_")[0]), item[0]))
    )


def line_name(identity: Mapping[str, str], names: Mapping[str, str]) -> str:
    suffixes = [
        SUFFIXES.get(identity.get(key, ""), "") for key in ("loss", "activation", "network")
    ]
    return names[identity["task"]] + "".join(suffixes)

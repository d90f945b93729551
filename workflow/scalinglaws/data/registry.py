"""Look-up in the registry of data sets, config/datasets.yaml."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError

Entry = Mapping[str, Any]


def dataset_entry(name: str, entries: Mapping[str, Entry]) -> Entry:
    """One entry of the registry, as read by `scalinglaws.config.read_datasets`.

    Raises InputError when there is no data set of that name.
    """
    if name not in entries:
        raise InputError(
            f"data set {name} is unknown: expected one of {', '.join(sorted(entries))}; correct "
            "the name, or describe the set in config/datasets.yaml."
        )
    return entries[name]

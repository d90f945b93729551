"""A prepared data set as one npz of ours (no pickles), with its card beside it as JSON."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scalinglaws.canonical import canonical_json
from scalinglaws.data.dataset import Dataset
from scalinglaws.errors import InputError
from scalinglaws.files import check_readable, write_whole
from scalinglaws.storage import broken, check_code, write_json

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


def save_dataset(
    path_npz: str | Path, path_card: str | Path, dataset: Dataset, header: Mapping[str, Any]
) -> None:
    """Write arrays with card and header (npz, no pickles, same bytes every time) and the card."""
    buffer = io.BytesIO()
    content: dict[str, Any] = {key: getattr(dataset, key) for key in ARRAYS}
    content["card"] = np.array(canonical_json(dataset.card))
    content["header"] = np.array(canonical_json(header))
    np.savez(buffer, **content)
    write_whole(path_npz, buffer.getvalue())
    write_json(path_card, dataset.card, dict(header))


def load_dataset(path: str | Path) -> Dataset:
    """Read what `save_dataset` wrote. Raises InputError for a missing, damaged or stale file."""
    check_readable(path)
    try:
        # Opened here: numpy leaves a damaged archive open if it opens the path itself.
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in ARRAYS}
            card, header = (json.loads(str(archive[key])) for key in ("card", "header"))
    except Exception as problem:  # zip, npy and JSON readers raise errors of many kinds
        raise InputError(broken(path, "an npz data set with card and header")) from problem
    check_code(path, header)
    return Dataset(name=card["name"], card=card, **arrays)

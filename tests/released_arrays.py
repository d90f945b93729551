"""How config/published/damico2025 was made: released .npy files of D'Amico et al. kept as JSON.

Each file is a numpy array of shape () whose only item is a dictionary, so numpy stored it as a
pickle. Pickles can name any function and have it called. Here only three names are known, each
replaced by a function of ours that accepts nothing but plain numbers and lists of them.
"""

import hashlib
import io
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from scalinglaws.data.registry import Entry
from scalinglaws.data.sources import collect
from scalinglaws.errors import InputError

MAIN_SETS = tuple(
    f"{network}_{images}"
    for network in ("CNN", "ResNet", "ViT")
    for images in ("MNIST", "CIFAR10", "CIFAR100")
)
VARIANT_SETS = (
    *("CNN_CIFAR10_SGD", "CNN_CIFAR100_SGD"),
    *("CNN_CIFAR10_wd", "ResNet_CIFAR10_wd", "ViT_CIFAR10_wd"),
    *("CNN_CIFAR10_norms", "ResNet_CIFAR10_norms", "ViT_CIFAR10_norms"),
)
RELEASED_SETS = MAIN_SETS + VARIANT_SETS
NDARRAY = "numpy.ndarray"
NUMERIC_KINDS = "biufO"  # O: the outer array, and lists with None; its items pass this reader too


def allowed_dtype(name: str, *flags: Any) -> np.dtype[Any]:
    """numpy.dtype for plain numbers only."""
    if not isinstance(name, str) or np.dtype(name).kind not in NUMERIC_KINDS:
        raise pickle.UnpicklingError(f"dtype {name!r}")
    return np.dtype(name, *flags)


def empty_array(kind: Any, shape: Any, code: Any) -> np.ndarray:
    """numpy's _reconstruct as numpy itself calls it: an empty array, filled by a later step."""
    if (kind, shape, code) != (NDARRAY, (0,), b"b"):
        raise pickle.UnpicklingError(f"reconstruction of {kind!r} {shape!r} {code!r}")
    return np.ndarray(0, np.int8)


def number(dtype: Any, content: Any) -> Any:
    """numpy's scalar: one number from its bytes."""
    if not isinstance(dtype, np.dtype) or dtype.kind not in "biuf" or type(content) is not bytes:
        raise pickle.UnpicklingError(f"scalar of {dtype!r}")
    return np.frombuffer(content, dtype)[0]


ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): NDARRAY,  # only ever an argument of _reconstruct, so not callable here
    ("numpy", "dtype"): allowed_dtype,
    # numpy 2 renamed numpy.core, files name whichever was current when they were written
    ("numpy.core.multiarray", "_reconstruct"): empty_array,
    ("numpy._core.multiarray", "_reconstruct"): empty_array,
    ("numpy.core.multiarray", "scalar"): number,
    ("numpy._core.multiarray", "scalar"): number,
}


class AllowListedReader(pickle.Unpickler):
    """Refuses every name that is not in ALLOWED, before anything is looked up or called."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return ALLOWED[module, name]


def read_released(content: bytes, label: str) -> dict[str, Any]:
    """The dictionary inside one released .npy file; nothing outside the allow-list is called.

    `label` names the file in messages. Raises InputError for anything else than such a file.
    """
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        if version != (1, 0):
            raise ValueError(f"npy version {version}")
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        if shape != () or dtype != np.dtype(object):
            raise ValueError(f"array of shape {shape} and type {dtype}")
        array = AllowListedReader(stream).load()
        record = array.item()
        if not isinstance(record, dict):
            raise ValueError(f"a {type(record).__name__}")
    except Exception as problem:  # a hostile or torn pickle can raise anything
        raise InputError(
            f"{label} is refused: found {problem}, expected a numpy array holding one dictionary "
            "of numbers; fetch the file of the commit named in config/datasets.yaml."
        ) from problem
    return record


def plain(value: Any) -> Any:
    """Numbers and lists for JSON; what is not finite becomes null.

    Of an array [variant, P, grid] each row is kept from its first to its last finite item, after
    the index of the first: the grids of those sets have up to 2000 points, few of them reached.
    Raises ValueError for anything that is no number, string, list or array.
    """
    if isinstance(value, np.ndarray) and value.ndim == 3:
        rows = value.reshape(-1, value.shape[-1])
        return {"shape": list(value.shape), "rows": [trimmed(row) for row in rows]}
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    raise ValueError(f"a {type(value).__name__} has no place in a released set")


def trimmed(row: np.ndarray) -> list[Any]:
    """Index of the first finite item, then the items from there to the last finite one."""
    finite = np.flatnonzero(np.isfinite(row))
    if not len(finite):
        return [0]
    return [int(finite[0]), *plain(row[finite[0] : finite[-1] + 1])]


def convert(content: bytes, name: str, entry: Entry) -> bytes:
    """One released file as compact JSON that names its origin; same bytes every time."""
    record = {key: plain(value) for key, value in read_released(content, name).items()}
    origin = {
        "file": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "repository": entry["repository"],
        "commit": entry["commit"],
    }
    text = json.dumps({"origin": origin, **record}, allow_nan=False, separators=(",", ":"))
    return text.replace('],"', '],\n"').encode() + b"\n"


def convert_released_sets(name: str, entry: Entry, downloads: Path, folder: Path) -> None:
    """Make config/published/damico2025/*.json from the released files, each checked by sha256.

    Raises InputError when the files cannot be had or are not the released ones.
    """
    folder.mkdir(exist_ok=True)
    sourced = collect(name, entry, downloads)
    for released in RELEASED_SETS:
        content = convert(sourced.files[f"{released}.npy"], f"{released}.npy", entry)
        (folder / f"{released}.json").write_bytes(content)

"""A reference: the small part of a finished run that is shipped with the code, and its record.

``results/reference/SCALE/reference.json`` names every file beside it with sha256, size and lines,
the code that made them per module, and the blocks that are repeated when it is verified. The record
holds a digest of itself, so that a digit changed there is found too.
"""

import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from scalinglaws.canonical import digest
from scalinglaws.codedigest import digest_now
from scalinglaws.errors import InputError
from scalinglaws.files import read_bytes
from scalinglaws.storage import broken

REFERENCE = Path("results/reference")
RECORD = "reference.json"
KEYS = (
    *("scale", "papers", "seed", "look", "device", "config", "commit", "run", "registration"),
    *("code", "blocks", "files", "digest"),
)
RELATIVE, ABSOLUTE = 1e-6, 1e-9  # promise B; the second is a share of a quantity's largest value
Record = Mapping[str, Any]
Facts = dict[str, Any]


def references() -> list[Path]:
    """Folders of all shipped references, by scale."""
    return sorted(path.parent for path in REFERENCE.glob(f"*/{RECORD}"))


def file_facts(name: str, content: bytes) -> Facts:
    """What is remembered of a shipped file: enough to say of a changed one what happened to it."""
    facts = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    lines = line_count(name, content)
    return facts if lines is None else {**facts, "lines": lines}


def line_count(name: str, content: bytes) -> int | None:
    """Lines of a text, rows of a parquet table; None for what has neither or is broken."""
    kind = Path(name).suffix
    try:
        if kind == ".parquet":
            return int(pq.read_metadata(io.BytesIO(content)).num_rows)
        text = gzip.decompress(content) if kind == ".gz" else content
    except Exception:  # cut anywhere, a file may fail anyhow
        return None
    return None if kind in (".png", ".pdf") else text.count(b"\n")


def sealed(record: Record) -> Facts:
    """The record with the digest of all its other entries."""
    return {**record, "digest": digest(record)}


def read_reference(folder: Path) -> Facts:
    """The record of a reference, its digest unchecked. Raises InputError for another file."""
    record = json_of_any_code(folder / RECORD)
    if lacking := sorted(set(KEYS) - set(record)):
        raise InputError(
            f"{folder / RECORD} is no record of a reference (it lacks {', '.join(lacking)}); "
            f"restore it with: git checkout -- {folder}"
        )
    return record


def json_of_any_code(path: str | Path) -> Facts:
    """A record, whichever version of the code made it. Raises InputError."""
    try:
        content = json.loads(read_bytes(path))
    except ValueError as problem:
        raise InputError(broken(path, "JSON")) from problem
    if not isinstance(content, dict):
        raise InputError(broken(path, f"a record, found a {type(content).__name__}"))
    return content


def code_of(headers: Iterable[Record]) -> dict[str, str]:
    """Module -> digest, over the headers of results."""
    return {module: made for header in headers for module, made in header["code"].items()}


def changed_since(code: Mapping[str, str]) -> list[str]:
    """Modules that do something else now, or are gone; importers of such modules are left out."""
    now = {module: digest_now(module, made) for module, made in code.items()}
    return [module for module, made in code.items() if now[module][:12] != made[:12]]


def beyond(quantity: pd.Series, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Where values differ by more than their rounding; in units of what is allowed (rows,).

    Zero is no difference; a value that is or was not finite is infinitely far from one that is.
    """
    sizes = pd.Series(np.abs(old)).groupby(quantity.to_numpy()).transform("max").to_numpy(float)
    allowed = RELATIVE * np.abs(old) + ABSOLUTE * np.nan_to_num(sizes)
    same = (old == new) | (np.isnan(old) & np.isnan(new))
    with np.errstate(all="ignore"):
        distance = np.nan_to_num(np.abs(new - old) / allowed, nan=np.inf)
    far: np.ndarray = np.where(same | (distance <= 1), 0.0, distance)
    return far


def own_files(folder: Path) -> list[str]:
    """Names of all files below the folder but the record."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() or path.is_symlink())
    names = [path.relative_to(folder).as_posix() for path in found]
    return [name for name in names if name != RECORD]


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first few names and how many more there are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")

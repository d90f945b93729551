"""Result files: written whole or not at all, each with a header that says what made it.

A header is a plain dictionary. Every file we write carries
``format`` (layout version), ``station`` (runs, theory, tables, fits, ...), ``name``,
``settings`` (what was asked for) and ``code`` (module -> source digest of the producer and of
the producers of its inputs). Readers compare ``code`` with the source as it is now.
"""

import contextlib
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scalinglaws.canonical import canonical_json
from scalinglaws.codedigest import changed_modules, digest_now
from scalinglaws.errors import InputError, unreadable

FORMAT = 1
Columns = dict[str, np.ndarray]
Header = dict[str, Any]


def write_whole(path: str | Path, content: bytes) -> None:
    """Write a file atomically: temporary file beside it, fsync, rename.

    Raises InputError when the folder cannot be written or the disk is full.
    """
    target = Path(path)
    temporary = ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = str(target.parent / f".{target.name}.{secrets.token_hex(4)}")
        # Not tempfile: its files are for their owner alone, whatever the umask and the folder say.
        with open(temporary, "xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except OSError as problem:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise InputError(
            f"{target} could not be written ({problem.strerror}); nothing was left behind: "
            "free or unlock the folder and run the same command again."
        ) from problem


def stack(parts: Sequence[Mapping[str, Any]]) -> Columns:
    """Concatenate row groups; within a group scalars are repeated to the length of its arrays.

    All groups must have the same keys (ValueError otherwise).
    """
    if not parts:
        raise ValueError("no rows to stack")
    names = list(parts[0])
    for part in parts:
        if list(part) != names:
            raise ValueError(f"row groups differ in columns: {names} and {list(part)}")
    columns: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for part in parts:
        arrays = [np.atleast_1d(np.asarray(part[name])) for name in names]
        length = max(len(array) for array in arrays)
        for name, array in zip(names, arrays, strict=True):
            columns[name].append(np.broadcast_to(array, (length,)))
    return {name: np.concatenate(pieces) for name, pieces in columns.items()}


def write_table(path: str | Path, columns: Mapping[str, Any], header: Header) -> None:
    """Write a tidy table as parquet with its header in the file's metadata."""
    table = pa.table({name: pa.array(np.asarray(values)) for name, values in columns.items()})
    table = table.replace_schema_metadata({b"scalinglaws": canonical_json(header).encode()})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    write_whole(path, sink.getvalue().to_pybytes())


def read_table(path: str | Path) -> tuple[Any, Header]:
    """Return (pandas DataFrame, header). Raises InputError for missing, broken or stale files."""
    content = read_bytes(path)
    try:
        table = pq.read_table(pa.BufferReader(content))
        header = json.loads(table.schema.metadata[b"scalinglaws"])
    except Exception as problem:
        raise InputError(broken(path, "a parquet table with a header")) from problem
    check_code(path, header)
    return table.to_pandas(), header


def write_json(path: str | Path, payload: Mapping[str, Any], header: Header | None = None) -> None:
    """Write a record as sorted, indented JSON; a header, if any, goes under ``header``."""
    content = dict(payload) if header is None else {"header": header, **payload}
    text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
    write_whole(path, text.encode() + b"\n")


def read_json(path: str | Path) -> dict[str, Any]:
    """Read a record. Raises InputError for missing, broken or stale files."""
    try:
        content = json.loads(read_bytes(path))
    except ValueError as problem:
        raise InputError(broken(path, "JSON")) from problem
    if not isinstance(content, dict):
        raise InputError(broken(path, f"a record, found a {type(content).__name__}"))
    if "header" in content:
        check_code(path, content["header"])
    return content


def read_quantities(path: str | Path) -> dict[str, Any]:
    """Read a fit, header and all. Raises InputError as read_json does, and for another record."""
    content = read_json(path)
    if not isinstance(content.get("quantities"), dict) or "header" not in content:
        raise InputError(broken(path, "a fit with its quantities"))
    return content


def read_bytes(path: str | Path) -> bytes:
    """Content of a file. Raises InputError when it is missing or cannot be read."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as problem:
        raise InputError(missing(path)) from problem
    except OSError as problem:
        raise InputError(unreadable(path, problem)) from problem


def check_readable(path: str | Path) -> None:
    """For files too large to be held twice. Raises InputError as read_bytes does."""
    try:
        with open(path, "rb") as stream:
            stream.read(1)
    except FileNotFoundError as problem:
        raise InputError(missing(path)) from problem
    except OSError as problem:
        raise InputError(unreadable(path, problem)) from problem


def heed_umask(path: str | Path) -> None:
    """Give a file that a library made for its owner alone the rights of any new file."""
    mask = os.umask(0)
    os.umask(mask)
    with contextlib.suppress(OSError):  # another user's
        os.chmod(path, 0o666 & ~mask)


def missing(path: str | Path) -> str:
    return f"{path} does not exist; make it with: snakemake {path}"


def broken(path: str | Path, expected: str) -> str:
    return (
        f"{path} is damaged or another kind of file: expected {expected}; if it is a result, "
        f"remove it and make it again with: snakemake {path}"
    )


def check_code(path: str | Path, header: Header) -> None:
    """Refuse a result made by other source code than the code that reads it.

    Raises InputError that names the module that differs.
    """
    if not isinstance(header, dict) or not isinstance(header.get("code"), dict):
        raise InputError(broken(path, "a header with the code that made it"))
    if header.get("format") != FORMAT:
        raise InputError(broken(path, f"format {FORMAT}, found {header.get('format')}"))
    for module in changed_modules(header["code"])[:1]:
        made = header["code"][module]
        raise InputError(
            f"{path} was made by other code: module {module} was {made} then and is "
            f"{digest_now(module, made)} now; make it again with: snakemake --force {path}"
        )


def merged_code(*headers: Header) -> dict[str, str]:
    """The union of the code digests of several headers (they agree, or reading had failed)."""
    return {module: made for header in headers for module, made in header["code"].items()}

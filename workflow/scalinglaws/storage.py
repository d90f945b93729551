"""Result files: written whole or not at all, each with a header that says what made it.

A header is a plain dictionary. Every file we write carries
``format`` (layout version), ``station`` (runs, theory, tables, fits, ...), ``name``,
``settings`` (what was asked for) and ``code`` (module -> source digest of the producer and of
the producers of its inputs). Readers compare ``code`` with the source as it is now.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scalinglaws.canonical import canonical_json
from scalinglaws.codedigest import changed_modules, digest_now
from scalinglaws.errors import InputError
from scalinglaws.files import read_bytes, write_whole

FORMAT = 1
Header = dict[str, Any]


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

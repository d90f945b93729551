"""The files of the released curves, told apart by their checksums."""

import hashlib
from pathlib import Path

from scalinglaws.config import CONFIG
from scalinglaws.errors import InputError

FOLDER = CONFIG / "published" / "damico2025"


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.json"


def checksum(name: str) -> str:
    """sha256 of one set's file. Raises InputError when it cannot be read."""
    path = path_of(name)
    try:
        # Of the text: a clone for Windows ends its lines otherwise.
        return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
    except OSError as problem:
        raise InputError(
            f"{path} could not be read: expected the released curves of {name}; restore it with: "
            f"git checkout -- {path}"
        ) from problem

"""Plan of the curves that D'Amico et al. (arXiv:2505.13230) released, as a table like our own."""

import hashlib
from collections.abc import Mapping
from typing import Any

from scalinglaws.config import CONFIG
from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block

FOLDER = CONFIG / "published" / "damico2025"


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """One block for all sets; the files' checksums are settings, so an edited file is read again.

    Raises InputError when a file is missing. Seed and device change nothing here.
    """
    sets = {name: checksum(name) for name in sizes["sets"]}
    return [
        Block(
            paper="damico2025",
            experiment="released_curves",
            name="all",
            module="scalinglaws.experiments.released.run",
            settings={"sets": sets},
            members=len(sets),
            core_seconds=3.0,
            station="theory",
            memory_mb=600,
        )
    ]


def checksum(name: str) -> str:
    path = FOLDER / f"{name}.json"
    try:
        # Of the text: a clone for Windows ends its lines otherwise.
        return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
    except OSError as problem:
        raise InputError(
            f"{path} could not be read: expected the released curves of {name}; restore it with: "
            f"git checkout -- {path}"
        ) from problem

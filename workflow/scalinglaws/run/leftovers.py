"""What a kill leaves of result files between their first byte and their rename."""

import contextlib
import os
import re
from pathlib import Path

TORN = re.compile(r"\..+\.[0-9a-f]{8}")  # as scalinglaws.files names what it has not finished
# A block removes its own: elsewhere, on a node of a cluster, it may still be writing.
LEFT_TO_BLOCKS = ("runs", "theory")


def remove_torn_files(results: Path) -> None:
    """Remove them below a folder; only for the one run that writes there."""
    for folder, below, names in os.walk(results):
        if Path(folder) == results:
            below[:] = [name for name in below if name not in LEFT_TO_BLOCKS]
        for name in filter(TORN.fullmatch, names):
            with contextlib.suppress(OSError):
                Path(folder, name).unlink()

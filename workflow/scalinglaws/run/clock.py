"""Files dated later than the clock says: it was set back, or was ahead when they were made.

Snakemake orders files by their times. To it a result of the future is newer than whatever is edited
next, and a job that reads a file of the future has failed, whenever it is started. Settings and
code of blocks, tables, fits and figures are compared by content (digests in parameters and
headers), so their times may be set. Whatever else reads sources is made again where these differ
from what Snakemake noted of them, or are too large to be noted; it takes seconds.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from scalinglaws.errors import InputError

SLACK = 2.0  # seconds that the clocks of a machine and of its file server may differ
LONG_AGO = 1.0  # a file of time 0 is to Snakemake one that has no time
SOURCES = ("config", "paper", "workflow")
# The time of a benchmark counts as one of its job's results.
BY_CONTENT = ("runs", "theory", "tables", "fits", "figures", "benchmarks", "logs")
CARDS = ".html"  # beside the figures, of sources


def mend_times(repository: Path, results: Path) -> str:
    """Date files of the future as of now; returns what was done in a sentence, empty for nothing.

    `results`: the folder of a scale. Results that are compared by content keep their order.
    Raises InputError where a time cannot be set.
    """
    now = time.time()
    sources = [path for name in SOURCES for path in of_the_future(repository / name, now)]
    there = list(of_the_future(results, now))
    again = [path for path in there if not by_content(path.relative_to(results))]
    data = of_the_future(repository / "results" / "data", now)
    kept = sorted({*there, *data} - {*again}, key=modified)
    for path in sources:
        date(path, now)
    for place, path in enumerate(kept):
        date(path, now - 1.0 + place / len(kept))
    for path in again:
        date(path, LONG_AGO)
    found = [*sources, *kept, *again]
    if not found:
        return ""
    return (
        f"{len(found)} files were dated later than this machine's clock says, {found[0]} for one; "
        "they are dated anew, and what may be older than its sources is made again"
    )


def of_the_future(folder: Path, now: float) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in names:
            if modified(path := Path(place, name)) > now + SLACK:
                yield path


def modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # a link that leads nowhere
        return 0.0


def by_content(path: Path) -> bool:
    """Of a file's place in the results."""
    return path.parts[0] in BY_CONTENT and path.suffix != CARDS


def date(path: Path, when: float) -> None:
    try:
        os.utime(path, (when, when))
    except OSError as problem:
        raise InputError(
            f"{path} is dated later than this machine's clock says, and its time could not be set "
            f"({problem.strerror}); set the clock right, or run as the user that the file belongs "
            "to: touch FILE"
        ) from problem

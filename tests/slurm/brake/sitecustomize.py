"""A block stops half-way, at the first file it writes, while files of $BRAKE say so.

Python imports this at its start where the folder is on its path. In $BRAKE:

- ``hold``: blocks wait there until it is gone;
- ``hungry_BLOCK``: that block takes the file away and then 3 GB of memory;
- ``seen``: one line for each process of a block: what it was there.
"""

import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("BRAKE", "."))
DEVICES = os.environ.get("BRAKE_DEVICES", "").split()
replace = os.replace


def replace_and_wait(source: Any, target: Any, **options: Any) -> None:
    """A block without states waits before its result instead."""
    state = Path(target).name.startswith("state_")
    if state:
        replace(source, target, **options)
    if not met:
        met.append(target)
        tell(Path(target))
        eat(Path(target).parent.stem)
        while (FOLDER / "hold").exists():
            time.sleep(0.1)
    if not state:
        replace(source, target, **options)


met: list[Any] = []


def tell(target: Path) -> None:
    seen = {
        "file": f"{target.parent.name}/{target.name}",
        "pid": os.getpid(),
        "job": os.environ.get("SLURM_JOB_ID", ""),
        "cards": os.environ.get("CUDA_VISIBLE_DEVICES", ""),
        "opened": [number for number, device in enumerate(DEVICES) if can_be_opened(device)],
        "cores": len(os.sched_getaffinity(0)),
    }
    with (FOLDER / "seen").open("a") as stream:
        stream.write(json.dumps(seen) + "\n")


def can_be_opened(device: str) -> bool:
    try:
        os.close(os.open(device, os.O_RDONLY))
    except OSError:
        return False
    return True


def eat(block: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        (FOLDER / f"hungry_{block}").unlink()
        eaten = []
        while len(eaten) < 60:
            eaten.append(b"x" * 50_000_000)
            time.sleep(0.05)
        time.sleep(20)


if "block" in sys.orig_argv:
    os.replace = replace_and_wait

"""The manifest: a sha256 for every shipped file, and what made it all.

Snakemake forgets what it knows when ``.snakemake`` is gone, and then calls stale results up to
date; the manifest lets anyone check shipped results without it.
"""

import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scalinglaws.config import REPOSITORY
from scalinglaws.errors import InputError, unreadable
from scalinglaws.files import missing
from scalinglaws.planning.plan import Plan, config_digest
from scalinglaws.repository import git

OUTPUTS = ":!results"  # references are tracked, but no source of anything


def file_sha256(path: str | Path) -> str:
    """sha256 of a file. Raises InputError when it is missing."""
    try:
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError as problem:
        raise InputError(missing(path)) from problem
    except OSError as problem:
        raise InputError(unreadable(path, problem)) from problem


def commit() -> dict[str, Any]:
    """The git commit and whether tracked sources differ from it; nulls outside a checkout of ours.

    Unpacked inside another repository, git would answer for that one.
    """
    try:
        if not Path(git("rev-parse", "--show-toplevel")).samefile(REPOSITORY):
            return {"commit": None, "modified": None}
        head = git("rev-parse", "HEAD")
        return {
            "commit": head,
            "modified": bool(git("status", "--porcelain", "-uno", "--", ".", OUTPUTS)),
        }
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "modified": None}


def manifest(plan: Plan, files: Iterable[str | Path], root: Path) -> dict[str, Any]:
    """Record of the given files, named relative to ``root`` (the folder of the results)."""
    named = {Path(file).relative_to(root).as_posix(): file for file in files}
    return {
        "scale": plan.config["scale"],
        "papers": sorted(plan.papers),
        "seed": plan.config["seed"],
        "look": plan.config["look"],
        "device": plan.config["device"],
        "config": config_digest(plan),
        "source": commit(),
        "files": {name: file_sha256(file) for name, file in sorted(named.items())},
    }

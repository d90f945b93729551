"""The manifest: a sha256 for every shipped file, and what made it all.

Snakemake forgets what it knows when ``.snakemake`` is gone, and then calls stale results up to
date; the manifest lets anyone check shipped results without it.
"""

import hashlib
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scalinglaws.config import REPOSITORY
from scalinglaws.errors import InputError, unreadable
from scalinglaws.files import missing
from scalinglaws.planning.plan import Plan, config_digest

# Variables by which a shell or a hook names a repository, as `git rev-parse --local-env-vars`.
FOREIGN = {
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE"),
    *("GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE"),
    *("GIT_CEILING_DIRECTORIES", "GIT_CONFIG"),
}


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
    """The git commit and whether tracked files differ from it; nulls outside a checkout of ours.

    Unpacked inside another repository, git would answer for that one.
    """
    try:
        if not Path(git("rev-parse", "--show-toplevel")).samefile(REPOSITORY):
            return {"commit": None, "modified": None}
        head = git("rev-parse", "HEAD")
        return {"commit": head, "modified": bool(git("status", "--porcelain", "-uno"))}
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "modified": None}


def git(*arguments: str) -> str:
    """What git says of this folder, whatever repository the shell's variables name."""
    command = ["git", "--no-optional-locks", "-C", str(REPOSITORY), *arguments]
    environment = {name: os.environ[name] for name in os.environ if name not in FOREIGN}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return done.stdout.strip()


def manifest(plan: Plan, files: Iterable[str | Path], root: Path) -> dict[str, Any]:
    """Record of the given files, named relative to ``root`` (the folder of the results)."""
    named = {Path(file).relative_to(root).as_posix(): file for file in files}
    return {
        "scale": plan.config["scale"],
        "papers": sorted(plan.papers),
        "seed": plan.config["seed"],
        "device": plan.config["device"],
        "config": config_digest(plan),
        "source": commit(),
        "files": {name: file_sha256(file) for name, file in sorted(named.items())},
    }

"""What git says of this repository."""

import os
import subprocess
from collections.abc import Sequence

from scalinglaws.config import REPOSITORY
from scalinglaws.errors import InputError

# Variables by which a shell or a hook names a repository, as `git rev-parse --local-env-vars`.
FOREIGN = {
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE"),
    *("GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE"),
    *("GIT_CEILING_DIRECTORIES", "GIT_CONFIG"),
}


def git(*arguments: str) -> str:
    """What git says of this folder, whatever repository the shell's variables name."""
    command = ["git", "--no-optional-locks", "-C", str(REPOSITORY), *arguments]
    environment = {name: os.environ[name] for name in os.environ if name not in FOREIGN}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return done.stdout.strip()


def clean_commit(states: Sequence[Sequence[str]], names: str, act: str) -> str:
    """The commit checked out, if no `git status` with one of these arguments tells an edit.

    `names`: what the caller writes down, as "a registration names the commit that ...", and `act`
    what it does, for the sentences. Raises InputError with an edit, and without git.
    """
    try:
        edited = next(filter(None, (git("status", "--porcelain", *state) for state in states)), "")
        head = git("rev-parse", "HEAD")
    except (OSError, subprocess.CalledProcessError) as problem:
        raise InputError(
            f"{names}, but git finds none here; {act} in a clone of the repository."
        ) from problem
    if edited:
        first = edited.splitlines()[0].split(maxsplit=1)[-1]
        raise InputError(f"{first} is not committed; {names}: run git commit, then {act} again.")
    return head

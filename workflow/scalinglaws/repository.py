"""What git says of this repository."""

import os
import subprocess

from scalinglaws.config import REPOSITORY

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

"""Bytes on disk: written whole or not at all, read or refused in one sentence."""

import contextlib
import os
import secrets
from pathlib import Path

from scalinglaws.errors import InputError, unreadable


def write_whole(path: str | Path, content: bytes) -> None:
    """Write a file atomically: temporary file beside it, fsync, rename.

    Raises InputError when the folder cannot be written or the disk is full.
    """
    target = Path(path)
    temporary = ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = str(target.parent / f".{target.name}.{secrets.token_hex(4)}")
        # Not tempfile: its files are for their owner alone, whatever the umask and the folder say.
        with open(temporary, "xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except OSError as problem:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise InputError(
            f"{target} could not be written ({problem.strerror}); nothing was left behind: "
            "free or unlock the folder and run the same command again."
        ) from problem


def read_bytes(path: str | Path) -> bytes:
    """Content of a file. Raises InputError when it is missing or cannot be read."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as problem:
        raise InputError(missing(path)) from problem
    except OSError as problem:
        raise InputError(unreadable(path, problem)) from problem


def check_readable(path: str | Path) -> None:
    """For files too large to be held twice. Raises InputError as read_bytes does."""
    try:
        with open(path, "rb") as stream:
            stream.read(1)
    except FileNotFoundError as problem:
        raise InputError(missing(path)) from problem
    except OSError as problem:
        raise InputError(unreadable(path, problem)) from problem


def heed_umask(path: str | Path) -> None:
    """Give a file that a library made for its owner alone the rights of any new file."""
    mask = os.umask(0)
    os.umask(mask)
    with contextlib.suppress(OSError):  # another user's
        os.chmod(path, 0o666 & ~mask)


def missing(path: str | Path) -> str:
    return f"{path} does not exist; make it with: snakemake {path}"

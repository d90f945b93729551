"""One run at a time in a repository: who runs here, and what a run that died has left behind.

Two marks lie in ``.snakemake``: our own lock, which dies with its processes and holds who took
it, and Snakemake's, a folder that outlives a kill. Snakemake's mark is removed only where one of
our own runs died: anybody's else may belong to a run that lives, and a run beside it would train
the same blocks a second time.
"""

import contextlib
import errno
import fcntl
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import IO

import psutil

from scalinglaws.config import REPOSITORY
from scalinglaws.errors import InputError

LOCK = REPOSITORY / ".snakemake" / "reproduce.lock"
SNAKEMAKE_LOCKS = REPOSITORY / ".snakemake" / "locks"
HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)


@contextlib.contextmanager
def only_run() -> Iterator[tuple[int, bool]]:
    """Hold our lock. Gives its file descriptor, and whether Snakemake's mark is a dead run's.

    A process that inherits the descriptor holds the lock too, however we die. Raises InputError
    when a run is under way, when nobody can tell, or when the lock cannot be written.
    """
    with open_lock() as handle:
        earlier = handle.read().strip()
        take(handle, earlier)
        refuse_living(earlier)
        write(handle, f"{os.getpid()} {socket.gethostname()}")
        try:
            yield handle.fileno(), locked()
        finally:
            if not locked():
                write(handle, "")


def open_lock() -> IO[str]:
    try:
        LOCK.parent.mkdir(parents=True, exist_ok=True)
        handle = LOCK.open("a+", encoding="utf-8")
    except OSError as problem:
        raise InputError(
            f"{LOCK} could not be written ({problem.strerror}); run as the user that this folder "
            "belongs to, or in a copy of your own."
        ) from problem
    handle.seek(0)
    return handle


def write(handle: IO[str], text: str) -> None:
    """Who holds the lock; nothing after a run that ended by itself."""
    with contextlib.suppress(OSError):  # a full disk
        handle.truncate(0)
        handle.write(text)
        handle.flush()


def take(handle: IO[str], earlier: str) -> None:
    """Lock the file. Raises InputError when another run holds it.

    Where the file system has no locks, what is written in the file stands in for one.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        if problem.errno in HELD or may_live(earlier):
            raise InputError(
                f"another run ({holders(earlier)}) holds {LOCK.relative_to(REPOSITORY)}; wait for "
                "it to end or stop it, then run the same command again"
                + ("." if problem.errno in HELD else "; if it is over, remove that file first.")
            ) from problem
        print(
            f"note: this file system has no locks ({problem.strerror}); start no second run here",
            file=sys.stderr,
        )


def may_live(earlier: str) -> bool:
    """Whether the process that a lock names may still run; on another machine nobody can tell."""
    pid, _, host = earlier.partition(" ")
    return bool(earlier) and (host != socket.gethostname() or psutil.pid_exists(int(pid)))


def holders(earlier: str) -> str:
    """The processes of a run, as a person names them to stop them."""
    if living := working(("reproduce",)) or working(("snakemake",)):
        return named(living)
    pid, _, host = earlier.partition(" ")
    return f"PID {pid} on {host}" if earlier else "its PID is not known"


def refuse_living(earlier: str) -> None:
    """Raises InputError for a run that we do not know by our own lock."""
    if locked() and (living := working(("snakemake",))):
        raise InputError(
            f"Snakemake already runs in this folder ({named(living)}); wait for it to end or stop "
            "it, then run the same command again."
        )
    if jobs := working(("block",)):
        raise InputError(
            f"jobs of an earlier run still work in this folder ({named(jobs)}); wait for them to "
            "end or stop them, then run the same command again."
        )
    if locked() and not earlier:
        raise InputError(
            f"{SNAKEMAKE_LOCKS.relative_to(REPOSITORY)} was left by a run of snakemake itself, "
            "which may go on elsewhere; if it is over, run: snakemake --unlock"
        )


def locked() -> bool:
    return any(SNAKEMAKE_LOCKS.glob("*.lock"))


def named(processes: Sequence[psutil.Process]) -> str:
    return ", ".join(f"PID {process.pid}" for process in processes)


def working(kinds: Sequence[str]) -> list[psutil.Process]:
    """Other processes of this machine that work in this repository.

    Kinds: ``snakemake``, and verbs of ours. Processes that we may not look at are left out.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid == os.getpid() or kind(process.cmdline()) not in kinds:
                continue
            if os.path.samefile(process.cwd(), REPOSITORY):
                found.append(process)
    return found


def kind(command: Sequence[str]) -> str:
    """``snakemake``, the verb of a ``python -m scalinglaws``, or nothing."""
    for word, after in zip(command[:4], [*command[1:4], ""], strict=False):
        if word == "-m" and after == "scalinglaws":
            return (*command[command.index(after) + 1 :], "")[0]
        if os.path.basename(word) == "snakemake":
            return "snakemake"
    return ""

"""One process at a time writes a block's state and result, wherever its machines are.

Schedulers start a block again while its first process still runs: a job that is queued again, a
controller that was killed and started anew, a node that comes back. File locks do not hold on every
network file system, and the clocks of two machines differ. So a writer makes a file that must not
exist (that is atomic on all of them), and rewrites a number in it as a sign of life; who finds it
watches whether the number changes while its own clock runs.
"""

import contextlib
import glob
import json
import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from scalinglaws.errors import InputError

NAME = "writer.json"
BEAT = 5.0  # seconds between two signs of life
SILENCE = 120.0  # seconds without one until a writer counts as gone; clients cache files for 60
JOB_NAMES = ("SLURM_JOB_ID", "PBS_JOBID", "JOB_ID")  # of schedulers: what a person cancels


@dataclass(frozen=True)
class Writer:
    """Who writes. ``machine`` tells apart what shares process numbers: boots and containers."""

    token: str
    pid: int
    started: int
    host: str
    machine: str
    job: str

    def __str__(self) -> str:
        job = f", job {self.job}" if self.job else ""
        return f"PID {self.pid} on {self.host}{job}"


def myself() -> Writer:
    job = next((os.environ[name] for name in JOB_NAMES if os.environ.get(name)), "")
    return Writer(
        token=secrets.token_hex(8),
        pid=os.getpid(),
        started=started(os.getpid()) or 0,
        host=socket.gethostname(),
        machine=machine(),
        job=job,
    )


def started(pid: int) -> int | None:
    """When a process began, in clock ticks since the boot; None once it has ended.

    Not psutil's time of day: it moves when the machine's clock is set.
    """
    try:
        state, *fields = (
            Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        )
    except OSError:
        return None
    return None if state in "ZX" else int(fields[18])  # a zombie writes nothing any more


def machine() -> str:
    """The same for processes that see each other's numbers; empty where nobody can tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:  # not Linux
        return ""


@contextlib.contextmanager
def one_writer(folder: Path) -> Iterator[Callable[[], None]]:
    """Hold a block's folder; gives a function that raises InputError once another has taken it.

    Takes over from a writer that is gone: at once where its process can be looked for, else after
    `SILENCE` seconds without a sign of life. Raises InputError when another writer lives, or when
    the folder cannot be written.
    """
    own = myself()
    lock = folder / NAME
    stream = taken(lock, own)
    remove_torn(folder, "state_")
    ended = threading.Event()
    beating = threading.Thread(target=beat, args=(stream, own, ended), daemon=True)
    beating.start()
    try:
        yield lambda: check_held(lock, own)
    finally:
        ended.set()
        beating.join()
        with contextlib.suppress(OSError):
            stream.close()
        release(lock, own)


def taken(lock: Path, own: Writer) -> IO[str]:
    while True:
        try:
            if stream := created(lock):
                write(stream, own, 0)
                return stream
        except OSError as problem:
            raise InputError(
                f"{lock} could not be written ({problem.strerror}); free or unlock the folder and "
                "run the same command again."
            ) from problem
        remove_if_gone(lock)


def created(lock: Path) -> IO[str] | None:
    """The lock, made anew; None where there is one. Raises OSError."""
    if not lock.parent.is_dir():
        lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        return lock.open("x", encoding="utf-8")
    except (FileExistsError, FileNotFoundError):  # or another writer has just removed its folder
        return None


def write(stream: IO[str], own: Writer, beats: int) -> None:
    """Into the file that we made, even where its name by now is another's."""
    with contextlib.suppress(OSError):  # a full disk: the block's own results will say so
        stream.seek(0)
        stream.write(json.dumps({**asdict(own), "beats": f"{beats:012d}"}))
        stream.flush()
        os.fsync(stream.fileno())


def beat(stream: IO[str], own: Writer, ended: threading.Event) -> None:
    beats = 0
    while not ended.wait(BEAT):
        beats += 1
        write(stream, own, beats)


def read(lock: Path) -> tuple[str, Writer | None]:
    """A lock's text, and whom it names; nobody where it is torn. Raises FileNotFoundError."""
    text = lock.read_text("utf-8", errors="replace")
    try:
        record: dict[str, Any] = json.loads(text)
        del record["beats"]
        return text, Writer(**record)
    except (ValueError, KeyError, TypeError):
        return text, None


def remove_if_gone(lock: Path) -> None:
    """Remove the lock of a writer that is gone. Raises InputError when it lives."""
    try:
        seen, writer = read(lock)
        gone = has_ended(writer) if writer else None
        if gone is None:
            gone = is_silent(lock, seen, writer)
    except FileNotFoundError:
        return
    except OSError as problem:
        raise InputError(
            f"{lock} could not be read ({problem.strerror}); unlock the folder and run the same "
            "command again."
        ) from problem
    if not gone:
        raise InputError(
            f"{lock.parent} is being written by another process ({writer or 'unknown'}); wait for "
            "it to end or stop it, then run the same command again."
        )
    print(f"taking over from {writer or 'a writer'}, which is gone", file=sys.stderr)
    remove(lock, writer.token if writer else seen)


def has_ended(writer: Writer) -> bool | None:
    """Whether a process of this machine has ended; None of another's."""
    if not writer.machine or writer.machine != machine():
        return None
    return started(writer.pid) != writer.started  # the number may be another process's by now


def is_silent(lock: Path, seen: str, writer: Writer | None) -> bool:
    """Watch for a sign of life. Raises FileNotFoundError when the lock is released meanwhile."""
    print(
        f"{lock.parent} was taken by {writer or 'an unknown writer'}; watching for {SILENCE:.0f} s "
        "whether it still lives",
        file=sys.stderr,
    )
    began = time.monotonic()
    while time.monotonic() - began < SILENCE:
        time.sleep(min(1.0, BEAT))
        if read(lock)[0] != seen:
            return False
    return True


def remove(lock: Path, mark: str) -> None:
    """Remove a lock whose text holds the mark; one that another process was quicker to make stays.

    Only one of several processes moves a file away; what was not meant is put back, and its writer
    would notice (`check_held`) had a third one slipped in between.
    """
    aside = lock.with_name(f"{NAME}.{secrets.token_hex(4)}")
    with contextlib.suppress(OSError):
        os.rename(lock, aside)
        if mark not in aside.read_text("utf-8", errors="replace"):
            os.link(aside, lock)
    with contextlib.suppress(OSError):
        aside.unlink()


def remove_torn(folder: Path, name: str) -> None:
    """Remove what a kill left of files of this name between their first byte and their rename.

    Only the sole writer may: to any other they are files that are being written.
    """
    for path in folder.glob(f".{glob.escape(name)}*"):
        with contextlib.suppress(OSError):
            path.unlink()


def check_held(lock: Path, own: Writer) -> None:
    """Raises InputError once the lock is another's: this process was thought to be gone.

    States and results are whole files of the same bytes whoever writes them, so what was written
    until now harms nobody.
    """
    if not held(lock, own):
        raise InputError(
            f"{lock.parent} was taken over by another process while this one ({own}) gave no sign "
            "of life; nothing more is written here: wait for the other to end."
        )


def held(lock: Path, own: Writer) -> bool:
    try:
        writer = read(lock)[1]
    except FileNotFoundError:
        return False
    except OSError:  # a failing disk: what is written next will say so
        return True
    return writer is None or writer.token == own.token  # a full disk leaves it empty


def release(lock: Path, own: Writer) -> None:
    with contextlib.suppress(OSError):
        if held(lock, own):
            lock.unlink()
            lock.parent.rmdir()  # where no state is left in it

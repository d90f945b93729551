"""Runs whose whole process tree is killed, again and again, and started by the same command."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from repository import Repository, environment

# What differs between two runs, undisturbed or not: what was said, and how long it took.
UNLIKE = ("logs", "benchmarks")
REPORT = "report.html"  # tells how long jobs took
# Read by every Python at its start. Each pattern kills once, all processes of its run with itself.
BETWEEN = """
import fnmatch, os, signal
from pathlib import Path

MARKS, PATTERNS = Path({marks!r}), {patterns!r}
os_replace = os.replace

def replace(source, target, **options):
    for number, pattern in enumerate(PATTERNS):
        if fnmatch.fnmatch(os.fspath(target), pattern):
            try:
                (MARKS / str(number)).touch(exist_ok=False)
            except FileExistsError:
                continue
            os.killpg(0, signal.SIGKILL)
    os_replace(source, target, **options)

os.replace = replace
"""


@dataclass(frozen=True)
class Instant:
    """When a run is killed: once a part of the files is there and this start has made one of them,
    and then so many seconds later. Seconds alone would be other instants on another machine."""

    part: float
    seconds: float


def drawn(seed: int, number: int) -> list[Instant]:
    """Instants in order, one in each of as many equal parts of a run; the first while it starts."""
    source = random.Random(seed)
    parts = [0.0, *((each + source.random()) / number for each in range(1, number))]
    return [Instant(part, source.uniform(0.0, 2.0)) for part in parts]


@dataclass
class KilledRuns:
    """Starts a command until it ends by itself.

    - `files`: how many files an undisturbed run makes.
    - `between`: patterns of files; the run that writes the first one of each is killed between its
      last byte and its rename.
    """

    repository: Repository
    command: tuple[str, ...]
    files: int
    instants: list[Instant]
    between: tuple[str, ...] = ()
    said: list[str] = field(default_factory=list)
    kills: int = 0

    def __post_init__(self) -> None:
        self.place = self.repository.path / "killed"
        self.marks = self.place / "marks"
        self.marks.mkdir(parents=True)
        code = BETWEEN.format(marks=str(self.marks), patterns=self.between)
        (self.place / "sitecustomize.py").write_text(code)

    def run(self) -> int:
        """The exit status of the last start."""
        waiting = list(self.instants)
        while True:
            process = self.start()
            instant = waiting[0] if waiting else None
            if instant and self.reached(process, instant):
                time.sleep(instant.seconds)
                waiting.pop(0)
                kill_tree(process)
            self.said.append(process.communicate()[0])
            if process.returncode != -signal.SIGKILL:
                return process.returncode
            self.kills += 1
            wait_for_the_end(self.repository.path)

    def start(self) -> "subprocess.Popen[str]":
        variables = environment(self.repository.path)
        variables["PYTHONPATH"] = os.pathsep.join([str(self.place), variables["PYTHONPATH"]])
        return subprocess.Popen(
            [sys.executable, "-m", *self.command],
            cwd=self.repository.path,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def reached(self, process: "subprocess.Popen[str]", instant: Instant) -> bool:
        """Wait for an instant; False where the run ended before."""
        before = len(made(self.repository))
        wanted = max(instant.part * self.files, before + 1) if instant.part else 0
        while process.poll() is None:
            if len(made(self.repository)) >= wanted:
                return True
            time.sleep(0.05)
        return False

    def between_kills(self) -> int:
        return len(list(self.marks.iterdir()))


def made(repository: Repository) -> dict[str, Path]:
    """Every file of the results but logs, timings and saved states, by its place."""
    root = repository.path / "results"
    found = {path.relative_to(root): path for path in sorted(root.rglob("*")) if path.is_file()}
    return {
        place.as_posix(): path
        for place, path in found.items()
        if not set(UNLIKE) & set(place.parts) and place.name != REPORT
    }


def kill_tree(process: "subprocess.Popen[str]") -> None:
    family = [process.pid]
    with contextlib.suppress(psutil.Error):
        family += [each.pid for each in psutil.Process(process.pid).children(recursive=True)]
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for pid in family[1:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_for_the_end(folder: Path) -> None:
    """A killed process goes when the system gets round to it."""
    deadline = time.monotonic() + 30
    while any(works_in(process, folder) for process in psutil.process_iter()):
        assert time.monotonic() < deadline, "a process outlived the kill"
        time.sleep(0.05)


def works_in(process: psutil.Process, folder: Path) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        return process.cwd() == str(folder) and process.status() != psutil.STATUS_ZOMBIE
    return False

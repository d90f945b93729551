"""Installs a lock into the environment whose Python runs this, and says what happens meanwhile.

    .venv/bin/python envs/install.py envs/cpu.lock

pip installs the lock as it stands: every file is checked against the lock's sha256 sums, nothing
is resolved anew. Standard library only, since it runs in an empty environment.
"""

import importlib.metadata
import re
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import locks

EVERY = 15.0  # seconds between two lines where the output is no terminal
WIDTH = 79
PIP = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
# No build isolation: an isolated build would fetch its own setuptools, of no checked sum.
LOCKED = [*PIP, "--progress-bar", "off", "--no-deps", "--no-build-isolation", "--require-hashes"]
UNITS = {"kB": 1e-3, "MB": 1.0, "GB": 1e3}
PLATFORMS = "Linux on x86-64 or aarch64 with glibc 2.28 or later, or macOS 14 on Apple silicon"

NO_INDEX = r"NewConnectionError|ConnectTimeout|ConnectionError|SSLError|name resolution"


class Failed(Exception):
    """pip failed; the sentence says what a person can do."""


class Teller:
    """Shows one line: repainted on a terminal, else a new one now and then."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.painted = False
        self.told_at = self.began

    def line(self, text: str) -> None:
        """How far it is, where it is time to say so."""
        now = time.monotonic()
        text = f"  {clock(now - self.began)}  {text}"[:WIDTH]
        if sys.stdout.isatty():
            print(f"\r{text:<{WIDTH}}", end="", flush=True)
            self.painted = True
        elif now - self.told_at >= EVERY:
            print(text, flush=True)
            self.told_at = now

    def say(self, text: str) -> None:
        """A line that stays."""
        print(("\n" if self.painted else "") + text, flush=True)
        self.painted, self.told_at = False, time.monotonic()


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Stage:
    """How far pip is with some packages, by what it says and what is there."""

    def __init__(self, names: set[str]) -> None:
        self.names = names
        self.collected = 0
        self.megabytes = 0.0
        self.current = ""
        self.unpacking = False

    def heard(self, line: str) -> None:
        words = line.split()
        match words[:2]:
            case ["Collecting", pin]:
                self.collected += 1
                self.current = pin.partition("==")[0]
            case ["Requirement", "already"]:
                self.collected += 1
            case ["Downloading", _]:
                if size := re.search(r"\(([\d.]+) (kB|MB|GB)\)", line):
                    self.megabytes += float(size[1]) * UNITS[size[2]]
                    self.current = f"{self.current} ({size[1]} {size[2]})"
            case ["Installing", "collected"]:
                self.unpacking = True

    def text(self) -> str:
        of = len(self.names)
        if self.unpacking:
            return f"installing: {installed(self.names)} of {of} packages"
        fetched = f", {self.megabytes:.0f} MB downloaded" if self.megabytes >= 1 else ""
        return f"fetching and checking: {self.collected} of {of}{fetched}: {self.current}"


def installed(names: set[str]) -> int:
    folder = Path(sysconfig.get_path("purelib"))
    found = {locks.canonical(path.name.split("-")[0]) for path in folder.glob("*.dist-info")}
    return len(names & found)


def run_pip(command: list[str], stage: Stage, log: Path, teller: Teller) -> None:
    """Run pip, keep what it says in the log. Raises Failed."""
    said: list[str] = []
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    assert process.stdout is not None
    with log.open("a", encoding="utf-8") as stream, repeated(lambda: teller.line(stage.text())):
        for line in process.stdout:
            stream.write(line)
            stream.flush()
            said.append(line.strip())
            stage.heard(line)
    if process.wait():
        raise Failed(f"{reason(said)} All that pip said is in {log}.")


class repeated:
    """Calls a function twice a second while its block runs."""

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        while not self.over.wait(0.5):
            self.call()

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()


def reason(said: list[str]) -> str:
    """One sentence on why pip failed and what to do."""
    text = "\n".join(said)
    if "DO NOT MATCH THE HASHES" in text:
        wrong = re.search(r"^(\S+==\S+) from", text, re.M)
        got = re.search(r"Got\s+(\w+)", text)
        return (
            f"{wrong[1] if wrong else 'a package'} that pip was served has sha256 "
            f"{got[1] if got else 'of its own'}, expected one of the lock's: do not use it; see "
            "'pip config list' for where pip looks, and try another index."
        )
    if "No space left" in text:
        return "the disk is full: free 3 GB (8 GB with CUDA libraries) and run the same again."
    # Before the case below: pip that reaches no index says of the first package that it has none.
    if re.search(NO_INDEX, text):
        return (
            "the package index could not be reached: connect, or tell pip of a proxy or mirror "
            "(PIP_PROXY, PIP_INDEX_URL), and run the same again; what was fetched is kept."
        )
    if none := re.search(r"No matching distribution found for (\S+)", text):
        return f"there is no {none[1]} for this machine, expected {PLATFORMS}."
    errors = [line for line in said if line.lower().startswith("error")] or said[-1:] or ["?"]
    return f"pip failed ({errors[-1].rstrip('.')}); run the same again."


def install(entries: dict[str, tuple[str, list[str]]], log: Path, teller: Teller) -> None:
    """Raises Failed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "lock.txt")
        file.write_text(locks.text_of("A part of a lock.", entries), encoding="utf-8")
        run_pip([*LOCKED, "--requirement", str(file)], Stage(set(entries)), log, teller)


def lacking() -> Iterator[str]:
    """Distributions that an installed one needs and that are not there, as pip says."""
    command = [sys.executable, "-m", "pip", "check", "--disable-pip-version-check"]
    said = subprocess.run(command, capture_output=True, text=True).stdout
    for need in re.finditer(r"requires (\S+), which is not installed", said):
        yield locks.canonical(need[1])


def offers_cpu_build(pin: str) -> bool:
    """Whether pip, left to itself, would take one of PyTorch's CPU builds of torch."""
    asked = [*PIP, "--quiet", "--dry-run", "--ignore-installed", "--no-deps", "--report", "-", pin]
    done = subprocess.run(asked, capture_output=True, text=True)
    return done.returncode == 0 and f'"version": "{pin.partition("==")[2]}+cpu"' in done.stdout


def narrowed(
    wanted: dict[str, tuple[str, list[str]]], cuda: dict[str, tuple[str, list[str]]]
) -> dict[str, tuple[str, list[str]]]:
    """The lock with the sums of torch's CPU builds alone where pip is offered one.

    Where several files of a version have a listed sum, pip prefers those whose sum the index tells:
    a CPU wheel in a folder would lose to the index's CUDA build.
    """
    if "torch" not in wanted or not offers_cpu_build(wanted["torch"][0]):
        return wanted
    pin, sums = wanted["torch"]
    own = [digest for digest in sums if digest not in cuda["torch"][1]]
    return {**wanted, "torch": (pin, own)} if own else wanted


def install_lock(lock: Path, log: Path, teller: Teller) -> None:
    """Raises Failed."""
    cuda = locks.entries(lock.with_name("cuda.lock").read_text("utf-8"))
    wanted = narrowed(locks.entries(lock.read_text("utf-8")), cuda)
    teller.say(
        f"{len(wanted)} packages of {lock.name}, each checked against its sha256: several minutes; "
        "what\nis fetched once is kept by pip. Ctrl-C is safe, the same command starts again."
    )
    build = {"setuptools": wanted["setuptools"]}  # what the few without a wheel are built with
    install(build, log, teller)
    install({name: entry for name, entry in wanted.items() if name not in build}, log, teller)
    more = {name: entry for name, entry in cuda.items() if name not in wanted}
    if any(name in more for name in lacking()):
        teller.say(
            f"torch is the index's CUDA build: {len(more)} libraries more, several gigabytes. (A "
            "CPU build does:\noffer pip PyTorch's CPU index by PIP_EXTRA_INDEX_URL.)"
        )
        install(more, log, teller)
    if missing := sorted(set(lacking())):
        raise Failed(f"{lock.name} lacks {', '.join(missing)}; run: bash envs/make_locks.sh")


def main() -> int:
    teller, lock = Teller(), Path(sys.argv[1])
    log = Path(sys.prefix, "pip.log")
    log.write_text("", encoding="utf-8")
    try:
        install_lock(lock, log, teller)
    except Failed as problem:
        teller.say("")
        print(f"error: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    count = sum(1 for _ in importlib.metadata.distributions())
    teller.say(f"  {clock(time.monotonic() - teller.began)}  done: {count} packages, sums checked")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes envs/{cpu,cuda,audit}.lock with sha256 sums, and the conda files, from what uv resolved.

The steps of make_locks.sh; standard library only, since it runs before there is an environment.
"""

import re
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
# What only the package index's torch for Linux needs: libraries of its CUDA build.
CUDA_ONLY = re.compile(r"nvidia-|cuda-|triton$")
ABOUT = """\
# Made by envs/make_locks.sh from envs/{source}; edit neither this nor its sums.
# {what}
# Sums are of all files that the index has of a version; make {target} has pip check them.
"""
CPU = """Everything needed to run and to test, on CPUs: torch is one of PyTorch's CPU builds where
# pip is offered one, else the index's, with its CUDA libraries from cuda.lock."""
CUDA = "The pins of cpu.lock plus the libraries of torch's CUDA 13 build, for Linux."
AUDIT = "What make audit asks for known vulnerabilities with: an environment of its own."
CONDA = """\
# Generated from {name}.lock by envs/make_locks.sh; edit neither. Versions only: conda's pip
# resolves what torch's build needs, and sums would have to name that as well.
name: scalinglaws-{name}
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python=3.11
  - pip
  - pip:
"""


def canonical(name: str) -> str:
    """A distribution's name as indices compare it."""
    return re.sub(r"[-_.]+", "-", name.partition("[")[0].strip()).lower()


def entries(lock: str) -> dict[str, tuple[str, list[str]]]:
    """Distribution -> its pin, as name==version, and its sums (empty where there are none)."""
    found: dict[str, tuple[str, list[str]]] = {}
    name = ""
    for line in lock.splitlines():
        text = line.partition("#")[0].strip().removesuffix("\\").strip()
        if text.startswith("--hash=sha256:"):
            found[name][1].append(text.removeprefix("--hash=sha256:"))
        elif text:
            name = canonical(text.partition("==")[0])
            found[name] = (text, [])
    return found


def pins(lock: str) -> list[str]:
    """The pins of a lock, as name==version."""
    return [pin for pin, _ in entries(lock).values()]


def text_of(
    what: str,
    locked: dict[str, tuple[str, list[str]]],
    source: str = "requirements.in",
    target: str = "environment",
) -> str:
    parts = [
        " \\\n".join([pin, *(f"    --hash=sha256:{digest}" for digest in sorted(sums))])
        for _, (pin, sums) in sorted(locked.items())
    ]
    return ABOUT.format(what=what, source=source, target=target) + "\n".join(parts) + "\n"


def conda_file(name: str, lock: str) -> str:
    """Pins are inlined: conda tools read a copy elsewhere, where `-r cpu.lock` leads nowhere."""
    return CONDA.format(name=name) + "".join(f"      - {pin}\n" for pin in pins(lock))


def cpu_builds(pin: str) -> list[str]:
    """Sums of PyTorch's CPU wheels; ends the script where they are of another version."""
    file = FOLDER / "torch_cpu.sha256"
    lines = [line.split() for line in file.read_text("utf-8").splitlines() if line[:1] != "#"]
    version = pin.partition("==")[2]
    for _, wheel in lines:
        if not wheel.startswith(f"torch-{version}+cpu-"):
            sys.exit(
                f"error: envs/{file.name} names {wheel}, expected wheels of torch {version}; copy "
                "their sums from PyTorch's CPU index."
            )
    return [digest for digest, _ in lines]


def write(resolved: str) -> None:
    cuda = entries(resolved)
    cpu = {name: entry for name, entry in cuda.items() if not CUDA_ONLY.match(name)}
    pin, sums = cpu["torch"]
    cpu["torch"] = (pin, sums + cpu_builds(pin))
    for name, what, locked in (("cpu", CPU, cpu), ("cuda", CUDA, cuda)):
        lock = text_of(what, locked)
        (FOLDER / f"{name}.lock").write_text(lock, encoding="utf-8")
        (FOLDER / f"{name}.yaml").write_text(conda_file(name, lock), encoding="utf-8")


def free(requirements: str, before: str) -> list[str]:
    """Pins of before but those that the requirements name themselves."""
    named = entries(requirements)
    return [pin for name, (pin, _) in entries(before).items() if name not in named]


def main() -> None:
    match sys.argv[1:]:
        case ["pins", name]:
            print("\n".join(pins((FOLDER / f"{name}.lock").read_text("utf-8"))))
        case ["free", requirements]:
            print("\n".join(free(Path(requirements).read_text("utf-8"), sys.stdin.read())))
        case ["write", resolved]:
            write(Path(resolved).read_text("utf-8"))
        case ["write-audit", resolved]:
            locked = entries(Path(resolved).read_text("utf-8"))
            lock = text_of(AUDIT, locked, "audit.in", "audit")
            (FOLDER / "audit.lock").write_text(lock, encoding="utf-8")


if __name__ == "__main__":
    main()

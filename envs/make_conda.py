"""Writes envs/{cpu,cuda}.yaml: conda files that install Python and exactly the pins of the locks.

The pins are inlined because conda tools copy an environment file elsewhere before they read it,
where a relative `-r cpu.lock` would point nowhere.
"""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent
TOP = """# Generated from {name}.lock by envs/make_conda.py; edit neither: see envs/make_locks.sh.
name: scalinglaws-{name}
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python=3.11
  - pip
  - pip:
"""


def pins(lock: str) -> list[str]:
    """Requirement lines of a lock, without comments."""
    lines = [line.strip() for line in lock.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def conda_file(name: str, lock: str) -> str:
    return TOP.format(name=name) + "".join(f"      - {pin}\n" for pin in pins(lock))


def main() -> None:
    for name in ("cpu", "cuda"):
        lock = (FOLDER / f"{name}.lock").read_text(encoding="utf-8")
        (FOLDER / f"{name}.yaml").write_text(conda_file(name, lock), encoding="utf-8")


if __name__ == "__main__":
    main()

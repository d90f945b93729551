"""SLURM's commands as Snakemake calls them, without a scheduler: jobs run while sbatch waits.

Installed under each command's name. $FAKE_SLURM is a folder: ``calls`` collects what was
submitted, one line each, ``states`` says how jobs ended, and ``lost`` holds how many of the first
jobs are lost, as to a time limit, before they run. An executable ``before`` there runs first.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

COMMANDS = ("sbatch", "squeue", "scontrol", "scancel", "sinfo", "srun", "sacctmgr")
FOLDER = Path(os.environ.get("FAKE_SLURM", "."))


def install(folder: Path) -> None:
    """Make all commands in a folder, which then goes first on the PATH."""
    folder.mkdir()
    for name in COMMANDS:
        program = folder / name
        program.write_text(f"#!{sys.executable}\n" + Path(__file__).read_text("utf-8"))
        program.chmod(0o755)


def sbatch(arguments: Sequence[str]) -> None:
    line = " ".join(argument for argument in arguments if not argument.startswith("--wrap"))
    number = len(appended("calls", line))
    if (FOLDER / "before").exists():
        subprocess.run([FOLDER / "before"], check=True)
    lost = (FOLDER / "lost").exists() and number <= int((FOLDER / "lost").read_text())
    appended("states", f"{number}|{'TIMEOUT' if lost else run(number, arguments)}")
    print(number)


def run(number: int, arguments: Sequence[str]) -> str:
    (wrapped,) = (each for each in arguments if each.startswith("--wrap="))
    log = (FOLDER / f"job{number}.log").open("w")
    ended = subprocess.run(
        ["bash", "-c", wrapped.removeprefix("--wrap=")],
        env=os.environ | {"SLURM_JOB_ID": str(number), "SLURM_JOBID": str(number)},
        stdout=log,
        stderr=log,
    )
    return "FAILED" if ended.returncode else "COMPLETED"


def appended(name: str, line: str) -> list[str]:
    with (FOLDER / name).open("a") as stream:
        stream.write(line + "\n")
    return (FOLDER / name).read_text().splitlines()


def main(name: str, arguments: Sequence[str]) -> None:
    if name == "sbatch":
        sbatch(arguments)
    elif name == "squeue":
        print((FOLDER / "states").read_text() if (FOLDER / "states").exists() else "")
    elif name == "scontrol":
        print("MinJobAge = 600 sec")
    elif name == "sacctmgr":
        print("lab")
    elif name == "srun":
        command = next(at for at, word in enumerate(arguments) if not word.startswith("-"))
        os.execvp(arguments[command], arguments[command:])


if __name__ == "__main__":
    main(Path(sys.argv[0]).name, sys.argv[1:])

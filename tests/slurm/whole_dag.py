"""The DAG through a real scheduler: the same targets locally and with the SLURM profile, compared.

python tests/slurm/whole_dag.py [TARGET ...]      # default: the whole quick scale

Needs root and Debian's packages slurm-wlm and munge, and the environment of `make environment`.
Every table, fit, figure and ledger must be byte-identical. Leaves the machine as it found it.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))
from one_node import missing, one_node
from repository import SOURCE, Repository, copy_repository, environment

PROFILE = "workflow/profiles/slurm"
HERE = ("--slurm-no-account", "--slurm-status-command", "squeue", "--latency-wait", "10")
RESULTS = "results/quick"
COMPARED = ("tables/**/*", "fits/**/*", "figures/*", "ledger/*")


def main(targets: Sequence[str]) -> int:
    if why := missing():
        print(f"error: {why}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        local, through = (copied(Path(folder) / name) for name in ("local", "through"))
        run(local, dict(environment(local.path)), [*targets, "--cores", "all"])
        place = Path(folder) / "slurm"
        place.mkdir()
        with one_node(place) as node:
            own = environment(through.path) | {"PATH": node.environment()["PATH"]}
            run(through, own, [*targets, "--workflow-profile", PROFILE, *HERE])
            print(f"{len(node.jobs())} jobs were submitted")
        return compared(local, through)


def copied(target: Path) -> Repository:
    """Data prepared once for both; Snakemake would fetch them again otherwise."""
    repository = copy_repository(target)
    data = SOURCE / "results" / "data"
    if data.is_dir():
        shutil.copytree(data, target / "results" / "data")
    return repository


def run(repository: Repository, own: dict[str, str], arguments: Sequence[str]) -> None:
    command = [sys.executable, "-m", "snakemake", *arguments]
    subprocess.run(command, cwd=repository.path, env=own, check=True)


def compared(local: Repository, through: Repository) -> int:
    made = [found(repository) for repository in (local, through)]
    different = sorted(name for name in made[0] | made[1] if made[0].get(name) != made[1].get(name))
    for name in different:
        print(f"error: {name} differs between the local run and SLURM's", file=sys.stderr)
    print(f"{len(made[0])} files, {len(different)} of them different")
    return 1 if different or not made[0] else 0


def found(repository: Repository) -> dict[str, bytes]:
    files = [path for each in COMPARED for path in (repository.path / RESULTS).glob(each)]
    return {
        str(path.relative_to(repository.path)): path.read_bytes()
        for path in files
        if path.is_file()
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

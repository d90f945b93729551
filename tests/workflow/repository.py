"""A copy of the workflow with sizes so small that the whole DAG takes a minute."""

import os
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "config", "envs", "paper", "workflow", "README.md")

TINY: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("tiny.yaml").read_text()
)


@dataclass(frozen=True)
class Repository:
    """A working copy to run Snakemake in."""

    path: Path

    def snakemake(self, *arguments: str, timeout: float = 1800) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "snakemake", *arguments]
        return self.run(command, timeout)

    def verb(self, *arguments: str, timeout: float = 1800) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "scalinglaws", *arguments]
        return self.run(command, timeout)

    def run(self, command: list[str], timeout: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.path,
            env=environment(self.path),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )

    def resize(self, sizes: dict[str, dict[str, dict[str, Any]]]) -> None:
        """Replace sizes of the quick scale: paper -> experiment -> key -> value."""
        path = self.path / "config" / "scales" / "quick.yaml"
        content = yaml.safe_load(path.read_text())
        for paper, experiments in sizes.items():
            for experiment, changes in experiments.items():
                unknown = set(changes) - set(content[paper][experiment])
                assert not unknown, f"{experiment} has no {unknown}"
                content[paper][experiment] |= changes
        path.write_text(yaml.safe_dump(content))

    def configure(self, **changes: Any) -> None:
        path = self.path / "config" / "config.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.path / file
        text = path.read_text()
        assert old in text, f"{file} does not contain {old!r}"
        path.write_text(text.replace(old, new, 1))

    def results(self, pattern: str) -> dict[str, bytes]:
        root = self.path / "results" / "quick"
        return {
            file.relative_to(root).as_posix(): file.read_bytes()
            for file in sorted(root.glob(pattern))
        }


def environment(path: Path) -> dict[str, str]:
    inherited = {key: os.environ[key] for key in os.environ if not key.startswith("PYTEST")}
    return inherited | {
        "PYTHONPATH": str(path / "workflow"),
        "XDG_CACHE_HOME": str(path / ".cache"),
    }


def copy_repository(target: Path) -> Repository:
    target.mkdir(parents=True)
    for part in PARTS:
        if (SOURCE / part).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(SOURCE / part, target / part, ignore=ignored)
        else:
            shutil.copy2(SOURCE / part, target / part)
    return Repository(target)


def processor_seconds():
    """Of all programs that were run and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

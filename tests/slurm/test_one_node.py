"""The shipped SLURM profile on a real scheduler: a SLURM of one node that the tests start.

Blocks are tiny and stop half-way where a test asks them to (brake/sitecustomize.py), so that a job
can be lost, queued again or watched in the middle of a block.
"""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from repository import TINY, Repository, copy_repository, environment

sys.path.insert(0, str(Path(__file__).parent))
from one_node import OneNode, missing, one_node

pytestmark = [pytest.mark.workflow, pytest.mark.slow]
PROFILE = "workflow/profiles/slurm"
EXPERIMENT = "worschech2024/committee_sgd"
BLOCKS = "results/quick/runs/worschech2024/committee_sgd"
NAMES = [f"levels{levels}_seeds{seeds}" for levels in (0, 1) for seeds in (0, 1)]
SIZES = {"dimension": 64, "seeds": 2, "seeds_per_block": 1, "alpha_max": 6000.0}
# A cluster answers within minutes; the plugin's first look and the wait for files need not be long.
QUICKLY = (
    *("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1"),
    *("--latency-wait", "5", "--slurm-status-command", "squeue", "--slurm-no-account"),
)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneNode]:
    if why := missing():
        pytest.skip(why)
    with one_node(tmp_path_factory.mktemp("slurm")) as started:
        yield started


@dataclass
class Cluster:
    """A repository whose blocks run on the node, and stop half-way while they are held."""

    node: OneNode
    repository: Repository
    brake: Path
    controllers: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The controller: Snakemake with the shipped profile."""
        command = [sys.executable, "-m", "snakemake", *arguments]
        command += ["--workflow-profile", PROFILE, *QUICKLY]
        process = subprocess.Popen(
            command,
            cwd=self.repository.path,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.controllers.append(process)
        return process

    def environment(self) -> dict[str, str]:
        own = environment(self.repository.path)
        return self.node.environment() | {
            "XDG_CACHE_HOME": own["XDG_CACHE_HOME"],
            "PYTHONPATH": f"{own['PYTHONPATH']}:{Path(__file__).parent / 'brake'}",
            "BRAKE": str(self.brake),
            "BRAKE_DEVICES": " ".join(map(str, self.node.devices)),
        }

    def hold(self) -> None:
        (self.brake / "hold").touch()

    def release(self) -> None:
        (self.brake / "hold").unlink()

    def seen(self) -> list[dict[str, Any]]:
        """Processes of blocks that have saved a state."""
        path = self.brake / "seen"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def job_of(self, name: str) -> dict[str, str]:
        """The newest job of a block."""
        ending = f"_{name}"
        return [job for job in self.node.jobs() if job.get("Comment", "").endswith(ending)][-1]

    def jobs_of(self, name: str) -> list[dict[str, str]]:
        return [job for job in self.own_jobs() if job["Comment"].endswith(f"_{name}")]

    def own_jobs(self) -> list[dict[str, str]]:
        where = str(self.repository.path)
        return [job for job in self.node.jobs() if job["WorkDir"] == where]

    def result(self, name: str) -> bytes:
        return (self.repository.path / BLOCKS / f"{name}.parquet").read_bytes()

    def log(self, name: str) -> str:
        path = f"results/quick/logs/train_block/{EXPERIMENT}/{name}.log"
        return (self.repository.path / path).read_text()


def until(condition: Callable[[], object], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not: {condition}"
        time.sleep(0.3)


def small(folder: Path) -> Repository:
    repository = copy_repository(folder)
    repository.resize(TINY)
    for experiment in ("committee_sgd", "committee_ode"):
        repository.resize({"worschech2024": {experiment: SIZES}})
    return repository


def files(*names: str) -> list[str]:
    return [f"{BLOCKS}/{name}.parquet" for name in names]


@pytest.fixture
def cluster(node: OneNode, tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "brake").mkdir()
    running = Cluster(node, small(tmp_path / "repository"), tmp_path / "brake")
    yield running
    for controller in running.controllers:
        controller.kill()
        controller.communicate()
    node.cancel_all()


@pytest.fixture(scope="module")
def reference(node: OneNode, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The same blocks, made on this machine without a scheduler."""
    repository = small(tmp_path_factory.mktemp("reference") / "repository")
    run = repository.snakemake("--cores", "2", *files(*NAMES))
    assert run.returncode == 0, run.stdout
    return {
        name: (repository.path / BLOCKS / f"{name}.parquet").read_bytes() for name in NAMES
    }


def minutes(job: dict[str, str]) -> int:
    hours, of_hour, _ = job["TimeLimit"].split(":")
    return 60 * int(hours) + int(of_hour)


def test_blocks_lost_to_time_memory_and_scancel_go_on_from_their_states(
    cluster: Cluster, reference: dict[str, bytes]
) -> None:
    late, hungry, cancelled = NAMES[:3]
    cluster.hold()
    controller = cluster.start(*files(hungry, late, cancelled))
    until(lambda: len(cluster.seen()) == 3)
    print(cluster.seen())
    cluster.node.run("scancel", cluster.job_of(cancelled)["JobId"])
    cluster.node.run("scontrol", "update", f"JobId={cluster.job_of(late)['JobId']}", "TimeLimit=1")
    until(lambda: [job["JobState"] for job in cluster.own_jobs()].count("TIMEOUT") == 1)
    cluster.release()
    said = controller.communicate(timeout=240)[0]
    print(said)
    print(cluster.own_jobs())
    assert controller.returncode == 0, said
    for name in (late, hungry, cancelled):
        assert cluster.result(name) == reference[name]
        print(cluster.log(name))

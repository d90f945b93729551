"""The shipped SLURM profile on a real scheduler: a SLURM of one node that the tests start.

Blocks are tiny and stop half-way where a test asks them to (brake/sitecustomize.py), so that a job
can be lost, queued again or watched in the middle of a block.
"""

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from one_node import OneNode, Unstartable, missing, one_node
from repository import TINY, Repository, copy_repository, environment

pytestmark = [pytest.mark.workflow, pytest.mark.slow]
PROFILE = "workflow/profiles/slurm"
EXPERIMENT = "worschech2024/committee_sgd"
BLOCKS = "results/quick/runs/worschech2024/committee_sgd"
PATIENCE = 600.0  # seconds; a busy machine needs minutes where an idle one needs one
NAMES = [f"levels{levels}_seeds{seeds}" for levels in (0, 1) for seeds in (0, 1)]
SIZES = {"dimension": 64, "seeds": 2, "seeds_per_block": 1, "alpha_max": 6000.0}
# A cluster answers within minutes; the plugin's first look and the wait for files need not be long.
CONTROLLER = Path(__file__).parent / "controller.py"  # Snakemake that looks often
QUICKLY = (
    *("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1"),
    *("--latency-wait", "5", "--slurm-status-command", "squeue", "--slurm-no-account"),
)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneNode]:
    if why := missing():
        pytest.skip(why)
    try:
        with one_node(tmp_path_factory.mktemp("slurm")) as started:
            yield started
    except Unstartable as problem:
        pytest.skip(f"no SLURM can run here: {problem}")


@dataclass
class Cluster:
    """A repository whose blocks run on the node, and stop half-way while they are held."""

    node: OneNode
    repository: Repository
    brake: Path
    controllers: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The controller: Snakemake with the shipped profile."""
        command = [sys.executable, str(CONTROLLER), *arguments]
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
        """What a block says; nothing while Snakemake has cleared its log for a new attempt."""
        logs = self.repository.path / "results/quick/logs/train_block" / EXPERIMENT
        try:
            return (logs / f"{name}.log").read_text()
        except FileNotFoundError:
            return ""


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
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
        controller.wait()
        if controller.stdout:
            controller.stdout.close()
    node.cancel_all()


@pytest.fixture(scope="module")
def reference(node: OneNode, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The same blocks, made on this machine without a scheduler."""
    repository = small(tmp_path_factory.mktemp("reference") / "repository")
    run = repository.snakemake("--cores", "2", *files(*NAMES))
    assert run.returncode == 0, run.stdout
    return {name: (repository.path / BLOCKS / f"{name}.parquet").read_bytes() for name in NAMES}


def minutes(job: dict[str, str]) -> int:
    hours, of_hour, _ = job["TimeLimit"].split(":")
    return 60 * int(hours) + int(of_hour)


def megabytes(job: dict[str, str]) -> int:
    return int(job["MinMemoryNode"].removesuffix("M"))


def test_blocks_lost_in_every_way_go_on_from_their_states(
    cluster: Cluster, reference: dict[str, bytes]
) -> None:
    """Time limit, scancel, a job that is queued again, memory: the shipped profile, no option."""
    late, cancelled, queued, hungry = NAMES
    node = cluster.node
    cluster.hold()
    (cluster.brake / f"hungry_{hungry}").touch()
    controller = cluster.start(*files(*NAMES))
    until(lambda: len(cluster.seen()) >= len(NAMES))
    first = {name: cluster.jobs_of(name)[0] for name in NAMES}
    node.run("scontrol", "update", f"JobId={first[late]['JobId']}", "TimeLimit=1")
    node.run("scancel", first[cancelled]["JobId"])
    # As shipped, SLURM does not queue a block again by itself; whoever may change jobs can.
    assert first[queued]["Requeue"] == "0"
    node.run("scontrol", "update", f"JobId={first[queued]['JobId']}", "Requeue=1")
    node.run("scontrol", "requeue", first[queued]["JobId"])
    until(lambda: node.state(first[late]) == "TIMEOUT")
    # As many processes as were lost go on, each alone on its block.
    until(lambda: len(cluster.seen()) == 2 * len(NAMES))
    assert {job["JobState"] for job in cluster.jobs_of(late)} == {"TIMEOUT", "RUNNING"}
    cluster.release()
    said = controller.communicate(timeout=PATIENCE)[0]
    assert controller.returncode == 0, said
    for name in NAMES:
        assert cluster.result(name) == reference[name], name
        assert "taking over from PID" in cluster.log(name)
        assert "resuming from saved state" in cluster.log(name)
    for name in (late, cancelled, hungry):
        one, two = cluster.jobs_of(name)
        assert minutes(two) == 2 * minutes(first[name])
        assert megabytes(two) == 1.5 * megabytes(one)
    told = Path(first[hungry]["StdOut"]).read_text()
    assert re.search("Out Of Memory|oom-kill|exceeded memory", told)
    assert [job["Restarts"] for job in cluster.jobs_of(queued)] == ["1"]


def test_controllers_that_die_never_give_a_block_two_writers(
    cluster: Cluster, reference: dict[str, bytes]
) -> None:
    """A killed controller leaves its jobs; an interrupted one takes them with it."""
    names = NAMES[:2]
    cluster.hold()
    killed = cluster.start(*files(*names))
    until(lambda: len(cluster.seen()) == 2)
    killed.kill()
    killed.wait()
    (log,) = cluster.repository.path.glob(".snakemake/log/*.snakemake.log")
    run = re.findall(r"SLURM run ID: (\S+)", log.read_text())
    orphans = cluster.node.queue()
    assert len(orphans) == 2
    at_once = cluster.start(*files(*names)).communicate(timeout=PATIENCE)[0]
    assert "--unlock" in at_once
    assert cluster.repository.snakemake("--unlock").returncode == 0
    second = cluster.start(*files(*names))
    until(lambda: all("is being written by another process" in cluster.log(n) for n in names))
    assert re.search(rf"\(PID \d+ on \S+, job ({'|'.join(orphans)})\)", cluster.log(names[0]))
    second.send_signal(signal.SIGINT)
    said = second.communicate(timeout=PATIENCE)[0]
    assert second.returncode != 0, said
    until(lambda: cluster.node.queue() == orphans)
    cluster.node.run("scancel", "--name", *run)  # as the profile says
    until(lambda: not cluster.node.queue())
    assert len(cluster.seen()) == 2  # no other process ever came as far as a state
    cluster.release()
    third = cluster.start(*files(*names))
    said = third.communicate(timeout=PATIENCE)[0]
    assert third.returncode == 0, said
    for name in names:
        assert "resuming from saved state" in cluster.log(name)
        assert cluster.result(name) == reference[name]


def test_two_blocks_on_gpus_see_one_each_and_a_refused_job_costs_no_other(
    cluster: Cluster, reference: dict[str, bytes]
) -> None:
    names, refused = NAMES[:2], "results/quick/theory/worschech2024/linear_theory/all.parquet"
    cluster.hold()
    controller = cluster.start(
        *files(*names),
        refused,
        *("--set-resources", "train_block:gpu=1", "compute_theory:mem_mb=1000000"),
        *("--set-threads", "train_block=2"),
    )
    until(lambda: len(cluster.seen()) == 2)
    each_has_its_own(cluster)
    assert {job["NumCPUs"] for job in map(cluster.job_of, names)} == {"2"}
    cluster.release()
    said = controller.communicate(timeout=PATIENCE)[0]
    assert controller.returncode != 0
    assert not cluster.node.queue()
    assert not (cluster.repository.path / refused).exists()
    sentence = (
        r"Error in rule (\w+):\n    message: SLURM sbatch failed\. .* 'sbatch: error: Memory .*"
    )
    assert set(re.findall(sentence, said)) == {"compute_theory"}
    for name in names:
        assert cluster.result(name) == reference[name]


def each_has_its_own(cluster: Cluster) -> None:
    """Of two GPUs, whether devices are confined or only counted."""
    seen = cluster.seen()
    if cluster.node.confined:
        assert sorted(one["opened"] for one in seen) == [[0], [1]]
        assert [one["cards"] for one in seen] == ["0", "0"]
    else:
        assert sorted(one["cards"] for one in seen) == ["0", "1"]


def test_code_edited_while_blocks_run_gives_one_sentence_and_no_result(cluster: Cluster) -> None:
    """On GPUs that are asked for as generic resources, as the profile says for some sites."""
    cluster.hold()
    names = NAMES[:2]
    generic = ("--set-resources", "train_block:gpu=0", "train_block:gres=gpu:1")
    controller = cluster.start(*files(*names), *generic, "--retries", "0")
    until(lambda: len(cluster.seen()) == 2)
    each_has_its_own(cluster)
    edited = cluster.repository.path / "workflow/scalinglaws/experiments/committee/run_sgd.py"
    edited.write_text(edited.read_text() + "\nEDITED = 1\n")
    cluster.release()
    assert controller.wait(timeout=PATIENCE) != 0
    for name in names:
        assert not (cluster.repository.path / BLOCKS / f"{name}.parquet").exists()
        sentence = r"error: the code of committee_sgd/\w+ .* plans anew\.\n"
        assert re.fullmatch(sentence, cluster.log(name))


def test_cards_that_jobs_on_one_node_are_confined_to_are_held_at_once(
    cluster: Cluster, tmp_path: Path
) -> None:
    if not cluster.node.confined:
        pytest.skip("control groups cannot be made here, so no job is confined to its card")
    driver = tmp_path / "nvidia-smi"
    cards = " ".join(map(str, cluster.node.devices))
    driver.write_text(
        f"#!/bin/sh\nn=0\nfor card in {cards}; do\n"
        '(: <$card) 2>/dev/null && echo "$n, GPU-$(basename $card), 80000, H100" && n=$((n+1))\n'
        "done\nexit 0\n"
    )
    driver.chmod(0o755)
    program = tmp_path / "hold.py"
    program.write_text(
        "import pathlib, sys, time\n"
        "from scalinglaws.stations.own_gpu import own_gpu\n"
        "with own_gpu('cuda'):\n"
        "    pathlib.Path(sys.argv[1]).touch()\n"
        "    time.sleep(60)\n"
    )
    held = [tmp_path / "one", tmp_path / "two"]
    environment = cluster.environment()
    environment["PATH"] = f"{tmp_path}:{environment['PATH']}"
    for path in held:
        command = ["sbatch", "--gpus=1", "--mem=500", f"--output={path}.log"]
        command += [f"--wrap=srun -n1 {sys.executable} {program} {path}"]
        subprocess.run(command, env=environment, check=True)
    until(lambda: all(path.exists() for path in held), 50)


def test_a_controller_in_a_job_of_one_core_submits_blocks_of_two(
    cluster: Cluster, reference: dict[str, bytes]
) -> None:
    said = cluster.brake / "said"
    command = [sys.executable, str(CONTROLLER), *files(NAMES[0])]
    command += ["--workflow-profile", PROFILE, *QUICKLY, "--set-threads", "train_block=2"]
    place = ["sbatch", "--cpus-per-task=1", "--mem=1500", f"--output={said}"]
    place += [f"--chdir={cluster.repository.path}", "--wait", f"--wrap={shlex.join(command)}"]
    subprocess.run(place, env=cluster.environment(), check=True, timeout=PATIENCE)
    assert "You are running snakemake in a SLURM job context." in said.read_text()
    assert [job["NumCPUs"] for job in cluster.own_jobs()] == ["1", "2"]
    assert cluster.result(NAMES[0]) == reference[NAMES[0]]


def test_an_array_asks_for_all_its_blocks_what_the_first_needs(
    cluster: Cluster, reference: dict[str, bytes]
) -> None:
    """It runs, but blocks differ in memory and time: hence the profile uses no arrays."""
    other = "results/quick/runs/damico2025/perceptron_descent/samples0to3.parquet"
    controller = cluster.start(*files(NAMES[0]), other, "--slurm-array-jobs", "train_block")
    said = controller.communicate(timeout=PATIENCE)[0]
    assert controller.returncode == 0, said
    assert (cluster.repository.path / other).exists()
    assert cluster.result(NAMES[0]) == reference[NAMES[0]]
    one, two = cluster.own_jobs()
    assert one["ArrayJobId"] == two["ArrayJobId"]
    assert megabytes(one) == megabytes(two)
    settings = yaml.safe_load((cluster.repository.path / PROFILE / "profile.yaml").read_text())
    assert "slurm-array-jobs" not in settings

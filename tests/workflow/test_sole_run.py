"""Who may run in a repository, and how a run ends when it is told to."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest
from repository import TINY, copy_repository, environment

pytestmark = [pytest.mark.workflow, pytest.mark.slow]
TARGET = "results/quick/tables/worschech2024/committee_sgd.parquet"
LONG = {"committee_sgd": {"alpha_max": 20000.0, "dimension": 512}}
LONG["committee_ode"] = LONG["committee_sgd"]


@pytest.fixture
def repository(tmp_path):
    copy = copy_repository(tmp_path / "repository")
    copy.resize(TINY)
    copy.resize({"worschech2024": LONG})
    return copy


@pytest.fixture(autouse=True)
def interruptible():
    """What a shell runs in its background ignores Ctrl-C, and so would all that the tests start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def start(repository):
    """Start a module in a session of its own and wait until a block trains; ended afterwards."""
    begun = []

    def begin(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=repository.path,
            env=environment(repository.path),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        begun.append(process)
        deadline = time.monotonic() + 120
        while not list(repository.path.glob("results/quick/runs/*/*/*.state/progress.json")):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return process

    yield begin
    for process in begun:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def family(pid):
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def living(processes):
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def test_a_second_run_is_refused_by_pid_and_a_killed_first_takes_its_jobs_with_it(
    repository, start
):
    first = start("scalinglaws", "reproduce", "--cores", "1", TARGET)
    second = repository.verb("reproduce", "--cores", "1", TARGET)
    assert second.returncode == 2
    assert f"another run (PID {first.pid})" in second.stdout
    processes = family(first.pid)
    assert any("snakemake" in one.cmdline() for one in processes)
    assert any("block" in one.cmdline() for one in processes)
    first.send_signal(signal.SIGTERM)
    said = first.communicate(timeout=60)[0]
    assert first.returncode == 128 + signal.SIGTERM
    assert said.splitlines()[-1] == "stopping; the same command resumes where this one ends"
    assert living(processes) == []
    assert not list(repository.path.glob(".snakemake/locks/*"))


def test_ctrl_c_says_only_that_it_stops(repository, start):
    run = start("scalinglaws", "reproduce", "--cores", "1", TARGET)
    processes = family(run.pid)
    os.killpg(run.pid, signal.SIGINT)
    said = run.communicate(timeout=60)[0]
    assert run.returncode == 130
    assert said.splitlines()[-1] == "stopping; the same command resumes where this one ends"
    assert living(processes) == []


def test_a_run_of_snakemake_itself_keeps_its_lock_while_it_lives_and_after_it_died(
    repository, start
):
    direct = start("snakemake", "--cores", "1", TARGET)
    refused = repository.verb("reproduce", "--cores", "1", TARGET)
    assert refused.returncode == 2
    assert f"Snakemake already runs in this folder (PID {direct.pid})" in refused.stdout
    assert list(repository.path.glob(".snakemake/locks/*"))
    direct.kill()
    direct.wait()
    orphans = repository.verb("reproduce", "--cores", "1", TARGET)
    assert orphans.returncode == 2
    assert re.search(r"jobs of an earlier run still work in this folder \(PID \d+", orphans.stdout)
    os.killpg(direct.pid, signal.SIGKILL)
    time.sleep(0.5)
    left = repository.verb("reproduce", "--cores", "1", TARGET)
    assert left.returncode == 2
    assert "if it is over, run: snakemake --unlock" in left.stdout

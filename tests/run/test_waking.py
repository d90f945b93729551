import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from scalinglaws.run.waking import one_alarm

WORKFLOW = Path(__file__).resolve().parents[2] / "workflow"
# Short jobs first, then long ones of which most wait for a core.
SNAKEFILE = f"""
import sys
sys.path.insert(0, {str(WORKFLOW)!r})
from scalinglaws.run.waking import wake_once
wake_once()

rule all:
    input: expand("short/{{i}}", i=range(12)), expand("long/{{i}}", i=range(6))

rule short:
    output: "short/{{i}}"
    priority: 9
    shell: "touch {{output}}"

rule long:
    output: "long/{{i}}"
    shell: "sleep 100; touch {{output}}"
"""


class Scheduler:
    """What an alarm needs of Snakemake's."""

    def __init__(self):
        self._open_jobs = threading.Semaphore(0)


def looks(scheduler, seconds):
    """How often it wakes, setting an alarm at every look as Snakemake does."""
    until, count = time.monotonic() + seconds, 0
    while scheduler._open_jobs.acquire(timeout=max(0.0, until - time.monotonic())):
        count += 1
        scheduler._schedule_reevalutation(0.05)
    return count


def test_one_alarm_rings_on_however_many_events_set_it():
    class Quiet(Scheduler):
        pass

    one_alarm(Quiet)
    scheduler = Quiet()
    before = threading.active_count()
    for _ in range(50):
        scheduler._schedule_reevalutation(0.05)
    assert threading.active_count() <= before + 1
    assert 8 <= looks(scheduler, 1.0) <= 21


@pytest.mark.slow
def test_snakemakes_controller_holds_no_thread_per_finished_job(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--quiet", "all"]
    home = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    said = tmp_path / "said"
    with said.open("w") as stream:
        run = subprocess.Popen(command, cwd=tmp_path, env=home, stdout=stream, stderr=stream)
    controller = psutil.Process(run.pid)
    try:
        done = tmp_path / "short"
        deadline = time.monotonic() + 120
        while run.poll() is None and time.monotonic() < deadline:
            if done.is_dir() and len(list(done.iterdir())) == 12:
                break
            time.sleep(0.2)
        assert run.poll() is None, said.read_text()
        time.sleep(3)  # as it is, each event has set an alarm of its own by then
        assert controller.num_threads() < 12
    finally:
        for process in [*controller.children(recursive=True), controller]:
            process.kill()
        run.wait()

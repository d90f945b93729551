"""The shipped SLURM profile through the real executor plugin; SLURM itself is faked."""

import os
import re

import fake_slurm
import pytest
from repository import TINY, copy_repository

pytestmark = pytest.mark.workflow
BLOCK = "results/quick/theory/worschech2024/linear_theory/all.parquet"
QUICKLY = ("--slurm-status-command", "squeue", "--latency-wait", "1")
EAGER = ("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1")


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A repository with tiny sizes on a machine that seems to have SLURM."""
    folder = tmp_path / "fake"
    folder.mkdir()
    fake_slurm.install(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_SLURM", str(folder))
    repository = copy_repository(tmp_path / "repository")
    repository.resize(TINY)
    return repository, folder


def submit(repository, *options):
    profile = ("--workflow-profile", "workflow/profiles/slurm")
    place = ("--default-resources", "slurm_account=lab", "slurm_partition=batch")
    return repository.snakemake(BLOCK, *profile, *QUICKLY, *EAGER, *place, *options)


def test_a_block_that_is_lost_twice_is_submitted_three_times_with_more_of_everything(cluster):
    repository, folder = cluster
    (folder / "lost").write_text("2")
    run = submit(repository)
    assert run.returncode == 0, run.stdout[-3000:]
    calls = (folder / "calls").read_text().splitlines()
    minutes = [int(re.search(r"-t (\d+)", call)[1]) for call in calls]
    memory = [int(re.search(r"--mem (\d+)", call)[1]) for call in calls]
    assert minutes == [minutes[0], 2 * minutes[0], 3 * minutes[0]]
    assert [2 * each for each in memory] == [2 * memory[0], 3 * memory[0], 4 * memory[0]]
    assert all("gpu" not in call and "--no-requeue" in call for call in calls)
    assert (repository.path / BLOCK).exists()


def test_code_edited_after_the_plan_ends_in_one_sentence_and_no_result(cluster):
    """A job reads the workflow anew, so it must be told what was planned."""
    repository, folder = cluster
    edited = repository.path / "workflow/scalinglaws/experiments/linear/run_theory.py"
    assert edited.exists()
    (folder / "before").write_text(f"#!/bin/sh\necho 'EDITED = 1' >> '{edited}'\n")
    (folder / "before").chmod(0o755)
    run = submit(repository, "--retries", "0")
    assert run.returncode != 0
    assert not (repository.path / BLOCK).exists()
    (log,) = repository.path.glob("results/quick/logs/compute_theory/**/*.log")
    assert re.fullmatch(r"error: the code of linear_theory/all .* plans anew\.\n", log.read_text())

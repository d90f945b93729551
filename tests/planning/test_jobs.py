import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from scalinglaws.config import REPOSITORY
from scalinglaws.planning import jobs
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.jobs import (
    CODE,
    announce_code,
    gpus_of,
    memory_mb,
    minutes,
    planned_code,
    prepare_environment,
)
from scalinglaws.planning.machine import assumed
from scalinglaws.planning.plan import Plan

PROFILES = sorted((REPOSITORY / "workflow" / "profiles").glob("*/profile.yaml"))


def block(core_seconds: float = 3600.0, gpu: bool = False) -> Block:
    return Block("bahri2021", "x", "all", "m", {}, 1, core_seconds, memory_mb=1001, gpu=gpu)


def plan(*blocks: Block) -> Plan:
    return Plan({}, {}, {}, blocks)


@pytest.mark.parametrize("core_seconds", [0.1, 61.0, 3600.0, 86_400.0])
def test_a_machine_half_as_fast_keeps_the_time_limit_of_the_first_attempt(core_seconds):
    slow = 2 * assumed().wall_seconds(block(core_seconds))
    assert 60 * minutes(plan(), block(core_seconds), 1) >= 2 * slow


def test_time_and_memory_grow_with_every_attempt():
    assert [minutes(plan(), block(), attempt) for attempt in (1, 2, 3, 4)] == [300, 600, 900, 1200]
    assert [memory_mb(block(), attempt) for attempt in (1, 2, 3, 4)] == [1001, 1502, 2002, 2503]
    assert memory_mb(block()) == block().memory_mb


def test_blocks_without_a_gpu_do_not_speak_of_gpus():
    assert gpus_of(block()) is None
    assert gpus_of(block(gpu=True)) == 1


class Run:
    """A Snakemake run as a plan sees it, with one block to compute."""

    def __init__(self, module: str, is_main_process: bool) -> None:
        self.is_main_process = is_main_process
        self.dag = self
        self.planned = Block("bahri2021", "x", "all", module, {}, 1, 1.0)

    def needrun_jobs(self) -> list:
        wildcards = SimpleNamespace(experiment="x", block="all")
        return [SimpleNamespace(rule=SimpleNamespace(name="train_block"), wildcards=wildcards)]


def test_jobs_are_told_the_code_that_the_main_process_read(monkeypatch):
    module = "scalinglaws.canonical"
    monkeypatch.setenv(CODE, '{"scalinglaws.canonical": "another run\'s"}')
    monkeypatch.setenv("PATH", os.environ["PATH"])
    prepare_environment(REPOSITORY, is_main_process=True)
    run = Run(module, is_main_process=True)
    own = planned_code(run.planned)
    assert re.fullmatch("[0-9a-f]{12}", own)
    announce_code(plan(run.planned), run)
    monkeypatch.setattr(jobs, "digest_of_code", lambda name: "edited")
    prepare_environment(REPOSITORY, is_main_process=False)
    announce_code(plan(run.planned), Run(module, is_main_process=False))
    assert planned_code(run.planned) == own


def profile(name: str) -> dict:
    return yaml.safe_load((REPOSITORY / "workflow/profiles" / name / "profile.yaml").read_text())


@pytest.mark.parametrize("name", ["slurm", "kubernetes"])
def test_a_killed_block_is_tried_three_times_more_on_a_cluster(name):
    assert profile(name)["retries"] == 3
    assert profile(name)["rerun-incomplete"] is True


def rules(pattern: str) -> set[str]:
    files = [REPOSITORY / "Snakefile", *sorted((REPOSITORY / "workflow/rules").glob("*.smk"))]
    return {name for file in files for name in re.findall(pattern, Path(file).read_text(), re.M)}


def test_only_blocks_are_submitted_to_a_cluster():
    """The number of submissions that a plan prints counts on it."""
    (text,) = re.findall(
        r"^localrules:\n((?:    \w+,\n)+)",
        (REPOSITORY / "workflow/rules/common.smk").read_text(),
        re.M,
    )
    local = set(re.findall(r"\w+", text))
    acting = rules(r"^rule (\w+):(?:\n(?:    .*)?)*?\n    shell:")
    asked_by_people = {"verify"}  # no target needs it
    assert acting - local - asked_by_people == {"train_block", "compute_theory"}

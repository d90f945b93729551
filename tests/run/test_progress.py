import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from scalinglaws.planning.blocks import Block
from scalinglaws.planning.gpu_work import Work
from scalinglaws.planning.plan import Plan
from scalinglaws.run.progress import BELIEVED, OVERHEAD, Progress, line_printer


@pytest.fixture
def plan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = tuple(
        Block("damico2025", "cnn_curves", name, "m", {}, 1, core_seconds=100.0) for name in "ab"
    )
    return Plan({"scale": "quick"}, {"damico2025": {"figures": {}, "fits": {}}}, {}, blocks)


def follow(progress, *lines):
    progress.follow([f"{line}\n" for line in lines], Path("log"))


def write_part(plan, block, done):
    folder = Path(plan.block_file(block)).with_suffix(".state")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "progress.json").write_text(json.dumps({"done": done, "total": 4, "pid": 1}))


def test_the_line_counts_jobs_as_snakemake_does(plan):
    progress = Progress(plan, ["all"])
    assert progress.line().startswith("starting")
    follow(progress, "total     7", "Job 3: Drawing damico2025_fig1", "2 of 7 steps (29%) done")
    assert progress.line().startswith("2/7 jobs | ")
    assert progress.line().endswith("Drawing damico2025_fig1")


def test_a_running_block_is_shown_with_its_part(plan):
    progress = Progress(plan, ["all"])
    follow(progress, "0 of 7 steps (0%) done")
    write_part(plan, plan.blocks[0], 1)
    assert "cnn_curves 25%" in progress.line()


def test_the_time_left_follows_the_pace_so_far(plan):
    progress = Progress(plan, ["all"])
    progress.began -= 60
    follow(progress, "0 of 2 steps (0%) done")
    write_part(plan, plan.blocks[0], 2)  # 50 of 204 core seconds took a minute
    left = 60 * (2 * (100 + OVERHEAD) - 50) / 50
    assert f"about {left / 60:.1f} min left" in progress.line()


def test_our_own_sentences_come_before_snakemakes(plan):
    progress = Progress(plan, ["all"])
    follow(progress, "Error in rule fetch_data:", "error: no mirror", "error: no mirror")
    assert progress.complaints() == ["error: no mirror"]


def test_without_a_sentence_of_ours_the_failing_rule_is_named(plan):
    progress = Progress(plan, ["all"])
    follow(progress, "Error in rule fetch_data:")
    assert progress.complaints() == ["Error in rule fetch_data:"]


def test_everything_snakemake_says_is_kept(plan):
    follow(Progress(plan, ["all"]), "one", "two")
    assert Path("log").read_text() == "one\ntwo\n"


def test_logs_get_a_line_only_when_something_changed(capsys):
    show = line_printer(every=0.0)
    for line in ("1/3", "1/3", "2/3"):
        show(line, False)
    assert capsys.readouterr().err.splitlines() == ["1/3", "2/3"]


def on_gpu(plan, seconds):
    """The plan's second block on a GPU, where it is planned to take so long."""
    work = (Work(1, "float32", 0, (), 0.0, fixed_seconds=seconds),)
    first, second = plan.blocks
    return replace(plan, blocks=(first, replace(second, gpu=True, gpu_work=work)))


def test_the_time_left_is_that_of_the_gpus_where_they_have_more_to_do(plan):
    plan = on_gpu(plan, 900.0)
    progress = Progress(plan, ["all"])
    progress.began -= 100
    follow(progress, "0 of 2 steps (0%) done")
    for block in plan.blocks:
        write_part(plan, block, 1)
    left = 100 * (1000 + OVERHEAD - 250) / 250  # of the block on the GPU, a quarter of 1000 s done
    assert minutes_left(progress) == pytest.approx(left / 60, rel=0.05)


def test_a_calibrated_plan_says_the_time_left_before_anything_is_done(plan):
    progress = Progress(plan, ["all"], cores=2)
    progress.began -= 6
    follow(progress, "0 of 2 steps (0%) done")
    assert "left" not in progress.line()
    progress.plan = replace(plan, machine=replace(plan.machine, told="calibrated"))
    left = 2 * (100 + OVERHEAD) * (6 + BELIEVED) / (2 * BELIEVED)
    assert minutes_left(progress) == pytest.approx(left / 60, rel=0.1)


def minutes_left(progress):
    return float(re.search(r"about ([\d.]+) min left", progress.line())[1])


def test_what_is_wrong_is_told_with_its_kind(plan):
    progress = Progress(plan, ["all"])
    follow(progress, "MissingRuleException:", "", "No rule to produce x", "Shutting down")
    assert progress.complaints() == ["MissingRuleException: No rule to produce x"]


def test_a_full_disk_does_not_stop_the_reading(plan):
    progress = Progress(plan, ["all"])
    progress.follow(["2 of 7 steps (29%) done\n", "7 of 7 steps (100%) done\n"], Path("/dev/full"))
    assert (progress.done, progress.total) == (7, 7)

import json
import logging
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scalinglaws.planning.blocks import Block
from scalinglaws.planning.gpu_work import Work
from scalinglaws.planning.plan import Plan
from scalinglaws.run import reproduce
from scalinglaws.run.events import MARK, event_of, written
from scalinglaws.run.progress import BELIEVED, OVERHEAD, Progress, line_printer
from snakemake_logger_plugin_scalinglaws import LogHandler

FAILED = {"event": "job_error", "rule_name": "fetch_data", "text": "Error in rule fetch_data:"}


@pytest.fixture
def plan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = tuple(
        Block("damico2025", "cnn_curves", name, "m", {}, 1, core_seconds=100.0) for name in "ab"
    )
    return Plan({"scale": "quick"}, {"damico2025": {"figures": {}, "fits": {}}}, {}, blocks)


def follow(progress, *lines):
    """Lines of jobs, and events as the fields of Snakemake's log records."""
    told = [line if isinstance(line, str) else event(**line) for line in lines]
    progress.follow([f"{line}\n" for line in told], Path("log"))


def event(text="", **fields):
    return written(event_of(fields, text))


def steps(done, total):
    return {"event": "progress", "done": done, "total": total, "text": f"{done} of {total} steps"}


def write_part(plan, block, done):
    folder = Path(plan.block_file(block)).with_suffix(".state")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "progress.json").write_text(json.dumps({"done": done, "total": 4, "pid": 1}))


def test_the_line_counts_jobs_as_snakemake_does(plan):
    progress = Progress(plan, ["all"])
    assert progress.line().startswith("starting")
    follow(progress, {"event": "run_info", "stats": {"all": 1, "total": 7}})
    assert progress.line().startswith("0/7 jobs")
    drawing = {"event": "job_info", "rule_name": "draw", "rule_msg": "Drawing damico2025_fig1"}
    follow(progress, drawing, steps(2, 7))
    assert progress.line().startswith("2/7 jobs | ")
    assert progress.line().endswith("Drawing damico2025_fig1")


def test_failed_jobs_are_counted_as_they_fail(plan):
    progress = Progress(plan, ["all"])
    follow(progress, steps(2, 7), {"event": "job_error", "rule_name": "fetch_data"})
    assert progress.line().startswith("2/7 jobs, 1 failed | ")


def test_a_running_block_is_shown_with_its_part(plan):
    progress = Progress(plan, ["all"])
    follow(progress, steps(0, 7))
    write_part(plan, plan.blocks[0], 1)
    assert "cnn_curves 25%" in progress.line()


def test_the_time_left_follows_the_pace_so_far(plan):
    progress = Progress(plan, ["all"])
    progress.began -= 60
    follow(progress, steps(0, 2))
    write_part(plan, plan.blocks[0], 2)  # 50 of 204 core seconds took a minute
    left = 60 * (2 * (100 + OVERHEAD) - 50) / 50
    assert f"about {left / 60:.1f} min left" in progress.line()


def test_our_own_sentences_come_before_snakemakes(plan):
    progress = Progress(plan, ["all"])
    follow(progress, FAILED, "error: no mirror", "error: no mirror")
    assert progress.complaints() == ["error: no mirror"]


def test_without_a_sentence_of_ours_the_failing_rule_is_named(plan):
    progress = Progress(plan, ["all"])
    follow(progress, FAILED)
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
    follow(progress, steps(0, 2))
    for block in plan.blocks:
        write_part(plan, block, 1)
    left = 100 * (1000 + OVERHEAD - 250) / 250  # of the block on the GPU, a quarter of 1000 s done
    assert minutes_left(progress) == pytest.approx(left / 60, rel=0.05)


def test_a_calibrated_plan_says_the_time_left_before_anything_is_done(plan):
    progress = Progress(plan, ["all"], cores=2)
    progress.began -= 6
    follow(progress, steps(0, 2))
    assert "left" not in progress.line()
    progress.plan = replace(plan, machine=replace(plan.machine, told="calibrated"))
    left = 2 * (100 + OVERHEAD) * (6 + BELIEVED) / (2 * BELIEVED)
    assert minutes_left(progress) == pytest.approx(left / 60, rel=0.1)


def minutes_left(progress):
    return float(re.search(r"about ([\d.]+) min left", progress.line())[1])


def test_what_is_wrong_is_told_with_its_kind(plan):
    progress = Progress(plan, ["all"])
    text = "MissingRuleException:\nNo rule to produce x\nAffected files: y"
    follow(progress, {"event": "error", "exception": "MissingRuleException", "text": text})
    assert progress.complaints() == ["MissingRuleException: No rule to produce x"]


def test_a_failure_before_any_event_is_told_by_the_last_line(plan):
    progress = Progress(plan, ["all"])
    follow(progress, "Traceback (most recent call last):", "ImportError: no such plugin", "")
    assert progress.complaints() == ["ImportError: no such plugin"]


def test_an_event_behind_an_unfinished_line_of_a_job_counts_and_a_torn_one_is_text(plan):
    progress = Progress(plan, ["all"])
    whole = event(**steps(2, 7))
    follow(progress, f"half a line{whole}", whole[:20])
    assert (progress.done, progress.total) == (2, 7)
    assert Path("log").read_text() == f"half a line2 of 7 steps\n{whole[:20]}\n"


def test_snakemake_tells_its_events_through_the_plugin(plan):
    """Snakemake itself on two jobs, one of which fails; what it prints is in the log as well."""
    Path("Snakefile").write_text(
        "rule all:\n    input: 'a', 'b'\n"
        "rule made:\n    output: '{x,[ab]}'\n    message: 'Making {wildcards.x}'\n"
        "    shell: 'test {wildcards.x} = a && touch {output} || "
        '{{ echo "error: no b"; exit 1; }}\'\n'
    )
    progress = Progress(plan, ["all"])
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "-k", "--logger", "scalinglaws"]
    environment = reproduce.snakemake_environment()
    run = subprocess.run(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    )
    progress.follow(run.stdout.splitlines(keepends=True), Path("log"))
    assert (progress.done, progress.total) == (1, 3)
    assert progress.started.startswith("Making ")
    assert progress.complaints() == ["error: no b"]
    assert "Error in rule made:" in progress.said
    said = Path("log").read_text()
    assert "1 of 3 steps (33%) done" in said
    assert MARK not in said


def test_an_event_is_written_in_one_piece(monkeypatch):
    """Else what a job says in between stands at its end, and its error is not seen as one."""
    written_pieces = []

    class Stream:
        write, flush = written_pieces.append, staticmethod(lambda: None)

    handler = LogHandler.__new__(LogHandler)
    logging.Handler.__init__(handler)
    monkeypatch.setattr(sys, "stderr", Stream)
    handler.emit(logging.makeLogRecord({"msg": "Making a", "event": "job_info"}))
    (piece,) = written_pieces
    assert piece.endswith("\n")
    assert MARK in piece


def test_a_full_disk_does_not_stop_the_reading(plan):
    progress = Progress(plan, ["all"])
    progress.follow([f"{event(**steps(2, 7))}\n", f"{event(**steps(7, 7))}\n"], Path("/dev/full"))
    assert (progress.done, progress.total) == (7, 7)

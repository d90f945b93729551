import dataclasses
import importlib
import json
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from scalinglaws import codedigest
from scalinglaws.errors import InputError
from scalinglaws.stations import block, one_writer
from scalinglaws.stations.block import BlockJob, run_block, session
from scalinglaws.training import arithmetic
from scalinglaws.training.session import Session

JOB = BlockJob(
    station="runs",
    experiment="perceptron_descent",
    name="all",
    module="scalinglaws.experiments.perceptron.run_descent",
    digest="a",
    settings={},
    data_files=(),
    threads=1,
    device="cpu",
)


@pytest.mark.parametrize("change", [{"digest": "b"}, {"threads": 2}, {"device": "cuda"}])
def test_a_state_is_of_these_settings_on_this_device_with_these_threads(tmp_path, change):
    """Another device, or sums in another order, would go on to other numbers."""
    assert session(JOB, tmp_path).key == session(JOB, tmp_path).key
    assert session(dataclasses.replace(JOB, **change), tmp_path).key != session(JOB, tmp_path).key


def test_a_state_is_of_this_code(tmp_path, monkeypatch):
    before = session(JOB, tmp_path).key
    monkeypatch.setattr(block, "block_code", lambda station, module: {module: "0"})
    assert session(JOB, tmp_path).key != before


@pytest.mark.parametrize(
    ("device", "settings", "precision"),
    [("cuda", {"precision": "tf32"}, "tf32"), ("cpu", {}, "float32")],
)
def test_the_arithmetic_is_set_before_a_block_computes(device, settings, precision, monkeypatch):
    seen = []
    monkeypatch.setattr(arithmetic, "set_arithmetic", lambda *found: seen.append(found))
    monkeypatch.setattr(block, "made_on", lambda device: {})

    def run(settings, data, running):
        seen.append("computed")
        return {"member": np.array(["a"]), "quantity": np.array(["b"]), "value": np.array([1.0])}

    monkeypatch.setattr(importlib, "import_module", lambda name: SimpleNamespace(run=run))
    job = dataclasses.replace(JOB, threads=3, device=device, settings=settings)
    block.compute(job)
    assert seen == [(device, 3, precision), "computed"]


def test_a_block_without_torch_does_not_load_it():
    program = (
        "import sys; from scalinglaws.stations import block; "
        "from scalinglaws.training.session import Session; "
        "block.set_libraries(Session()); print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.strip() == "False", run.stderr


def test_what_is_trained_depends_on_how_torch_computes():
    assert "scalinglaws.training.arithmetic" in block.block_code("runs", JOB.module)
    assert "scalinglaws.training.arithmetic" not in block.block_code("theory", JOB.module)


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A package of one experiment whose run does what a test says, and its planned block."""
    source = tmp_path / "package" / "made.py"
    source.parent.mkdir()
    source.write_text("rate = 1\n")
    monkeypatch.setattr(codedigest, "ROOT", source.parent)
    codedigest.forget()
    planned = codedigest.named_code(codedigest.code_digest("scalinglaws.made"))
    job = dataclasses.replace(JOB, station="theory", module="scalinglaws.made", code=planned)
    does = []

    def run(settings, data, own_session):
        for action in does:
            action(own_session)
        return {"member": np.array(["a"]), "quantity": np.array(["x"]), "value": np.array([1.0])}

    monkeypatch.setitem(sys.modules, "scalinglaws.made", SimpleNamespace(run=run))
    yield SimpleNamespace(source=source, job=job, does=does, state=tmp_path / "made.state")
    codedigest.forget()


def test_a_block_of_the_planned_code_is_written_and_leaves_no_state(made, tmp_path):
    made.does += [lambda own: own.save({"step": np.array(1)}, force=True)]
    run_block(made.job, made.state, tmp_path / "made.parquet")
    assert (tmp_path / "made.parquet").exists()
    assert not made.state.exists()


@pytest.mark.parametrize("text", ["rate = 2\n", "rate = \n"])
def test_code_edited_after_the_plan_is_refused_before_anything_runs(made, tmp_path, text):
    made.does += [lambda own: pytest.fail("the block ran")]
    made.source.write_text(text)
    with pytest.raises(InputError, match=rf"{made.job.code} when this run was planned"):
        run_block(made.job, made.state, tmp_path / "made.parquet")
    assert not (tmp_path / "made.parquet").exists()


def test_code_edited_while_the_block_runs_leaves_no_result_but_its_state(made, tmp_path):
    made.does += [
        lambda own: own.save({"step": np.array(1)}, force=True),
        lambda own: made.source.write_text("rate = 2\n"),
    ]
    with pytest.raises(InputError, match="no result is written: run the same command again"):
        run_block(made.job, made.state, tmp_path / "made.parquet")
    assert not (tmp_path / "made.parquet").exists()
    made.source.write_text("rate = 1  # as before\n")
    made.does[:] = [lambda own: found.append(own.load())]
    found = []
    run_block(made.job, made.state, tmp_path / "made.parquet")
    assert int(found[0]["step"]) == 1


def test_a_block_that_was_taken_over_saves_and_writes_nothing(made, tmp_path):
    def take_over(own):
        lock = made.state / one_writer.NAME
        lock.write_text(json.dumps(json.loads(lock.read_text()) | {"token": "another's"}))

    made.does += [take_over, lambda own: own.save({"step": np.array(1)}, force=True)]
    for _ in range(2):
        with pytest.raises(InputError, match="taken over by another process"):
            run_block(made.job, made.state, tmp_path / "made.parquet")
        assert [file.name for file in made.state.iterdir()] == [one_writer.NAME]
        assert not (tmp_path / "made.parquet").exists()
        (made.state / one_writer.NAME).unlink()
        del made.does[1:]  # the second one is taken over after its last state


def test_two_starts_of_one_block_leave_one_running(made, tmp_path):
    def start_again(own):
        with pytest.raises(InputError, match="is being written by another process"):
            run_block(made.job, made.state, tmp_path / "made.parquet")

    made.does += [start_again]
    run_block(made.job, made.state, tmp_path / "made.parquet")
    assert (tmp_path / "made.parquet").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from scalinglaws.stations.one_writer import one_writer
from scalinglaws.storage import write_table
from scalinglaws.training.session import Session
state, output, victim = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
replace = os.replace
def killed(source, target):
    if Path(target).name.startswith(victim):
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)
with one_writer(state):
    Session(state, "k", save_every=0.0).save({"step": np.array(1)})
    os.replace = killed
    Session(state, "k", save_every=0.0).save({"step": np.array(2)})
    write_table(output, {"value": [1.0]}, {})
"""


@pytest.mark.parametrize("victim", ["state_", "made.parquet"])
def test_a_kill_between_the_last_byte_and_the_rename_costs_one_state_and_no_space(
    made, tmp_path, victim
):
    output = tmp_path / "made.parquet"
    command = [sys.executable, "-c", KILLED, str(made.state), str(output), victim]
    assert subprocess.run(command).returncode == -signal.SIGKILL
    assert [path for path in tmp_path.rglob(".*") if path.is_file()]
    found = []
    made.does += [lambda own: found.append(Session(made.state, "k").load())]
    run_block(made.job, made.state, output)
    assert int(found[0]["step"]) == (1 if victim == "state_" else 2)
    assert [path for path in tmp_path.rglob(".*") if path.is_file()] == []
    assert output.exists()
    assert not made.state.exists()

import dataclasses
import importlib
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from scalinglaws.stations import block
from scalinglaws.stations.block import BlockJob, session
from scalinglaws.training import arithmetic

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
    block.compute(job, None)
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

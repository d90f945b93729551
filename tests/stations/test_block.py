import dataclasses

import pytest

from scalinglaws.stations import block
from scalinglaws.stations.block import BlockJob, session

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
    monkeypatch.setattr(block, "block_code", lambda module: {module: "0"})
    assert session(JOB, tmp_path).key != before

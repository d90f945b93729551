import os

import pytest

from scalinglaws.errors import InputError
from scalinglaws.planning.devices import VisibleGpu
from scalinglaws.stations import own_gpu as room
from scalinglaws.stations.own_gpu import free_gpu, made_on, own_gpu

TWO = [VisibleGpu(0, "H100", 81559, "GPU-a"), VisibleGpu(3, "H100", 81559, "GPU-b")]


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    monkeypatch.setattr(room, "visible_gpus", lambda: TWO)
    monkeypatch.setattr(room.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,3")
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "FASTEST_FIRST")


def test_blocks_beside_each_other_see_a_card_each():
    seen = []
    with own_gpu("cuda"):
        seen.append(os.environ["CUDA_VISIBLE_DEVICES"])
        with own_gpu("cuda"):
            seen.append(os.environ["CUDA_VISIBLE_DEVICES"])
    assert seen == ["0", "3"]
    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"


def test_cards_that_two_confined_jobs_both_call_0_are_two_cards(monkeypatch):
    """SLURM shows each job its own card as number 0."""
    monkeypatch.setattr(room.time, "sleep", lambda _: pytest.fail("waits for another's card"))
    with free_gpu([VisibleGpu(0, "H100", 81559, "GPU-a")])[1]:
        gpu, lock = free_gpu([VisibleGpu(0, "H100", 81559, "GPU-b")])
        lock.close()
    assert gpu.uuid == "GPU-b"


def test_a_block_waits_until_a_card_is_free(monkeypatch):
    held = [free_gpu(TWO)[1], free_gpu(TWO)[1]]
    monkeypatch.setattr(room.time, "sleep", lambda _: held.pop().close())
    gpu, lock = free_gpu(TWO)
    assert gpu.index == 3
    for handle in (*held, lock):
        handle.close()


def test_without_a_card_a_block_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.setattr(room, "visible_gpus", list)
    with pytest.raises(InputError, match="no GPU is visible to this block"), own_gpu("cuda"):
        pass


def test_on_a_processor_nothing_is_held_or_hidden():
    with own_gpu("cpu"):
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,3"
    assert made_on("cpu") == {"device": "cpu"}

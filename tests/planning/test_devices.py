from pathlib import Path
from typing import Any

import pytest

from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.devices import (
    VisibleGpu,
    check_gpu_memory,
    check_gpu_present,
    visible_gpus,
)
from scalinglaws.planning.jobs import device_of, prepare_gpus
from scalinglaws.planning.plan import Plan

LISTED = """0, GPU-aaaa1111, 81559, NVIDIA H100 80GB HBM3
1, GPU-bbbb2222, 24576, NVIDIA A30
"""
LARGE = Block(
    *("bahri2021", "image_data_scan", "part0", "m", {}, 1, 5.0), gpu=True, gpu_memory_mb=30_000
)
PLAIN = Block("bahri2021", "digits_mlp", "mnist_0", "m", {}, 1, 5.0)


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put an nvidia-smi that prints a text first on the PATH."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def install(text: str, status: int = 0) -> None:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}END\nexit {status}\n")
        program.chmod(0o755)

    return install


def test_a_machine_without_a_driver_has_no_cards(driver: Any) -> None:
    assert visible_gpus() == []


def test_a_driver_that_fails_or_complains_shows_no_cards(driver: Any) -> None:
    driver("NVIDIA-SMI has failed because it couldn't communicate with the driver\n", 9)
    assert visible_gpus() == []
    driver("No devices were found\n")
    assert visible_gpus() == []


def test_cards_have_an_index_a_name_and_a_memory(driver: Any) -> None:
    driver(LISTED)
    h100 = VisibleGpu(0, "NVIDIA H100 80GB HBM3", 81559, "GPU-aaaa1111")
    a30 = VisibleGpu(1, "NVIDIA A30", 24576, "GPU-bbbb2222")
    assert visible_gpus() == [h100, a30]


@pytest.mark.parametrize(
    ("chosen", "indices"),
    [("", []), ("1", [1]), ("1,0", [1, 0]), ("GPU-bbbb", [1]), ("0,-1,1", [0]), ("NoDevFiles", [])],
)
def test_only_cards_that_cuda_may_see_count(
    driver: Any, monkeypatch: pytest.MonkeyPatch, chosen: str, indices: list[int]
) -> None:
    driver(LISTED)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert [gpu.index for gpu in visible_gpus()] == indices


def test_more_memory_than_the_card_has_is_one_sentence_with_block_estimate_and_card() -> None:
    sentence = "block part0 of image_data_scan .* need 30000 MB .* NVIDIA A30 .* has 24576 MB: "
    with pytest.raises(InputError, match=sentence):
        check_gpu_memory([PLAIN, LARGE], [VisibleGpu(1, "NVIDIA A30", 24576, "GPU-b")])
    check_gpu_memory([PLAIN, LARGE], [VisibleGpu(0, "NVIDIA H100", 81559, "GPU-a")])
    check_gpu_memory([PLAIN, LARGE], [])


def test_blocks_that_train_on_a_card_need_one() -> None:
    check_gpu_present([PLAIN], [])
    with pytest.raises(InputError, match="no GPU is visible here for 1 blocks, block part0 of im"):
        check_gpu_present([PLAIN, LARGE], [])


def test_only_blocks_that_train_on_a_card_are_sent_there() -> None:
    assert [device_of(block) for block in (PLAIN, LARGE)] == ["cpu", "cuda"]


class Workflow:
    """What `prepare_gpus` knows of Snakemake."""

    def __init__(self, blocks: list[Block], local: bool, **limits: int) -> None:
        self.is_main_process, self.local_exec = True, local
        self.dag, self.scheduler, self.jobs = self, self, [Job(block) for block in blocks]
        self.global_resources, self.resources = dict(limits), dict(limits)

    def needrun_jobs(self) -> list[Any]:
        return self.jobs


class Job:
    def __init__(self, block: Block) -> None:
        self.rule = self.wildcards = self
        self.name, self.experiment, self.block = "train_block", block.experiment, block.name


def limit(blocks: list[Block], local: bool = True, **limits: int) -> int | None:
    workflow = Workflow(blocks, local, **limits)
    prepare_gpus(Plan({"scale": "quick"}, {}, {}, tuple(blocks)), workflow)
    assert workflow.global_resources == workflow.resources
    return workflow.resources.get("gpu")


def test_a_local_run_trains_on_as_many_cards_at_once_as_there_are(driver: Any) -> None:
    driver(LISTED)
    assert limit([PLAIN, LARGE]) == 2
    assert limit([PLAIN, LARGE], gpu=1) == 1  # the user's word
    assert limit([PLAIN]) is None
    assert limit([PLAIN, LARGE], local=False) is None  # the cluster's scheduler counts


def test_a_local_run_without_a_card_is_refused_but_a_cluster_may_have_one(driver: Any) -> None:
    with pytest.raises(InputError, match="no GPU is visible"):
        limit([PLAIN, LARGE])
    assert limit([PLAIN, LARGE], local=False) is None

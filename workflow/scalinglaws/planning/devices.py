"""What a plan may ask of the device that trains, and which cards this machine has."""

import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block

QUERY = ("nvidia-smi", "--query-gpu=index,uuid,memory.total,name", "--format=csv,noheader,nounits")
PATIENCE = 20  # seconds: a driver that hangs must not hang the plan


@dataclass(frozen=True)
class VisibleGpu:
    """A card that programs started from here can use.

    ``index`` is the driver's, which counts only what a job may open: two jobs on one machine may
    both hold a card 0. ``uuid`` is the card's own.
    """

    index: int
    name: str
    memory_mb: int
    uuid: str


def check_precision(where: str, precision: str, device: str) -> None:
    """Raises InputError where the device does not know the precision."""
    if precision == "tf32" and device == "cpu":
        raise InputError(
            f"{where}.precision is tf32, which only NVIDIA GPUs know, but device is cpu: add "
            "device=cuda, or choose float32 or bf16 in config/scales."
        )


def visible_gpus() -> list[VisibleGpu]:
    """Cards that the driver lists and CUDA_VISIBLE_DEVICES leaves; none without a driver."""
    try:
        listed = subprocess.run(QUERY, capture_output=True, text=True, timeout=PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    cards = [gpu for line in listed.stdout.splitlines() if (gpu := listed_gpu(line))]
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    return cards if chosen is None else left(cards, chosen)


def listed_gpu(line: str) -> VisibleGpu | None:
    """A line's card; None for what is no card, such as a complaint."""
    parts = [part.strip() for part in line.split(",", 3)]
    if len(parts) != 4 or not parts[0].isdigit() or not parts[2].isdigit():
        return None
    return VisibleGpu(int(parts[0]), parts[3], int(parts[2]), parts[1])


def left(cards: Sequence[VisibleGpu], chosen: str) -> list[VisibleGpu]:
    """Cards named by index or (the beginning of) the unique name, up to the first unknown one."""
    found = []
    for name in filter(None, map(str.strip, chosen.split(","))):
        matching = [gpu for gpu in cards if name == str(gpu.index) or gpu.uuid.startswith(name)]
        if not matching:
            break  # as CUDA itself: what follows an unknown name is hidden
        found.append(matching[0])
    return found


def check_gpu_memory(blocks: Iterable[Block], gpus: Sequence[VisibleGpu]) -> None:
    """Raises InputError when a block is expected to need more than the smallest card has."""
    if not gpus:
        return
    card = min(gpus, key=lambda gpu: gpu.memory_mb)
    for block in blocks:
        if block.gpu_memory_mb > card.memory_mb:
            raise InputError(
                f"block {block.name} of {block.experiment} is expected to need "
                f"{block.gpu_memory_mb} MB of GPU memory, but {card.name} (GPU {card.index}) has "
                f"{card.memory_mb} MB: choose smaller batches or networks in config/scales, or "
                "name a larger card in CUDA_VISIBLE_DEVICES."
            )


def check_gpu_present(blocks: Iterable[Block], gpus: Sequence[VisibleGpu]) -> None:
    """Raises InputError when blocks to be run here need a card and there is none."""
    needy = [block for block in blocks if block.gpu]
    if needy and not gpus:
        raise InputError(
            f"device is cuda, but no GPU is visible here for {len(needy)} blocks, block "
            f"{needy[0].name} of {needy[0].experiment} first: run on a machine with an NVIDIA "
            "GPU, submit to a cluster (workflow/profiles), or add device=cpu."
        )

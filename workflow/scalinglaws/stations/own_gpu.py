"""One GPU per block, also where several blocks run beside each other, and what it is."""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from scalinglaws.errors import InputError
from scalinglaws.planning.devices import VisibleGpu, visible_gpus

PATIENCE = 5.0  # seconds between two looks for a card that has become free


@contextmanager
def own_gpu(device: str) -> Iterator[None]:
    """Hold a card that no other block of this machine holds, and show torch that one only.

    Waits while all are held; the lock dies with the process. To be entered before torch starts
    CUDA. Raises InputError when there is no card.
    """
    if device != "cuda":
        yield
        return
    gpus = visible_gpus()
    if not gpus:
        raise InputError(
            "device is cuda, but no GPU is visible to this block: run it on a machine with an "
            "NVIDIA GPU and its driver, or set device=cpu."
        )
    gpu, lock = free_gpu(gpus)
    with lock:
        # The driver's numbers count in this order only.
        os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
        os.environ["CUDA_VISIBLE_DEVICES"] = str(gpu.index)
        yield


def free_gpu(gpus: Sequence[VisibleGpu]) -> tuple[VisibleGpu, IO[str]]:
    """The first card whose lock can be had, and the lock."""
    while True:
        for gpu in gpus:
            handle = lock_file(gpu).open("w")
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return gpu, handle
            except BlockingIOError:
                handle.close()
        time.sleep(PATIENCE)


def lock_file(gpu: VisibleGpu) -> Path:
    """Named after the card itself: jobs that a scheduler confines to a card each call theirs 0."""
    return Path(tempfile.gettempdir()) / f"scalinglaws-{os.getuid()}-{gpu.uuid}.lock"


def made_on(device: str) -> dict[str, Any]:
    """The device for a result's header; of a GPU what decides its bytes."""
    if device != "cuda":
        return {"device": device}
    import torch

    properties = torch.cuda.get_device_properties(0)
    return {
        "device": device,
        "card": properties.name,
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
    }

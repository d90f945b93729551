"""How torch computes while it trains: numbers too small to matter count as zero."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def subnormals_as_zero() -> Iterator[None]:
    """Count numbers below 1e-38 (subnormal in float32) as zero, in this thread and in new ones.

    Adam's first moments of units that fell silent decay through the subnormal numbers, with which
    the processor computes a hundred times slower: 9,000 steps of the teacher-student scan in d = 4
    took 19.7 s with them and 11.6 s without, to the same losses in all digits. Only around the
    training itself: the setting holds for whatever runs in the thread, and scipy's cKDTree, which
    halves distances until they vanish, then never ends. No effect on processors without it.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)

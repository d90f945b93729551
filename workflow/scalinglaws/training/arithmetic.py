"""How torch computes while it trains: threads, precision, the same kernels in every run.

The only place that sets any of it, for every engine and device.

- ``float32``: factors and sums of every product have 24 bits.
- ``tf32``: on GPUs the factors are rounded to 11 bits, sums keep 24 (tensor cores; PyTorch's own
  default for convolutions).
- ``bf16``: autocast. Products take factors of 8 bits and add them up in float32; parameters,
  optimiser, normalisation and loss stay float32. Such networks are measured without autocast: in
  float32, on GPUs in tf32, which takes a tenth of the time (10,000 images through WRN-28-10 on an
  H200: 0.45 s instead of 4.8, at 27 places of the 870 s that the paper's 78,125 steps take).
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

# cuBLAS adds up in an order of its own unless its workspace is fixed; read when CUDA starts.
CUBLAS_WORKSPACE = ":4096:8"


def set_arithmetic(device: str, threads: int, precision: str = "float32") -> None:
    """Before anything is computed: threads of the CPU, factors of products, repeatable kernels.

    Numbers on the CPU do not depend on it but for bf16, which `computing_in` switches on.
    """
    torch.set_num_threads(threads)
    short = precision in ("tf32", "bf16")
    torch.backends.cuda.matmul.allow_tf32 = short
    torch.backends.cudnn.allow_tf32 = short
    torch.backends.cudnn.benchmark = False  # it may choose another kernel in every run
    torch.backends.cudnn.deterministic = True
    if device == "cuda":
        os.environ["CUBLAS_WORKSPACE_CONFIG"] = CUBLAS_WORKSPACE
        # Attention's backward pass adds up in any order unless told otherwise. Only warn: the
        # max-pool's backward pass is on torch's list of unordered sums, but windows that do not
        # overlap have nothing to add. Filling what torch.empty returns would cost a tenth.
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch._C._set_deterministic_fill_uninitialized_memory(False)


def thread_beside(name: str) -> ThreadPoolExecutor:
    """One thread for work beside this one's; without work it is not started.

    A thread has its own count of threads for products, and sums of eigenvalues depend on it.
    """
    return ThreadPoolExecutor(1, name, torch.set_num_threads, (torch.get_num_threads(),))


def computing_in(precision: str, device: str) -> AbstractContextManager[object]:
    """Around a forward pass and its loss: autocast for ``bf16``, nothing for the others."""
    if precision == "bf16":
        return torch.autocast(device, dtype=torch.bfloat16)
    return nullcontext()


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

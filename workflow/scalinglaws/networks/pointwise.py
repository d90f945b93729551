"""The 1 x 1 convolution of a shortcut, kept clear of a kernel that writes beyond its memory."""

import torch
import torch.nn.functional as F
from torch import Tensor

LANES = 8  # numbers of a 256-bit vector


def pointwise(signal: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Convolution of (batch, in, side, side) with (out, in, 1, 1), without bias and padding.

    On processors with AVX2 and no more, oneDNN's weight gradient of a strided one (jit_1x1:avx2 of
    torch 2.13) copies whole vectors of channels and, with fewer than eight, overruns its buffer:
    some runs end in "malloc assertion failure", others compute with what they overwrote. So
    narrow signals are thinned out first, which is the same convolution.
    """
    if stride > 1 and signal.shape[1] < LANES:
        thinned = signal[:, :, ::stride, ::stride].contiguous(memory_format=torch.channels_last)
        return F.conv2d(thinned, weight)
    return F.conv2d(signal, weight, stride=stride)

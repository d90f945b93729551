"""Initial weights of common distributions, float32, from numpy streams."""

import math

import numpy as np
import torch
from torch import Tensor


def normal(generator: np.random.Generator, shape: tuple[int, ...], deviation: float) -> Tensor:
    """N(0, deviation^2), of that shape."""
    draws = generator.standard_normal(shape, dtype=np.float32)
    return torch.from_numpy(draws * np.float32(deviation))


def kaiming_normal(generator: np.random.Generator, shape: tuple[int, ...], factor: float) -> Tensor:
    """Convolution (out, in, k, k): N(0, 2 / fan-out) times a factor, fan-out = out * k * k.

    Channels-last in memory, as CPU convolutions want their weights. Fan-out and not fan-in: the
    authors' choice, which keeps the size of gradients rather than of signals.
    """
    deviation = math.sqrt(2.0 / (shape[0] * shape[2] * shape[3]))
    weight = normal(generator, shape, deviation * factor)
    return weight.contiguous(memory_format=torch.channels_last)


def xavier_uniform(generator: np.random.Generator, shape: tuple[int, int], factor: float) -> Tensor:
    """Matrix (out, in): uniform in +-sqrt(6 / (out + in)) times a factor."""
    bound = math.sqrt(6.0 / (shape[0] + shape[1]))
    # numpy's uniform knows float64 only: scaled there, rounded once.
    return torch.from_numpy((generator.uniform(-bound, bound, shape) * factor).astype(np.float32))

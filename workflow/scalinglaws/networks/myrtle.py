"""The five-layer convolutional network of the Myrtle family (Shankar et al., arXiv:2003.02237).

Two 3 x 3 convolutions, 2 x 2 mean-pool, a third, mean-pool, a fourth, the mean over what is left of
the image, a linear layer; ReLU, same-padding. On 32 x 32 pixels the last mean is three 2 x 2 pools,
as published. Odd sides lose their last row and column in a pool.

A network is a list of tensors: weight, bias of each layer in turn.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scalinglaws.networks.shapes import MYRTLE_CONVOLUTIONS, MYRTLE_POOLS, Myrtle


def he_normal(network: Myrtle, stream: np.random.Generator) -> list[Tensor]:
    """N(0, 2 / fan-in) weights, zero biases, float32; fan-in of a convolution is in * 9."""
    parameters = []
    for shape in network.weight_shapes:
        draw = stream.standard_normal(shape, dtype=np.float32)
        scale = np.float32(math.sqrt(2.0 / math.prod(shape[1:])))
        parameters += [torch.from_numpy(draw * scale), torch.zeros(shape[0])]
    return parameters


def ntk_rates(parameters: Sequence[Tensor], learning_rate: float) -> list[float]:
    """Rate of each tensor that makes descent that of NTK scaling, as `networks.mlp.ntk_rates`."""
    fan_ins = [tensor[0].numel() for tensor in parameters[::2]]
    pairs = [(2.0 * learning_rate / fan_in, learning_rate) for fan_in in fan_ins]
    return [rate for pair in pairs for rate in pair]


def outputs(parameters: Sequence[Tensor], images: Tensor) -> Tensor:
    """(classes, examples) for images (examples, channels, side, side)."""
    signal = images
    for layer in range(MYRTLE_CONVOLUTIONS):
        weight, bias = parameters[2 * layer : 2 * layer + 2]
        signal = F.relu(F.conv2d(signal, weight, bias, padding=1))
        if layer in MYRTLE_POOLS:
            signal = F.avg_pool2d(signal, 2)
    # Classes first, as the outputs of networks/mlp.py: losses need not know the architecture.
    return torch.addmm(parameters[-1][:, None], parameters[-2], signal.mean((2, 3)).T)

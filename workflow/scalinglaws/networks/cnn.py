"""Convolutional networks of D'Amico et al. (arXiv:2505.13230), one network at a time.

Convolutions 3 x 3 with same-padding and ReLU, a 2 x 2 max-pool after every ``pool_every``-th
convolution, then fully connected layers with dropout after each hidden one. Parameters are a flat
list: weight, bias of each convolution, then weight, bias of each fully connected layer.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scalinglaws.networks.architecture import Architecture
from scalinglaws.networks.shapes import CNN
from scalinglaws.networks.shapes import CNN_KERNEL as KERNEL

FLOAT = torch.float32


def init(network: CNN, generator: np.random.Generator, init_factor: float = 1.0) -> list[Tensor]:
    """Parameters of one member, float32.

    PyTorch's default: weights and biases uniform in +-1/sqrt(fan in); ``init_factor`` multiplies
    the weights only, as in the authors' code. Shapes: `network.parameter_shapes`.
    """
    # Drawn in float64 and rounded: numpy's uniform has no float32 form.
    parameters = []
    for shape in network.weight_shapes:
        bound = 1.0 / np.sqrt(np.prod(shape[1:]))
        weight = torch.tensor(generator.uniform(-bound, bound, shape) * init_factor, dtype=FLOAT)
        bias = torch.tensor(generator.uniform(-bound, bound, shape[0]), dtype=FLOAT)
        parameters += [weight, bias]
    return parameters


def embedding(
    network: CNN,
    parameters: Sequence[Tensor],
    statistics: Sequence[Tensor],
    images: Tensor,
    *,
    training: bool,
    dropout: torch.Generator | None = None,
) -> Tensor:
    """What enters the last layer, (batch, units), for images (batch, channels, side, side).

    Units are dropped only in training, by the generator `dropout`. Fastest where images
    and weights are channels-last: PyTorch's own layout takes 1.1 times as long on one CPU thread.
    """
    signal = images
    for layer in range(len(network.widths)):
        weight, bias = parameters[2 * layer : 2 * layer + 2]
        signal = F.conv2d(signal, weight, bias, padding=KERNEL // 2)
        if (layer + 1) % network.pool_every == 0:
            signal = F.max_pool2d(signal, 2)  # before the ReLU: the same numbers, a quarter as many
        signal = signal.relu_()
    signal = signal.flatten(1)
    first, last = 2 * len(network.widths), len(parameters) - 2
    for layer in range(first, last, 2):
        signal = F.linear(signal, parameters[layer], parameters[layer + 1]).relu_()
        if training and network.dropout:
            signal = dropped(signal, network.dropout, dropout)
    return signal


def dropped(signal: Tensor, share: float, stream: torch.Generator | None) -> Tensor:
    """Each number is zero with probability `share`, else 1 / (1 - share) times itself.

    Not torch's dropout, which draws from the global generator: a stopped run could not go on
    with the same numbers. signal: any shape; share: below 1.
    """
    uniform = torch.rand(signal.shape, generator=stream, device=signal.device)
    return signal * (uniform >= share) / (1 - share)


ARCHITECTURE = Architecture(CNN, init, embedding)

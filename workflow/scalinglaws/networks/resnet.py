"""Residual networks of D'Amico et al. (arXiv:2505.13230): ResNet-18/34 for small images.

A 3 x 3 stem of stride 1 without max-pool, stages of basic blocks (convolution, batch
normalisation, ReLU, convolution, batch normalisation, plus shortcut, ReLU), the mean over all
positions, one linear layer. One member is a flat list in the order of `ResNet.parameter_shapes`;
the running means and variances of the batch normalisations are a second list.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scalinglaws.networks.architecture import Architecture
from scalinglaws.networks.draws import kaiming_normal, normal
from scalinglaws.networks.pointwise import pointwise
from scalinglaws.networks.shapes import ResidualBlock, ResNet

LAST_LAYER_DEVIATION = 0.01


def init(network: ResNet, generator: np.random.Generator, init_factor: float = 1.0) -> list[Tensor]:
    """Parameters of one member, float32, as the authors draw them.

    Convolutions N(0, 2 / fan-out) and the last layer's weights N(0, 0.01^2), both times
    ``init_factor``; gains 1, shifts and the last bias 0.
    """
    parameters: list[Tensor] = []
    for shape in network.convolution_shapes:
        weight = kaiming_normal(generator, shape, init_factor)
        parameters += [weight, torch.ones(shape[0]), torch.zeros(shape[0])]
    last = (network.classes, network.widths[-1])
    weight = normal(generator, last, LAST_LAYER_DEVIATION * init_factor)
    return [*parameters, weight, torch.zeros(network.classes)]


def initial_statistics(network: ResNet) -> list[Tensor]:
    """Running mean 0 and variance 1, (channels,) each, of every batch normalisation.

    In the order of the convolutions that they follow.
    """
    pairs = [(torch.zeros(shape[0]), torch.ones(shape[0])) for shape in network.convolution_shapes]
    return [tensor for pair in pairs for tensor in pair]


def embedding(
    network: ResNet,
    parameters: Sequence[Tensor],
    statistics: Sequence[Tensor],
    images: Tensor,
    *,
    training: bool,
    dropout: torch.Generator | None = None,
) -> Tensor:
    """Means over all positions, (batch, features), for images (batch, channels, side, side).

    While training, the batch's own moments normalise and `statistics` moves towards them in
    place (by a tenth); otherwise `statistics` normalises. The network has no dropout: the
    argument is that of every network here.
    """
    signal = images.contiguous(memory_format=torch.channels_last)
    signal = torch.relu_(convolved(parameters, statistics, 0, signal, 1, training))
    position = 1
    for block in network.blocks:
        signal = residual(parameters, statistics, position, block, signal, training)
        position += len(block.convolution_shapes)
    return signal.mean((2, 3))


def residual(
    parameters: Sequence[Tensor],
    statistics: Sequence[Tensor],
    position: int,
    block: ResidualBlock,
    signal: Tensor,
    training: bool,
) -> Tensor:
    """One block, whose first convolution is number `position`; (batch, channels, side, side).

    Rectified and added in place (nothing before needs these values again): a tenth of a step.
    """
    inner = torch.relu_(convolved(parameters, statistics, position, signal, block.stride, training))
    inner = convolved(parameters, statistics, position + 1, inner, 1, training)
    if block.projects:
        signal = convolved(parameters, statistics, position + 2, signal, block.stride, training)
    return torch.relu_(inner.add_(signal))


def convolved(
    parameters: Sequence[Tensor],
    statistics: Sequence[Tensor],
    position: int,
    signal: Tensor,
    stride: int,
    training: bool,
) -> Tensor:
    """Convolution number `position` (same-padding, no bias) and its batch normalisation."""
    weight, gain, shift = parameters[3 * position : 3 * position + 3]
    mean, variance = statistics[2 * position : 2 * position + 2]
    # Channels-last as `init` left it; free unless an optimiser or a checkpoint changed the order.
    kernel = weight.contiguous(memory_format=torch.channels_last)
    if weight.shape[-1] == 1:
        signal = pointwise(signal, kernel, stride)
    else:
        signal = F.conv2d(signal, kernel, stride=stride, padding=weight.shape[-1] // 2)
    # The output does not depend on the scale of `weight`: of all weight matrices only the last
    # layer's has one that matters, and the authors' norm covers that layer alone (measures.norms).
    return F.batch_norm(signal, mean, variance, gain, shift, training)


ARCHITECTURE = Architecture(ResNet, init, embedding, initial_statistics)

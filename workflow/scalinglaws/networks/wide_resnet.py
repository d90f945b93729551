"""Wide residual networks WRN-d-k of Zagoruyko and Komodakis (arXiv:1605.07146), one at a time.

A stem convolution, three groups of n = (depth - 4) / 6 pre-activation blocks (BatchNorm, ReLU,
3 x 3 convolution, twice), a last BatchNorm and ReLU, the mean over pixels and a linear layer. The
second and third group halve the side. Where shapes change, the shortcut is a 1 x 1 convolution of
the block's activated input. Parameters and running statistics are flat lists of tensors.

Measured on one thread (channels-last, gradients by autograd, fused SGD): the plain convolutions
of the same shapes, forward and backward, take 65 to 80 % of a training step.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scalinglaws.networks.architecture import Architecture
from scalinglaws.networks.pointwise import pointwise
from scalinglaws.networks.shapes import WideResNet

MOMENTUM = 0.1  # weight of the newest batch in the running statistics
EPSILON = 1e-5


def init(
    network: WideResNet, generator: np.random.Generator, last_gain: float = 1.0
) -> list[Tensor]:
    """He's normal initialisation by fan-out (as the authors of the networks), unit scales.

    - `last_gain`: factor on the linear layer's weights (He's normal by fan-in). Below 1 it keeps
      the first losses near log(classes), so that a best loss over time means something.
    """
    parameters: list[Tensor] = []
    scale_next = True
    for shape in network.parameter_shapes[:-1]:
        if len(shape) == 1:  # BatchNorm's scales and shifts alternate
            parameters.append(torch.ones(shape) if scale_next else torch.zeros(shape))
            scale_next = not scale_next
            continue
        fan = np.prod(shape[2:]) * shape[0] if len(shape) == 4 else shape[1]
        gain = last_gain if len(shape) == 2 else 1.0
        draw = generator.standard_normal(shape, dtype=np.float32)
        parameters.append(torch.tensor(draw * np.float32(gain * np.sqrt(2.0 / fan))))
    parameters.append(torch.zeros(network.classes))
    return [in_order(tensor) for tensor in parameters]


def in_order(tensor: Tensor) -> Tensor:
    """Convolutions run on channels-last memory; the optimiser works on whatever order there is."""
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor


def initial_statistics(network: WideResNet) -> list[Tensor]:
    """Mean 0 and variance 1, (channels,) each, of each BatchNorm, in turn."""
    return [make(width) for width in network.normalised for make in (torch.zeros, torch.ones)]


def embedding(
    network: WideResNet,
    parameters: Sequence[Tensor],
    statistics: Sequence[Tensor],
    images: Tensor,
    *,
    training: bool,
    dropout: torch.Generator | None = None,
) -> Tensor:
    """Activations before the linear layer, (batch, features), of (batch, channels, side, side).

    Training normalises by the batch and updates `statistics` in place; otherwise they are used.
    The network has no dropout: the argument is that of every network here.
    """
    left, kept = iter(parameters), iter(statistics)
    signal = F.conv2d(images.contiguous(memory_format=torch.channels_last), next(left), padding=1)
    for inside, outside, stride in network.blocks:
        active = normalised(signal, left, kept, training)
        # The shortcut's convolution sees the activated signal too, as in the published networks; an
        # identity passes the signal on as it came.
        inner = F.conv2d(active, next(left), stride=stride, padding=1)
        inner = F.conv2d(normalised(inner, left, kept, training), next(left), padding=1)
        if (inside, stride) != (outside, 1):
            signal = pointwise(active, next(left), stride)
        signal = signal + inner
    return normalised(signal, left, kept, training).mean((2, 3))


def normalised(
    signal: Tensor, parameters: Iterator[Tensor], statistics: Iterator[Tensor], training: bool
) -> Tensor:
    """BatchNorm and ReLU of (batch, channels, side, side); takes what it needs from the iterators.

    In training the batch normalises, so that outputs of one image depend on which others are in it.
    """
    scale, shift, mean, variance = *take(parameters), *take(statistics)
    signal = F.batch_norm(signal, mean, variance, scale, shift, training, MOMENTUM, EPSILON)
    return F.relu(signal, inplace=True)


def take(tensors: Iterator[Tensor]) -> tuple[Tensor, Tensor]:
    """The next two: scale and shift, or mean and variance."""
    return next(tensors), next(tensors)


ARCHITECTURE = Architecture(WideResNet, init, embedding, initial_statistics)

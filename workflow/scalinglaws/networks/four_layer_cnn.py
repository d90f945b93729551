"""The four-layer CNNs of Bahri et al. (arXiv:2102.06701), Table 1, one network at a time.

3 x 3 convolutions with ReLU and same-padding, a 2 x 2 max-pool after the first two, one hidden
fully connected layer and the logits. Parameters are weight, bias of each layer in turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scalinglaws.networks.architecture import Architecture
from scalinglaws.networks.shapes import POOLS, FourLayerCNN

KERNEL = 3


@dataclass(frozen=True)
class Layer:
    """One row of the table: what it is, the shape it puts out, its parameters."""

    name: str
    output: tuple[int, ...]
    parameters: int


def layers(network: FourLayerCNN) -> list[Layer]:
    """The network as built, layer by layer; shapes are (channels, side, side) or (units,)."""
    side, rows = network.side, []
    for number, shape in enumerate(network.weight_shapes):
        count = int(np.prod(shape)) + shape[0]
        if len(shape) == 2:
            rows.append(Layer(f"dense {shape[0]}", (shape[0],), count))
            continue
        rows.append(Layer(f"conv {KERNEL} x {KERNEL}, {shape[0]}", (shape[0], side, side), count))
        if number < POOLS:
            side //= 2
            rows.append(Layer("max-pool 2 x 2", (shape[0], side, side), 0))
    return rows


def init(
    network: FourLayerCNN, generator: np.random.Generator, last_gain: float = 1.0
) -> list[Tensor]:
    """Glorot's uniform weights and zero biases, the defaults of the authors' library (Keras).

    float32, weight and bias of each layer; `last_gain` multiplies the weights of the logits.
    """
    parameters: list[Tensor] = []
    for number, shape in enumerate(network.weight_shapes):
        # Fans of a convolution count its kernel's positions; a matrix has area 1.
        area = int(np.prod(shape[2:]))
        bound = np.sqrt(6.0 / (area * (shape[0] + shape[1])))
        gain = last_gain if number == len(network.weight_shapes) - 1 else 1.0
        draw = (gain * generator.uniform(-bound, bound, shape)).astype(np.float32)
        weight = torch.tensor(draw)
        if weight.ndim == 4:
            weight = weight.contiguous(memory_format=torch.channels_last)
        parameters += [weight, torch.zeros(shape[0])]
    return parameters


def embedding(
    network: FourLayerCNN,
    parameters: Sequence[Tensor],
    statistics: Sequence[Tensor],
    images: Tensor,
    *,
    training: bool,
    dropout: torch.Generator | None = None,
) -> Tensor:
    """Activations of the hidden fully connected layer, (batch, units).

    Of images (batch, channels, side, side); what the intrinsic dimension is measured on. All other
    arguments are those of every network here: nothing is normalised or dropped.
    """
    signal = images.contiguous(memory_format=torch.channels_last)
    for number in range(len(network.design.convolutions)):
        weight, bias = parameters[2 * number : 2 * number + 2]
        signal = F.relu(F.conv2d(signal, weight, bias, padding=KERNEL // 2), inplace=True)
        if number < POOLS:
            signal = F.max_pool2d(signal, 2)
    return F.relu(F.linear(signal.flatten(1), parameters[-4], parameters[-3]))


ARCHITECTURE = Architecture(FourLayerCNN, init, embedding)

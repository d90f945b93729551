"""Convolutional networks of D'Amico et al. (arXiv:2505.13230), as stacks of independent members.

Convolutions 3 x 3 with same-padding and ReLU, a 2 x 2 max-pool after every ``pool_every``-th
convolution, then fully connected layers. A stack is a list of tensors with a leading member axis,
in the order weight, bias of each convolution, weight, bias of each fully connected layer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

KERNEL = 3


@dataclass(frozen=True)
class CNN:
    """Shape of a network: images (channels, side, side) to logits (classes,)."""

    side: int
    channels: int
    widths: tuple[int, ...]  # output channels of each convolution
    hidden: tuple[int, ...]  # fully connected layers before the last
    classes: int
    pool_every: int = 2

    @property
    def features(self) -> int:
        """Inputs of the first fully connected layer; a pool halves the side, rounding down."""
        return self.widths[-1] * (self.side // 2 ** (len(self.widths) // self.pool_every)) ** 2

    @property
    def weight_shapes(self) -> list[tuple[int, ...]]:
        """Per layer (out, in, 3, 3) or (out, in)."""
        inputs = [self.channels, *self.widths]
        units = [self.features, *self.hidden, self.classes]
        convolutions = [(o, i, KERNEL, KERNEL) for i, o in pairwise(inputs)]
        return [*convolutions, *((o, i) for i, o in pairwise(units))]


def init(
    network: CNN, generators: Sequence[np.random.Generator], init_factor: float = 1.0
) -> list[Tensor]:
    """A stack with one member per generator, float32.

    PyTorch's default: weights and biases uniform in +-1/sqrt(fan in); ``init_factor`` multiplies
    the weights only, as in the authors' code.
    """
    members = [init_member(network, generator, init_factor) for generator in generators]
    return [torch.from_numpy(np.stack(tensors)) for tensors in zip(*members, strict=True)]


def init_member(
    network: CNN, generator: np.random.Generator, init_factor: float
) -> list[np.ndarray]:
    arrays = []
    for shape in network.weight_shapes:
        bound = 1.0 / np.sqrt(np.prod(shape[1:]))
        arrays.append((generator.uniform(-bound, bound, shape) * init_factor).astype(np.float32))
        arrays.append(generator.uniform(-bound, bound, shape[0]).astype(np.float32))
    return arrays


def apply_member(network: CNN, parameters: Sequence[Tensor], images: Tensor) -> Tensor:
    """Logits (batch, classes) of one member for images (batch, channels, side, side)."""
    signal = images.contiguous(memory_format=torch.channels_last)
    for layer in range(len(network.widths)):
        weight = parameters[2 * layer].contiguous(memory_format=torch.channels_last)
        signal = F.relu(F.conv2d(signal, weight, parameters[2 * layer + 1], padding=KERNEL // 2))
        if (layer + 1) % network.pool_every == 0:
            signal = F.max_pool2d(signal, 2)
    signal = signal.flatten(1)
    first, last = 2 * len(network.widths), len(parameters) - 2
    for layer in range(first, last, 2):
        signal = F.relu(F.linear(signal, parameters[layer], parameters[layer + 1]))
    return F.linear(signal, parameters[last], parameters[last + 1])


# Members are taken in turn. Measured on one CPU thread (AVX-512, batch 128, 14 x 14, widths
# 8-16-32, 3 or 4 members), training samples per second relative to this loop of channels-last
# convolutions: the loop with PyTorch's default layout 0.88, one grouped convolution for all
# members 0.85 (0.5 for widths 6-12-24), stacked im2col + baddbmm 0.31. The convolutions fill the
# vector units by themselves, and im2col moves nine times the memory. At batch 16 the order is
# grouped 1.15, loop 1, im2col 0.6: too little to keep a second route for it.
def apply(network: CNN, parameters: Sequence[Tensor], images: Tensor) -> Tensor:
    """Logits (members, batch, classes) of a stack.

    `images`: (batch, channels, side, side) seen by all, or (members, batch, ...), one batch each.
    """
    own = images.ndim == 5
    return torch.stack(
        [
            apply_member(network, member_of(parameters, m), images[m] if own else images)
            for m in range(len(parameters[0]))
        ]
    )


def member_of(parameters: Sequence[Tensor], member: int) -> list[Tensor]:
    """Views of one member's tensors: writing to them writes to the stack."""
    return [tensor[member] for tensor in parameters]


def gradients(
    network: CNN, parameters: Sequence[Tensor], images: Tensor, labels: Tensor
) -> list[Tensor]:
    """Gradients, stacked, of each member's mean cross entropy on its own batch.

    `images`: (members, batch, channels, side, side); `labels`: (members, batch).
    """
    rows = []
    for member in range(len(parameters[0])):
        leaves = [view.detach().requires_grad_() for view in member_of(parameters, member)]
        loss = F.cross_entropy(apply_member(network, leaves, images[member]), labels[member])
        rows.append(torch.autograd.grad(loss, leaves))
    return [torch.stack(tensors) for tensors in zip(*rows, strict=True)]

"""Shapes of the networks that learn images: what plans and training share.

Standard library only: plans are made without torch.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

CNN_KERNEL = 3
POOLS = 2  # of a four-layer CNN, after its first convolutions
STEM = 16  # channels of a wide ResNet's stem, and the width that the widening factor k multiplies
GROUPS = 3  # of blocks of a wide ResNet
# Tensors of a ViT's block, and before the first: class token, positions, patch embedding.
BLOCK_TENSORS, BEFORE_BLOCKS = 12, 4
MYRTLE_CONVOLUTIONS = 4
MYRTLE_POOLS = (1, 2)  # convolutions, from 0, that a 2 x 2 mean-pool follows


def with_biases(weights: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Each weight's shape (out, ...), followed by that of its bias (out,)."""
    return [shape for weight in weights for shape in (weight, weight[:1])]


@dataclass(frozen=True)
class CNN:
    """Images (channels, side, side) to logits (classes,), see `networks.cnn`."""

    side: int
    channels: int
    widths: tuple[int, ...]  # output channels of each convolution
    hidden: tuple[int, ...]  # fully connected layers before the last
    classes: int
    pool_every: int = 2
    dropout: float = 0.0  # after each hidden fully connected layer

    @property
    def features(self) -> int:
        """Inputs of the first fully connected layer; a pool halves the side, rounding down."""
        return self.widths[-1] * (self.side // 2 ** (len(self.widths) // self.pool_every)) ** 2

    @property
    def weight_shapes(self) -> list[tuple[int, ...]]:
        """Per layer (out, in, 3, 3) or (out, in)."""
        inputs = [self.channels, *self.widths]
        units = [self.features, *self.hidden, self.classes]
        convolutions = [(o, i, CNN_KERNEL, CNN_KERNEL) for i, o in pairwise(inputs)]
        return [*convolutions, *((o, i) for i, o in pairwise(units))]

    @property
    def parameter_shapes(self) -> list[tuple[int, ...]]:
        """Weight and bias of each layer."""
        return with_biases(self.weight_shapes)


@dataclass(frozen=True)
class ResidualBlock:
    """Two 3 x 3 convolutions; a 1 x 1 convolution on the shortcut where the shape changes."""

    inputs: int
    outputs: int
    stride: int  # of the first convolution and of the shortcut

    @property
    def projects(self) -> bool:
        return self.stride != 1 or self.inputs != self.outputs

    @property
    def convolution_shapes(self) -> list[tuple[int, ...]]:
        """(out, in, k, k) of both convolutions, then of the shortcut if it has one."""
        shapes = [(self.outputs, self.inputs, 3, 3), (self.outputs, self.outputs, 3, 3)]
        if self.projects:
            shapes.append((self.outputs, self.inputs, 1, 1))
        return [*shapes]


@dataclass(frozen=True)
class ResNet:
    """Images (channels, side, side) to logits (classes,), see `networks.resnet`."""

    side: int
    channels: int
    blocks_per_stage: tuple[int, ...]
    widths: tuple[int, ...]  # channels of each stage; the stem has those of the first
    classes: int

    @property
    def blocks(self) -> list[ResidualBlock]:
        """In forward order; every stage after the first begins by halving the side."""
        found, inputs = [], self.widths[0]
        for stage, (count, width) in enumerate(
            zip(self.blocks_per_stage, self.widths, strict=True)
        ):
            for number in range(count):
                found.append(ResidualBlock(inputs, width, 2 if stage and not number else 1))
                inputs = width
        return found

    @property
    def convolution_shapes(self) -> list[tuple[int, ...]]:
        """(out, in, k, k): stem, then block after block."""
        # Of stride 1 and 3 x 3, not ImageNet's 7 x 7 of stride 2: the images are small.
        stem = (self.widths[0], self.channels, 3, 3)
        return [stem, *(shape for block in self.blocks for shape in block.convolution_shapes)]

    @property
    def parameter_shapes(self) -> list[tuple[int, ...]]:
        """Per convolution its weight, gain and shift; weight and bias of the last layer."""
        convolutions = [
            shape
            for weight in self.convolution_shapes
            for shape in (weight, weight[:1], weight[:1])
        ]
        return [*convolutions, (self.classes, self.widths[-1]), (self.classes,)]


@dataclass(frozen=True)
class ViT:
    """Images (channels, side, side) to logits (classes,), see `networks.vit`."""

    side: int
    channels: int
    patch: int  # side of the square patches; divides the images' side
    dim: int
    depth: int
    heads: int  # divides dim
    classes: int
    mlp_ratio: int = 4  # hidden units of the two-layer perceptron in units of dim

    @property
    def tokens(self) -> int:
        """Patches and the class token."""
        return 1 + (self.side // self.patch) ** 2

    @property
    def block_shapes(self) -> list[tuple[int, ...]]:
        """Norm, attention in and out, norm, perceptron in and out: weight, bias of each."""
        dim, hidden = self.dim, self.mlp_ratio * self.dim
        # Queries, keys and values are one matrix, as in torch: its initial values depend on that.
        norm: list[tuple[int, ...]] = [(dim,), (dim,)]
        attention: list[tuple[int, ...]] = [(3 * dim, dim), (3 * dim,), (dim, dim), (dim,)]
        return [*norm, *attention, *norm, (hidden, dim), (hidden,), (dim, hidden), (dim,)]

    @property
    def parameter_shapes(self) -> list[tuple[int, ...]]:
        """Class token, positions, patch embedding, the blocks, last norm, head."""
        dim = self.dim
        first: list[tuple[int, ...]] = [
            *((1, 1, dim), (1, self.tokens, dim)),
            *((dim, self.channels, self.patch, self.patch), (dim,)),
        ]
        head: list[tuple[int, ...]] = [(dim,), (dim,), (self.classes, dim), (self.classes,)]
        return [*first, *(self.depth * self.block_shapes), *head]


Network = CNN | ResNet | ViT


@dataclass(frozen=True)
class Design:
    """A column of Table 1 of arXiv:2102.06701: channels of the convolutions, hidden units."""

    convolutions: tuple[int, ...]
    hidden: int


SMALL, HUNDRED, STREET = (
    Design((50, 100, 100), 64),
    Design((50, 100, 100), 200),
    Design((64, 64), 128),
)
# Every other task has the first column.
DESIGNS: Mapping[str, Design] = {"cifar100": HUNDRED, "svhn": STREET}


@dataclass(frozen=True)
class FourLayerCNN:
    """Shape of a network: images (channels, side, side) to logits (classes,)."""

    design: Design
    side: int
    channels: int
    classes: int

    @property
    def features(self) -> int:
        """Inputs of the hidden fully connected layer; a pool halves the side, rounding down."""
        return self.design.convolutions[-1] * (self.side // 2**POOLS) ** 2

    @property
    def weight_shapes(self) -> list[tuple[int, ...]]:
        """Per layer (out, in, 3, 3) or (out, in)."""
        inputs = [self.channels, *self.design.convolutions]
        convolved = [
            (outside, inside, CNN_KERNEL, CNN_KERNEL)
            for inside, outside in zip(inputs, self.design.convolutions, strict=False)
        ]
        hidden = self.design.hidden
        return [*convolved, (hidden, self.features), (self.classes, hidden)]

    @property
    def parameter_shapes(self) -> list[tuple[int, ...]]:
        """Weight and bias of each layer."""
        return with_biases(self.weight_shapes)


@dataclass(frozen=True)
class WideResNet:
    """See `networks.wide_resnet`.

    `width`: channels of the first group, 16 k; below 16 the stem is as narrow as the group."""

    depth: int
    width: int
    channels: int
    classes: int

    @property
    def blocks(self) -> list[tuple[int, int, int]]:
        """(channels in, channels out, stride) of each residual block."""
        widths = [self.width * 2**group for group in range(GROUPS)]
        result, inside = [], min(STEM, self.width)
        for group, width in enumerate(widths):
            for number in range((self.depth - 4) // 6):
                result.append((inside, width, 2 if group and number == 0 else 1))
                inside = width
        return result

    @property
    def parameter_shapes(self) -> list[tuple[int, ...]]:
        """In the order in which they are used."""
        stem, last = min(STEM, self.width), self.width * 2 ** (GROUPS - 1)
        shapes: list[tuple[int, ...]] = [(stem, self.channels, 3, 3)]
        for inside, outside, stride in self.blocks:
            shapes += [(inside,), (inside,), (outside, inside, 3, 3)]
            shapes += [(outside,), (outside,), (outside, outside, 3, 3)]
            if (inside, stride) != (outside, 1):
                shapes.append((outside, inside, 1, 1))
        return [*shapes, (last,), (last,), (self.classes, last), (self.classes,)]

    @property
    def normalised(self) -> list[int]:
        """Channels of each BatchNorm."""
        inner = [width for inside, outside, _ in self.blocks for width in (inside, outside)]
        return [*inner, self.width * 2 ** (GROUPS - 1)]


@dataclass(frozen=True)
class Myrtle:
    """Images (channels, side, side) to logits (classes,), see `networks.myrtle`."""

    channels: int
    width: int  # channels of each convolution
    classes: int

    @property
    def weight_shapes(self) -> list[tuple[int, ...]]:
        """(out, in, 3, 3) of each convolution, then (classes, width)."""
        inputs = [self.channels, *[self.width] * (MYRTLE_CONVOLUTIONS - 1)]
        return [*((self.width, count, 3, 3) for count in inputs), (self.classes, self.width)]

    @property
    def parameter_count(self) -> int:
        """Weights and biases."""
        return sum(math.prod(shape) + shape[0] for shape in self.weight_shapes)

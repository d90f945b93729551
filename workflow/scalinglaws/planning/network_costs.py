"""Multiply-adds, parameters and activations of one image's forward pass, per architecture."""

import math
from collections.abc import Sequence
from functools import cache

from scalinglaws.networks.shapes import CNN, Network, ResNet, ViT
from scalinglaws.planning.gpu_work import Footprint

Product = tuple[int, float]  # a layer's narrower side and the multiply-adds of one image
# Kernels of a layer's forward and backward pass: convolution or product, its two gradients, what
# follows it (bias and ReLU, or normalisation, ReLU and sum), copies between memory orders.
CNN_KERNELS, RESNET_KERNELS, VIT_BLOCK_KERNELS = 8, 11, 48


@cache
def footprint(network: Network) -> Footprint:
    """What a GPU needs to know of a network."""
    if isinstance(network, ViT):
        kernels = VIT_BLOCK_KERNELS * network.depth + 20
    else:
        each = CNN_KERNELS if isinstance(network, CNN) else RESNET_KERNELS
        kernels = each * len(products(network))
    count = parameter_count(network)
    return Footprint(tuple(products(network)), activations(network), count, kernels)


def multiply_adds(network: Network) -> float:
    """Of the matrix products and convolutions; all else is counted in the rates."""
    return float(sum(count for _, count in products(network)))


def products(network: Network) -> list[Product]:
    """Layer by layer; a vision transformer's by kind and block."""
    if isinstance(network, CNN):
        return cnn_products(network)
    if isinstance(network, ResNet):
        return resnet_products(network)
    return vit_products(network)


def product(shape: Sequence[int], pixels: int = 1) -> Product:
    """Of weights (out, in, ...) that are applied at so many pixels."""
    return min(shape[0], shape[1]), float(pixels * math.prod(shape))


def cnn_products(network: CNN) -> list[Product]:
    side, found = network.side, []
    for number, shape in enumerate(network.weight_shapes, start=1):
        found.append(product(shape, side**2 if len(shape) == 4 else 1))
        if len(shape) == 4 and number % network.pool_every == 0:
            side //= 2
    return found


def resnet_products(network: ResNet) -> list[Product]:
    side = network.side
    found = [product(network.convolution_shapes[0], side**2)]
    for block in network.blocks:
        side = -(-side // block.stride)
        found += [product(shape, side**2) for shape in block.convolution_shapes]
    return [*found, product((network.classes, network.widths[-1]))]


def vit_products(network: ViT) -> list[Product]:
    """Of the last block only the class token is computed, beside all keys and values."""
    dim, tokens, ratio = network.dim, network.tokens, network.mlp_ratio
    head = dim // network.heads
    linear = (dim, float(tokens * (4 + 2 * ratio) * dim**2))
    attention = (head, float(2 * tokens**2 * dim))
    last = (dim, float((2 * tokens + 2 + 2 * ratio) * dim**2))
    patches = product((dim, network.channels * network.patch**2), tokens - 1)
    return [
        *((network.depth - 1) * [linear, attention]),
        *(last, (head, float(2 * tokens * dim))),
        *(patches, product((network.classes, dim))),
    ]


def parameter_count(network: Network) -> int:
    return sum(map(math.prod, network.parameter_shapes))


def activations(network: Network) -> float:
    """Numbers that the layers write for one image: these, not products, bound narrow networks."""
    if isinstance(network, CNN):
        return cnn_activations(network)
    if isinstance(network, ResNet):
        return resnet_activations(network)
    # Per block: two norms, queries, keys and values, what is gathered and its projection, two sums.
    per_block = network.dim * (9 + 2 * network.mlp_ratio) + network.heads * network.tokens
    return float(network.tokens * network.depth * per_block)


def cnn_activations(network: CNN) -> float:
    """The image, each convolution, and three numbers for each that a max-pool keeps."""
    side, total = network.side, network.side**2 * network.channels
    for number, width in enumerate(network.widths, start=1):
        total += side**2 * width
        if number % network.pool_every == 0:
            side //= 2
            total += 3 * side**2 * width
    return float(total + sum(network.hidden))


def resnet_activations(network: ResNet) -> float:
    """A convolution, its normalisation and a sum or ReLU each write as many numbers."""
    side = network.side
    total = side**2 * network.widths[0]
    for block in network.blocks:
        side = -(-side // block.stride)
        total += side**2 * block.outputs * len(block.convolution_shapes)
    return 3.0 * total

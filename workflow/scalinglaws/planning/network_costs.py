"""Multiply-adds, parameters and activations of one image's forward pass, per architecture."""

import math

from scalinglaws.networks.shapes import CNN, Network, ResNet, ViT


def multiply_adds(network: Network) -> float:
    """Of the matrix products and convolutions; all else is counted in the rates."""
    if isinstance(network, CNN):
        return cnn_multiply_adds(network)
    if isinstance(network, ResNet):
        return resnet_multiply_adds(network)
    return vit_multiply_adds(network)


def cnn_multiply_adds(network: CNN) -> float:
    side, total = network.side, 0
    for number, shape in enumerate(network.weight_shapes, start=1):
        if len(shape) == 4:
            total += side**2 * math.prod(shape)
            side = side // 2 if number % network.pool_every == 0 else side
        else:
            total += math.prod(shape)
    return float(total)


def resnet_multiply_adds(network: ResNet) -> float:
    side = network.side
    total = side**2 * math.prod(network.convolution_shapes[0])
    for block in network.blocks:
        side = -(-side // block.stride)
        total += side**2 * sum(map(math.prod, block.convolution_shapes))
    return float(total + network.widths[-1] * network.classes)


def vit_multiply_adds(network: ViT) -> float:
    """Of the last block only the class token is computed, beside all keys and values."""
    dim, tokens, ratio = network.dim, network.tokens, network.mlp_ratio
    block = tokens * (4 + 2 * ratio) * dim**2 + 2 * tokens**2 * dim
    last = (2 * tokens + 2 + 2 * ratio) * dim**2 + 2 * tokens * dim
    patches = (tokens - 1) * dim * network.channels * network.patch**2
    return float((network.depth - 1) * block + last + patches + dim * network.classes)


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

"""Vision transformers of D'Amico et al. (arXiv:2505.13230).

Patches embedded by a convolution, a learnt class token and learnt positions, blocks that
normalise first (x + attention(norm x), then x + perceptron(norm x), GELU), a last norm, and a
linear head that reads the class token. One member is a flat list in the order of
`ViT.parameter_shapes`, which is that of the corresponding torch modules.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scalinglaws.networks.architecture import Architecture
from scalinglaws.networks.draws import kaiming_normal, normal, xavier_uniform
from scalinglaws.networks.shapes import BEFORE_BLOCKS, BLOCK_TENSORS, ViT

TOKEN_DEVIATION = 0.02


def init(network: ViT, generator: np.random.Generator, init_factor: float = 1.0) -> list[Tensor]:
    """Parameters of one member, float32, as the authors draw them.

    Tokens and positions N(0, 0.02^2) (the authors cut the tails at 100 deviations: no
    difference). Patch embedding N(0, 2 / fan-out), linear weights uniform in +-sqrt(6 / (in +
    out)), both times ``init_factor``. The joint input projection of queries, keys and values
    (3 dim, dim) is drawn alike but NOT multiplied: in torch it is no linear layer, and the
    authors' loop over layers passes it by. Gains 1, all biases 0.
    """
    first = [normal(generator, shape, TOKEN_DEVIATION) for shape in network.parameter_shapes[:2]]
    patches = kaiming_normal(generator, network.parameter_shapes[2], init_factor)
    parameters = [*first, patches, torch.zeros(network.dim)]
    for _ in range(network.depth):
        parameters += init_block(network, generator, init_factor)
    head = xavier_uniform(generator, (network.classes, network.dim), init_factor)
    return [*parameters, *norm(network.dim), head, torch.zeros(network.classes)]


def init_block(network: ViT, generator: np.random.Generator, init_factor: float) -> list[Tensor]:
    """The twelve tensors of one block, in the order of `ViT.block_shapes`."""
    dim, hidden = network.dim, network.mlp_ratio * network.dim
    return [
        *norm(dim),
        *(xavier_uniform(generator, (3 * dim, dim), 1.0), torch.zeros(3 * dim)),
        *(xavier_uniform(generator, (dim, dim), init_factor), torch.zeros(dim)),
        *norm(dim),
        *(xavier_uniform(generator, (hidden, dim), init_factor), torch.zeros(hidden)),
        *(xavier_uniform(generator, (dim, hidden), init_factor), torch.zeros(dim)),
    ]


def norm(dim: int) -> list[Tensor]:
    """Gain 1 and shift 0, (dim,) each, of a layer normalisation at its start."""
    return [torch.ones(dim), torch.zeros(dim)]


def embedding(
    network: ViT,
    parameters: Sequence[Tensor],
    statistics: Sequence[Tensor],
    images: Tensor,
    *,
    training: bool,
    dropout: torch.Generator | None = None,
) -> Tensor:
    """The normalised class token, (batch, dim), for images (batch, channels, side, side).

    `statistics`, `training` and `dropout` are those of every network here: this one treats
    training and evaluation alike.
    """
    signal = embedded(network, parameters, images)
    for number in range(network.depth):
        start = BEFORE_BLOCKS + number * BLOCK_TENSORS
        # Of the last block only the class token is read, so only that is computed.
        needed = 1 if number == network.depth - 1 else network.tokens
        signal = block(network, parameters[start : start + BLOCK_TENSORS], signal, needed)
    gain, shift = parameters[-4:-2]
    return F.layer_norm(signal[:, 0], (network.dim,), gain, shift)


def embedded(network: ViT, parameters: Sequence[Tensor], images: Tensor) -> Tensor:
    """(batch, tokens, dim): the class token, then the patches row by row, plus positions."""
    token, positions, weight, bias = parameters[:BEFORE_BLOCKS]
    patches = F.conv2d(images, weight, bias, stride=network.patch).flatten(2).transpose(1, 2)
    return torch.cat((token.expand(len(images), -1, -1), patches), dim=1) + positions


def block(network: ViT, parameters: Sequence[Tensor], signal: Tensor, needed: int) -> Tensor:
    """Signal (batch, needed, dim) of the first `needed` tokens after one block."""
    dim = (network.dim,)
    # Normalised on the branch only: the sum from block to block is never rescaled ("pre-norm").
    normed = F.layer_norm(signal, dim, parameters[0], parameters[1])
    signal = signal[:, :needed] + attention(network, parameters[2:6], normed, needed)
    normed = F.layer_norm(signal, dim, parameters[6], parameters[7])
    hidden = F.gelu(F.linear(normed, parameters[8], parameters[9]))
    return signal + F.linear(hidden, parameters[10], parameters[11])


def attention(network: ViT, parameters: Sequence[Tensor], signal: Tensor, needed: int) -> Tensor:
    """What the first `needed` tokens gather from all tokens, (batch, needed, dim).

    signal: (batch, tokens, dim). Rows of the joint weight are queries, keys, values in turn.
    """
    weight, bias, out_weight, out_bias = parameters
    if needed == network.tokens:
        queries, keys, values = F.linear(signal, weight, bias).chunk(3, dim=-1)
    else:
        dim = network.dim
        queries = F.linear(signal[:, :needed], weight[:dim], bias[:dim])
        keys, values = F.linear(signal, weight[dim:], bias[dim:]).chunk(2, dim=-1)
    gathered = F.scaled_dot_product_attention(
        by_head(network, queries), by_head(network, keys), by_head(network, values)
    )
    return F.linear(gathered.transpose(1, 2).flatten(2), out_weight, out_bias)


def by_head(network: ViT, signal: Tensor) -> Tensor:
    """(batch, tokens, dim) to (batch, heads, tokens, dim / heads)."""
    return signal.unflatten(-1, (network.heads, -1)).transpose(1, 2)


ARCHITECTURE = Architecture(ViT, init, embedding)

"""Norms of a network's weights, the abscissa of the curves of D'Amico et al. (arXiv:2505.13230).

A layer enters as a matrix A: (out, in) or, for a convolution, the flattened (out, in * k * k).
s = its largest singular value, c = sum of the l2 norms of its columns, r = of its rows. Biases
enter only the entrywise norms. All functions take stacks (leading member axis) and return one
float64 number per member: products of small singular values underflow in float32.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def as_matrices(weights: Sequence[Tensor]) -> list[Tensor]:
    """Stacks (members, out, in) in float64."""
    return [weight.detach().flatten(2).double() for weight in weights]


def largest_singular_values(matrices: Tensor) -> Tensor:
    """(members,) spectral norms, from the smaller Gram matrix.

    For the authors' 512 x 25088 layer a full singular value decomposition takes seconds; the
    square root costs no accuracy at the upper end of the spectrum.
    """
    flipped = matrices.shape[-2] > matrices.shape[-1]
    wide = matrices.mT if flipped else matrices
    gram = wide @ wide.mT
    finite = torch.isfinite(gram).all(dim=(-2, -1))
    safe = torch.where(finite[:, None, None], gram, torch.zeros_like(gram))  # eigvalsh refuses NaN
    top = torch.linalg.eigvalsh(safe)[:, -1].clamp(min=0).sqrt()
    return torch.where(finite, top, torch.nan)


def column_norms(matrices: Tensor) -> Tensor:
    """(members,) sum of column l2 norms, the (2,1) norm."""
    return torch.linalg.vector_norm(matrices, dim=-2).sum(-1)


def row_norms(matrices: Tensor) -> Tensor:
    """(members,) sum of row l2 norms: the (2,1) norm of the transpose."""
    return torch.linalg.vector_norm(matrices, dim=-1).sum(-1)


def weight_norms(weights: Sequence[Tensor], biases: Sequence[Tensor]) -> dict[str, Tensor]:
    """All norms of a stack, (members,) float64 each.

    - ``spectral_complexity``: what the authors' CNN code computes, which is not their Eq. 6:
      prod_i s_i * (sum_i ((sum over later layers j > i of c_j) / s_i)^(2/3))^(3/2).
    - ``spectral_complexity_bartlett``: their Eq. 6 (Bartlett et al., arXiv:1706.08498, with
      reference matrices zero): prod_i s_i * (sum_i (r_i / s_i)^(2/3))^(3/2).
    - ``spectral_product``: prod_i s_i.
    - ``l1_norm``, ``frobenius_norm``: entrywise, weights and biases.
    - ``two_one_norm``: sum_i c_i.
    """
    matrices = as_matrices(weights)
    spectral = torch.stack([largest_singular_values(matrix) for matrix in matrices])
    columns = torch.stack([column_norms(matrix) for matrix in matrices])
    rows = torch.stack([row_norms(matrix) for matrix in matrices])
    later = columns.sum(0) - columns.cumsum(0)
    later[-1] = 0.0  # exactly, not what rounding leaves
    entries = [*matrices, *(bias.detach().double()[:, None] for bias in biases)]
    return {
        "spectral_complexity": complexity(spectral, later),
        "spectral_complexity_bartlett": complexity(spectral, rows),
        "spectral_product": spectral.prod(0),
        "l1_norm": torch.stack([entry.abs().sum((1, 2)) for entry in entries]).sum(0),
        "frobenius_norm": torch.stack([(entry**2).sum((1, 2)) for entry in entries]).sum(0).sqrt(),
        "two_one_norm": columns.sum(0),
    }


def complexity(spectral: Tensor, lengths: Tensor) -> Tensor:
    """prod_i s_i * (sum_i (length_i / s_i)^(2/3))^(3/2) for (layers, members) inputs."""
    return spectral.prod(0) * ((lengths / spectral) ** (2 / 3)).sum(0) ** 1.5

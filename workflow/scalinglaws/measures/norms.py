"""Norms of a network's weights, the abscissa of the curves of D'Amico et al. (arXiv:2505.13230).

A layer enters as a matrix A: (out, in) or, for a convolution, the flattened (out, in * k * k).
s = its largest singular value, c = sum of the l2 norms of its columns, r = of its rows.
Everything is float64, and products are sums of logarithms until the end: the product over a
transformer's 38 matrices reaches 1e60. The flattened matrix of a convolution does not have the
singular values of the convolution as a map of images; it is what the authors' code takes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from scalinglaws.networks.shapes import BEFORE_BLOCKS, BLOCK_TENSORS, Network, ResNet, ViT

Array = np.ndarray


@dataclass(frozen=True)
class MatrixNorms:
    """Per matrix, in forward order: float64 arrays (matrices,)."""

    spectral: Array  # s
    columns: Array  # c
    rows: Array  # r
    absolute: Array  # sum of |entries|
    square: Array  # sum of squared entries

    def at(self, positions: Sequence[int]) -> "MatrixNorms":
        return MatrixNorms(*(values[list(positions)] for values in vars(self).values()))


def network_norms(network: Network, parameters: Sequence[Tensor]) -> dict[str, float]:
    """All norms of one network (a flat list of parameters); NaN once a weight is not finite.

    - ``spectral_complexity``: what the authors' code computes for this architecture. CNN: their
      formula `tail_complexity` over all layers, which is not their Eq. 6. ResNet: the same over
      the stem and the last layer only (their loop over layers misses the convolutions inside
      blocks), which is s c of the last layer alone. ViT: Eq. 6.
    - ``spectral_complexity_bartlett``: Eq. 6, `bartlett_complexity`, over all matrices.
    - ``spectral_complexity_complete``: `tail_complexity` over all matrices in forward order.
    - ``spectral_product``: product of s; ``two_one_norm``: sum of c; ResNet: of the same two
      layers.
    - ``l1_norm``, ``frobenius_norm``: entrywise, over all parameters; ViT: weight matrices only.
    """
    return norms_begun(network, parameters)()


def norms_begun(network: Network, parameters: Sequence[Tensor]) -> Callable[[], dict[str, float]]:
    """What gives `network_norms` of the weights as they are now, when it is called.

    Sums and products are taken at once, on the weights' device; eigenvalues and what follows from
    them later, on the CPU and from any thread: a GPU needs ten times as long for these (one
    matrix after another), and can train meanwhile.
    """
    begun = matrix_sums(weight_matrices(network, parameters))
    others = [p.detach().double() for p in parameters if p.ndim == 1]
    joined = torch.cat(others) if others else torch.zeros(0, dtype=torch.float64)
    shifts = float(joined.abs().sum()), float(joined @ joined)
    return lambda: norms_of(network, norms_from(begun), *shifts)


def norms_of(
    network: Network, matrices: "MatrixNorms", absolute_shifts: float, square_shifts: float
) -> dict[str, float]:
    """The norms from those of the matrices, and the sums of |.| and squares over all vectors.

    Vectors are biases, gains and shifts. The authors' ViT code leaves them out, the others do not.
    """
    seen = matrices.at([0, -1]) if isinstance(network, ResNet) else matrices
    authors = bartlett_complexity if isinstance(network, ViT) else tail_complexity
    absolute, square = matrices.absolute.sum(), matrices.square.sum()
    if not isinstance(network, ViT):
        absolute, square = absolute + absolute_shifts, square + square_shifts
    with np.errstate(over="ignore"):  # inf is meant where a product is beyond 1e308
        return {
            "spectral_complexity": authors(seen),
            "spectral_complexity_bartlett": bartlett_complexity(matrices),
            "spectral_complexity_complete": tail_complexity(matrices),
            "spectral_product": float(np.exp(logarithm(seen.spectral).sum())),
            "l1_norm": float(absolute),
            "frobenius_norm": float(np.sqrt(square)),
            "two_one_norm": float(seen.columns.sum()),
        }


def weight_matrices(network: Network, parameters: Sequence[Tensor]) -> list[Tensor]:
    """(out, in) views in forward order; biases, normalisations and tokens are none.

    A transformer's joint projection counts as three matrices: queries, keys and values.
    """
    if not isinstance(network, ViT):
        return [p.detach().flatten(1) for p in parameters if p.ndim > 1]
    # Tokens and positions are stored with three axes, so here the number of axes does not tell.
    matrices = [parameters[2].detach().flatten(1)]
    for start in range(BEFORE_BLOCKS, len(parameters) - 4, BLOCK_TENSORS):
        joint, out, first, second = (parameters[start + i].detach() for i in (2, 4, 8, 10))
        matrices += [*joint.chunk(3), out, first, second]
    return [*matrices, parameters[-2].detach()]


@dataclass(frozen=True)
class Batch:
    """Matrices of one shape: their places in forward order, on the CPU their Gram matrices
    (matrices, n, n) and the other four norms of `MatrixNorms` (4, matrices), float64.
    """

    places: list[int]
    grams: Tensor
    sums: Tensor


def matrix_sums(matrices: Sequence[Tensor]) -> list[Batch]:
    """Everything about the matrices but eigenvalues; one batch per shape, in no order."""
    begun = []
    # Most matrices of a transformer share a shape: a few large calls instead of 38 small ones.
    for shape in {matrix.shape for matrix in matrices}:
        places = [number for number, matrix in enumerate(matrices) if matrix.shape == shape]
        batch = torch.stack([matrices[place] for place in places]).double()
        begun.append(Batch(places, gram(batch).cpu(), other_norms(batch).cpu()))
    return begun


def matrix_norms(matrices: Sequence[Tensor]) -> MatrixNorms:
    """Matrices of one shape are taken as one batch."""
    return norms_from(matrix_sums(matrices))


def norms_from(begun: Sequence[Batch]) -> MatrixNorms:
    """The norms of all matrices in forward order, eigenvalues included."""
    found = np.empty((5, sum(len(batch.places) for batch in begun)))
    for batch in begun:
        found[0, batch.places] = roots_of_largest(batch.grams).numpy()
        found[1:, batch.places] = batch.sums.numpy()
    return MatrixNorms(*found)


def other_norms(batch: Tensor) -> Tensor:
    """All norms of `MatrixNorms` but the first, (4, matrices), of (matrices, out, in)."""
    row_lengths = torch.linalg.vector_norm(batch, dim=-1)
    return torch.stack(
        [
            torch.linalg.vector_norm(batch, dim=-2).sum(-1),
            row_lengths.sum(-1),
            torch.linalg.vector_norm(batch, ord=1, dim=(-2, -1)),
            (row_lengths**2).sum(-1),
        ]
    )


def gram(batch: Tensor) -> Tensor:
    """The smaller Gram matrix of each matrix (matrices, out, in), (matrices, n, n), n the shorter.

    For the authors' 512 x 32768 layer a full singular value decomposition takes seconds, this and
    its eigenvalues 0.2; in float64 the square root costs no accuracy at the upper end.
    """
    wide = batch.mT if batch.shape[-2] > batch.shape[-1] else batch
    return wide @ wide.mT


def roots_of_largest(grams: Tensor) -> Tensor:
    """(matrices,) spectral norms from the Gram matrices."""
    finite = torch.isfinite(grams).all(dim=(-2, -1))
    safe = torch.where(finite[:, None, None], grams, torch.zeros_like(grams))  # no NaN is taken
    top = torch.linalg.eigvalsh(safe)[:, -1].clamp(min=0).sqrt()
    return torch.where(finite, top, torch.nan)


def tail_complexity(norms: MatrixNorms) -> float:
    """prod_i s_i * (sum_i ((sum over later layers j > i of c_j) / s_i)^(2/3))^(3/2).

    The authors' CNN code: columns in place of rows, and the last layer's term is 0.
    """
    later = np.append(np.cumsum(norms.columns[:0:-1])[::-1], 0.0)
    return complexity(norms.spectral, later)


def bartlett_complexity(norms: MatrixNorms) -> float:
    """Eq. 6 (Bartlett et al., arXiv:1706.08498, with reference matrices zero):
    prod_i s_i * (sum_i (r_i / s_i)^(2/3))^(3/2).
    """
    return complexity(norms.spectral, norms.rows)


def complexity(spectral: Array, lengths: Array) -> float:
    """prod_i s_i * (sum_i (length_i / s_i)^(2/3))^(3/2); 0 with a layer of zeros.

    spectral and lengths: (matrices,). NaN unless all s are finite; infinite beyond 1e308.
    """
    if not np.all(np.isfinite(spectral)):
        return float("nan")
    if np.any(spectral == 0):
        return 0.0
    # log of (sum of (length / s)^(2/3))^(3/2) without leaving logarithms: terms span many decades.
    terms = 2 / 3 * (logarithm(lengths) - logarithm(spectral))
    with np.errstate(over="ignore"):
        return float(np.exp(logarithm(spectral).sum() + 1.5 * np.logaddexp.reduce(terms)))


def logarithm(values: Array) -> Array:
    """Natural logarithm, elementwise, without a warning at zero."""
    with np.errstate(divide="ignore"):  # log 0 = -inf is meant
        return np.log(values)

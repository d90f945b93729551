"""Full-batch gradient descent on a finite population whose examples carry weights.

A training set of D examples drawn with replacement from N is a vector of multinomial counts;
descent on the mean loss over the set is descent on the population with weights counts / D. So all
D cost the same, all members share one input matrix, and D = infinity is the run with weights 1/N:
the limit L(infinity) of Bahri et al. (arXiv:2102.06701, Fig. 1a) is computed, not guessed.

Measured on one thread, 49-8-8-10 on 3,000 examples: 0.22 ms per member and step in stacks of 4 to 8
members, 0.28 ms alone, 0.25 ms in stacks of 16 (beyond the 2 MB of L2 cache).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from scalinglaws.networks.mlp import backward, forward
from scalinglaws.training.losses import CROSS_ENTROPY, Loss


@dataclass(frozen=True)
class Examples:
    """`inputs`: (features, examples), or (examples, channels, side, side) of images; `targets`:
    class probabilities, (classes, examples).
    """

    inputs: Tensor
    targets: Tensor

    def to(self, device: str) -> "Examples":
        """The same examples in the memory of `device`."""
        return Examples(self.inputs.to(device), self.targets.to(device))


def stepped(
    parameters: Sequence[Tensor],
    population: Examples,
    weights: Tensor,
    rates: Sequence[float],
    loss: Loss,
) -> list[Tensor]:
    """Parameters after one step on the weighted loss; nothing is changed in place.

    - `weights`: (members, examples), each row summing to 1.
    - `rates`: learning rate of each tensor.
    """
    activations = forward(parameters, population.inputs)
    # The slope is that of a sum; weights that sum to 1 make it that of the mean over the set.
    signal = loss.slope(activations[-1], population.targets) * weights[:, None]
    gradients = backward(parameters, activations, signal)
    return [
        tensor - rate * gradient
        for tensor, rate, gradient in zip(parameters, rates, gradients, strict=True)
    ]


@torch.no_grad()
def descend(
    parameters: Sequence[Tensor],
    population: Examples,
    weights: Tensor,
    rates: Sequence[float],
    steps: int,
    loss: Loss = CROSS_ENTROPY,
) -> list[Tensor]:
    """Parameters after `steps` steps."""
    current = list(parameters)
    for _ in range(steps):
        current = stepped(current, population, weights, rates, loss)
    return current


def balanced_counts(
    population: int, size: int, sets: int, stream: np.random.Generator
) -> np.ndarray:
    """How often each example occurs in each of `sets` training sets of `size` examples.

    Shape (sets, population). The sets are balanced (Davison, Hinkley & Schechtman 1986): together
    they hold every example equally often, so whatever is linear in the sampling noise, and falls
    only as D^(-1/2), cancels in their mean. Each set is a random one; what remains, quadratic in
    the noise, is 1 - 1 / sets times that of independent sets, for every size alike.
    Raises ValueError unless sets * size is a multiple of the population.
    """
    copies, rest = divmod(sets * size, population)
    if rest:
        raise ValueError(f"{sets} sets of {size} do not cover {population} examples equally")
    # A deck with every example `copies` times, shuffled and dealt out.
    order = stream.permutation(np.tile(np.arange(population), copies)).reshape(sets, size)
    return np.stack([np.bincount(members, minlength=population) for members in order])

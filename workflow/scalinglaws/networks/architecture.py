"""The one face of the networks that are trained one at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch.nn.functional as F
from torch import Tensor


def none_kept(network: Any) -> list[Tensor]:
    """Of networks that normalise nothing by running means."""
    return []


@dataclass(frozen=True)
class Architecture:
    """A family of networks; `network` below is its record of a shape, of type `kind`.

    - `init(network, generator, factor)`: parameters, float32, on the CPU, the last two of them
      weight (classes, features) and bias (classes,) of a linear layer. `factor` multiplies those
      weights that the network's authors scale.
    - `embedding(network, parameters, statistics, images, *, training, dropout)`: what enters that
      layer, (batch, features), for images (batch, channels, side, side). Training may change
      `statistics` in place; units are dropped by the generator `dropout`.
    - `initial_statistics(network)`: running means and variances of batch normalisation.
    """

    kind: type[Any]
    init: Callable[..., list[Tensor]]
    embedding: Callable[..., Tensor]
    initial_statistics: Callable[[Any], list[Tensor]] = none_kept

    def logits(self, network: Any, parameters: Any, *inputs: Any, **how: Any) -> Tensor:
        """(batch, classes); arguments as those of `embedding`."""
        features = self.embedding(network, parameters, *inputs, **how)
        return F.linear(features, parameters[-2], parameters[-1])

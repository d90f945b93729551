"""The one face of the networks that learn images: what an engine needs of them, nothing more.

Fully connected networks are stacks of members (one matrix product for all); convolutional ones and
transformers come alone, because one member at a time is fastest for them. Measured on one CPU
thread (batch 128, 14 x 14, widths 8-16-32, 3 or 4 members), training samples per second relative
to that: one grouped convolution for all members 0.85, stacked im2col with batched products 0.31.
Convolutions fill the vector units by themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scalinglaws.networks import mlp
from scalinglaws.networks.architecture import Architecture
from scalinglaws.training.arithmetic import computing_in
from scalinglaws.training.engine import device_generator
from scalinglaws.training.optimisers import Arrays

EVALUATED = 1000  # images of one pass: activations stay in the cache, GPU memory bounded


class Learner(Protocol):
    """Networks of equal shape while they train; their tensors stay where they are."""

    @property
    def parameters(self) -> list[Tensor]:
        """Trained tensors."""

    @property
    def statistics(self) -> list[Tensor]:
        """What else changes while training: the running averages of batch normalisation."""

    def gradients(self, images: Tensor, labels: Tensor) -> Sequence[Tensor]:
        """Of each member's mean cross entropy on its own batch, one per parameter.

        Images (members, batch, channels, side, side), labels (members, batch).
        """

    def embedding(self, images: Tensor) -> Tensor:
        """Activations before the last layer, (members, images, features).

        Of the same images (images, channels, side, side) for all members, as they are measured: in
        the precision of the parameters, without dropout, with the averages of all batches.
        """

    def logits(self, features: Tensor) -> Tensor:
        """(members, images, classes) of embedded images."""


@dataclass(frozen=True)
class Alone:
    """A network by itself: its parameters have no member axis.

    - `precision`: of training; `dropout`: on the device, seeded by who trains with it.
    """

    architecture: Architecture
    network: Any
    device: str
    precision: str
    parameters: list[Tensor]
    statistics: list[Tensor]
    dropout: torch.Generator

    def gradients(self, images: Tensor, labels: Tensor) -> Sequence[Tensor]:
        with computing_in(self.precision, self.device):
            outputs = self.architecture.logits(
                self.network,
                self.parameters,
                self.statistics,
                images[0],
                training=True,
                dropout=self.dropout,
            )
            loss = F.cross_entropy(outputs, labels[0])
        return torch.autograd.grad(loss, self.parameters)

    def embedding(self, images: Tensor) -> Tensor:
        features = self.architecture.embedding(
            self.network, self.parameters, self.statistics, images, training=False
        )
        return features[None]

    def logits(self, features: Tensor) -> Tensor:
        return F.linear(features[0], self.parameters[-2], self.parameters[-1])[None]


@dataclass(frozen=True)
class Stacked:
    """Fully connected networks side by side: every parameter has a member axis."""

    device: str
    precision: str
    parameters: list[Tensor]
    statistics: list[Tensor] = field(default_factory=list)

    def gradients(self, images: Tensor, labels: Tensor) -> Sequence[Tensor]:
        classes = self.parameters[-1].shape[1]
        targets = torch.zeros(*labels.shape, classes, device=labels.device)
        targets.scatter_(2, labels[..., None], 1.0)
        with computing_in(self.precision, self.device):
            activations = mlp.forward(self.parameters, images.flatten(2).transpose(1, 2))
            outputs = activations[-1].float()
            # The slope of the cross entropy by the logits: softmax minus the label's indicator.
            signal = (torch.softmax(outputs, 1) - targets.transpose(1, 2)) / labels.shape[1]
            return mlp.backward(self.parameters, activations, signal.to(activations[-1].dtype))

    def embedding(self, images: Tensor) -> Tensor:
        return mlp.forward(self.parameters, images.flatten(1).T)[-2].transpose(1, 2)

    def logits(self, features: Tensor) -> Tensor:
        weight, bias = self.parameters[-2:]
        return torch.baddbmm(bias, weight, features.transpose(1, 2)).transpose(1, 2)


def alone(
    architecture: Architecture, network: Any, start: list[Tensor], device: str, precision: str
) -> Alone:
    """A network with these parameters, which it trains in their order in memory."""
    return Alone(
        architecture,
        network,
        device,
        precision,
        [tensor.to(device).requires_grad_() for tensor in start],
        [tensor.to(device) for tensor in architecture.initial_statistics(network)],
        device_generator(device),
    )


def stacked(
    layers: Sequence[int],
    stream: np.random.Generator,
    factor: float,
    members: int,
    device: str,
    precision: str,
) -> Stacked:
    """Members that start equal and see their own batches.

    `layers`: units from inputs to classes; `factor`: on the last layer's weights.
    """
    start = mlp.copies(mlp.he_normal(layers, [stream], factor), members)
    return Stacked(device, precision, [tensor.to(device) for tensor in start])


@torch.no_grad()
def embedded(learner: Learner, images: Tensor) -> Tensor:
    """`learner.embedding` of many images, so many at a time."""
    pieces = [learner.embedding(piece) for piece in images.split(EVALUATED)]
    return torch.cat(pieces, dim=1)


def tensors_of(learner: Learner) -> Iterator[tuple[str, Tensor]]:
    """All that training changes, by the names under which it is saved."""
    for kind, tensors in (
        ("parameters", learner.parameters),
        ("statistics", learner.statistics),
    ):
        for number, tensor in enumerate(tensors):
            yield f"{kind}_{number}", tensor


def learner_arrays(learner: Learner) -> Arrays:
    """The networks as plain arrays; `learner_restore` undoes it bit by bit."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in tensors_of(learner)}


@torch.no_grad()
def learner_restore(learner: Learner, arrays: Mapping[str, np.ndarray]) -> None:
    """Into the learner's own tensors: they stay on its device, in its memory order."""
    for name, tensor in tensors_of(learner):
        tensor.copy_(torch.tensor(arrays[name]))

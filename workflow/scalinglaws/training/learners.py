"""One interface to the networks that learn images: what the training loop needs, nothing more.

Fully connected networks are stacks of members (one matrix product for all); convolutional ones
come alone, because one member at a time is fastest for them (see networks.cnn).
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scalinglaws.networks import four_layer_cnn, mlp, wide_resnet
from scalinglaws.networks.shapes import FourLayerCNN, WideResNet
from scalinglaws.training.arithmetic import computing_in

LAST_GAIN = 0.1  # an over-scaled last layer can start above log(classes) and never recover
EVALUATED = 1000  # images of one pass: activations stay in the cache, GPU memory bounded


@dataclass(frozen=True)
class Learner:
    """Networks of equal shape while they train.

    - `parameters`: trained tensors; `statistics`: what else changes while training (BatchNorm's).
    - `gradients(images, labels)`: of each member's mean cross-entropy on its own batch, images
      (members, batch, channels, side, side) and labels (members, batch).
    - `embedding(images)`: activations before the last layer, (members, images, features).
    - `logits(embedding)`: (members, images, classes).
    """

    parameters: list[Tensor]
    statistics: list[Tensor]
    gradients: Callable[[Tensor, Tensor], Sequence[Tensor]]
    embedding: Callable[[Tensor], Tensor]
    logits: Callable[[Tensor], Tensor]


def wide_resnet_learner(
    network: WideResNet, stream: np.random.Generator, device: str, precision: str
) -> Learner:
    parameters = trainable(wide_resnet.init(network, stream, LAST_GAIN), device)
    statistics = [tensor.to(device) for tensor in wide_resnet.running_statistics(network)]

    def logits(images: Tensor) -> Tensor:
        return wide_resnet.apply(network, parameters, statistics, images, training=True)

    def embedding(images: Tensor) -> Tensor:
        return wide_resnet.embedding(network, parameters, statistics, images, training=False)

    return alone(parameters, statistics, logits, embedding, computing_in(precision, device))


def cnn_learner(
    network: FourLayerCNN, stream: np.random.Generator, device: str, precision: str
) -> Learner:
    parameters = trainable(four_layer_cnn.init(network, stream, LAST_GAIN), device)

    def logits(images: Tensor) -> Tensor:
        return four_layer_cnn.apply(network, parameters, images)

    def embedding(images: Tensor) -> Tensor:
        return four_layer_cnn.embedding(network, parameters, images)

    return alone(parameters, [], logits, embedding, computing_in(precision, device))


def trainable(parameters: Sequence[Tensor], device: str) -> list[Tensor]:
    return [tensor.to(device).requires_grad_() for tensor in parameters]


def alone(
    parameters: list[Tensor],
    statistics: list[Tensor],
    logits: Callable[[Tensor], Tensor],
    embedding: Callable[[Tensor], Tensor],
    arithmetic: AbstractContextManager[object],
) -> Learner:
    """A learner of one member; its parameters have no member axis.

    `arithmetic` is that of training; networks are measured in the precision of their parameters.
    """

    def gradients(images: Tensor, labels: Tensor) -> Sequence[Tensor]:
        with arithmetic:
            loss = F.cross_entropy(logits(images[0]), labels[0])
        return torch.autograd.grad(loss, parameters)

    return Learner(
        parameters,
        statistics,
        gradients,
        in_pieces(lambda images: embedding(images)[None]),
        lambda features: F.linear(features, parameters[-2], parameters[-1]),
    )


def mlp_learner(
    layers: Sequence[int],
    stream: np.random.Generator,
    members: int,
    device: str,
    precision: str,
) -> Learner:
    """Members that start equal and see their own batches; `layers` from inputs to classes."""
    start = mlp.copies(mlp.he_normal(layers, [stream], LAST_GAIN), members)
    parameters = [tensor.to(device) for tensor in start]

    def gradients(images: Tensor, labels: Tensor) -> Sequence[Tensor]:
        targets = torch.zeros(*labels.shape, layers[-1], device=labels.device)
        targets.scatter_(2, labels[..., None], 1.0)
        with computing_in(precision, device):
            activations = mlp.forward(parameters, images.flatten(2).transpose(1, 2))
            outputs = activations[-1].float()
            signal = (torch.softmax(outputs, 1) - targets.transpose(1, 2)) / labels.shape[1]
            return mlp.backward(parameters, activations, signal.to(activations[-1].dtype))

    def embedding(images: Tensor) -> Tensor:
        return mlp.forward(parameters, images.flatten(1).T)[-2].transpose(1, 2)

    def logits(features: Tensor) -> Tensor:
        signal = torch.baddbmm(parameters[-1], parameters[-2], features.transpose(1, 2))
        return signal.transpose(1, 2)

    return Learner(parameters, [], gradients, in_pieces(embedding), logits)


def in_pieces(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    @torch.no_grad()
    def whole(images: Tensor) -> Tensor:
        return torch.cat([function(piece) for piece in images.split(EVALUATED)], dim=1)

    return whole

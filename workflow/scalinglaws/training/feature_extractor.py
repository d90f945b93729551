"""A convolutional network trained to classify, and the activations of its penultimate layer."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scalinglaws.networks.cnn import ARCHITECTURE
from scalinglaws.networks.shapes import CNN
from scalinglaws.training.groups import Arrays, Keep
from scalinglaws.training.optimisers import (
    Optimiser,
    advance,
    as_laid,
    optimiser_arrays,
    optimiser_of,
    optimiser_restore,
)

CHUNK = 100  # steps between two offers to save the state; also the unit of the minibatch streams
BATCH = 1000  # images passed through the network at once


@dataclass(frozen=True)
class Training:
    """Adam with cosine decay on cross-entropy, minibatches with replacement.

    `minibatch_stream(chunk)` gives the generator of a chunk's minibatches.
    """

    steps: int
    batch: int
    learning_rate: float
    minibatch_stream: Callable[[int], np.random.Generator]


def trained(
    network: CNN,
    start: list[Tensor],
    images: Tensor,
    labels: Tensor,
    training: Training,
    inner: Arrays,
    keep: Keep,
) -> list[Tensor]:
    """Parameters after training; resumes from `inner` (training.groups).

    images: (n, channels, side, side) float32; labels: (n,) int64.
    """
    steps_done = int(inner.get("steps_done", 0))
    parameters = [tensor.clone().requires_grad_() for tensor in start]
    optimiser = optimiser_of("adam", parameters)
    if steps_done:
        with torch.no_grad():
            for number, parameter in enumerate(parameters):
                parameter.copy_(torch.tensor(inner[f"parameter_{number}"]))
        optimiser_restore(optimiser, inner)
    for chunk in range(steps_done // CHUNK, math.ceil(training.steps / CHUNK)):
        steps_done = min((chunk + 1) * CHUNK, training.steps)
        shape = (CHUNK, training.batch)
        chosen = torch.tensor(training.minibatch_stream(chunk).integers(len(images), size=shape))
        for step in range(chunk * CHUNK, steps_done):
            decay = 0.5 * (1 + math.cos(math.pi * step / training.steps))
            batch = chosen[step % CHUNK]
            guesses = ARCHITECTURE.logits(network, parameters, [], images[batch], training=True)
            slopes = torch.autograd.grad(F.cross_entropy(guesses, labels[batch]), parameters)
            rate = training.learning_rate * decay
            advance(optimiser, parameters, as_laid(slopes, parameters), rate)
        kept = partial(arrays_of, parameters, optimiser, steps_done)
        keep(kept, 0.9 * steps_done / training.steps)
    return [tensor.detach() for tensor in parameters]


def arrays_of(parameters: list[Tensor], optimiser: Optimiser, steps_done: int) -> Arrays:
    state = {f"parameter_{i}": t.detach().numpy() for i, t in enumerate(parameters)}
    return state | optimiser_arrays(optimiser) | {"steps_done": np.array(steps_done)}


@torch.no_grad()
def penultimate(network: CNN, parameters: list[Tensor], images: Tensor) -> np.ndarray:
    """(n, network.hidden[-1]) float64 activations of the last hidden layer, after its ReLU."""
    parts = [
        ARCHITECTURE.embedding(network, parameters, [], part, training=False)
        for part in images.split(BATCH)
    ]
    return torch.cat(parts).double().numpy()


@torch.no_grad()
def error_rate(network: CNN, parameters: list[Tensor], images: Tensor, labels: Tensor) -> float:
    """Share of images that are classified wrongly."""
    guesses = [outputs(network, parameters, part).argmax(1) for part in images.split(BATCH)]
    return float((torch.cat(guesses) != labels).double().mean())


def outputs(network: CNN, parameters: list[Tensor], images: Tensor) -> Tensor:
    return ARCHITECTURE.logits(network, parameters, [], images, training=False)

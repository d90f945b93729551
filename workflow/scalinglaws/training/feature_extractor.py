"""A convolutional network trained to classify, and the activations of its penultimate layer."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from scalinglaws.networks.cnn import CNN, apply_member, gradients, member_of
from scalinglaws.training.adam import adam_arrays, adam_init, adam_restore, adam_step
from scalinglaws.training.groups import Arrays, Keep

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
    """A stack with one member after training; resumes from `inner` (training.groups).

    images: (n, channels, side, side) float32; labels: (n,) int64.
    """
    parameters, adam = start, adam_init(start)
    if "adam_steps" in inner:
        # Copies into torch's own memory: sums may depend on how an array is aligned.
        parameters = [torch.tensor(inner[f"parameter_{i}"]) for i in range(len(start))]
        adam = adam_restore(inner, parameters)
    for chunk in range(adam.steps // CHUNK, math.ceil(training.steps / CHUNK)):
        shape = (CHUNK, training.batch)
        chosen = training.minibatch_stream(chunk).integers(len(images), size=shape)
        for step in range(chunk * CHUNK, min((chunk + 1) * CHUNK, training.steps)):
            batch = torch.from_numpy(chosen[step % CHUNK])
            slopes = gradients(network, parameters, images[batch][None], labels[batch][None])
            decay = 0.5 * (1 + math.cos(math.pi * step / training.steps))
            adam_step(parameters, slopes, adam, training.learning_rate * decay)
        state = {f"parameter_{i}": tensor.numpy() for i, tensor in enumerate(parameters)}
        keep({**state, **adam_arrays(adam)}, 0.9 * adam.steps / training.steps)
    return parameters


@torch.no_grad()
def penultimate(network: CNN, parameters: list[Tensor], images: Tensor) -> np.ndarray:
    """(n, network.hidden[-1]) float64 activations of the last hidden layer, after its ReLU."""
    below = member_of(parameters, 0)[:-2]
    parts = [
        torch.relu(apply_member(network, below, images[begin : begin + BATCH]))
        for begin in range(0, len(images), BATCH)
    ]
    return torch.cat(parts).double().numpy()


@torch.no_grad()
def error_rate(network: CNN, parameters: list[Tensor], images: Tensor, labels: Tensor) -> float:
    """Share of images that are classified wrongly."""
    member = member_of(parameters, 0)
    wrong = [
        apply_member(network, member, images[begin : begin + BATCH]).argmax(1)
        != labels[begin : begin + BATCH]
        for begin in range(0, len(images), BATCH)
    ]
    return float(torch.cat(wrong).double().mean())

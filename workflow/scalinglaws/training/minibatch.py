"""Adam with cosine decay on nested training sets: all data sizes of one seed in one stack.

Within a stack the initialisation is the same for all members, smaller training sets are the heads
of the larger ones, and the minibatches are drawn from common random numbers (Bahri et al.,
arXiv:2102.06701, appendix A: teacher, student and order of the data are frozen while D is scanned).
Minibatches are drawn with replacement, so that every D costs the same.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from scalinglaws.networks.mlp import backward, copies, forward
from scalinglaws.training.adam import adam_arrays, adam_init, adam_restore, adam_step
from scalinglaws.training.groups import Arrays, Keep
from scalinglaws.training.losses import Loss, error_rate

CHUNK = 250  # steps between two offers to save the state; also the unit of the minibatch streams


@dataclass(frozen=True)
class Split:
    """`inputs`: (examples, features); `targets`: (examples, outputs)."""

    inputs: Tensor
    targets: Tensor


@dataclass(frozen=True)
class Course:
    """How long, with what minibatches and how often measured.

    `minibatch_stream(chunk)` gives the generator of the chunk's minibatches, so that a resumed
    run draws what the uninterrupted one would have drawn.
    """

    loss: Loss
    steps: int
    batch: int
    learning_rate: float
    evaluate_every: int
    minibatch_stream: Callable[[int], np.random.Generator]


def train_nested(
    start: Sequence[Tensor],
    data_sizes: Sequence[int],
    train: Split,
    held_out: Mapping[str, Split],
    course: Course,
    inner: Arrays,
    keep: Keep,
) -> Arrays:
    """Final, best and selected values of one network trained on the heads of one training set.

    - `start`: one network (member axis of length 1), the same start for all data sizes.
    - `held_out`: splits named "test" and "validation".

    Returns arrays of shape (number of data sizes,): `train_loss` at the end, and for the test
    loss and the test error the value at the end (`..._final`), the smallest over time
    (`..._best`) and the one at the smallest validation loss (`..._selected`).
    """
    sizes = torch.tensor(data_sizes, dtype=torch.float64)
    parameters = copies(start, len(data_sizes))
    adam = adam_init(parameters)
    curves = {name: np.empty((0, len(data_sizes))) for name in ("test", "error", "validation")}
    if inner:
        # Copies into torch's own memory: sums may depend on how an array is aligned.
        parameters = [torch.tensor(inner[f"parameter_{i}"]) for i in range(len(parameters))]
        adam = adam_restore(inner, parameters)
        curves = {name: inner[f"curve_{name}"] for name in curves}
    for chunk in range(adam.steps // CHUNK, math.ceil(course.steps / CHUNK)):
        uniform = course.minibatch_stream(chunk).random((CHUNK, course.batch))
        for step in range(chunk * CHUNK, min((chunk + 1) * CHUNK, course.steps)):
            if step % course.evaluate_every == 0:
                curves = extended(curves, parameters, held_out, course.loss)
            chosen = (torch.tensor(uniform[step % CHUNK]) * sizes[:, None]).long()
            gradients = minibatch_gradients(parameters, train, chosen, course.loss)
            rate = 0.5 * course.learning_rate * (1 + math.cos(math.pi * step / course.steps))
            adam_step(parameters, gradients, adam, rate)
        keep(saved(parameters, adam_arrays(adam), curves), adam.steps / course.steps)
    curves = extended(curves, parameters, held_out, course.loss)
    return {**summary(curves), "train_loss": train_losses(parameters, data_sizes, train, course)}


def saved(parameters: Sequence[Tensor], optimiser: Arrays, curves: Arrays) -> Arrays:
    state = {f"parameter_{i}": tensor.numpy() for i, tensor in enumerate(parameters)}
    state.update({f"curve_{name}": values for name, values in curves.items()})
    return {**state, **optimiser}


@torch.no_grad()
def minibatch_gradients(
    parameters: Sequence[Tensor], train: Split, chosen: Tensor, loss: Loss
) -> list[Tensor]:
    """Gradients of each member's mean loss on the examples `chosen`, (members, batch)."""
    activations = forward(parameters, train.inputs[chosen].transpose(1, 2))
    targets = train.targets[chosen].transpose(1, 2)
    return backward(parameters, activations, loss.slope(activations[-1], targets) / chosen.shape[1])


@torch.no_grad()
def extended(
    curves: Arrays, parameters: Sequence[Tensor], held_out: Mapping[str, Split], loss: Loss
) -> Arrays:
    """The curves with one more point."""
    outputs = {name: forward(parameters, split.inputs.T)[-1] for name, split in held_out.items()}
    targets = {name: split.targets.T for name, split in held_out.items()}
    point = {name: loss.mean(outputs[name], targets[name]) for name in held_out}
    point["error"] = error_rate(outputs["test"], targets["test"])
    return {
        name: np.concatenate([curve, point[name].numpy()[None]]) for name, curve in curves.items()
    }


def summary(curves: Arrays) -> Arrays:
    """Final, best and validation-selected values; a curve that turns NaN gives NaN for all."""
    selected = np.argmin(curves["validation"], axis=0)[None]  # argmin points at a NaN if any
    values = {}
    for name, curve in (("test_loss", curves["test"]), ("test_error", curves["error"])):
        values[f"{name}_final"] = curve[-1]
        values[f"{name}_best"] = curve.min(axis=0)
        values[f"{name}_selected"] = np.take_along_axis(curve, selected, 0)[0]
    return values


@torch.no_grad()
def train_losses(
    parameters: Sequence[Tensor], data_sizes: Sequence[int], train: Split, course: Course
) -> np.ndarray:
    """Mean loss of each member on its own training set."""
    inputs = train.inputs[: max(data_sizes)].T
    outputs = forward(parameters, inputs)[-1]
    losses = course.loss.examples(outputs, train.targets[: max(data_sizes)].T).double()
    return np.array([losses[i, :size].mean().item() for i, size in enumerate(data_sizes)])

"""Adam with cosine decay on nested training sets: all data sizes of one seed together.

Within a seed the initialisation is the same for all members, smaller training sets are the heads
of the larger ones, and the minibatches are drawn from common random numbers (Bahri et al.,
arXiv:2102.06701, appendix A: teacher, student and order of the data are frozen while D is scanned).
Minibatches are drawn with replacement, so that every D costs the same. The data sizes are dealt to
stacks that fit the cache; these take turns, a chunk of steps each.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from scalinglaws.networks.mlp import copies, forward
from scalinglaws.training.arithmetic import subnormals_as_zero
from scalinglaws.training.groups import Arrays, Keep, under
from scalinglaws.training.losses import Loss, error_rate
from scalinglaws.training.optimisers import (
    Optimiser,
    advance,
    optimiser_arrays,
    optimiser_of,
    optimiser_restore,
)
from scalinglaws.training.workspace import Workspace, backpropagate, workspace

CHUNK = 250  # steps between two offers to save the state; also the unit of the minibatch streams
# Parameters, gradients and moments of the members trained side by side. Measured on one thread with
# 2 MB of L2 cache, 4-192-192-1, batch 64, per member and step: 200 us with 2 members, 185 with 3,
# 175 with 6 (larger stacks spill, and share the calls among more members), 240 one at a time.
CACHE_BYTES = 4_000_000


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


@dataclass
class Stack:
    """Members that fit the cache together, trained in turn with the other stacks."""

    parameters: list[Tensor]
    optimiser: Optimiser
    room: Workspace
    sizes: Tensor  # (members, 1) examples of each member's training set
    curves: Arrays  # name -> (measurements, members)

    @property
    def steps(self) -> int:
        return self.optimiser.steps


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
    return trained_nested(start, data_sizes, train, held_out, course, inner, keep)[0]


def trained_nested(
    start: Sequence[Tensor],
    data_sizes: Sequence[int],
    train: Split,
    held_out: Mapping[str, Split],
    course: Course,
    inner: Arrays,
    keep: Keep,
) -> tuple[Arrays, list[Tensor]]:
    """As `train_nested`, with the trained parameters of all data sizes, stacked."""
    stacks = [
        new_stack(start, sizes, course, under(inner, f"{number}/"))
        for number, sizes in enumerate(cache_sized(start, data_sizes))
    ]
    for chunk in range(stacks[0].steps // CHUNK, math.ceil(course.steps / CHUNK)):
        uniform = torch.tensor(course.minibatch_stream(chunk).random((CHUNK, course.batch)))
        with subnormals_as_zero():
            for stack in stacks:
                train_chunk(stack, chunk, uniform, train, held_out, course)
        keep(partial(saved, stacks), stacks[0].steps / course.steps)
    for stack in stacks:
        stack.curves = extended(stack.curves, stack.parameters, held_out, course.loss)
    names = stacks[0].curves
    curves = {name: np.concatenate([stack.curves[name] for stack in stacks], 1) for name in names}
    parts = zip(*(stack.parameters for stack in stacks), strict=True)
    parameters = [torch.cat(part) for part in parts]
    losses = train_losses(parameters, data_sizes, train, course)
    return {**summary(curves), "train_loss": losses}, parameters


def cache_sized(start: Sequence[Tensor], data_sizes: Sequence[int]) -> list[list[int]]:
    """The data sizes in runs of about equal length whose members fit the cache together."""
    member = 4 * sum(tensor.numel() * tensor.element_size() for tensor in start)
    count = min(len(data_sizes), math.ceil(len(data_sizes) * member / CACHE_BYTES))
    cuts = [round(i * len(data_sizes) / count) for i in range(count + 1)]
    return [list(data_sizes[low:high]) for low, high in pairwise(cuts)]


def new_stack(
    start: Sequence[Tensor], data_sizes: Sequence[int], course: Course, inner: Arrays
) -> Stack:
    """At the start, or where `inner` (what `saved` wrote of this stack) left off."""
    parameters = copies(start, len(data_sizes))
    optimiser = optimiser_of("adam", parameters)
    curves = {name: np.empty((0, len(data_sizes))) for name in ("test", "error", "validation")}
    if inner:
        # Copies into torch's own memory: sums may depend on how an array is aligned.
        parameters = [torch.tensor(inner[f"parameter_{i}"]) for i in range(len(parameters))]
        optimiser_restore(optimiser, inner)
        curves = {name: inner[f"curve_{name}"] for name in curves}
    room = workspace(parameters, course.batch)
    return Stack(parameters, optimiser, room, torch.tensor(data_sizes)[:, None], curves)


def saved(stacks: Sequence[Stack]) -> Arrays:
    state: Arrays = {}
    for number, stack in enumerate(stacks):
        arrays = {f"parameter_{i}": tensor.numpy() for i, tensor in enumerate(stack.parameters)}
        arrays |= {f"curve_{name}": values for name, values in stack.curves.items()}
        arrays |= optimiser_arrays(stack.optimiser)
        state |= {f"{number}/{name}": values for name, values in arrays.items()}
    return state


def train_chunk(
    stack: Stack,
    chunk: int,
    uniform: Tensor,
    train: Split,
    held_out: Mapping[str, Split],
    course: Course,
) -> None:
    """The chunk's steps; `uniform` (steps, batch) picks the examples of every member."""
    for step in range(chunk * CHUNK, min((chunk + 1) * CHUNK, course.steps)):
        if step % course.evaluate_every == 0:
            stack.curves = extended(stack.curves, stack.parameters, held_out, course.loss)
        chosen = (uniform[step % CHUNK] * stack.sizes).long()
        inputs = train.inputs[chosen].transpose(1, 2)
        targets = train.targets[chosen].transpose(1, 2)
        backpropagate(stack.parameters, inputs, targets, course.loss, stack.room)
        rate = 0.5 * course.learning_rate * (1 + math.cos(math.pi * step / course.steps))
        advance(stack.optimiser, stack.parameters, stack.room.gradients, rate)


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
    names = {"test_loss": "test", "test_error": "error"}  # regression knows no error
    for name, curve in ((n, curves[key]) for n, key in names.items() if key in curves):
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

"""Stacks of networks trained side by side: Adam with cosine decay, measured on the way.

Members of a stack share start, shapes or padding; stacks take turns, a chunk of steps each. The
data are fresh in every minibatch (`trained`) or the heads of one training set (`trained_nested`).
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

    - `chunk`: steps between two offers to save the state.
    - `stream(number)`: the generator of a chunk's minibatches, so that a resumed run draws what
      the uninterrupted one would have drawn.
    """

    loss: Loss
    steps: int
    batch: int
    learning_rate: float
    evaluate_every: int
    chunk: int
    stream: Callable[[int], np.random.Generator]


@dataclass
class Stack:
    """Members trained side by side, in turn with the other stacks."""

    parameters: list[Tensor]
    optimiser: Optimiser
    room: Workspace
    curves: Arrays  # name -> (measurements, members)


# (number of the stack, step in the chunk) -> inputs (members, features, batch) and targets
# (members, outputs, batch); the member axis may be absent where all members learn the same.
Minibatches = Callable[[int, int], tuple[Tensor, Tensor]]


def trained(
    starts: Sequence[list[Tensor]],
    minibatches: Callable[[np.random.Generator], Minibatches],
    held_out: Mapping[str, Split],
    course: Course,
    inner: Arrays,
    keep: Keep,
) -> tuple[Arrays, list[Tensor]]:
    """Curves and trained parameters of the members of all stacks, in order.

    - `starts`: each stack's parameters, changed in place.
    - `minibatches(stream)`: those of one chunk.
    - `held_out`: splits named "test" and "validation".

    Curves are (measurements, members): mean losses `test` and `validation`, and for classes the
    fraction `error` of test examples; the last measurement is at the end.
    """
    stacks = [
        new_stack(start, course, under(inner, f"{number}/")) for number, start in enumerate(starts)
    ]
    done = stacks[0].optimiser.steps
    for chunk in range(done // course.chunk, math.ceil(course.steps / course.chunk)):
        pick = minibatches(course.stream(chunk))
        with subnormals_as_zero():
            for number, stack in enumerate(stacks):
                train_chunk(stack, chunk, partial(pick, number), held_out, course)
        keep(partial(saved, stacks), stacks[0].optimiser.steps / course.steps)
    for stack in stacks:
        measure(stack, held_out, course.loss)
    names = stacks[0].curves
    curves = {name: np.concatenate([stack.curves[name] for stack in stacks], 1) for name in names}
    parts = zip(*(stack.parameters for stack in stacks), strict=True)
    return curves, [torch.cat(part) for part in parts]


def trained_nested(
    start: Sequence[Tensor],
    data_sizes: Sequence[int],
    train: Split,
    held_out: Mapping[str, Split],
    course: Course,
    inner: Arrays,
    keep: Keep,
) -> tuple[Arrays, list[Tensor]]:
    """`summary` and `train_loss` at the end, and parameters, of one network per data size.

    Each learns the head of that size of one training set. Start and order of the data are frozen
    while the size is scanned: `start` is one network (member axis of length 1), and minibatches
    come from common random numbers, with replacement, so that every size costs the same. The sizes
    are dealt to stacks that fit the cache.
    """
    runs = cache_sized(start, data_sizes)
    counts = [torch.tensor(sizes)[:, None] for sizes in runs]

    def minibatches(stream: np.random.Generator) -> Minibatches:
        uniform = torch.tensor(stream.random((course.chunk, course.batch)))

        def pick(stack: int, step: int) -> tuple[Tensor, Tensor]:
            # u D with one u for all D: sizes differ in their examples and in no other draw.
            chosen = (uniform[step] * counts[stack]).long()
            return train.inputs[chosen].transpose(1, 2), train.targets[chosen].transpose(1, 2)

        return pick

    starts = [copies(start, len(sizes)) for sizes in runs]
    curves, parameters = trained(starts, minibatches, held_out, course, inner, keep)
    losses = train_losses(parameters, data_sizes, train, course.loss)
    return {**summary(curves), "train_loss": losses}, parameters


def cache_sized(start: Sequence[Tensor], data_sizes: Sequence[int]) -> list[list[int]]:
    """The data sizes in runs of about equal length whose members fit the cache together."""
    # Parameters, gradients and two moments.
    member = 4 * sum(tensor.numel() * tensor.element_size() for tensor in start)
    count = min(len(data_sizes), math.ceil(len(data_sizes) * member / CACHE_BYTES))
    cuts = [round(i * len(data_sizes) / count) for i in range(count + 1)]
    return [list(data_sizes[low:high]) for low, high in pairwise(cuts)]


def new_stack(start: list[Tensor], course: Course, inner: Arrays) -> Stack:
    """At the start, or where `inner` (what `saved` wrote of this stack) left off."""
    parameters = start
    if inner:
        # Copies into torch's own memory: sums may depend on how an array is aligned.
        parameters = [torch.tensor(inner[f"parameter_{i}"]) for i in range(len(start))]
    optimiser = optimiser_of("adam", parameters)
    if inner:
        optimiser_restore(optimiser, inner)
    return Stack(parameters, optimiser, workspace(parameters, course.batch), under(inner, "curve_"))


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
    pick: Callable[[int], tuple[Tensor, Tensor]],
    held_out: Mapping[str, Split],
    course: Course,
) -> None:
    """The chunk's steps; `pick(step in the chunk)` gives inputs and targets."""
    for step in range(chunk * course.chunk, min((chunk + 1) * course.chunk, course.steps)):
        if step % course.evaluate_every == 0:
            measure(stack, held_out, course.loss)
        backpropagate(stack.parameters, *pick(step % course.chunk), course.loss, stack.room)
        rate = 0.5 * course.learning_rate * (1 + math.cos(math.pi * step / course.steps))
        advance(stack.optimiser, stack.parameters, stack.room.gradients, rate)


@torch.no_grad()
def measure(stack: Stack, held_out: Mapping[str, Split], loss: Loss) -> None:
    """Add one point to the curves."""
    point = {}
    for name, split in held_out.items():
        outputs, targets = forward(stack.parameters, split.inputs.T)[-1], split.targets.T
        point[name] = loss.mean(outputs, targets).numpy()[None]
        if name == "test" and len(targets) > 1:  # a single output is no choice of a class
            point["error"] = error_rate(outputs, targets).numpy()[None]
    before = stack.curves
    stack.curves = {
        name: np.concatenate([before[name], value]) if before else value
        for name, value in point.items()
    }


def summary(curves: Arrays) -> Arrays:
    """Test loss and, for classes, test error of each member, shape (members,).

    The values at the end (`..._final`), the smallest over time (`..._best`) and at the smallest
    validation loss (`..._selected`); a curve that turns NaN gives NaN for all.
    """
    selected = np.argmin(curves["validation"], axis=0)[None]  # argmin points at a NaN if any
    values = {}
    names = {"test_loss": "test", "test_error": "error"}
    for name, curve in ((n, curves[key]) for n, key in names.items() if key in curves):
        values[f"{name}_final"] = curve[-1]
        values[f"{name}_best"] = curve.min(axis=0)
        values[f"{name}_selected"] = np.take_along_axis(curve, selected, 0)[0]
    return values


@torch.no_grad()
def train_losses(
    parameters: Sequence[Tensor], data_sizes: Sequence[int], train: Split, loss: Loss
) -> np.ndarray:
    """Mean loss of each member on its own training set."""
    inputs = train.inputs[: max(data_sizes)].T
    outputs = forward(parameters, inputs)[-1]
    losses = loss.examples(outputs, train.targets[: max(data_sizes)].T).double()
    return np.array([losses[i, :size].mean().item() for i, size in enumerate(data_sizes)])

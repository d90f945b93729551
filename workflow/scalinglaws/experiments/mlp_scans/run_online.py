"""Students of growing width on fresh data: resolution-limited scaling in the number of parameters.

Bahri et al. (arXiv:2102.06701), Fig. S4, and Sharma & Kaplan (arXiv:2004.10802): two hidden layers
of equal width, online data (every minibatch is new), Adam with cosine decay, mean |f - F|^p. The
predicted exponent is 2 p / d, and for a teacher that is a sum over the factors of a product, d is
that of the largest factor.

All widths of a seed are one stack, zero-padded to the widest. Padding needs no masks: a padded
unit's activation is zero and its outgoing weights are zero, so all its gradients are zero.
"""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.mlp_scans.teachers import (
    Stream,
    Teacher,
    cube,
    screened_teacher,
    teacher_values,
)
from scalinglaws.networks.mlp import forward, he_normal, parameter_count
from scalinglaws.streams import generator
from scalinglaws.training.arithmetic import set_arithmetic
from scalinglaws.training.groups import Arrays, Keep, in_turn
from scalinglaws.training.losses import absolute_power
from scalinglaws.training.minibatch import summary
from scalinglaws.training.optimisers import (
    Optimiser,
    advance,
    optimiser_arrays,
    optimiser_of,
    optimiser_restore,
)
from scalinglaws.training.session import Session
from scalinglaws.training.workspace import backpropagate, workspace

PAPER, STREAMS = "bahri2021", "online_students"
CHUNK = 100  # steps between two offers to save the state; also the unit of the data streams
Settings = Mapping[str, Any]
Group = tuple[list[int], float, int]  # factor dimensions, power of the loss, seed


def run(settings: Settings, data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (target, power, width, seed, quantity).

    Quantities: test loss |f - F|^p of targets with unit variance: at the end, smallest over time,
    and at the smallest validation loss (`test_loss_final`, `_best`, `_selected`).
    `target`: dimensions of the factors, as in "3+3"; `dimension`: the largest of them.
    """
    set_arithmetic("cpu", session.threads)
    seeds = range(settings["first_seed"], settings["first_seed"] + settings["seeds"])
    groups = [
        (factors, power, seed)
        for factors in settings["targets"]
        for power in settings["powers"]
        for seed in seeds
    ]

    def compute(group: Group, inner: Arrays, keep: Keep) -> Arrays:
        return of_group(group, settings, inner, keep)

    results = in_turn(groups, compute, session)
    return stack(
        [
            {**labels(settings, group, width), "quantity": name, "value": result[name][index]}
            for group, result in zip(groups, results, strict=True)
            for index, width in enumerate(settings["widths"])
            for name in sorted(result)
        ]
    )


def labels(settings: Settings, group: Group, width: int) -> dict[str, Any]:
    factors, power, seed = group
    target = "+".join(str(dimension) for dimension in factors)
    identity = {"target": target, "power": power, "width": width, "seed": seed}
    return {
        "member": member_name(identity),
        **identity,
        "dimension": max(factors),
        "parameters": parameter_count([sum(factors), width, width, 1]),
        "step": settings["steps"],
    }


def of_group(group: Group, settings: Settings, inner: Arrays, keep: Keep) -> Arrays:
    """All widths of one seed: one teacher and one stream of data."""
    factors, power, seed = group
    features = sum(factors)

    def stream(purpose: str) -> np.random.Generator:
        # Neither width nor power: they share teacher, data and test set.
        identity = {"factors": factors, "seed": seed}
        return generator(settings["seed"], PAPER, STREAMS, identity, purpose)

    teachers = product_teacher(factors, settings["teacher_width"], stream)

    def examples(purpose: str, count: int) -> tuple[Tensor, Tensor]:
        inputs = cube(count, features, stream(purpose)).T.contiguous()
        return inputs, teacher_values(teachers, inputs)

    held_out = {
        "test": examples("test inputs", settings["test_size"]),
        "validation": examples("validation inputs", settings["validation_size"]),
    }
    start = [he_normal([features, w, w, 1], [stream(f"student {w}")]) for w in settings["widths"]]
    parameters, optimiser, curves = restored(padded(start), inner)
    room, loss = workspace(parameters, settings["batch"]), absolute_power(power)
    steps, batch = settings["steps"], settings["batch"]
    for chunk in range(optimiser.steps // CHUNK, math.ceil(steps / CHUNK)):
        inputs, targets = examples(f"data {chunk}", CHUNK * batch)
        for step in range(chunk * CHUNK, min((chunk + 1) * CHUNK, steps)):
            if step % settings["evaluate_every"] == 0:
                curves = extended(curves, parameters, held_out, power)
            fresh = slice(step % CHUNK * batch, (step % CHUNK + 1) * batch)
            backpropagate(parameters, inputs[:, fresh], targets[:, fresh], loss, room)
            rate = 0.5 * settings["learning_rate"] * (1 + math.cos(math.pi * step / steps))
            advance(optimiser, parameters, room.gradients, rate)
        keep(partial(saved, parameters, optimiser, curves), min(1.0, (chunk + 1) * CHUNK / steps))
    return summary(extended(curves, parameters, held_out, power))


def product_teacher(factors: list[int], width: int, stream: Stream) -> list[Teacher]:
    """One screened teacher per factor, each with streams of its own."""

    def of_factor(number: int, dimension: int) -> Teacher:
        return screened_teacher(
            dimension, width, lambda purpose: stream(f"factor {number} {purpose}")
        )

    return [of_factor(number, dimension) for number, dimension in enumerate(factors)]


def padded(networks: list[list[Tensor]]) -> list[Tensor]:
    """Single networks of different widths as one stack, zeros beyond their own shape."""
    stacked = []
    for tensors in zip(*networks, strict=True):
        rows, columns = (max(tensor.shape[axis] for tensor in tensors) for axis in (1, 2))
        whole = torch.zeros(len(tensors), rows, columns)
        for member, tensor in zip(whole, tensors, strict=True):
            member[: tensor.shape[1], : tensor.shape[2]] = tensor[0]
        stacked.append(whole)
    return stacked


def restored(start: list[Tensor], inner: Arrays) -> tuple[list[Tensor], Optimiser, Arrays]:
    """Parameters, optimiser and curves at the start, or where `saved` left off."""
    if not inner:
        empty = {name: np.empty((0, len(start[0]))) for name in ("test", "validation")}
        return start, optimiser_of("adam", start), empty
    parameters = [torch.tensor(inner[f"parameter_{i}"]) for i in range(len(start))]
    curves = {name: inner[f"curve_{name}"] for name in ("test", "validation")}
    optimiser = optimiser_of("adam", parameters)
    optimiser_restore(optimiser, inner)
    return parameters, optimiser, curves


def saved(parameters: list[Tensor], optimiser: Optimiser, curves: Arrays) -> Arrays:
    arrays = {f"parameter_{i}": tensor.numpy() for i, tensor in enumerate(parameters)}
    arrays |= {f"curve_{name}": values for name, values in curves.items()}
    return arrays | optimiser_arrays(optimiser)


@torch.no_grad()
def extended(
    curves: Arrays,
    parameters: list[Tensor],
    held_out: Mapping[str, tuple[Tensor, Tensor]],
    power: float,
) -> Arrays:
    """The curves with one more point."""
    loss = absolute_power(power)
    return {
        name: np.concatenate(
            [curves[name], loss.mean(forward(parameters, inputs)[-1], targets).numpy()[None]]
        )
        for name, (inputs, targets) in held_out.items()
    }

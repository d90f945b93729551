"""Students of growing width on fresh data: resolution-limited scaling in the number of parameters.

Bahri et al. (arXiv:2102.06701), Fig. S4, and Sharma & Kaplan (arXiv:2004.10802): two hidden layers
of equal width, online data (every minibatch is new), Adam with cosine decay, mean |f - F|^p. The
predicted exponent is 2 p / d, and for a teacher that is a sum over the factors of a product, d is
that of the largest factor.

All widths of a seed are one stack, zero-padded to the widest. Padding needs no masks: a padded
unit's activation is zero and its outgoing weights are zero, so all its gradients are zero.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.mlp_scans.settings import Online
from scalinglaws.experiments.mlp_scans.teachers import (
    Stream,
    Teacher,
    cube,
    screened_teacher,
    teacher_values,
)
from scalinglaws.networks.mlp import he_normal, parameter_count
from scalinglaws.records import as_record
from scalinglaws.streams import generator
from scalinglaws.training.groups import Arrays, Keep, tabulated
from scalinglaws.training.losses import absolute_power
from scalinglaws.training.minibatch import Course, Minibatches, Split, summary, trained
from scalinglaws.training.session import Session

PAPER, STREAMS = "bahri2021", "online_students"
CHUNK = 100  # steps between two offers to save the state; also the unit of the data streams
Group = tuple[tuple[int, ...], float, int]  # factor dimensions, power of the loss, seed


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (target, power, width, seed, quantity).

    Quantities: test loss |f - F|^p of targets with unit variance: at the end, smallest over time,
    and at the smallest validation loss (`test_loss_final`, `_best`, `_selected`).
    `target`: dimensions of the factors, as in "3+3"; `dimension`: the largest of them.
    """
    scan = as_record(Online, settings)
    return tabulated(
        list(product(scan.targets, scan.powers, scan.seed_range)),
        lambda group, inner, keep: of_group(group, scan, inner, keep),
        lambda group, result: rows(group, result, scan),
        session,
    )


def rows(group: Group, result: Arrays, scan: Online) -> Iterator[dict[str, Any]]:
    factors, power, seed = group
    target = "+".join(str(dimension) for dimension in factors)
    for index, width in enumerate(scan.widths):
        identity = {"target": target, "power": power, "width": width, "seed": seed}
        for name in sorted(result):
            yield {
                "member": member_name(identity),
                **identity,
                "dimension": max(factors),
                "parameters": parameter_count([sum(factors), width, width, 1]),
                "step": scan.steps,
                "quantity": name,
                "value": result[name][index],
            }


def of_group(group: Group, scan: Online, inner: Arrays, keep: Keep) -> Arrays:
    """All widths of one seed: one teacher and one stream of data."""
    factors, power, seed = group
    features = sum(factors)

    def stream(purpose: str) -> np.random.Generator:
        # Neither width nor power: they share teacher, data and test set.
        identity = {"factors": factors, "seed": seed}
        return generator(scan.seed, PAPER, STREAMS, identity, purpose)

    teachers = product_teacher(factors, scan.teacher_width, stream)

    def examples(draws: np.random.Generator, count: int) -> tuple[Tensor, Tensor]:
        inputs = cube(count, features, draws).T.contiguous()
        return inputs, teacher_values(teachers, inputs)

    def held_out(purpose: str, count: int) -> Split:
        inputs, targets = examples(stream(purpose), count)
        return Split(inputs.T, targets.T)

    def minibatches(draws: np.random.Generator) -> Minibatches:
        inputs, targets = examples(draws, CHUNK * scan.batch)

        def pick(stack: int, step: int) -> tuple[Tensor, Tensor]:
            fresh = slice(step * scan.batch, (step + 1) * scan.batch)
            return inputs[:, fresh], targets[:, fresh]

        return pick

    splits = {
        "test": held_out("test inputs", scan.test_size),
        "validation": held_out("validation inputs", scan.validation_size),
    }
    course = Course(
        absolute_power(power),
        scan.steps,
        scan.batch,
        scan.learning_rate,
        scan.evaluate_every,
        CHUNK,
        lambda chunk: stream(f"data {chunk}"),
    )
    start = [he_normal([features, w, w, 1], [stream(f"student {w}")]) for w in scan.widths]
    return summary(trained([padded(start)], minibatches, splits, course, inner, keep)[0])


def product_teacher(factors: tuple[int, ...], width: int, stream: Stream) -> list[Teacher]:
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

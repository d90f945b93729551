"""A fully connected network on real images: resolution-limited scaling in the data size.

Stands in for the wide residual networks of Bahri et al. (arXiv:2102.06701), Fig. 1a top right,
where no GPU is at hand: the same number of updates for every D, nested training sets, cross-entropy
of the test set without any offset removed.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.data.transforms import average_pool, nested_subset, standardise
from scalinglaws.networks.mlp import he_normal
from scalinglaws.streams import generator
from scalinglaws.training.arithmetic import set_arithmetic
from scalinglaws.training.groups import Arrays, Keep, in_turn
from scalinglaws.training.losses import CROSS_ENTROPY
from scalinglaws.training.minibatch import Course, Split, train_nested
from scalinglaws.training.session import Session

PAPER, EXPERIMENT = "bahri2021", "digits_mlp"
LAST_GAIN = 0.1  # an over-scaled last layer can start above log(classes) and never recover


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (task, D, seed, quantity); quantities as in training.minibatch.train_nested.

    Losses in nats, errors as fractions.
    """
    set_arithmetic("cpu", session.threads)
    images = data[settings["task"]]
    pooled = standardise(
        average_pool(images.train_images, settings["pooling"]),
        average_pool(images.test_images, settings["pooling"]),
    )
    train, test = (torch.tensor(part.reshape(len(part), -1)) for part in pooled)
    classes = int(images.train_labels.max()) + 1
    whole = Split(train, one_hot(images.train_labels, classes))
    kept = settings["test_size"]
    tested = Split(test[:kept], one_hot(images.test_labels[:kept], classes))

    def compute(seed: int, inner: Arrays, keep: Keep) -> Arrays:
        return of_seed(seed, whole, tested, settings, inner, keep)

    seeds = range(settings["first_seed"], settings["first_seed"] + settings["seeds"])
    results = in_turn(seeds, compute, session)
    return stack(
        [
            {**labels(settings, size, seed), "quantity": name, "value": result[name][index]}
            for seed, result in zip(seeds, results, strict=True)
            for index, size in enumerate(settings["data_sizes"])
            for name in sorted(result)
        ]
    )


def labels(settings: Mapping[str, Any], size: int, seed: int) -> dict[str, Any]:
    identity = {"task": settings["task"], "data_size": size, "seed": seed}
    return {"member": member_name(identity), **identity, "step": settings["steps"]}


def of_seed(
    seed: int,
    whole: Split,
    tested: Split,
    settings: Mapping[str, Any],
    inner: Arrays,
    keep: Keep,
) -> Arrays:
    """All data sizes of one seed: one start, nested training sets, a validation set beside them."""
    largest, aside = max(settings["data_sizes"]), settings["validation_size"]
    chosen = nested_subset(len(whole.inputs), largest + aside, stream(settings, seed, "subset"))
    features, classes = whole.inputs.shape[1], whole.targets.shape[1]
    hidden = [settings["width"]] * settings["hidden_layers"]
    start = he_normal([features, *hidden, classes], [stream(settings, seed, "network")], LAST_GAIN)
    course = Course(
        CROSS_ENTROPY,
        settings["steps"],
        settings["batch"],
        settings["learning_rate"],
        settings["evaluate_every"],
        lambda chunk: stream(settings, seed, f"minibatches {chunk}"),
    )
    held_out = {"test": tested, "validation": part(whole, chosen[largest:])}
    return train_nested(
        start, settings["data_sizes"], part(whole, chosen[:largest]), held_out, course, inner, keep
    )


def part(split: Split, indices: np.ndarray) -> Split:
    return Split(split.inputs[indices], split.targets[indices])


def one_hot(labels_of: np.ndarray, classes: int) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.tensor(labels_of), classes).float()


def stream(settings: Mapping[str, Any], seed: int, purpose: str) -> np.random.Generator:
    """Streams do not know D: all data sizes of a seed share them."""
    identity = {"task": settings["task"], "seed": seed}
    return generator(settings["seed"], PAPER, EXPERIMENT, identity, purpose)

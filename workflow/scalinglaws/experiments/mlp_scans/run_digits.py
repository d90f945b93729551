"""A fully connected network on real images: resolution-limited scaling in the data size.

Stands in for the wide residual networks of Bahri et al. (arXiv:2102.06701), Fig. 1a top right,
where no GPU is at hand: the same number of updates for every D, nested training sets, cross-entropy
of the test set without any offset removed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns
from scalinglaws.data.dataset import Dataset
from scalinglaws.data.transforms import average_pool, nested_subset, standardise
from scalinglaws.experiments.mlp_scans.settings import Digits
from scalinglaws.networks.mlp import he_normal
from scalinglaws.records import as_record
from scalinglaws.streams import generator
from scalinglaws.training.groups import Arrays, Keep, tabulated
from scalinglaws.training.losses import CROSS_ENTROPY
from scalinglaws.training.minibatch import Course, Split, trained_nested
from scalinglaws.training.session import Session

PAPER, EXPERIMENT = "bahri2021", "digits_mlp"
CHUNK = 250  # steps between two offers to save the state; also the unit of the minibatch streams
LAST_GAIN = 0.1  # an over-scaled last layer can start above log(classes) and never recover


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (task, D, seed, quantity); quantities as in training.minibatch.trained_nested.

    Losses in nats, errors as fractions.
    """
    scan = as_record(Digits, settings)
    whole, tested = splits(data[scan.task], scan)
    return tabulated(
        scan.seed_range,
        lambda seed, inner, keep: of_seed(seed, whole, tested, scan, inner, keep),
        lambda seed, result: rows(seed, result, scan),
        session,
    )


def splits(images: Dataset, scan: Digits) -> tuple[Split, Split]:
    """All training images and the first `test_size` test images."""
    pooled = standardise(
        average_pool(images.train_images, scan.pooling),
        average_pool(images.test_images, scan.pooling),
    )
    train, test = (torch.tensor(part.reshape(len(part), -1)) for part in pooled)
    classes = int(images.train_labels.max()) + 1
    kept = scan.test_size
    return (
        Split(train, one_hot(images.train_labels, classes)),
        Split(test[:kept], one_hot(images.test_labels[:kept], classes)),
    )


def rows(seed: int, result: Arrays, scan: Digits) -> Iterator[dict[str, Any]]:
    for index, size in enumerate(scan.data_sizes):
        identity = {"task": scan.task, "data_size": size, "seed": seed}
        label = {"member": member_name(identity), **identity, "step": scan.steps}
        for name in sorted(result):
            yield {**label, "quantity": name, "value": result[name][index]}


def of_seed(
    seed: int, whole: Split, tested: Split, scan: Digits, inner: Arrays, keep: Keep
) -> Arrays:
    """All data sizes of one seed: one start, nested training sets, a validation set beside them."""

    def stream(purpose: str) -> np.random.Generator:
        # Streams do not know D: all data sizes of a seed share them.
        identity = {"task": scan.task, "seed": seed}
        return generator(scan.seed, PAPER, EXPERIMENT, identity, purpose)

    largest, aside = max(scan.data_sizes), scan.validation_size
    chosen = nested_subset(len(whole.inputs), largest + aside, stream("subset"))
    features, classes = whole.inputs.shape[1], whole.targets.shape[1]
    layers = [features, *[scan.width] * scan.hidden_layers, classes]
    start = he_normal(layers, [stream("network")], LAST_GAIN)
    course = Course(
        CROSS_ENTROPY,
        scan.steps,
        scan.batch,
        scan.learning_rate,
        scan.evaluate_every,
        CHUNK,
        lambda chunk: stream(f"minibatches {chunk}"),
    )
    held_out = {"test": tested, "validation": part(whole, chosen[largest:])}
    train = part(whole, chosen[:largest])
    return trained_nested(start, scan.data_sizes, train, held_out, course, inner, keep)[0]


def part(split: Split, indices: np.ndarray) -> Split:
    return Split(split.inputs[indices], split.targets[indices])


def one_hot(labels_of: np.ndarray, classes: int) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.tensor(labels_of), classes).float()

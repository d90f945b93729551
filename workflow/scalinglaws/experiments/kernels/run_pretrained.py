"""Regression from the frozen features of a network trained on the other half of the data.

Bahri et al. (arXiv:2102.06701), figures S6 to S8, with a convolutional network of our own in place
of EfficientNet-B5; a data set of embeddings is taken as it is. One seed: own halves, own
extractor, own order of examples and features, own teachers.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns
from scalinglaws.data.dataset import Dataset
from scalinglaws.data.transforms import average_pool
from scalinglaws.experiments.kernels.comparison import (
    Inputs,
    Kernel,
    bin_centres,
    kernel_scans,
    linear_kernel,
    relu_kernel,
    spectrum,
)
from scalinglaws.experiments.kernels.scans import RIDGES, Part, Task, subset_scans, variance_scans
from scalinglaws.experiments.kernels.settings import PretrainedFeatures
from scalinglaws.networks.cnn import init
from scalinglaws.networks.shapes import CNN
from scalinglaws.records import as_record
from scalinglaws.streams import generator
from scalinglaws.training.feature_extractor import Training, error_rate, penultimate, trained
from scalinglaws.training.groups import Arrays, Keep, tabulated
from scalinglaws.training.session import Session

PAPER, EXPERIMENT = "bahri2021", "pretrained_features"
Array = np.ndarray
TEACHERS = 16  # random teachers per seed, averaged
GRIDS = {
    "data": "data_sizes",
    "parameters": "parameter_sizes",
    "resonance": "resonance_sizes",
    "variance": "variance_sizes",
}


class Representations(NamedTuple):
    """Views of the same examples: `pixels`, features of the random and of the trained network."""

    learned: Inputs
    random: Inputs | None
    pixels: Inputs
    error: float


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (features, target, scan, ridge, size, seed).

    Features `learned`, or a kernel's name; targets `real` or `teacher`. Scans: as in
    scans.py, `kernel` (loss against D), `spectrum` (quantities `eigenvalue`, `coefficient`
    against the rank) and `extractor` (quantity `test_error` of the network itself).
    """
    design = as_record(PretrainedFeatures, settings)
    return tabulated(
        design.seed_range,
        lambda seed, inner, keep: of_seed(seed, data[design.dataset], design, inner, keep),
        lambda seed, result: rows(seed, result, design),
        session,
    )


def rows(seed: int, result: Arrays, design: PretrainedFeatures) -> Iterator[dict[str, Any]]:
    for key, values in result.items():
        features, target, scan, ridge, quantity = key.split("/")
        for size, value in zip(abscissae(scan, design), values, strict=True):
            names = {"features": features, "target": target, "scan": scan, "ridge": ridge}
            identity: dict[str, Any] = {**names, "size": size, "seed": seed}
            yield {
                "member": member_name({"dataset": design.dataset, **identity}),
                "dataset": design.dataset,
                **identity,
                "count": design.features,
                "quantity": quantity,
                "value": value,
            }


def abscissae(scan: str, design: PretrainedFeatures) -> list[float]:
    if scan == "spectrum":
        return bin_centres(design.spectrum_size)
    if scan == "extractor":
        return [float(design.steps)]
    if scan == "kernel":
        return [float(size) for size in design.kernel_sizes]
    return [float(size) for size in getattr(design, GRIDS[scan.split("_")[-1]])]


def of_seed(
    seed: int, dataset: Dataset, design: PretrainedFeatures, inner: Arrays, keep: Keep
) -> Arrays:
    views, labels = represent(seed, dataset, design, inner, keep)
    real = one_hot(labels)
    made = teachers(views.learned, seed, design)
    found = {"learned/none/extractor/none/test_error": np.array([views.error])}
    found |= scans_of(views.learned, "real", real, seed, design)
    found |= scans_of(views.learned, "teacher", made, seed, design)
    for name, kernel in kernels(views):
        for key, values in kernel_scans(kernel, real, design.kernel_sizes).items():
            target, ridge = [*key.split("/"), "low"][:2]
            found[f"{name}/{target}/kernel/{ridge}/loss"] = values
        for quantity, values in spectrum(kernel, real[0], design.spectrum_size).items():
            found[f"{name}/real/spectrum/none/{quantity}"] = values
    return found


def kernels(views: Representations) -> Iterator[tuple[str, Kernel]]:
    yield "learned", linear_kernel(views.learned)
    if views.random is not None:
        yield "random", linear_kernel(views.random)
    for name, layers, which in (("nngp1", 1, "nngp"), ("nngp3", 3, "nngp"), ("ntk3", 3, "ntk")):
        yield name, relu_kernel(views.pixels, layers, which)


def scans_of(
    inputs: Inputs, name: str, targets: tuple[Array, ...], seed: int, design: PretrainedFeatures
) -> Arrays:
    task = Task(*(Part(*pair) for pair in zip(inputs, targets, strict=True)))
    rows_, columns = (
        stream(design, seed, purpose).permutation(count)
        for purpose, count in zip(("examples", "features"), inputs.train.shape, strict=True)
    )

    def draws(scan: str, size: int) -> np.random.Generator:
        return stream(design, seed, f"{scan} {size}")

    scanned = {
        "loss": subset_scans(task, rows_, columns, design),
        "excess": variance_scans(task, rows_, columns, design, draws),
    }
    return {
        f"learned/{name}/{scan}/{ridge}/{quantity}": values[:, number]
        for quantity, scans in scanned.items()
        for scan, values in scans.items()
        for number, ridge in enumerate(RIDGES)
    }


def teachers(inputs: Inputs, seed: int, design: PretrainedFeatures) -> tuple[Array, ...]:
    weights = stream(design, seed, "teachers").standard_normal((inputs.train.shape[1], TEACHERS))
    return tuple(part @ weights for part in inputs)


def represent(
    seed: int, dataset: Dataset, design: PretrainedFeatures, inner: Arrays, keep: Keep
) -> tuple[Representations, tuple[Array, ...]]:
    """All views of the examples, and the labels of train, validation and test part."""
    half = len(dataset.train_labels) // 2
    order = stream(design, seed, "halves").permutation(len(dataset.train_labels))
    others = order[half : half + design.population]
    tested = stream(design, seed, "test").permutation(len(dataset.test_labels))
    parts = np.split(tested[: 2 * design.test_size], 2)
    labels = (dataset.train_labels[others], *(dataset.test_labels[part] for part in parts))
    if dataset.train_images.ndim == 2:  # embeddings
        given = centred(
            dataset.train_images[others].astype(float),
            *(dataset.test_images[part].astype(float) for part in parts),
        )
        kept = strongest(given, design.features)
        return Representations(kept, None, given, 0.0), labels
    images = (
        pooled(dataset.train_images[others], design),
        *(pooled(dataset.test_images[part], design) for part in parts),
    )
    first = (
        pooled(dataset.train_images[order[:half]], design),
        dataset.train_labels[order[:half]],
    )
    return extracted(seed, images, labels, first, design, inner, keep), labels


def extracted(
    seed: int,
    images: tuple[torch.Tensor, ...],
    labels: tuple[Array, ...],
    first: tuple[torch.Tensor, Array],
    design: PretrainedFeatures,
    inner: Arrays,
    keep: Keep,
) -> Representations:
    """Features of the network before and after training on the first half."""
    channels, side = first[0].shape[1:3]
    classes = int(first[1].max()) + 1
    network = CNN(side, channels, design.widths, (design.hidden,), classes, pool_every=1)
    start = init(network, stream(design, seed, "network"))
    count = design.features
    random = strongest(centred(*(penultimate(network, start, part) for part in images)), count)
    training = Training(
        design.steps,
        design.batch,
        design.learning_rate,
        lambda chunk: stream(design, seed, f"minibatches {chunk}"),
    )
    final = trained(network, start, first[0], torch.tensor(first[1]), training, inner, keep)
    learned = strongest(centred(*(penultimate(network, final, part) for part in images)), count)
    error = error_rate(network, final, images[2], torch.tensor(labels[2]))
    flat = Inputs(*(part.reshape(len(part), -1).double().numpy() for part in images))
    return Representations(learned, random, flat, error)


def pooled(images: Array, design: PretrainedFeatures) -> torch.Tensor:
    """(n, channels, side, side) float32, grey values in about [-1, 1]."""
    small = average_pool(images, design.pool)
    planes = small[:, None] if small.ndim == 3 else np.moveaxis(small, 3, 1)
    return torch.from_numpy(np.ascontiguousarray(2.0 * planes - 1.0, dtype=np.float32))


def centred(train: Array, validation: Array, test: Array) -> Inputs:
    """All parts less the mean of the train part."""
    mean = train.mean(axis=0)
    return Inputs(train - mean, validation - mean, test - mean)


def strongest(inputs: Inputs, count: int) -> Inputs:
    """The features of largest variance: a trained ReLU layer has units that are never active."""
    chosen = np.sort(np.argsort(-inputs.train.var(axis=0), kind="stable")[:count])
    return Inputs(*(part[:, chosen] for part in inputs))


def one_hot(labels: tuple[Array, ...]) -> Inputs:
    classes = np.eye(max(int(part.max()) for part in labels) + 1)
    return centred(*(classes[part] for part in labels))


def stream(design: PretrainedFeatures, seed: int, purpose: str) -> np.random.Generator:
    identity = {"dataset": design.dataset, "seed": seed}
    return generator(design.seed, PAPER, EXPERIMENT, identity, purpose)

"""Classification tasks of the variance-limited experiments: a population and a test set."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from scalinglaws.data.dataset import Dataset
from scalinglaws.data.transforms import average_pool, nested_subset, standardise
from scalinglaws.networks.mlp import forward, he_normal
from scalinglaws.training.weighted_descent import Examples

SYNTHETIC = "teacher_student"
Settings = Mapping[str, Any]
Stream = Callable[[Mapping[str, Any], str], np.random.Generator]  # identity, purpose


def task_examples(
    settings: Settings, data: dict[str, Dataset], stream: Stream
) -> tuple[Examples, Examples]:
    """The finite population (`population` examples) and the test set (`test_size`) of `task`."""
    if settings["task"] == SYNTHETIC:
        return synthetic_examples(settings, stream)
    return image_examples(settings, data[settings["task"]], stream)


def synthetic_examples(settings: Settings, stream: Stream) -> tuple[Examples, Examples]:
    """Gaussian inputs; targets are the class probabilities of a random network."""
    dimension, population = settings["input_dimension"], settings["population"]
    teacher_sizes = [dimension, settings["teacher_width"], settings["classes"]]
    teacher = he_normal(teacher_sizes, [stream({}, "teacher")])
    total = population + settings["test_size"]
    inputs = stream({}, "inputs").standard_normal((total, dimension), dtype=np.float32)
    features = torch.tensor(inputs.T.copy())
    logits = forward(teacher, features)[-1][0]
    # Centred per class and scaled as a whole: otherwise a random teacher prefers one class.
    logits = logits - logits.mean(1, keepdim=True)
    targets = torch.softmax(settings["teacher_sharpness"] * logits / logits.std(), 0)
    return (
        Examples(features[:, :population].contiguous(), targets[:, :population].contiguous()),
        Examples(features[:, population:].contiguous(), targets[:, population:].contiguous()),
    )


def image_examples(
    settings: Settings, images: Dataset, stream: Stream
) -> tuple[Examples, Examples]:
    """Pooled, standardised images, flattened, with one-hot targets."""
    (train, train_labels), (test, test_labels) = chosen_images(settings, images, stream)
    classes = int(images.train_labels.max()) + 1
    return (
        Examples(flat(train), one_hot(train_labels, classes)),
        Examples(flat(test), one_hot(test_labels, classes)),
    )


def chosen_images(
    settings: Settings, images: Dataset, stream: Stream
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Pooled, standardised images (n, h, w[, channels]) with labels: population, test set."""
    train, test = standardise(
        average_pool(images.train_images, settings["pooling"]),
        average_pool(images.test_images, settings["pooling"]),
    )
    chosen = nested_subset(
        len(train), settings["population"], stream({"task": images.name}, "population")
    )
    kept = slice(settings["test_size"])
    return (
        (train[chosen], images.train_labels[chosen]),
        (test[kept], images.test_labels[kept]),
    )


def flat(inputs: np.ndarray) -> Tensor:
    return torch.tensor(inputs.reshape(len(inputs), -1).T.copy())


def one_hot(classes_of: np.ndarray, classes: int) -> Tensor:
    """(classes, examples)."""
    hot = torch.nn.functional.one_hot(torch.tensor(classes_of), classes)
    return hot.T.float().contiguous()

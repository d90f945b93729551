"""Variance-limited scaling in the data size: small networks, training sets drawn at random.

Bahri et al. (arXiv:2102.06701), Fig. 1a top left: networks of fixed small width, full-batch
gradient descent for a fixed number of steps, L(D) - L(infinity) averaged over training sets.
Seeds are independent (own initialisation, own training sets); within a seed all D share both the
initialisation and the test set. The limit is exact (see training/weighted_descent.py).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from scalinglaws.canonical import member_name
from scalinglaws.data.dataset import Dataset
from scalinglaws.data.transforms import average_pool, nested_subset, standardise
from scalinglaws.networks.mlp import copies, forward, he_normal, ntk_rates, parameter_count
from scalinglaws.storage import Columns, stack
from scalinglaws.streams import generator
from scalinglaws.training.groups import Arrays, Keep, in_turn
from scalinglaws.training.losses import CROSS_ENTROPY
from scalinglaws.training.session import Session
from scalinglaws.training.weighted_descent import Examples, balanced_counts, descend

PAPER, EXPERIMENT = "bahri2021", "variance_limited"
SYNTHETIC = "teacher_student"


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (D, seed, training set, quantity).

    Quantities: `excess` = L(D) - L(infinity) on the test set (nats); `deviation`, the mean squared
    distance of the logits from those of the limit; `loss_limit` = L(infinity).
    """
    torch.set_num_threads(session.threads)
    population, test = task_examples(settings, data)
    seeds = range(settings["first_seed"], settings["first_seed"] + settings["seeds"])
    groups = [(seed, size) for seed in seeds for size in settings["data_sizes"]]

    def compute(group: tuple[int, int], inner: Arrays, keep: Keep) -> Arrays:
        return of_group(*group, population, test, settings)

    results = in_turn(groups, compute, session)
    parameters = parameter_count(layer_sizes(settings, population))
    return stack(
        [
            {
                **labels(settings, size, seed, draw),
                "parameters": parameters,
                "quantity": name,
                "value": values[draw],
            }
            for (seed, size), result in zip(groups, results, strict=True)
            for name, values in result.items()
            for draw in range(settings["sets"])
        ]
    )


def labels(settings: Mapping[str, Any], size: int, seed: int, draw: int) -> dict[str, Any]:
    identity = {"task": settings["task"], "data_size": size, "seed": seed, "draw": draw}
    return {"member": member_name(identity), **identity, "step": settings["steps"]}


def layer_sizes(settings: Mapping[str, Any], population: Examples) -> list[int]:
    hidden = [settings["width"]] * settings["hidden_layers"]
    return [population.inputs.shape[0], *hidden, population.targets.shape[0]]


def of_group(
    seed: int, size: int, population: Examples, test: Examples, settings: Mapping[str, Any]
) -> Arrays:
    """All quantities of the training sets of one seed and size, each of shape (sets,).

    The limit is trained again in every group, at 1 / (sets + 1) of the cost, in the same stack as
    the members it is compared with: their difference is then free of rounding between stacks.
    """
    sizes = layer_sizes(settings, population)
    identity = {"task": settings["task"], "seed": seed}
    start = he_normal(sizes, [stream(settings, identity, "initialisation")])
    weights = set_weights(population.inputs.shape[1], {**identity, "data_size": size}, settings)
    rates = ntk_rates(sizes, settings["learning_rate"])
    members = copies(start, len(weights))
    trained = descend(members, population, weights, rates, settings["steps"])
    with torch.no_grad():
        outputs = forward(trained, test.inputs)[-1]
    loss = CROSS_ENTROPY.mean(outputs, test.targets)
    return {
        "excess": (loss[1:] - loss[0]).numpy(),
        "deviation": (outputs[1:] - outputs[:1]).double().square().mean((1, 2)).numpy(),
        "loss_limit": loss[:1].repeat(settings["sets"]).numpy(),
    }


def set_weights(
    population: int, identity: Mapping[str, Any], settings: Mapping[str, Any]
) -> Tensor:
    """Weights of the limit (first row, 1/N each) and of the training sets (counts / D)."""
    size = identity["data_size"]
    draws = stream(settings, identity, "training sets")
    counts = balanced_counts(population, size, settings["sets"], draws)
    limit = np.full((1, population), 1.0 / population)
    return torch.tensor(np.concatenate([limit, counts / size]), dtype=torch.float32)


def stream(
    settings: Mapping[str, Any], identity: Mapping[str, Any], purpose: str
) -> np.random.Generator:
    return generator(settings["seed"], PAPER, EXPERIMENT, identity, purpose)


def task_examples(
    settings: Mapping[str, Any], data: dict[str, Dataset]
) -> tuple[Examples, Examples]:
    """The finite population from which training sets are drawn, and the test set."""
    if settings["task"] == SYNTHETIC:
        return synthetic_examples(settings)
    return image_examples(settings, data[settings["task"]])


def synthetic_examples(settings: Mapping[str, Any]) -> tuple[Examples, Examples]:
    """Gaussian inputs; targets are the class probabilities of a random network."""
    dimension, population = settings["input_dimension"], settings["population"]
    teacher_sizes = [dimension, settings["teacher_width"], settings["classes"]]
    teacher = he_normal(teacher_sizes, [stream(settings, {}, "teacher")])
    total = population + settings["test_size"]
    inputs = stream(settings, {}, "inputs").standard_normal((total, dimension), dtype=np.float32)
    features = torch.tensor(inputs.T.copy())
    logits = forward(teacher, features)[-1][0]
    # Centred per class and scaled as a whole: otherwise a random teacher prefers one class.
    logits = logits - logits.mean(1, keepdim=True)
    targets = torch.softmax(settings["teacher_sharpness"] * logits / logits.std(), 0)
    return (
        Examples(features[:, :population].contiguous(), targets[:, :population].contiguous()),
        Examples(features[:, population:].contiguous(), targets[:, population:].contiguous()),
    )


def image_examples(settings: Mapping[str, Any], images: Dataset) -> tuple[Examples, Examples]:
    """Pooled, standardised images with one-hot targets."""
    train, test = standardise(
        average_pool(images.train_images, settings["pooling"]),
        average_pool(images.test_images, settings["pooling"]),
    )
    chosen = nested_subset(
        len(train), settings["population"], stream(settings, {"task": images.name}, "population")
    )
    classes = int(images.train_labels.max()) + 1
    kept = slice(settings["test_size"])
    return (
        labelled(train[chosen], images.train_labels[chosen], classes),
        labelled(test[kept], images.test_labels[kept], classes),
    )


def labelled(inputs: np.ndarray, classes_of: np.ndarray, classes: int) -> Examples:
    features = torch.tensor(inputs.reshape(len(inputs), -1).T.copy())
    one_hot = torch.nn.functional.one_hot(torch.tensor(classes_of), classes)
    return Examples(features, one_hot.T.float().contiguous())

"""Variance-limited scaling in the data size: small networks, training sets drawn at random.

Bahri et al. (arXiv:2102.06701), Fig. 1a top left: networks of fixed small width, full-batch
gradient descent for a fixed number of steps, L(D) - L(infinity) averaged over training sets.
Seeds are independent (own initialisation, own training sets); within a seed all D and both losses
share the initialisation, the training sets and the test set. The limit is exact (see
training/weighted_descent.py).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.variance.quantities import LOSSES, learning_rate, quantities
from scalinglaws.experiments.variance.tasks import task_examples
from scalinglaws.networks.mlp import copies, forward, he_normal, ntk_rates, parameter_count
from scalinglaws.streams import generator
from scalinglaws.training.groups import Arrays, Keep, in_turn
from scalinglaws.training.session import Session
from scalinglaws.training.weighted_descent import Examples, balanced_counts, descend

PAPER, EXPERIMENT = "bahri2021", "variance_limited"
Group = tuple[str, int, int]  # loss, seed, data size


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (loss, D, seed, training set, quantity); see `quantities`.

    Losses are in nats (cross-entropy) or squared distances of the outputs from the targets.
    """
    population, test = task_examples(
        settings, data, lambda identity, purpose: stream(settings, identity, purpose)
    )
    seeds = range(settings["first_seed"], settings["first_seed"] + settings["seeds"])
    groups = [
        (loss, seed, size)
        for loss in settings["losses"]
        for seed in seeds
        for size in settings["data_sizes"]
    ]

    def compute(group: Group, inner: Arrays, keep: Keep) -> Arrays:
        return of_group(group, population, test, settings)

    results = in_turn(groups, compute, session)
    parameters = parameter_count(layer_sizes(settings, population))
    return stack(
        [
            {
                **labels(settings, group, draw),
                "parameters": parameters,
                "quantity": name,
                "value": values[draw],
            }
            for group, result in zip(groups, results, strict=True)
            for name, values in result.items()
            for draw in range(settings["sets"])
        ]
    )


def labels(settings: Mapping[str, Any], group: Group, draw: int) -> dict[str, Any]:
    loss, seed, size = group
    identity: dict[str, Any] = {"network": "fully connected", "task": settings["task"]}
    identity |= {"loss": loss, "data_size": size, "seed": seed, "draw": draw}
    return {"member": member_name(identity), **identity, "step": settings["steps"]}


def layer_sizes(settings: Mapping[str, Any], population: Examples) -> list[int]:
    hidden = [settings["width"]] * settings["hidden_layers"]
    return [population.inputs.shape[0], *hidden, population.targets.shape[0]]


def of_group(
    group: Group, population: Examples, test: Examples, settings: Mapping[str, Any]
) -> Arrays:
    """All quantities of the training sets of one loss, seed and size, each of shape (sets,).

    The limit is trained again in every group, at 1 / (sets + 1) of the cost, in the same stack as
    the members it is compared with: their difference is then free of rounding between stacks.
    """
    name, seed, size = group
    loss = LOSSES[name]
    sizes = layer_sizes(settings, population)
    identity = {"task": settings["task"], "seed": seed}
    start = he_normal(sizes, [stream(settings, identity, "initialisation")])
    weights = set_weights(population.inputs.shape[1], {**identity, "data_size": size}, settings)
    rates = ntk_rates(sizes, learning_rate(name, settings["learning_rate"]))
    members = copies(start, len(weights))
    trained = descend(members, population, weights, rates, settings["steps"], loss)
    with torch.no_grad():
        outputs = forward(trained, test.inputs)[-1]
    return quantities(outputs, test.targets, loss)


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

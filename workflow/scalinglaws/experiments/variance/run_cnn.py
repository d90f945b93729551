"""Variance-limited scaling in the data size of a small convolutional network.

As run_mlp, with eight-channel networks of the Myrtle family. Members are
trained one after the other: their convolutions fill the vector units by themselves, and on a GPU
a step over the whole population fills it too.
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
from scalinglaws.experiments.variance.tasks import chosen_images, one_hot
from scalinglaws.networks import myrtle
from scalinglaws.networks.shapes import Myrtle
from scalinglaws.streams import generator
from scalinglaws.training.groups import Arrays, Keep, in_turn
from scalinglaws.training.losses import Loss
from scalinglaws.training.session import Session
from scalinglaws.training.weighted_descent import Examples, balanced_counts

PAPER, EXPERIMENT = "bahri2021", "variance_limited_cnn"
Settings = Mapping[str, Any]
Group = tuple[str, int]  # loss, seed
PIECE = 2048  # examples whose activations are held at once
GPU_PIECE = 16384  # the same on a GPU: eight channels of 32 x 32 pixels take about 3 GB


def run(settings: Settings, data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (loss, D, seed, training set, quantity); columns as in run_mlp."""
    population, test = (
        laid_out(part, session.device) for part in examples(settings, data[settings["task"]])
    )
    seeds = range(settings["first_seed"], settings["first_seed"] + settings["seeds"])
    groups = [(loss, seed) for loss in settings["losses"] for seed in seeds]

    def compute(group: Group, inner: Arrays, keep: Keep) -> Arrays:
        return of_group(group, population, test, settings, inner, keep)

    results = in_turn(groups, compute, session)
    parameters = network_of(population, settings).parameter_count
    return stack(
        [
            {
                **labels(settings, group, size, draw),
                "parameters": parameters,
                "quantity": name,
                "value": values[place, draw],
            }
            for group, result in zip(groups, results, strict=True)
            for name, values in result.items()
            for place, size in enumerate(settings["data_sizes"])
            for draw in range(settings["sets"])
        ]
    )


def labels(settings: Settings, group: Group, size: int, draw: int) -> dict[str, Any]:
    loss, seed = group
    identity: dict[str, Any] = {"network": "convolutional", "task": settings["task"]}
    identity |= {"loss": loss, "data_size": size, "seed": seed, "draw": draw}
    return {"member": member_name(identity), **identity, "step": settings["steps"]}


def examples(settings: Settings, images: Dataset) -> tuple[Examples, Examples]:
    def draws(identity: Mapping[str, Any], purpose: str) -> np.random.Generator:
        return stream(settings, identity, purpose)

    population, test = chosen_images(settings, images, draws)
    classes = int(images.train_labels.max()) + 1
    return (
        Examples(planes(population[0]), one_hot(population[1], classes)),
        Examples(planes(test[0]), one_hot(test[1], classes)),
    )


def planes(images: np.ndarray) -> Tensor:
    """Images (n, h, w[, channels]) as (n, channels, h, w), stored channels last.

    Measured: that layout is a tenth to a third faster for eight channels on a processor.
    """
    coloured = images if images.ndim == 4 else images[..., None]
    return torch.tensor(coloured).permute(0, 3, 1, 2)


def laid_out(images: Examples, device: str) -> Examples:
    """On `device`; off the processor plane by plane.

    Channels last serves a GPU's tensor cores, which compute nothing here: they round the factors.
    """
    if device == "cpu":
        return images
    return Examples(images.inputs.to(device).contiguous(), images.targets.to(device))


def of_group(
    group: Group,
    population: Examples,
    test: Examples,
    settings: Settings,
    inner: Arrays,
    keep: Keep,
) -> Arrays:
    """All quantities of one loss and seed, each of shape (data sizes, sets)."""
    loss, seed = LOSSES[group[0]], group[1]
    device = population.inputs.device
    weights = member_weights(seed, population.targets.shape[1], settings).to(device)
    first = [tensor.to(device) for tensor in start(seed, population, settings)]
    outputs = list(inner["outputs"]) if inner else []
    for number in range(len(outputs), len(weights)):
        trained = descend(first, population, weights[number], group[0], settings)
        outputs.append(test_outputs(trained, test))
        keep(lambda: {"outputs": np.stack(outputs)}, (number + 1) / len(weights))
    every = torch.tensor(np.stack(outputs), device=device)
    sets = settings["sets"]
    found = [
        quantities(torch.cat([every[:1], every[place : place + sets]]), test.targets, loss)
        for place in range(1, len(every), sets)
    ]
    return {name: np.stack([part[name] for part in found]) for name in found[0]}


def start(seed: int, population: Examples, settings: Settings) -> list[Tensor]:
    identity = {"task": settings["task"], "seed": seed}
    draws = stream(settings, identity, "initialisation")
    return myrtle.he_normal(network_of(population, settings), draws)


def network_of(population: Examples, settings: Settings) -> Myrtle:
    return Myrtle(population.inputs.shape[1], settings["channels"], len(population.targets))


def member_weights(seed: int, population: int, settings: Settings) -> Tensor:
    """Weights of the examples: the limit's, then those of all sets of all data sizes."""
    rows = [np.full((1, population), 1.0 / population)]
    for size in settings["data_sizes"]:
        identity = {"task": settings["task"], "seed": seed, "data_size": size}
        draws = stream(settings, identity, "training sets")
        rows.append(balanced_counts(population, size, settings["sets"], draws) / size)
    return torch.tensor(np.concatenate(rows), dtype=torch.float32)


@torch.no_grad()
def test_outputs(parameters: list[Tensor], test: Examples) -> np.ndarray:
    """(classes, tests), on the host."""
    return np.asarray(myrtle.outputs(parameters, test.inputs).cpu().numpy())


def descend(
    first: list[Tensor],
    population: Examples,
    weights: Tensor,
    loss: str,
    settings: Settings,
) -> list[Tensor]:
    """Full-batch descent of one member on the loss weighted by `weights` (examples,).

    `first` is left as it is.
    """
    parameters = [tensor.clone() for tensor in first]
    rates = myrtle.ntk_rates(parameters, learning_rate(loss, settings["learning_rate"]))
    for _ in range(settings["steps"]):
        step(parameters, rates, population, weights, LOSSES[loss])
    return parameters


def step(
    parameters: list[Tensor],
    rates: list[float],
    population: Examples,
    weights: Tensor,
    loss: Loss,
) -> None:
    """One step, in place: every step reads and writes the same memory and asks nothing back."""
    slopes = gradient(parameters, population, weights, loss)
    torch._foreach_mul_(slopes, rates)
    torch._foreach_sub_(parameters, slopes)


def gradient(
    parameters: list[Tensor], population: Examples, weights: Tensor, loss: Loss
) -> list[Tensor]:
    """Gradient of the weighted loss, summed over pieces of the population."""
    leaves = [tensor.detach().requires_grad_() for tensor in parameters]
    total = [torch.zeros_like(tensor) for tensor in parameters]
    size = PIECE if weights.device.type == "cpu" else GPU_PIECE
    for first in range(0, len(weights), size):
        piece = slice(first, first + size)
        outputs = myrtle.outputs(leaves, population.inputs[piece])[None]
        losses = loss.examples(outputs, population.targets[:, piece])[0]
        slopes = torch.autograd.grad((losses * weights[piece]).sum(), leaves)
        torch._foreach_add_(total, slopes)
    return total


def stream(settings: Settings, identity: Mapping[str, Any], purpose: str) -> np.random.Generator:
    return generator(settings["seed"], PAPER, EXPERIMENT, identity, purpose)

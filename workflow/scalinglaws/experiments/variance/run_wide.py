"""Variance-limited scaling in width: wide networks against their own linearisation.

Bahri et al. (arXiv:2102.06701), Fig. 1a bottom right: two hidden layers, few training examples,
full-batch gradient descent in NTK scaling; L(infinity) is, per initialisation, the test loss of
the linearised network trained identically. Networks whose outputs are centred (zero at the start)
are also compared with the infinitely wide network itself, which is known in closed form.
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.variance.quantities import LOSSES, on_host
from scalinglaws.experiments.variance.tasks import task_examples
from scalinglaws.networks.wide import ACTIVATIONS, layer_sizes, normal_weights
from scalinglaws.streams import generator
from scalinglaws.theory import wide_limit
from scalinglaws.training.groups import Arrays, Keep, in_turn
from scalinglaws.training.linearised import Problem, linearised_outputs, trained_outputs
from scalinglaws.training.losses import Loss
from scalinglaws.training.session import Session
from scalinglaws.training.weighted_descent import Examples

PAPER, EXPERIMENT = "bahri2021", "wide_networks"
# Largest second derivative of one example's loss with respect to its outputs.
CURVATURES = {"cross_entropy": 0.5, "squared": 2.0}
Settings = Mapping[str, Any]
Names = tuple[str, str, str]  # task, loss, activation
Group = tuple[str, str, str, int]  # and seed


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (line, width, seed, quantity); a line is a task, a loss and an activation.

    Quantities: `excess` = L(network) - L(its linearisation) on the test set; `deviation`, the mean
    squared distance of their outputs; `loss_limit` = L(linearisation). With `centred` also
    `excess_limit` and `deviation_limit`, the same against the infinitely wide network.
    """
    seeds = range(settings["first_seed"], settings["first_seed"] + settings["seeds"])
    lines = list(product(settings["tasks"], settings["losses"], settings["activations"]))
    groups = [(*line, seed) for line in lines for seed in seeds]
    prepared = lru_cache(maxsize=1)(lambda line: line_of(line, settings, data).to(session.device))

    def compute(group: Group, inner: Arrays, keep: Keep) -> Arrays:
        return of_seed(prepared(group[:3]), group[3], settings)

    results = in_turn(groups, compute, session)
    return stack(
        [
            {
                **labels(group, width, settings),
                "examples": settings["train_size"],
                "quantity": name,
                "value": values[place],
            }
            for group, result in zip(groups, results, strict=True)
            for name, values in result.items()
            for place, width in enumerate(settings["widths"])
        ]
    )


def labels(group: Group, width: int, settings: Settings) -> dict[str, Any]:
    task, loss, activation, seed = group
    start = "centred" if settings["centred"] else "random"
    identity: dict[str, Any] = {"task": task, "loss": loss, "activation": activation}
    identity |= {"start": start, "width": width, "seed": seed}
    return {"member": member_name(identity), **identity, "step": settings["steps"]}


class Line(NamedTuple):
    """What all initialisations of a line share; `limit` (1, classes, tests) when centred."""

    task: str
    problem: Problem
    test: Examples
    limit: Tensor | None

    def to(self, device: str) -> "Line":
        """The same line with its tensors in the memory of `device`."""
        limit = None if self.limit is None else self.limit.to(device)
        return Line(self.task, self.problem.to(device), self.test.to(device), limit)


def line_of(line: Names, settings: Settings, data: dict[str, Dataset]) -> Line:
    """In host memory, where the theory of the infinitely wide network is computed in float64."""
    task, loss, activation = line
    train, test = examples({**settings, "task": task}, data)
    chosen = {**settings, "loss": loss, "activation": activation}
    problem = problem_of(chosen, train)
    limit = limit_outputs(problem, train, test, chosen) if settings["centred"] else None
    return Line(task, problem, test, limit)


def examples(settings: Settings, data: dict[str, Dataset]) -> tuple[Examples, Examples]:
    """The one training set, common to all initialisations, widths and losses; the test set."""

    def stream(identity: Mapping[str, Any], purpose: str) -> np.random.Generator:
        return generator(settings["seed"], PAPER, EXPERIMENT, identity, purpose)

    return task_examples({**settings, "population": settings["train_size"]}, data, stream)


def problem_of(settings: Settings, train: Examples) -> Problem:
    """The learning rate is a share of the largest stable one of the infinitely wide network.

    It is the same for all widths and, far below 1, keeps descent out of the catapult regime.
    """
    stable = wide_limit.largest_stable_rate(
        kernel_between(train.inputs, train.inputs, settings), CURVATURES[settings["loss"]]
    )
    return Problem(
        train.inputs,
        train.targets,
        LOSSES[settings["loss"]],
        ACTIVATIONS[settings["activation"]],
        settings["relative_rate"] * stable,
        settings["steps"],
        settings["centred"],
    )


def kernel_between(left: Tensor, right: Tensor, settings: Settings) -> np.ndarray:
    return wide_limit.tangent_kernel(
        left.double().numpy(),
        right.double().numpy(),
        activation=settings["activation"],
        gain=ACTIVATIONS[settings["activation"]].gain,
        hidden_layers=settings["hidden_layers"],
    )


def limit_outputs(problem: Problem, train: Examples, test: Examples, settings: Settings) -> Tensor:
    """Outputs (1, classes, tests) of the infinitely wide centred network after the same descent."""
    targets = train.targets.double()

    def slope(outs: np.ndarray) -> np.ndarray:
        return loss_slope(problem.loss, torch.tensor(outs), targets)

    found = wide_limit.trained_outputs(
        kernel_between(train.inputs, train.inputs, settings),
        kernel_between(test.inputs, train.inputs, settings),
        slope,
        len(targets),
        problem.learning_rate,
        problem.steps,
    )
    return torch.tensor(found)[None]


def loss_slope(loss: Loss, outs: Tensor, targets: Tensor) -> np.ndarray:
    return np.asarray(loss.slope(outs[None], targets)[0].numpy())


def of_seed(line: Line, seed: int, settings: Settings) -> Arrays:
    """All quantities of one seed, each of shape (widths,)."""
    members = [of_member(line, seed, width, settings) for width in settings["widths"]]
    return {name: np.concatenate([member[name] for member in members]) for name in members[0]}


def of_member(line: Line, seed: int, width: int, settings: Settings) -> Arrays:
    """All quantities of one network, each of shape (1,).

    Networks are trained one by one: their products fill the vector units by themselves from some
    hundred units on, and a member's numbers are the same to the last bit in any block.
    """
    problem, test = line.problem, line.test
    sizes = layer_sizes(len(problem.inputs), width, settings["hidden_layers"], len(problem.targets))
    # Widths do not share the draw: a wide network does not hold a narrow one.
    identity = {"task": line.task, "seed": seed, "width": width}
    stream = generator(settings["seed"], PAPER, EXPERIMENT, identity, "initialisation")
    drawn = normal_weights(sizes, problem.activation.gain, [stream])
    start = [weight.to(problem.inputs.device) for weight in drawn]
    network = trained_outputs(start, test.inputs, problem)
    linear = linearised_outputs(start, test.inputs, problem)
    found = compared(network, linear, problem.loss, test, "")
    found["loss_limit"] = problem.loss.mean(linear, test.targets)
    if line.limit is not None:
        found |= compared(network, line.limit, problem.loss, test, "_limit")
    return on_host(found)


def compared(
    network: Tensor, limit: Tensor, loss: Loss, test: Examples, suffix: str
) -> dict[str, Tensor]:
    """Excess loss and mean squared distance of the outputs, in float64."""
    network, limit, targets = network.double(), limit.double(), test.targets.double()
    excess = loss.mean(network, targets) - loss.mean(limit, targets)
    deviation = (network - limit).square().mean((1, 2))
    return {"excess" + suffix: excess, "deviation" + suffix: deviation}

"""Infinitely wide ReLU networks on spheres: exponents against the dimension of the inputs.

Bahri et al. (arXiv:2102.06701): a kernel of smoothness t on d dimensions has alpha_K >= t / d.
Inputs are uniform on the unit sphere of m dimensions; L(D) is half the mean posterior variance on
held-out points, exact for teachers drawn from the kernel.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.streams import generator
from scalinglaws.theory.random_features import nested_test_losses
from scalinglaws.theory.relu_kernels import relu_kernels, sphere_points
from scalinglaws.training.groups import Arrays, Keep, in_turn
from scalinglaws.training.session import Session

PAPER, EXPERIMENT = "bahri2021", "sphere_kernels"
KERNELS = ("nngp", "ntk")


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (dimension m, kernel, D, seed); quantity `loss`."""
    groups = [(m, seed) for m in settings["dimensions"] for seed in range(settings["seeds"])]

    def compute(group: tuple[int, int], inner: Arrays, keep: Keep) -> Arrays:
        return of_group(*group, settings)

    results = in_turn(groups, compute, session)
    parts = []
    for (dimension, seed), result in zip(groups, results, strict=True):
        for kernel, values in result.items():
            for size, value in zip(settings["sizes"], values, strict=True):
                identity = {"dimension": dimension, "kernel": kernel, "size": size, "seed": seed}
                labels = {"member": member_name(identity), **identity}
                parts.append({**labels, "quantity": "loss", "value": value})
    return stack(parts)


def of_group(dimension: int, seed: int, settings: Mapping[str, Any]) -> Arrays:
    identity = {"dimension": dimension, "seed": seed}
    stream = generator(settings["seed"], PAPER, EXPERIMENT, identity, "points")
    largest = max(settings["sizes"])
    points = sphere_points(largest + settings["test_size"], dimension, stream)
    train, test = points[:largest], points[largest:]
    grams = relu_kernels(train, train, hidden_layers=1)
    crossed = relu_kernels(train, test, hidden_layers=1)
    # K(x, x) is the same everywhere on the sphere.
    found = {}
    for kernel, gram, cross in zip(KERNELS, grams, crossed, strict=True):
        curve = nested_test_losses(gram, cross, np.full(len(test), gram[0, 0]))
        found[kernel] = curve[np.array(settings["sizes"]) - 1]
    return found

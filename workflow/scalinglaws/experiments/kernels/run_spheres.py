"""Infinitely wide ReLU networks on spheres: exponents against the dimension of the inputs.

Bahri et al. (arXiv:2102.06701): a kernel of smoothness t on d dimensions has alpha_K >= t / d.
Inputs are uniform on the unit sphere of m dimensions; L(D) is half the mean posterior variance on
held-out points, exact for teachers drawn from the kernel.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.kernels.settings import SphereKernels
from scalinglaws.records import as_record
from scalinglaws.streams import generator
from scalinglaws.theory.random_features import nested_test_losses
from scalinglaws.theory.relu_kernels import relu_kernels, sphere_points
from scalinglaws.training.groups import Arrays, tabulated
from scalinglaws.training.session import Session

PAPER, EXPERIMENT = "bahri2021", "sphere_kernels"
KERNELS = ("nngp", "ntk")


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (dimension m, kernel, D, seed); quantity `loss`."""
    design = as_record(SphereKernels, settings)
    return tabulated(
        list(product(design.dimensions, design.seed_range)),
        lambda group, inner, keep: of_group(*group, design),
        lambda group, result: rows(*group, result, design),
        session,
    )


def rows(
    dimension: int, seed: int, result: Arrays, design: SphereKernels
) -> Iterator[dict[str, Any]]:
    for kernel, values in result.items():
        for size, value in zip(design.sizes, values, strict=True):
            identity = {"dimension": dimension, "kernel": kernel, "size": size, "seed": seed}
            labels = {"member": member_name(identity), **identity}
            yield {**labels, "quantity": "loss", "value": value}


def of_group(dimension: int, seed: int, design: SphereKernels) -> Arrays:
    identity = {"dimension": dimension, "seed": seed}
    stream = generator(design.seed, PAPER, EXPERIMENT, identity, "points")
    largest = max(design.sizes)
    points = sphere_points(largest + design.test_size, dimension, stream)
    train, test = points[:largest], points[largest:]
    grams = relu_kernels(train, train, hidden_layers=1)
    crossed = relu_kernels(train, test, hidden_layers=1)
    # K(x, x) is the same everywhere on the sphere.
    found = {}
    for kernel, gram, cross in zip(KERNELS, grams, crossed, strict=True):
        curve = nested_test_losses(gram, cross, np.full(len(test), gram[0, 0]))
        found[kernel] = curve[np.array(design.sizes) - 1]
    return found

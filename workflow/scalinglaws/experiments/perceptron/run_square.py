"""Perceptrons of finite size that minimise the square loss at fixed norm, several alpha.

Every member (sample) has its own teacher and examples, standard normal inputs.
"""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.streams import generator
from scalinglaws.training import square_loss
from scalinglaws.training.groups import Keep, in_turn
from scalinglaws.training.logistic import generalisation_error
from scalinglaws.training.session import Session

Arrays = dict[str, np.ndarray]
Identity = dict[str, Any]


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Rows member, weights, alpha, seed, step, quantity, value.

    Quantities ``fixed_norm`` (lambda) and ``fixed_norm_epsilon`` at step = position in the grid.
    """
    first = settings["first_sample"]
    seeds = range(first, first + settings["samples"])
    members = [
        {"weights": settings["weights"], "alpha": alpha, "seed": seed}
        for alpha, seed in product(settings["alphas"], seeds)
    ]
    lambdas = np.geomspace(
        settings["lambda_low"], settings["lambda_high"], settings["lambda_points"]
    )

    def compute(who: Identity, inner: Arrays, keep: Keep) -> Arrays:
        return {"epsilon": errors_of(settings["seed"], who, lambdas)}

    results = in_turn(members, compute, session)
    return stack(
        [
            row
            for who, found in zip(members, results, strict=True)
            for row in rows(who, lambdas, found["epsilon"])
        ]
    )


def errors_of(root: int, who: Identity, lambdas: np.ndarray) -> np.ndarray:
    """Errors of one sample's minimisers; NaN where a sample has no solution."""
    size, count = who["weights"], round(who["alpha"] * who["weights"])

    def normals(purpose: str, *shape: int) -> np.ndarray:
        stream = generator(root, "damico2025", "perceptron_square", who, purpose)
        return stream.standard_normal(shape)

    teacher, inputs = normals("teacher", size), normals("inputs", count, size)
    patterns = inputs * (np.sign(inputs @ teacher) / np.sqrt(size))[:, None]
    found = square_loss.fixed_norm_minimisers(patterns, lambdas.tolist())
    return generalisation_error(found, teacher)


def rows(who: Identity, lambdas: np.ndarray, errors: np.ndarray) -> list[dict[str, Any]]:
    places = np.arange(len(lambdas))
    return [
        {"member": member_name(who), **who, "step": places, "quantity": name, "value": values}
        for name, values in (("fixed_norm", lambdas), ("fixed_norm_epsilon", errors))
    ]

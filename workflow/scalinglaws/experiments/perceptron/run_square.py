"""Perceptrons of finite size that minimise the square loss at fixed norm, several alpha."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.perceptron.samples import Member, drawn, rows
from scalinglaws.experiments.perceptron.settings import Square
from scalinglaws.records import as_record
from scalinglaws.training import square_loss
from scalinglaws.training.groups import Arrays, Keep, in_turn
from scalinglaws.training.logistic import generalisation_error
from scalinglaws.training.session import Session


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Rows member, weights, alpha, seed, step, quantity, value.

    Quantities ``fixed_norm`` (lambda) and ``fixed_norm_epsilon``, NaN where a sample has no
    solution, at step = position in the grid.
    """
    own = as_record(Square, settings)
    lambdas = np.geomspace(*own.lambda_grid)
    members = [Member(own.weights, alpha, seed) for alpha in own.alphas for seed in own.seeds]

    def compute(member: Member, inner: Arrays, keep: Keep) -> Arrays:
        teacher, patterns = drawn(own.seed, "perceptron_square", member)
        found = square_loss.fixed_norm_minimisers(patterns, lambdas.tolist())
        return {"epsilon": generalisation_error(found, teacher)}

    places, results = np.arange(len(lambdas)), in_turn(members, compute, session)
    return stack(
        [
            row
            for member, found in zip(members, results, strict=True)
            for row in rows(
                member,
                [("fixed_norm", places, lambdas), ("fixed_norm_epsilon", places, found["epsilon"])],
            )
        ]
    )

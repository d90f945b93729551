"""Perceptrons of finite size for several numbers of examples per weight (alpha), in turn.

Each alpha has its own N and number of steps; the samples are those of `perceptron_descent`.
"""

from collections.abc import Mapping
from typing import Any

from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.perceptron import run_descent as perceptron_descent
from scalinglaws.training.groups import in_turn
from scalinglaws.training.session import Session


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Rows member, weights, alpha, seed, step, quantity, value, as in `perceptron_descent`."""
    parts = [one_alpha(settings, place) for place in range(len(settings["alphas"]))]
    states = in_turn(parts, perceptron_descent.train, session)
    return stack(
        [
            row
            for part, state in zip(parts, states, strict=True)
            for row in perceptron_descent.all_rows(part, state)
        ]
    )


def one_alpha(settings: Mapping[str, Any], place: int) -> dict[str, Any]:
    """Settings of `perceptron_descent` for one of the listed alphas."""
    shared = {name: value for name, value in settings.items() if name != "alphas"}
    return {
        **shared,
        "alpha": settings["alphas"][place],
        "weights": settings["weights"][place],
        "iterations": settings["iterations"][place],
    }

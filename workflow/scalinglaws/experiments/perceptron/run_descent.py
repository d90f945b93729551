"""Perceptrons of finite size: free-norm gradient descent and fixed-norm minimisers, same data.

Every member (sample) has its own teacher, examples and start; the samples of one number of
examples per weight (alpha) are trained side by side, several alpha in turn.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.perceptron.samples import Member, drawn, rows
from scalinglaws.experiments.perceptron.settings import Descent, descents
from scalinglaws.training import logistic
from scalinglaws.training.groups import Arrays, Keep, in_turn
from scalinglaws.training.session import Session

# In the streams of every alpha: a sample is the same wherever its alpha is listed.
EXPERIMENT = "perceptron_descent"


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Rows member, weights, alpha, seed, step, quantity, value.

    Gradient descent: ``norm`` (lambda), ``epsilon`` and ``time`` (gradient-flow time) at
    step = iteration. Fixed norm: ``fixed_norm`` (lambda) and ``fixed_norm_epsilon`` at
    step = position in the grid of lambdas.
    """
    parts = descents(settings)
    states = zip(parts, in_turn(parts, train, session), strict=True)
    return stack(
        [
            row
            for own, state in states
            for index in range(own.samples)
            for row in sample_rows(own, state, index)
        ]
    )


def train(own: Descent, state: Arrays, keep: Keep) -> Arrays:
    """Descent and minimisers of one alpha's samples, from the state last kept (or none)."""
    data = [drawn(own.seed, EXPERIMENT, member) for member in members(own)]
    teachers, patterns = (np.stack(parts) for parts in zip(*data, strict=True))
    state = state or fresh_state(own)
    follow_descent(own, patterns, teachers, state, keep)
    find_minimisers(own, patterns, teachers, state, keep)
    return state


def members(own: Descent) -> list[Member]:
    return [Member(own.weights, own.alpha, seed) for seed in own.seeds]


def recorded_iterations(own: Descent) -> np.ndarray:
    """Log-spaced iterations from 1 to the last, without repetitions."""
    grid = np.geomspace(1, own.iterations, own.records)
    return np.unique(np.rint(grid).astype(int))


def fresh_state(own: Descent) -> Arrays:
    """Nothing done yet: small random weights, empty records (NaN)."""
    start = [
        member.stream(own.seed, EXPERIMENT, "start").standard_normal((2, own.weights))
        for member in members(own)
    ]
    records = (len(recorded_iterations(own)), own.samples)
    return {
        "weights": own.initial_norm * np.stack([pair[0] for pair in start]),
        "direction": np.stack([pair[1] for pair in start]),
        "elapsed": np.zeros(own.samples),
        "recorded": np.array(0),
        "norm": np.full(records, np.nan),
        "epsilon": np.full(records, np.nan),
        "time": np.full(records, np.nan),
        "minimised": np.array(0),
        "fixed_norm_epsilon": np.full((len(own.fixed_norm_lambdas), own.samples), np.nan),
    }


def follow_descent(
    own: Descent, patterns: np.ndarray, teachers: np.ndarray, state: Arrays, keep: Keep
) -> None:
    """Gradient descent from record to record; ``state`` is advanced in place and saved.

    patterns (samples, P, N), teachers (samples, N).
    """
    iterations = recorded_iterations(own)
    here = logistic.Descent(state["weights"], state["direction"], state["elapsed"])
    for record in range(int(state["recorded"]), len(iterations)):
        steps = int(iterations[record] - (iterations[record - 1] if record else 0))
        here = logistic.descend(here, patterns, steps, own.curvature_step, own.norm_change)
        state["norm"][record] = logistic.norms(here.weights) / np.sqrt(own.weights)
        state["epsilon"][record] = logistic.generalisation_error(here.weights, teachers)
        state["time"][record] = here.time
        state.update(weights=here.weights, direction=here.direction, elapsed=here.time)
        state["recorded"] = np.array(record + 1)
        # The minimisers cost about half of what the descent costs.
        keep(lambda: state, float(iterations[record]) / (1.5 * own.iterations))


def find_minimisers(
    own: Descent, patterns: np.ndarray, teachers: np.ndarray, state: Arrays, keep: Keep
) -> None:
    """Errors of the fixed-norm minimisers, sample after sample; ``state`` is advanced in place."""
    lambdas = list(own.fixed_norm_lambdas)
    for index in range(int(state["minimised"]), own.samples):
        found = logistic.fixed_norm_minimisers(patterns[index], lambdas)
        errors = logistic.generalisation_error(found, teachers[index])
        state["fixed_norm_epsilon"][:, index] = errors
        state["minimised"] = np.array(index + 1)
        keep(lambda: state, (2.0 + (index + 1) / own.samples) / 3.0)


def sample_rows(own: Descent, state: Arrays, index: int) -> list[dict[str, Any]]:
    """Row groups of one sample of the block."""
    iterations, places = recorded_iterations(own), np.arange(len(own.fixed_norm_lambdas))
    descent = [(name, iterations, state[name][:, index]) for name in ("norm", "epsilon", "time")]
    minimisers = [
        ("fixed_norm", places, np.array(own.fixed_norm_lambdas)),
        ("fixed_norm_epsilon", places, state["fixed_norm_epsilon"][:, index]),
    ]
    return rows(members(own)[index], [*descent, *minimisers])

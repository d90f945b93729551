"""Perceptrons of finite size: free-norm gradient descent and fixed-norm minimisers, same data.

Every member (sample) has its own teacher, examples and start; a block trains its samples side
by side. Inputs are standard normal.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.streams import generator
from scalinglaws.training import logistic
from scalinglaws.training.groups import Keep
from scalinglaws.training.session import Session

State = dict[str, np.ndarray]


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Rows member, weights, alpha, seed, step, quantity, value.

    Gradient descent: ``norm`` (lambda), ``epsilon`` and ``time`` (gradient-flow time) at
    step = iteration. Fixed norm: ``fixed_norm`` (lambda) and ``fixed_norm_epsilon`` at
    step = position in the grid of lambdas.
    """

    def keep(state: Callable[[], State], fraction: float) -> None:
        session.save(state)
        session.progress(fraction, 1.0)

    state = train(settings, session.load() or {}, keep)
    return stack(all_rows(settings, state))


def train(settings: Mapping[str, Any], state: State, keep: Keep) -> State:
    """Descent and minimisers of one block's samples, from the state last kept (or none)."""
    teachers, patterns = zip(*(sample(settings, seed) for seed in seeds(settings)), strict=True)
    examples, teacher = np.stack(patterns), np.stack(teachers)
    state = state or fresh_state(settings)
    follow_descent(settings, examples, teacher, state, keep)
    find_minimisers(settings, examples, teacher, state, keep)
    return state


def seeds(settings: Mapping[str, Any]) -> range:
    return range(settings["first_sample"], settings["first_sample"] + settings["samples"])


def identity(settings: Mapping[str, Any], seed: int) -> dict[str, Any]:
    return {"weights": settings["weights"], "alpha": settings["alpha"], "seed": seed}


def stream(settings: Mapping[str, Any], seed: int, purpose: str) -> np.random.Generator:
    who = identity(settings, seed)
    return generator(settings["seed"], "damico2025", "perceptron_descent", who, purpose)


def sample(settings: Mapping[str, Any], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Teacher (N,) and patterns y x / sqrt(N) (P, N) of one sample, P = round(alpha N)."""
    size = settings["weights"]
    count = max(1, round(settings["alpha"] * size))
    teacher = stream(settings, seed, "teacher").standard_normal(size)
    inputs = stream(settings, seed, "inputs").standard_normal((count, size))
    labels = np.sign(inputs @ teacher)
    return teacher, inputs * (labels / np.sqrt(size))[:, None]


def recorded_iterations(settings: Mapping[str, Any]) -> np.ndarray:
    """Log-spaced iterations from 1 to the last, without repetitions."""
    grid = np.geomspace(1, settings["iterations"], settings["records"])
    return np.unique(np.rint(grid).astype(int))


def fresh_state(settings: Mapping[str, Any]) -> State:
    """Nothing done yet: small random weights, empty records (NaN)."""
    samples, size = settings["samples"], settings["weights"]
    start = [stream(settings, seed, "start").standard_normal((2, size)) for seed in seeds(settings)]
    records = (len(recorded_iterations(settings)), samples)
    return {
        "weights": settings["initial_norm"] * np.stack([pair[0] for pair in start]),
        "direction": np.stack([pair[1] for pair in start]),
        "elapsed": np.zeros(samples),
        "recorded": np.array(0),
        "norm": np.full(records, np.nan),
        "epsilon": np.full(records, np.nan),
        "time": np.full(records, np.nan),
        "minimised": np.array(0),
        "fixed_norm_epsilon": np.full((len(settings["fixed_norm_lambdas"]), samples), np.nan),
    }


def follow_descent(
    settings: Mapping[str, Any],
    patterns: np.ndarray,
    teacher: np.ndarray,
    state: State,
    keep: Keep,
) -> None:
    """Gradient descent from record to record; ``state`` is advanced in place and saved."""
    iterations = recorded_iterations(settings)
    here = logistic.Descent(state["weights"], state["direction"], state["elapsed"])
    for record in range(int(state["recorded"]), len(iterations)):
        steps = int(iterations[record] - (iterations[record - 1] if record else 0))
        here = logistic.descend(
            here, patterns, steps, settings["curvature_step"], settings["norm_change"]
        )
        state["norm"][record] = logistic.norms(here.weights) / np.sqrt(settings["weights"])
        state["epsilon"][record] = logistic.generalisation_error(here.weights, teacher)
        state["time"][record] = here.time
        state.update(weights=here.weights, direction=here.direction, elapsed=here.time)
        state["recorded"] = np.array(record + 1)
        # The minimisers cost about half of what the descent costs.
        keep(lambda: state, float(iterations[record]) / (1.5 * settings["iterations"]))


def find_minimisers(
    settings: Mapping[str, Any],
    patterns: np.ndarray,
    teacher: np.ndarray,
    state: State,
    keep: Keep,
) -> None:
    """Errors of the fixed-norm minimisers, sample after sample; ``state`` is advanced in place."""
    for index in range(int(state["minimised"]), settings["samples"]):
        found = logistic.fixed_norm_minimisers(patterns[index], settings["fixed_norm_lambdas"])
        state["fixed_norm_epsilon"][:, index] = logistic.generalisation_error(found, teacher[index])
        state["minimised"] = np.array(index + 1)
        keep(lambda: state, (2.0 + (index + 1) / settings["samples"]) / 3.0)


def all_rows(settings: Mapping[str, Any], state: State) -> list[dict[str, Any]]:
    return [part for index in range(settings["samples"]) for part in rows(settings, state, index)]


def rows(settings: Mapping[str, Any], state: State, index: int) -> list[dict[str, Any]]:
    """Row groups of one sample of the block."""
    who = identity(settings, settings["first_sample"] + index)
    iterations = recorded_iterations(settings)
    places = np.arange(len(settings["fixed_norm_lambdas"]))
    groups = [(name, iterations, state[name][:, index]) for name in ("norm", "epsilon", "time")]
    groups += [
        ("fixed_norm", places, np.array(settings["fixed_norm_lambdas"])),
        ("fixed_norm_epsilon", places, state["fixed_norm_epsilon"][:, index]),
    ]
    return [
        {"member": member_name(who), **who, "step": step, "quantity": name, "value": value}
        for name, step, value in groups
    ]

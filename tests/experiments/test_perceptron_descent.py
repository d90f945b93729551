from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize

from interruption import resumed_after_saves, same_bytes
from planned_blocks import cut
from scalinglaws.errors import InputError
from scalinglaws.experiments.perceptron import run_descent as experiment
from scalinglaws.experiments.perceptron.samples import drawn
from scalinglaws.experiments.perceptron.settings import Descent
from scalinglaws.records import as_record
from scalinglaws.theory.perceptron import fixed_norm_error
from scalinglaws.training import logistic
from scalinglaws.training.session import Session

SIZES = {
    "alpha": 4.0,
    "weights": 30,
    "samples": 4,
    "samples_per_block": 4,
    "iterations": 300,
    "records": 40,
    "fixed_norm_lambdas": [0.3, 1.0, 4.0],
}
THEORY_SIZES = {"alphas": [5.0], "lambda_low": 0.1, "lambda_high": 1.0, "lambda_points": 5}


def settings(**changes: object) -> dict[str, object]:
    return {**cut("perceptron_descent", SIZES)[0].settings, **changes}


def descent(**changes: object) -> Descent:
    return as_record(Descent, settings(**changes))


def data_of(chosen: Descent, seed: int) -> tuple[np.ndarray, np.ndarray]:
    return drawn(chosen.seed, experiment.EXPERIMENT, experiment.members(chosen)[seed])


RECORDS = len(experiment.recorded_iterations(descent()))


def plain_descent(
    weights: np.ndarray, direction: np.ndarray, patterns: np.ndarray, steps: int
) -> np.ndarray:
    for _ in range(steps):
        gradient, product = np.zeros_like(weights), np.zeros_like(weights)
        for pattern in patterns:
            stability = float(np.dot(pattern, weights))
            gradient -= 2.0 / (1.0 + np.exp(2.0 * stability)) * pattern
            product += np.dot(pattern, direction) / np.cosh(stability) ** 2 * pattern
        curvature = np.sqrt(np.dot(product, product))
        cap = 0.05 * np.sqrt(np.dot(weights, weights) / np.dot(gradient, gradient))
        weights = weights - min(1.0 / curvature, cap) * gradient
        direction = product / curvature
    return weights


def test_vectorised_descent_equals_a_plain_loop_over_samples_and_examples() -> None:
    chosen = descent(weights=12)
    state = experiment.fresh_state(chosen)
    patterns = [data_of(chosen, seed)[1] for seed in chosen.seeds]
    start = logistic.Descent(state["weights"], state["direction"], state["elapsed"])
    together = logistic.descend(start, np.stack(patterns), 60, 1.0, 0.05)
    for index, own in enumerate(patterns):
        alone = plain_descent(state["weights"][index], state["direction"][index], own, 60)
        np.testing.assert_allclose(together.weights[index], alone, rtol=1e-8)


def test_no_step_changes_the_weights_by_more_than_the_cap_and_the_loss_never_grows() -> None:
    chosen = descent()
    patterns = np.stack([data_of(chosen, seed)[1] for seed in chosen.seeds])
    state = experiment.fresh_state(chosen)
    here = logistic.Descent(state["weights"], state["direction"], state["elapsed"])
    losses, at_the_cap = [], 0
    for _ in range(200):
        there = logistic.descend(here, patterns, 1, 1.0, 0.05)
        change = logistic.norms(there.weights - here.weights) / logistic.norms(here.weights)
        assert np.all(change <= 0.05 * (1 + 1e-12))
        assert np.all(there.time > here.time)
        at_the_cap += int(np.sum(change > 0.0499))
        stabilities = np.einsum("spn,sn->sp", patterns, there.weights)
        losses.append(np.logaddexp(0, -2 * stabilities).sum(axis=1))
        here = there
    assert at_the_cap > 200  # the cap rules the early branch, else this shows nothing
    assert np.all(np.diff(losses, axis=0) < 0)


def test_elapsed_time_is_that_of_gradient_flow() -> None:
    chosen = descent(weights=20)
    _, patterns = data_of(chosen, 0)
    start = experiment.fresh_state(chosen)
    coarse = logistic.Descent(start["weights"][:1], start["direction"][:1], np.zeros(1))
    coarse = logistic.descend(coarse, patterns[None], 30, 1.0, 0.05)
    fine = logistic.Descent(coarse.weights, coarse.direction, coarse.time)
    flow = logistic.descend(fine, patterns[None], 2000, 0.01, 0.01)
    weights, elapsed = coarse.weights[0], float(flow.time[0] - coarse.time[0])
    for _ in range(40000):
        weights = weights - elapsed / 40000 * logistic.gradient_of(weights, patterns)
    np.testing.assert_allclose(flow.weights[0], weights, rtol=0.01, atol=0.01)


def test_fixed_norm_minimisers_lie_on_their_sphere_and_beat_a_general_optimiser() -> None:
    chosen = descent()
    _, patterns = data_of(chosen, 2)
    lambdas = [0.3, 1.0, 4.0]

    def loss(weights: np.ndarray) -> float:
        return float(np.logaddexp(0, -2 * patterns @ weights).sum())

    for lam, found in zip(lambdas, logistic.fixed_norm_minimisers(patterns, lambdas), strict=True):
        radius = lam * np.sqrt(len(found))
        assert np.linalg.norm(found) == pytest.approx(radius, rel=1e-9)

        def on_sphere(weights: np.ndarray, radius: float = radius) -> float:
            return loss(weights * radius / np.linalg.norm(weights))

        start = np.random.default_rng(0).standard_normal(len(found))
        other = minimize(on_sphere, start, method="L-BFGS-B", options={"maxiter": 5000}).x
        assert loss(found) == pytest.approx(on_sphere(other), rel=1e-6)
        assert loss(found) <= on_sphere(other) * (1 + 1e-12)


def test_fixed_norm_minimisers_of_finite_size_follow_the_replica_symmetric_curve() -> None:
    lambdas, samples = [0.3, 2.0, 8.0], 40
    chosen = descent(weights=120, alpha=2.0, samples=samples)
    errors = []
    for seed in range(samples):
        teacher, patterns = data_of(chosen, seed)
        found = logistic.fixed_norm_minimisers(patterns, lambdas)
        errors.append(logistic.generalisation_error(found, teacher))
    deviation = np.mean(errors, axis=0) - fixed_norm_error(2.0, lambdas)
    standard_error = np.std(errors, axis=0, ddof=1) / np.sqrt(samples)
    assert np.all(standard_error < 0.02 * fixed_norm_error(2.0, lambdas))
    assert np.all(np.abs(deviation) < 3 * standard_error)


# In the middle of the descent, at its end, and between two fixed-norm minimisers.
@pytest.mark.parametrize("saves", [7, RECORDS, RECORDS + 1])
def test_a_resumed_block_is_byte_identical(tmp_path: Path, saves: int) -> None:
    chosen = settings()
    whole = experiment.run(chosen, {}, Session())
    resumed = resumed_after_saves(
        lambda session: experiment.run(chosen, {}, session), tmp_path, saves
    )
    assert same_bytes(resumed, whole)


def test_members_do_not_depend_on_the_block_they_are_computed_in() -> None:
    together = experiment.run(settings(first_sample=0, samples=3), {}, Session())
    alone = experiment.run(settings(first_sample=2, samples=1), {}, Session())
    own = together["member"] == alone["member"][0]
    np.testing.assert_allclose(together["value"][own], alone["value"], rtol=1e-9)


def test_a_diverged_sample_is_nan_and_leaves_the_others_alone() -> None:
    chosen = descent()
    patterns = np.stack([data_of(chosen, seed)[1] for seed in chosen.seeds])
    state = experiment.fresh_state(chosen)
    start = logistic.Descent(state["weights"], state["direction"], state["elapsed"])
    healthy = logistic.descend(start, patterns, 20, 1.0, 0.05)
    spoilt = logistic.Descent(start.weights.copy(), start.direction, start.time)
    spoilt.weights[1] = np.nan
    after = logistic.descend(spoilt, patterns, 20, 1.0, 0.05)
    assert np.all(np.isnan(after.weights[1]))
    np.testing.assert_array_equal(after.weights[0], healthy.weights[0])


def test_blocks_share_out_every_sample_once() -> None:
    for samples, each in ((1, 1), (2, 2), (5, 1), (16, 4)):
        sizes = {**SIZES, "samples": samples, "samples_per_block": each}
        blocks = cut("perceptron_descent", sizes)
        parts = [as_record(Descent, block.settings) for block in blocks]
        assert [seed for part in parts for seed in part.seeds] == list(range(samples))
        assert len({block.digest for block in blocks}) == len(blocks)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": -1.0}, "alpha"),
        ({"weights": 9}, "weights"),
        ({"fixed_norm_lambdas": []}, "fixed_norm_lambdas"),
        ({"fixed_norm_lambdas": [2.0, 1.0]}, "fixed_norm_lambdas"),
        ({"samples": 0}, "samples"),
    ],
)
def test_impossible_simulations_are_refused_at_planning_time(
    change: dict[str, object], key: str
) -> None:
    with pytest.raises(InputError, match=key):
        cut("perceptron_descent", {**SIZES, **change})


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"alphas": []}, "alphas"),
        ({"alphas": [5.0, 0.0]}, "alphas"),
        ({"lambda_low": 2.0}, "lambda"),
        ({"lambda_points": 0}, "lambda"),
    ],
)
def test_impossible_theory_grids_are_refused_at_planning_time(
    change: dict[str, object], key: str
) -> None:
    with pytest.raises(InputError, match=key):
        cut("perceptron_theory", {**THEORY_SIZES, **change})

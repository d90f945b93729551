import numpy as np
import pytest

from scalinglaws.training.weighted_descent import balanced_counts


def weighted_least_squares(inputs, targets, counts):
    weighted = inputs * counts[:, None]
    return np.linalg.solve(weighted.T @ inputs, weighted.T @ targets)


def test_balanced_sets_give_the_exact_one_over_d_of_least_squares_on_a_finite_population():
    # Excess population risk of least squares on D draws: trace(H^-1 S) / D to leading order, H the
    # second moment of the inputs, S that of the gradients; balancing takes off 1 / sets.
    stream = np.random.default_rng(0)
    inputs, sets, population = stream.normal(size=(600, 5)), 6, 600
    targets = inputs @ stream.normal(size=5) + np.abs(inputs[:, 0])
    limit = weighted_least_squares(inputs, targets, np.ones(population))
    residuals = targets - inputs @ limit
    second = inputs.T @ inputs / population
    gradients = inputs.T @ (inputs * residuals[:, None] ** 2) / population
    predicted = np.trace(np.linalg.solve(second, gradients))
    for size in (500, 2000, 8000):
        excess = [
            np.mean((targets - inputs @ weighted_least_squares(inputs, targets, counts)) ** 2)
            - np.mean(residuals**2)
            for seed in range(60)
            for counts in balanced_counts(population, size, sets, np.random.default_rng(seed))
        ]
        shrunk = predicted / size * (1 - 1 / sets)
        assert np.mean(excess) == pytest.approx(shrunk, rel=0.12)

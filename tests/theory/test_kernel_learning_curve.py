import numpy as np
import pytest

from kernel_oracles import learning_curve, skeleton_loss, sphere_exponent
from scalinglaws.theory.kernel_learning_curve import (
    gamma,
    infinite_gamma,
    infinite_kappa,
    kappa,
    power_law_eigenvalues,
    variance_limited_excess,
)
from scalinglaws.theory.random_features import (
    excess_losses,
    gaussian_excess,
    gaussian_losses,
    nested_gaussian_losses,
    nested_losses,
    nested_test_losses,
)
from scalinglaws.theory.relu_kernels import relu_kernels, sphere_points
from scalinglaws.theory.ridge import (
    kernel_predictions,
    relative_errors,
    ridge_predictions,
    unexplained,
)


def normals(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("alpha", [0.3, 0.6, 1.0])
def test_exact_gaussian_losses_equal_half_of_kappa(alpha):
    eigenvalues = power_law_eigenvalues(alpha, 2000)
    curves = [nested_gaussian_losses(normals(s, 320, 2000), eigenvalues) for s in range(6)]
    mean = np.mean(curves, axis=0)
    sizes = np.array([40, 80, 160, 320])
    theory = [0.5 * kappa(eigenvalues, size) for size in sizes]
    # One size alone scatters by 1 % over six draws; the mean over sizes is held to the bound.
    ratios = mean[sizes - 1] / theory
    assert np.all(np.abs(ratios - 1) < 0.03)
    assert abs(ratios.mean() - 1) < 0.015


def test_isotropic_targets_collapse_the_replica_form_to_half_of_kappa():
    eigenvalues = power_law_eigenvalues(0.6, 500)
    loss = learning_curve(eigenvalues, np.ones(500), 50)
    assert loss == pytest.approx(0.5 * kappa(eigenvalues, 50), rel=1e-10)


def test_the_replica_form_predicts_regression_on_targets_of_other_coefficients():
    eigenvalues = power_law_eigenvalues(1.0, 400)
    coefficients = np.zeros(400)
    coefficients[30:60] = 1.0
    losses = []
    for seed in range(40):
        inputs = normals(seed, 80, 400) * np.sqrt(eigenvalues)
        inverse = np.linalg.pinv(inputs)
        # Errors of all targets omega_i = 1 at once: columns of 1 - pinv(F) F.
        error = (np.eye(400) - inverse @ inputs) * np.sqrt(coefficients)
        losses.append(0.5 * np.sum(error**2 * eigenvalues[:, None]))
    assert np.mean(losses) == pytest.approx(learning_curve(eigenvalues, coefficients, 80), rel=0.04)


def test_from_as_many_examples_as_eigenvalues_on_the_replica_form_is_zero():
    eigenvalues, coefficients = power_law_eigenvalues(0.6, 40), np.linspace(0.0, 1.0, 40)
    falling = [learning_curve(eigenvalues, coefficients, samples) for samples in (20, 39, 39.999)]
    assert falling[0] > 10 * falling[1] > 100 * falling[2] > 0
    assert [learning_curve(eigenvalues, coefficients, samples) for samples in (40, 41)] == [0, 0]


@pytest.mark.parametrize(("alpha", "size"), [(0.6, 3_000_000), (1.0, 300_000)])
def test_endless_spectra_have_closed_forms(alpha, size):
    eigenvalues = power_law_eigenvalues(alpha, size)
    k = kappa(eigenvalues, 1000)
    # The spectrum that is cut off lacks a tail of size^-alpha / alpha.
    assert k == pytest.approx(infinite_kappa(alpha, 1000), rel=0.02)
    assert gamma(eigenvalues, 1000, k) == pytest.approx(infinite_gamma(alpha), rel=0.02)


def test_kappa_vanishes_once_there_are_as_many_examples_as_eigenvalues():
    assert kappa(np.array([1.0, 0.5, 0.0]), 2) == 0.0
    assert kappa(np.array([1.0, 0.5, 0.0]), 1.999) > 0.0
    assert kappa(np.array([3.0, 1.0]), 0) == pytest.approx(4.0)


@pytest.mark.parametrize("swapped", [False, True])
def test_variance_limited_excess_follows_the_formula_of_gaussian_designs(swapped):
    eigenvalues = power_law_eigenvalues(0.6, 400)
    ratios = []
    for growing in (64, 128, 512, 1024):
        pairs = []
        for seed in range(48):
            fixed, draw = normals((seed, 1), 32, 400), normals((seed, growing), growing, 400)
            # By duality examples and projections may change places.
            limit, excess = gaussian_excess(draw, fixed, eigenvalues)
            if swapped and seed < 4:
                whole = gaussian_losses(fixed, draw, eigenvalues, np.array([1e-15]))[0]
                assert whole - limit == pytest.approx(excess, rel=1e-6)
            pairs.append(excess / limit)
        ratios.append(np.mean(pairs) / variance_limited_excess(1.0, 32, np.array([growing]))[0])
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.01)


def test_gaussian_losses_agree_with_plain_averages_over_population_and_teachers():
    eigenvalues = power_law_eigenvalues(0.6, 30)
    examples, projections = normals(1, 12, 30), normals(2, 7, 30)
    inputs = examples * np.sqrt(eigenvalues)
    design = inputs @ projections.T
    for share in (1e-12, 0.01):
        penalty = share * np.sum(design**2)
        weights = np.linalg.solve(design.T @ design + penalty * np.eye(7), design.T @ inputs)
        error = np.eye(30) - projections.T @ weights
        expected = 0.5 * np.sum(error**2 * eigenvalues[:, None])
        found = gaussian_losses(examples, projections, eigenvalues, np.array([share]))[0]
        assert found == pytest.approx(expected, rel=1e-6)


def test_duality_is_exact_on_a_finite_population():
    features = normals(3, 40, 25)
    rows, columns = np.arange(9), np.arange(5, 18)
    direct = skeleton_loss(features, rows, columns)
    assert skeleton_loss(features.T, columns, rows) == pytest.approx(direct, rel=1e-10)


def test_nested_losses_equal_the_formula_for_each_size():
    features = normals(4, 30, 50)
    order = np.random.default_rng(0).permutation(30)[:12]
    nested = nested_losses(features @ features.T / 50, order)
    whole = np.arange(50)
    for size in (1, 5, 12):
        expected = skeleton_loss(features, order[:size], whole)
        assert nested[size - 1] == pytest.approx(expected, rel=1e-8)


def test_excess_over_the_population_is_a_difference_of_losses():
    features, columns = np.abs(normals(5, 60, 40)), np.arange(6)
    rows = np.random.default_rng(1).integers(60, size=90)
    limit, excess = excess_losses(features, columns, np.bincount(rows, minlength=60)[None])
    assert limit == pytest.approx(skeleton_loss(features, np.arange(60), columns), rel=1e-9)
    assert limit + excess[0] == pytest.approx(skeleton_loss(features, rows, columns), rel=1e-9)


def test_equal_numbers_of_examples_and_features_give_equal_losses():
    eigenvalues = power_law_eigenvalues(0.6, 1000)
    pairs = [
        [nested_gaussian_losses(normals((seed, side), 160, 1000), eigenvalues) for side in (0, 1)]
        for seed in range(8)
    ]
    logarithms = np.log(np.array(pairs))[:, :, 39:]
    gap = np.mean(logarithms[:, 0] - logarithms[:, 1], axis=0)
    error = np.std(logarithms[:, 0] - logarithms[:, 1], axis=0) / np.sqrt(7)
    assert np.all(np.abs(gap) < 5 * error)
    assert np.mean(np.abs(gap)) < 0.03


def test_low_ridge_has_a_peak_at_equal_sizes_and_the_best_ridge_has_none():
    eigenvalues = power_law_eigenvalues(0.6, 500)
    penalties = np.concatenate([[1e-14], np.geomspace(1e-6, 1, 20)])
    fixed = normals(8, 32, 500)
    curve = np.array(
        [
            gaussian_losses(normals(9, 128, 500)[:n], fixed, eigenvalues, penalties)
            for n in (16, 32, 64, 128)
        ]
    )
    low, tuned = curve[:, 0], curve.min(axis=1)
    assert low[1] > 2 * max(low[0], low[2])
    assert np.all(np.diff(tuned) < 0)


@pytest.mark.parametrize("kernel", ["nngp", "ntk"])
def test_wide_relu_networks_on_the_sphere_have_their_exponents(kernel):
    number, sizes = ("nngp", "ntk").index(kernel), np.array([128, 256, 512, 1024])
    losses = []
    for seed in range(6):
        points = sphere_points(1524, 2, np.random.default_rng(seed))
        train, test = points[:1024], points[1024:]
        gram = relu_kernels(train, train, 1)[number]
        crossed = relu_kernels(train, test, 1)[number]
        curve = nested_test_losses(gram, crossed, np.full(500, gram[0, 0]))
        losses.append(np.log(curve[sizes - 1]))
    slope = -np.polyfit(np.log(sizes), np.mean(losses, axis=0), 1)[0]
    assert slope == pytest.approx(sphere_exponent(kernel, 2), abs=0.05)


def test_relu_kernels_are_those_of_wide_random_networks():
    inputs = normals(10, 4, 3)
    stream, width = np.random.default_rng(11), 4000
    first = stream.standard_normal((3, width)) * np.sqrt(2 / 3)
    second = stream.standard_normal((width, width)) * np.sqrt(2 / width)
    hidden = np.maximum(inputs @ first, 0)
    deep = np.maximum(hidden @ second, 0)
    # The recursion's kernel is that of the next signal: weights N(0, 2 / fan-in).
    for layers, signal in ((1, hidden), (2, deep)):
        measured = 2 * signal @ signal.T / width
        np.testing.assert_allclose(measured, relu_kernels(inputs, inputs, layers)[0], atol=0.3)
    slopes = (inputs @ first > 0).astype(float)
    tangent = 2 * hidden @ hidden.T / width + 2 * inputs @ inputs.T / 3 * (
        2 * slopes @ slopes.T / width
    )
    np.testing.assert_allclose(tangent, relu_kernels(inputs, inputs, 1)[1], atol=0.4)


@pytest.mark.parametrize("shape", [(6, 10), (10, 6)])
def test_ridge_predictions_solve_the_normal_equations(shape):
    design, targets, other = normals(12, *shape), normals(13, shape[0], 2), normals(14, 5, shape[1])
    (found,) = ridge_predictions(design, targets, [other], np.array([0.01, 0.3]))
    for penalty, prediction in zip((0.01, 0.3), found, strict=True):
        matrix = design.T @ design + penalty * np.sum(design**2) * np.eye(shape[1])
        expected = other @ np.linalg.solve(matrix, design.T @ targets)
        np.testing.assert_allclose(prediction, expected, atol=1e-10)
    (dual,) = kernel_predictions(
        design @ design.T, targets, [other @ design.T], np.array([0.01, 0.3])
    )
    np.testing.assert_allclose(dual, found, atol=1e-9)


def test_unexplained_variance_is_the_mean_error_over_teachers():
    design, other = normals(15, 8, 12), normals(16, 6, 12)
    gram, crossed = design @ design.T, other @ design.T
    teachers = np.eye(12)
    for penalty in (1e-12, 0.2):
        (found,) = kernel_predictions(gram, design @ teachers, [crossed], np.array([penalty]))
        expected = relative_errors(found, other @ teachers)[0]
        variances = np.sum(other**2, axis=1)
        assert unexplained(gram, crossed, variances, penalty) == pytest.approx(expected, rel=1e-8)

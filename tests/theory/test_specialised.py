import math

import numpy as np
import pytest

from scalinglaws.measures.committee import first_overlaps, generalisation_error
from scalinglaws.theory import committee, committee_symmetric, specialised
from scalinglaws.theory.power_law_spectrum import eigenvalues, input_variances
from scalinglaws.theory.specialised_modes import critical_rate, mode_weights, noise_matrix

ALPHAS = np.append(np.geomspace(1.0, 2900.0, 39), 3000.0)
SIGMA = 0.01  # larger than the figure's: the ODE's eps_g is a sum that cancels to 1e-14


def sample(units, dimension, seed, beta=1.0):
    generator = np.random.default_rng(seed)
    deviation, teacher = generator.standard_normal((2, units, dimension))
    return deviation, teacher, input_variances(dimension, dimension, beta)


def exact_error(deviation, teacher, variances):
    covariance = first_overlaps(teacher + deviation, teacher, variances)
    return generalisation_error(covariance, len(teacher))


@pytest.mark.parametrize("units", [1, 2, 3, 5])
def test_quadratic_form_is_the_limit_of_the_exact_error(units):
    deviation, teacher, variances = sample(units, 30, units)
    for size in (1e-2, 1e-3):
        exact = exact_error(size * deviation, teacher, variances)
        found = specialised.quadratic_error(size * deviation, teacher, variances)
        assert found == pytest.approx(exact, rel=2 * size)


def test_quadratic_form_survives_where_the_sum_over_overlaps_cancels():
    deviation, teacher, variances = sample(4, 30, 1)
    found = specialised.quadratic_error(1e-7 * deviation, teacher, variances)
    whole = specialised.quadratic_error(deviation, teacher, variances)
    assert found == pytest.approx(1e-14 * whole, rel=1e-12)
    assert abs(exact_error(1e-7 * deviation, teacher, variances) / found - 1) > 1e-3


def test_diverged_deviation_has_no_error():
    deviation, teacher, variances = sample(2, 10, 2)
    assert math.isnan(specialised.quadratic_error(deviation * np.inf, teacher, variances))


@pytest.mark.parametrize("units", [2, 4])
@pytest.mark.parametrize("noise", [False, True])
def test_near_teacher_formula_agrees_with_the_block_equations(units, noise):
    start = committee.diagonal_start(64, units, units, 1 + SIGMA**2, 1.0)
    tight = {"relative": 1e-11, "absolute": 1e-15}
    ode = committee.solve(start, ALPHAS, beta=1.0, eta=0.01, noise=noise, **tight)["eps_g"]
    formula, _ = specialised.near_teacher_error(ALPHAS, units, 64, 1.0, 0.01, SIGMA)
    noisy = specialised.noisy_error(ALPHAS, units, 64, 1.0, 0.01, SIGMA)
    np.testing.assert_allclose(ode, formula, rtol=3e-3)
    np.testing.assert_allclose(ode, noisy if noise else formula, rtol=2e-4)


@pytest.mark.parametrize("noise", [False, True])
def test_near_teacher_formula_agrees_with_the_symmetric_equations_of_forty_units(noise):
    start = committee_symmetric.Entries(Q=1 + SIGMA**2, C=0.0, R=1.0, S=0.0)
    size = {"units": 40, "levels": 64, "beta": 1.0, "eta": 0.01}
    ode = committee_symmetric.solve(
        start, ALPHAS, **size, noise=noise, relative=1e-11, absolute=1e-15
    )["eps_g"]
    formula, _ = specialised.near_teacher_error(ALPHAS, 40, 64, 1.0, 0.01, SIGMA)
    noisy = specialised.noisy_error(ALPHAS, 40, 64, 1.0, 0.01, SIGMA)
    np.testing.assert_allclose(ode, formula, rtol=3e-3)
    np.testing.assert_allclose(ode, noisy if noise else formula, rtol=1e-3)


def test_local_slope_is_the_derivative_of_the_formula():
    alphas = np.geomspace(1, 1e5, 400)
    error, slope = specialised.near_teacher_error(alphas, 4, 64, 0.7, 0.05, 1e-6)
    measured = np.gradient(np.log(error), np.log(alphas))
    np.testing.assert_allclose(slope[1:-1], measured[1:-1], atol=2e-3 * np.abs(slope).max())


def test_modes_are_the_eigenvalues_of_the_mean_slopes():
    T = np.eye(5)
    P, _ = specialised.slope_averages(T)
    slow, fast = mode_weights(5)
    np.testing.assert_allclose(np.linalg.eigvalsh(P), [slow] * 4 + [fast], rtol=1e-12)
    fields = np.asarray(committee.mean_slopes(np.eye(5)))
    np.testing.assert_allclose(P, fields, rtol=1e-12)


@pytest.mark.parametrize("units", [2, 3, 5])
def test_noise_matrix_agrees_with_the_noise_of_the_order_parameters(units):
    generator = np.random.default_rng(units)
    slow, fast = generator.uniform(1, 3, 2)
    small = 1e-4
    E = small * (slow * np.eye(units) + (fast - slow) / units)
    C = np.block([[np.eye(units) + E, np.eye(units)], [np.eye(units), np.eye(units)]])
    G = np.asarray(committee.drift_averages(C, units)[2]) / small
    ss, sf, ff = noise_matrix(units)
    f = np.array([math.sqrt(units - 1) * slow, fast])
    modes = np.array([math.sqrt(units - 1) * (G[0, 0] - G[0, 1]), G[0].sum()])
    np.testing.assert_allclose(np.array([[ss, sf], [sf, ff]]) @ f, modes, rtol=2e-3)


@pytest.mark.parametrize("units", [1, 2, 4, 40])
def test_deviations_grow_beyond_the_critical_rate_and_not_below(units):
    late = np.array([4e3, 8e3])
    below, above = (
        specialised.noisy_error(late, units, 8, 0.5, factor * critical_rate(units), 1.0)
        for factor in (0.99, 1.01)
    )
    assert below[1] < below[0]
    assert above[1] > above[0]


def test_realised_theory_is_the_gradient_flow_of_the_exact_error():
    """Two routes: finite differences of the exact error, integrated by small Euler steps."""
    deviation, teacher, variances = sample(2, 6, 3)
    small, eta, step, flow = 1e-4, 0.2, 0.01, 1e-4 * deviation
    for _ in range(200):
        gradient = np.zeros_like(flow)
        for place in np.ndindex(flow.shape):
            change = np.zeros_like(flow)
            change[place] = 1e-4
            ahead, behind = (exact_error(flow + s * change, teacher, variances) for s in (1, -1))
            gradient[place] = (ahead - behind) / 2e-4
        flow -= step * eta * flow.shape[1] * gradient
    reached = specialised.quadratic_error(flow, teacher, variances)
    start = small * deviation
    found = specialised.realised_error(np.array([2.0]), start, teacher, variances, eta)
    assert found[0] == pytest.approx(reached, rel=5e-3)
    assert found[0] < 0.9 * specialised.quadratic_error(start, teacher, variances)


def test_quadrature_of_the_realised_theory_agrees_with_all_eigenvectors():
    deviation, teacher, variances = sample(3, 150, 4, beta=0.5)
    averages = specialised.slope_averages((teacher * variances) @ teacher.T / 150)
    H = np.array(
        [
            specialised.response(row.reshape(3, 150), teacher, variances, averages).ravel()
            for row in np.eye(450)
        ]
    )
    np.testing.assert_allclose(H, H.T, atol=1e-15)
    rates, modes = np.linalg.eigh(H)
    weights = (modes.T @ deviation.ravel()) ** 2 * rates / 2
    alphas = np.array([1.0, 30.0, 1000.0])
    exact = np.exp(-2 * 0.05 * 150 * np.outer(alphas, rates)) @ weights
    found = specialised.realised_error(alphas, deviation, teacher, variances, 0.05)
    np.testing.assert_allclose(found, exact, rtol=1e-8)


def test_window_begins_and_ends_where_the_first_and_last_slow_mode_decay():
    first, last = specialised.mode_window(4, 64, 1.0, 0.05, fast=False)
    lam = eigenvalues(64, 1.0)
    assert 2 * 0.05 * mode_weights(4)[0] * lam[0] * first / 4 == pytest.approx(1)
    assert last / first == pytest.approx(64**2)


@pytest.mark.parametrize("beta", [1.0, 1.5, 2.0])
def test_error_decays_as_a_power_law_with_very_many_levels(beta):
    low, high = specialised.mode_window(2, 2**18, beta, 0.05, fast=False)
    middle = np.array([math.sqrt(low * high)])
    _, slope = specialised.near_teacher_error(middle, 2, 2**18, beta, 0.05, 1e-6)
    assert slope[0] == pytest.approx(-beta / (1 + beta), abs=0.01)

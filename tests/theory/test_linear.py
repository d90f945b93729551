import math

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from scalinglaws.errors import InputError
from scalinglaws.statistics.spectral_exponent import beta_of_decay, beta_of_tail
from scalinglaws.theory import linear
from scalinglaws.theory.critical_rate import (
    SAFE_FOR_EVERY_SPECTRUM,
    order_parameter_critical_rate,
    power_law_shares,
    sgd_critical_rate,
)
from scalinglaws.theory.power_law_spectrum import eigenvalues

BETAS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
ALPHAS = np.array([0.01, 0.1, 1.0, 10.0, 100.0, 1000.0])


def test_figure_2_left_has_the_tabulated_values():
    variances, squares = eigenvalues(128, 1.0), linear.first_squares(128, 1.0)
    small = linear.small_eta_error(variances, squares, ALPHAS, 1.0)
    general = linear.general_eta_error(variances, squares, ALPHAS, 1.0)
    finite = linear.finite_size_error(variances / 128, squares, np.rint(ALPHAS * 128), 1.0)
    expected_small = [0.4499, 0.1322, 0.03855, 9.08e-3, 7.31e-4, 1.85e-8]
    expected_general = [0.6614, 0.2549, 0.07746, 0.01835, 1.48e-3, 3.77e-8]
    np.testing.assert_allclose(small, expected_small, rtol=3e-3)
    np.testing.assert_allclose(general, expected_general, rtol=3e-3)
    np.testing.assert_allclose(finite, [1.06, 1.37, 1.62, 1.43, 0.57, 6.4e-4], rtol=1e-2)


@pytest.mark.parametrize("eta", [0.05, 0.7, 1.5])
def test_general_eta_solution_is_that_of_the_integrated_equation(eta):
    variances, squares = eigenvalues(12, 0.6), np.linspace(0.2, 3.0, 12)

    def speed(_, v):
        return -2 * eta * variances * v + eta**2 * variances * (variances @ v) / 12

    end = 30.0
    found = solve_ivp(speed, (0, end), squares, "DOP853", rtol=1e-11, atol=1e-14, t_eval=[1, end])
    integrated = variances @ found.y / 24
    closed = linear.general_eta_error(variances, squares, np.array([1, end]), eta)
    np.testing.assert_allclose(closed, integrated, rtol=1e-8)


@pytest.mark.parametrize("alpha", [0.3, 4.0])
def test_general_eta_solution_obeys_the_volterra_equation(alpha):
    eta, variances, squares = 0.8, eigenvalues(32, 1.0), linear.first_squares(32, 0.01)

    def past(time):
        memory = np.mean(variances**2 * np.exp(-2 * eta * variances * (alpha - time)))
        return memory * linear.general_eta_error(variances, squares, np.array([time]), eta)[0]

    fed_back, _ = quad(past, 0, alpha, epsabs=1e-12, epsrel=1e-10, limit=200)
    direct = linear.small_eta_error(variances, squares, np.array([alpha]), eta)[0]
    whole = linear.general_eta_error(variances, squares, np.array([alpha]), eta)[0]
    assert whole == pytest.approx(direct + eta**2 * fed_back, rel=1e-8)


def test_exact_mean_at_finite_size_is_the_average_of_simulations():
    generator = np.random.default_rng(3)
    shares, eta, runs, steps = eigenvalues(6, 1.0) / 6, 0.6, 40_000, 12
    start = generator.standard_normal(6)
    errors = np.tile(start, (runs, 1))
    for _ in range(steps):
        inputs = generator.standard_normal((runs, 6)) * np.sqrt(shares)
        errors -= eta * np.sum(errors * inputs, axis=1, keepdims=True) * inputs
    losses = errors**2 @ shares / 2
    exact = linear.finite_size_error(shares, start**2, np.array([steps]), eta)[0]
    assert abs(losses.mean() - exact) < 5 * losses.std() / math.sqrt(runs)
    small = linear.small_eta_error(6 * shares, start**2, np.array([steps / 6]), eta)[0]
    assert abs(losses.mean() - small) > 20 * losses.std() / math.sqrt(runs)


def test_exact_mean_tends_to_the_order_parameter_theory_with_more_directions():
    def gap(size):
        variances = np.repeat(eigenvalues(4, 1.0), size // 4)
        squares, alphas = linear.first_squares(size, 0.0), np.array([1.0, 5.0])
        finite = linear.finite_size_error(variances / size, squares, alphas * size, 0.8)
        return np.max(
            np.abs(finite / linear.general_eta_error(variances, squares, alphas, 0.8) - 1)
        )

    assert gap(512) < 0.02
    assert gap(512) < 0.3 * gap(128)


@pytest.mark.parametrize("beta", [0.25, 1.0, 2.0])
@pytest.mark.parametrize("levels", [8, 128])
def test_order_parameter_theory_turns_unstable_at_eta_2(levels, beta):
    critical, variances = order_parameter_critical_rate(), eigenvalues(levels, beta)
    for eta, sign in ((critical - 1e-10, -1), (critical + 1e-10, 1)):
        assert np.sign(np.linalg.eigvalsh(linear.drift(variances, eta))[-1]) == sign


@pytest.mark.parametrize(
    ("beta", "size", "published"),
    [
        (0.25, 128, 1.543),
        (0.25, 1024, 1.629),
        (0.5, 128, 1.308),
        (0.5, 1024, 1.345),
        (1.0, 128, 1.001),
        (1.0, 1024, 1.005),
        (2.0, 128, 0.782),
    ],
)
def test_critical_rates_of_sgd_at_finite_size(beta, size, published):
    assert sgd_critical_rate(power_law_shares(size, beta)) == pytest.approx(published, abs=1e-3)


@pytest.mark.parametrize("beta", [0.25, 1.0, 2.0])
def test_mean_squares_of_sgd_grow_above_their_critical_rate_and_not_below(beta):
    shares = np.array(power_law_shares(64, beta))
    critical = sgd_critical_rate(shares.tolist())

    def growth(eta):
        decay = np.diag(1 - 2 * eta * shares + 2 * (eta * shares) ** 2)
        return np.linalg.eigvalsh(decay + eta**2 * np.outer(shares, shares))[-1]

    assert growth(critical * (1 - 1e-6)) < 1 < growth(critical * (1 + 1e-6))


def test_critical_rate_of_equal_directions_tends_to_that_of_the_theory():
    assert sgd_critical_rate([1e-5] * 100_000) == pytest.approx(2.0, abs=1e-4)


def test_no_spectrum_is_stable_only_below_the_rate_that_is_safe_for_all():
    generator = np.random.default_rng(5)
    assert sgd_critical_rate([1.0]) == pytest.approx(SAFE_FOR_EVERY_SPECTRUM)
    for concentration in (0.01, 0.1, 1.0, 10.0):
        shares = generator.dirichlet(np.full(20, concentration))
        assert sgd_critical_rate(shares.tolist()) >= SAFE_FOR_EVERY_SPECTRUM - 1e-12


def test_more_units_learn_like_one_with_learning_rate_m_eta_over_k():
    generator = np.random.default_rng(4)
    student, teacher = generator.standard_normal((3, 5)), generator.standard_normal((2, 5))
    xi, eta, gain = generator.standard_normal(5), 0.3, math.sqrt(2) / 3
    difference = teacher.sum(axis=0) / math.sqrt(2) - gain * student.sum(axis=0)
    error = difference @ xi / math.sqrt(5)
    stepped = student + eta / math.sqrt(5) * gain * error * xi
    after = teacher.sum(axis=0) / math.sqrt(2) - gain * stepped.sum(axis=0)
    rate = eta * 2 / 3
    np.testing.assert_allclose(after, difference - rate / 5 * (difference @ xi) * xi, rtol=1e-12)
    assert order_parameter_critical_rate(3, 2) == pytest.approx(2 * eta / rate)


def window(levels, beta, eta):
    first, last = linear.power_law_range(levels, beta, eta)
    return np.geomspace(3 * first, 0.03 * last, 61)


@pytest.mark.parametrize(
    ("beta", "tolerance"),
    [(0.25, 0.08), (0.5, 0.04), (0.75, 0.02), (1.0, 0.01), (1.5, 0.01), (2.0, 0.01)],
)
def test_exact_sum_decays_with_the_predicted_exponent(beta, tolerance):
    alphas = window(16384, beta, 0.01)
    squares = linear.first_squares(16384, 0.01)
    errors = linear.small_eta_error(eigenvalues(16384, beta), squares, alphas, 0.01)
    slope = np.polyfit(np.log(alphas), np.log(errors), 1)[0]
    assert slope == pytest.approx(-linear.decay_exponent(beta), abs=tolerance)


@pytest.mark.parametrize("beta", BETAS)
def test_incomplete_gamma_form_is_the_integral_over_levels(beta):
    levels, eta, alpha = 100, 0.01, 7.0
    variances = eigenvalues(levels, beta)

    def summand(level):
        variance = variances[0] * level ** -(1 + beta)
        return variance * math.exp(-2 * eta * variance * alpha)

    integral, _ = quad(summand, 1, levels, epsabs=1e-13, epsrel=1e-11, limit=400)
    expected = (1 + 0.3**2) / (2 * levels) * integral
    form = linear.incomplete_gamma_error(levels, beta, np.array([alpha]), eta, 0.3)
    assert form[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("beta", "tolerance"), list(zip(BETAS, [0.012] * 4 + [0.035, 0.08], strict=True))
)
def test_incomplete_gamma_form_is_close_to_the_sum_and_closer_with_its_ends(beta, tolerance):
    alphas = window(1024, beta, 0.01)
    squares = linear.first_squares(1024, 0.01)
    exact = linear.small_eta_error(eigenvalues(1024, beta), squares, alphas, 0.01)

    def deviation(ends):
        form = linear.incomplete_gamma_error(1024, beta, alphas, 0.01, 0.01, ends=ends)
        return np.max(np.abs(form / exact - 1))

    assert deviation(False) < tolerance
    assert deviation(True) < 0.7 * deviation(False)


def test_power_law_is_approached_between_far_cut_offs():
    levels, beta, eta = 10**6, 1.0, 0.01
    first, last = linear.power_law_range(levels, beta, eta)
    middle = np.array([math.sqrt(first * last)])
    form = linear.incomplete_gamma_error(levels, beta, middle, eta, 0.0)
    assert form[0] == pytest.approx(
        linear.power_law_error(levels, beta, middle, eta, 0.0)[0], rel=2e-3
    )


@pytest.mark.parametrize("beta", BETAS)
def test_fitted_form_gives_back_beta_where_a_straight_line_does_not(beta):
    alphas = window(1024, beta, 0.01)
    squares = linear.first_squares(1024, 0.01)
    exact = linear.small_eta_error(eigenvalues(1024, beta), squares, alphas, 0.01)
    assert beta_of_decay(alphas, 0.37 * exact, 1024, 0.01) == pytest.approx(beta, abs=0.01)
    if beta < 1:
        slope = -np.polyfit(np.log(alphas), np.log(exact), 1)[0]
        assert abs(slope / (1 - slope) - beta) > 0.03


def test_training_every_direction_is_the_full_network():
    variances, squares = eigenvalues(40, 0.5), np.linspace(0.5, 2.0, 40)
    all_of_them = linear.feature_error(variances, squares, 40, ALPHAS, 0.1)
    full = linear.small_eta_error(variances, squares, ALPHAS, 0.1)
    np.testing.assert_allclose(all_of_them, full, rtol=1e-12)


def test_long_training_leaves_what_does_not_learn():
    variances, squares = eigenvalues(40, 0.5), np.linspace(0.5, 2.0, 40)
    late = linear.feature_error(variances, squares, 8, np.array([1e4]), 0.1)[0]
    assert late == pytest.approx(linear.untrained_error(variances, squares, 8), rel=1e-12)
    assert linear.untrained_error(variances, squares, 40) == 0.0


def test_learning_rate_factor_is_the_fixed_point_of_the_trained_directions():
    size, trained, eta = 64, 16, 0.4
    variances, squares = eigenvalues(size, 1.0), np.full(size, 1.3)
    matrix = linear.drift(variances, eta)
    fed = -matrix[:trained, trained:] @ squares[trained:]
    squares[:trained] = np.linalg.solve(matrix[:trained, :trained], fed)
    stationary = variances @ squares / (2 * size)
    small = linear.untrained_error(variances, np.full(size, 1.3), trained)
    factor = linear.learning_rate_factor(variances, trained, eta)
    assert stationary == pytest.approx(factor * small, rel=1e-12)


@pytest.mark.parametrize(
    ("size", "expected"),
    [(256, [0.595, 0.723, 1.095, 1.978]), (2**20, [0.305, 0.490, 0.974, 1.948])],
)
def test_exponents_of_the_tail_are_the_tabulated_ones(size, expected):
    counts = np.array([8, 16, 32, 64])
    for beta, exponent in zip((0.3, 0.5, 1.0, 2.0), expected, strict=True):
        variances, squares = eigenvalues(size, beta), linear.first_squares(size, 0.01)
        tails = [linear.untrained_error(variances, squares, count) for count in counts]
        slope = np.polyfit(np.log(counts), np.log(tails), 1)[0]
        assert slope == pytest.approx(-exponent, abs=1e-3)
        assert beta_of_tail(counts, np.array(tails), size) == pytest.approx(beta, abs=3e-3)
        leading = beta_of_tail(counts, np.array(tails), size, middle=False)
        assert leading == pytest.approx(beta, abs=0.06)
        assert leading < beta - 0.005


@pytest.mark.parametrize("count", [-1, 41])
def test_more_trainable_directions_than_there_are_is_refused(count):
    with pytest.raises(ValueError, match="trainable directions of 40"):
        linear.feature_error(eigenvalues(40, 1.0), np.ones(40), count, ALPHAS, 0.1)


@pytest.mark.parametrize("values", [[1.0, 0.5], [1.0, -1.0, 0.5], [1.0, np.nan, 0.5]])
def test_values_that_determine_no_spectral_exponent_are_refused(values):
    alphas = np.geomspace(1, 10, len(values))
    with pytest.raises(InputError, match="no spectral exponent"):
        beta_of_decay(alphas, np.array(values), 64, 0.01)


def test_a_curve_that_does_not_fall_has_no_spectral_exponent():
    with pytest.raises(InputError, match="ended at its bound"):
        beta_of_tail(np.array([8, 16, 32, 64]), np.geomspace(1, 1e-20, 4), 256)


@pytest.mark.parametrize(
    ("levels", "beta", "eta", "alphas"),
    [(64, 10.0, 0.1, [1e16]), (1024, 5.0, 0.01, [1e14, 1e15]), (32, 20.0, 0.5, [1e20, 1e28])],
)
def test_slow_modes_of_steep_spectra_keep_their_digits(levels, beta, eta, alphas):
    # A dense eigensolver is exact to the largest rate: it gave -1.6e-33 and a ten millionth.
    start = (eigenvalues(levels, beta), linear.first_squares(levels, 0.01))
    general = linear.general_eta_error(*start, np.array(alphas), eta)
    slow = linear.small_eta_error(*start, np.array(alphas), eta) / (1 - eta / 2)
    np.testing.assert_allclose(general, slow, rtol=2e-3)


@pytest.mark.parametrize("eta", [0.1, 1.9, 2.3])
def test_modes_are_those_of_a_dense_eigensolver_where_that_is_exact(eta):
    variances = np.repeat(eigenvalues(24, 0.5), 3)  # and directions of one eigenvalue act as one
    squares = np.random.default_rng(2).chisquare(1, 72)
    rates, modes = np.linalg.eigh(linear.drift(variances, eta))
    weights = (variances @ modes) * (squares @ modes) / 144
    dense = [np.exp(rates * alpha) @ weights for alpha in (0.0, 1.0, 10.0)]
    found = linear.general_eta_error(variances, squares, np.array([0.0, 1.0, 10.0]), eta)
    np.testing.assert_allclose(found, dense, rtol=1e-11)

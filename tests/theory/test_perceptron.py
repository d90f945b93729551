import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit, ndtr

from scalinglaws.theory import perceptron
from scalinglaws.theory.quadrature import gaussian_panels

# alpha, Hebb, lambda_opt, epsilon_opt, Bayes, maximum stability, kappa: an independent prototype.
TABLE = [
    (0.5, 0.336493, 0.7628, 0.3224068, 0.3223953, 0.328850, 1.2564),
    (1.0, 0.285634, 1.1858, 0.2544045, 0.2543730, 0.265711, 0.7865),
    (2.0, 0.230823, 1.9989, 0.1745872, 0.1745342, 0.188479, 0.4546),
    (5.0, 0.162614, 4.5361, 0.0839799, 0.0839352, 0.093827, 0.1967),
    (10.0, 0.120111, 8.8979, 0.0435994, 0.0435732, 0.049183, 0.0999),
    (100.0, 0.039687, 88.365, 0.00441916, 0.00441639, 0.005004, 0.0100),
    (1000.0, 0.012609, 883.59, 0.00044198, 0.00044170, 0.000500, 0.0010),
]
ALPHAS = [row[0] for row in TABLE]


@pytest.mark.parametrize(("alpha", "hebb", "lam", "best", "bayes", "stable", "kappa"), TABLE)
def test_limits_and_optimum_agree_with_an_independent_prototype_to_its_printed_digits(
    alpha: float,
    hebb: float,
    lam: float,
    best: float,
    bayes: float,
    stable: float,
    kappa: float,
) -> None:
    found_lam, found_best = perceptron.optimum(alpha)
    found_stable, found_kappa = perceptron.maximum_stability(alpha)
    decimals = 8 if alpha >= 100 else 7
    assert perceptron.hebb_error(alpha) == pytest.approx(hebb, abs=0.51e-6)
    assert found_lam == pytest.approx(lam, rel=3e-5)
    assert found_best == pytest.approx(best, abs=0.51 * 10**-decimals)
    assert perceptron.bayes_error(alpha) == pytest.approx(bayes, abs=0.51 * 10**-decimals)
    assert found_stable == pytest.approx(stable, abs=0.51e-6)
    assert found_kappa == pytest.approx(kappa, abs=0.51e-4)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_small_lambda_is_the_hebb_rule_to_first_order(alpha: float) -> None:
    deviations = perceptron.fixed_norm_error(alpha, [0.001, 0.002]) / perceptron.hebb_error(alpha)
    assert abs(deviations[0] - 1) < 1e-3
    assert (deviations[1] - 1) / (deviations[0] - 1) == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize("alpha", [0.5, 2.0, 10.0])
def test_large_lambda_approaches_the_perceptron_of_maximum_stability(alpha: float) -> None:
    stable, kappa = perceptron.maximum_stability(alpha)
    found = perceptron.solutions(alpha, [300.0, 3000.0])
    errors = [abs(perceptron.epsilon_of(row[0]) / stable - 1) for row in found]
    assert errors[1] < 0.2 * errors[0] < 0.01
    assert np.exp(found[1, 1]) == pytest.approx(kappa, rel=0.02)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_the_best_norm_comes_within_a_thousandth_of_the_bayes_error_but_never_reaches_it(
    alpha: float,
) -> None:
    ratio = perceptron.optimum(alpha)[1] / perceptron.bayes_error(alpha)
    assert 1e-5 < ratio - 1 < 1e-3


def test_errors_at_large_alpha_have_the_known_prefactors() -> None:
    alpha = 1e5
    assert alpha * perceptron.bayes_error(alpha) == pytest.approx(0.4417, abs=1e-4)
    assert alpha * perceptron.gibbs_error(alpha) == pytest.approx(0.6247, abs=1e-4)
    assert alpha * perceptron.maximum_stability(alpha)[0] == pytest.approx(0.5005, abs=1e-4)
    ratio = perceptron.gibbs_error(alpha) / perceptron.bayes_error(alpha)
    assert ratio == pytest.approx(np.sqrt(2), rel=1e-4)


def test_at_large_alpha_and_fixed_lambda_the_error_over_hebb_has_its_closed_form() -> None:
    alpha = 1e5
    for lam in (1.0, 3.0, 10.0):
        integral = quad(
            lambda t, lam=lam: np.exp(-t * t / 2) * (2 * expit(-2 * lam * t)) ** 2, 0, 12
        )[0] / np.sqrt(2 * np.pi)
        ratio = perceptron.fixed_norm_error(alpha, [lam])[0] / perceptron.hebb_error(alpha)
        assert ratio == pytest.approx(np.sqrt(2 * integral), rel=3e-4)


def energy(overlap: float, x: float, alpha: float, lam: float) -> float:
    """Energy density before any derivative is taken: plain trapezoids, bisected proximal point."""
    u = overlap / np.sqrt(1 - overlap**2)
    t = np.linspace(-8, 8, 3201)
    low, high = t.copy(), t + 2 * x
    for _ in range(60):
        middle = 0.5 * (low + high)
        below = middle - t - 2 * x * expit(-2 * lam * middle) < 0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    cost = np.logaddexp(0, -2 * lam * low) / lam + (low - t) ** 2 / (2 * x)
    average = np.trapezoid(np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi) * ndtr(u * t) * cost, t)
    return float(-(1 - overlap**2) / (2 * x) + 2 * alpha * average)


@pytest.mark.parametrize(("alpha", "lam"), [(2.0, 0.5), (2.0, 2.0), (5.0, 1.5)])
def test_solution_is_the_saddle_point_of_the_energy_itself(alpha: float, lam: float) -> None:
    def largest_over_x(overlap: float) -> float:
        found = minimize_scalar(
            lambda log_x: -energy(overlap, np.exp(log_x), alpha, lam), bounds=(-5, 4)
        )
        return float(-found.fun)

    def slope(overlap: float) -> float:
        return largest_over_x(overlap + 1e-3) - largest_over_x(overlap - 1e-3)

    expected = np.cos(np.pi * perceptron.fixed_norm_error(alpha, [lam])[0])
    assert brentq(slope, 0.5, 0.995, xtol=1e-5) == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize(("k", "lam"), [(0.3, 0.01), (0.2, 5.0), (1.0, 300.0)])
def test_proximal_shift_solves_its_defining_equation_without_overflow(k: float, lam: float) -> None:
    t = np.linspace(-6, k + min(5.0, 300 / lam), 241)  # further out the shift underflows to 0
    shift = perceptron.proximal_shift(t, k, lam)
    log_x = np.log(k / 2) + np.logaddexp(0, 2 * lam * k)
    log_right = np.log(2) + log_x - np.logaddexp(0, 2 * lam * (t + shift))
    np.testing.assert_allclose(np.log(shift), log_right, atol=1e-9)
    assert perceptron.proximal_shift(np.zeros(1), k, lam)[0] == pytest.approx(k, rel=1e-12)


def test_panels_integrate_a_sharp_step_and_gaussian_moments() -> None:
    t, weights = gaussian_panels([(0.3, 1e-3), (0.0, 1.0)])
    assert np.sum(weights) == pytest.approx(1, abs=1e-13)
    assert np.sum(weights * t**4) == pytest.approx(3, abs=1e-12)
    smooth = quad(
        lambda s: np.exp(-s * s / 2) / np.sqrt(2 * np.pi) * expit((s - 0.3) / 1e-3),
        -9,
        9,
        points=[0.28, 0.29, 0.3, 0.31, 0.32],
        epsabs=1e-12,
        limit=200,
    )[0]
    assert np.sum(weights * expit((t - 0.3) / 1e-3)) == pytest.approx(smooth, abs=1e-11)


def test_continuation_gives_the_same_point_from_whichever_grid() -> None:
    alone = perceptron.fixed_norm_error(5.0, [20.0])
    grid = perceptron.fixed_norm_error(5.0, [0.1, 0.7, 3.0, 20.0])
    assert grid[-1] == pytest.approx(alone[0], rel=1e-10)

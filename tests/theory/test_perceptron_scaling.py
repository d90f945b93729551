import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.optimize import minimize, root
from scipy.special import expit, ndtr

from scalinglaws.theory import perceptron, perceptron_flow, perceptron_scaling, perceptron_square
from scalinglaws.training import logistic, square_loss


def density(t: float) -> float:
    return float(np.exp(-t * t / 2) / np.sqrt(2 * np.pi))


def samples(alpha: float, weights: int, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(11)
    made = []
    for _ in range(count):
        teacher = random.standard_normal(weights)
        inputs = random.standard_normal((round(alpha * weights), weights))
        labels = np.sign(inputs @ teacher)
        made.append((teacher, inputs * labels[:, None] / np.sqrt(weights)))
    return made


def test_early_error_agrees_with_a_prototype_and_with_its_power_law() -> None:
    found = perceptron_scaling.early_error([1.0, 3.0, 10.0, 30.0])
    assert found == pytest.approx([0.53135, 0.31875, 0.17547, 0.10135], abs=6e-6)
    far = perceptron_scaling.early_error([1e4])[0] * 1e2
    assert far == pytest.approx(perceptron_scaling.EARLY_PREFACTOR, rel=1e-6)
    assert pytest.approx(0.55517, abs=6e-6) == perceptron_scaling.EARLY_PREFACTOR


@pytest.mark.parametrize("lam", [0.02, 1.0, 7.0])
def test_early_error_is_the_limit_of_the_replica_symmetric_curve(lam: float) -> None:
    found = [
        perceptron.fixed_norm_error(alpha, [lam])[0] / perceptron.hebb_error(alpha)
        for alpha in (1e4, 1e5)
    ]
    limit = perceptron_scaling.early_error([lam])[0]
    assert abs(found[1] - limit) < 0.15 * abs(found[0] - limit) + 1e-9
    assert found[1] == pytest.approx(limit, rel=3e-4)


def test_scaling_function_is_the_limit_of_the_replica_symmetric_curve() -> None:
    ratios = np.array([0.05, 0.3, 0.8836, 4.0, 30.0])
    limit = perceptron_scaling.scaling_function(ratios)
    for alpha, bound in ((100.0, 1e-2), (1e4, 1e-6)):
        found = alpha * perceptron.fixed_norm_error(alpha, ratios * alpha)
        np.testing.assert_allclose(found, limit, rtol=bound)


def early_scaling(ratios: np.ndarray) -> np.ndarray:
    """F(l) for l -> 0, where law 1 takes over."""
    hebb = perceptron_scaling.HEBB_PREFACTOR
    return perceptron_scaling.EARLY_PREFACTOR * hebb / np.sqrt(ratios)


def test_scaling_function_joins_law_one_to_maximum_stability() -> None:
    ratios = np.array([1e-5])
    start = perceptron_scaling.scaling_function(ratios)
    assert start == pytest.approx(early_scaling(ratios), rel=2e-5)
    end = 1e5 * perceptron.maximum_stability(1e5)[0]
    assert perceptron_scaling.scaling_function([1e5])[0] == pytest.approx(end, rel=2e-5)


def test_scaling_function_does_not_depend_on_the_order_of_its_arguments() -> None:
    ratios = [0.4, 20.0, 0.02]
    together = perceptron_scaling.scaling_function(ratios)
    alone = [perceptron_scaling.scaling_function([ratio])[0] for ratio in ratios]
    np.testing.assert_allclose(together, alone, rtol=1e-10)


def test_smallest_value_of_the_scaling_function_is_where_the_optima_of_the_curves_go() -> None:
    ratio, smallest = perceptron_scaling.scaling_optimum()
    assert (ratio, smallest) == (
        pytest.approx(0.88359, abs=6e-6),
        pytest.approx(0.441978, abs=6e-7),
    )
    lam, error = perceptron.optimum(1e4)
    assert lam / 1e4 == pytest.approx(ratio, abs=3e-5)
    assert error * 1e4 == pytest.approx(smallest, rel=1e-5)
    beside = perceptron_scaling.scaling_function([0.95 * ratio, 1.05 * ratio])
    assert np.all(beside > smallest)


def test_gradient_flow_solves_its_differential_equation() -> None:
    z, dz = np.linspace(0, 9, 1801, retstep=True)
    weights = 2 * np.array([density(value) for value in z]) * dz
    weights *= np.where(np.arange(len(z)) % 2, 4, 2) / 3  # Simpson
    weights[[0, -1]] /= 2

    def slope(lam: float, a: np.ndarray) -> np.ndarray:
        drive = 1 - np.tanh(lam * z)
        curvature = np.sum(weights / np.cosh(lam * z) ** 2)
        return (drive - curvature * a) / np.sum(weights * z * drive)

    lambdas = [0.03, 0.3, 1.0, 3.0, 8.0]
    found = solve_ivp(slope, (0, 8), np.zeros_like(z), t_eval=lambdas, rtol=1e-7, atol=1e-9)
    expected = np.sqrt(2 / np.pi * weights @ found.y**2) / lambdas
    np.testing.assert_allclose(perceptron_flow.flow_error(lambdas), expected, rtol=1e-5)


def test_gradient_flow_lags_by_a_factor_two_at_first_and_forgets_it_at_the_end() -> None:
    first = perceptron_flow.flow_error([0.004])[0]
    assert 1 - first == pytest.approx(1 - perceptron_scaling.early_error([0.002])[0], rel=0.02)
    last = perceptron_flow.flow_error([100.0])[0] / perceptron_scaling.early_error([100.0])[0]
    assert 1.0 < last < 1.0001


def test_gradient_descent_of_finite_size_follows_gradient_flow() -> None:
    lambdas, made = [0.3, 1.0, 3.0], samples(100.0, 40, 10)
    ratios = []
    for teacher, patterns in made:
        fixed = logistic.fixed_norm_minimisers(patterns, lambdas)
        start = 1e-3 * np.random.default_rng(0).standard_normal((2, 1, 40))
        here = logistic.Descent(start[0], start[1], np.zeros(1))
        norms, errors = [], []
        for _ in range(400):
            here = logistic.descend(here, patterns[None], 1, 0.5, 0.03)
            norms.append(logistic.norms(here.weights)[0] / np.sqrt(40))
            errors.append(logistic.generalisation_error(here.weights, teacher)[0])
        assert norms[-1] > lambdas[-1]
        free = np.interp(lambdas, norms, errors)
        ratios.append(free / logistic.generalisation_error(fixed, teacher))
    expected = perceptron_flow.flow_error(lambdas) / perceptron_scaling.early_error(lambdas)
    np.testing.assert_allclose(np.mean(ratios, axis=0), expected, atol=0.02)


@pytest.mark.parametrize(("alpha", "lam"), [(0.6, 0.2), (2.0, 0.7), (20.0, 3.0)])
def test_square_loss_solves_the_saddle_point_equations_integrated_numerically(
    alpha: float, lam: float
) -> None:
    def residuals(unknowns: np.ndarray) -> list[float]:
        overlap, x = np.tanh(unknowns[0]), np.exp(unknowns[1])
        u = overlap / np.sqrt(1 - overlap**2)

        def shift(t: float) -> float:  # D + x V'(D) = t
            return (t + x) / (1 + x * lam) - t

        def first(t: float) -> float:
            return float(density(t) * ndtr(u * t) * shift(t) ** 2)

        def second(t: float) -> float:
            return density(t) * density(u * t) * shift(t)

        left = (1 - overlap**2, overlap * np.sqrt(1 - overlap**2))
        right = [2 * alpha * quad(part, -9, 9, points=[0.0])[0] for part in (first, second)]
        return [left[0] - right[0], left[1] - right[1]]

    found = root(residuals, [0.8, np.log(1 / alpha)], tol=1e-11)
    assert found.success
    expected = np.arccos(np.tanh(found.x[0])) / np.pi
    assert perceptron_square.square_loss_error(alpha, [lam])[0] == pytest.approx(expected, abs=1e-8)


def test_square_loss_has_its_optimum_at_a_norm_that_alpha_does_not_move() -> None:
    for alpha in (1.0, 5.0, 100.0, 1e4):
        lam, error = perceptron_square.optimum(alpha)
        beside = perceptron_square.square_loss_error(alpha, [0.97 * lam, lam, 1.03 * lam])
        assert beside[1] == pytest.approx(error, rel=1e-9)
        assert np.all(beside[[0, 2]] > error)
    assert lam == pytest.approx(0.798, abs=1e-3)
    assert error / perceptron.hebb_error(1e4) == pytest.approx(0.603, abs=1e-3)
    grid = np.array([0.1, 0.8, 2.0])
    ratio = perceptron_square.square_loss_error(1e5, grid) / perceptron.hebb_error(1e5)
    np.testing.assert_allclose(ratio, perceptron_square.early_error(grid), rtol=1e-4)


def test_square_loss_says_where_all_examples_can_be_fitted() -> None:
    with pytest.raises(perceptron.NoSolution, match="fitted exactly"):
        perceptron_square.square_loss_error(0.5, [5.0])


def test_square_loss_minimisers_beat_a_general_optimiser_also_beyond_least_squares() -> None:
    ((_, patterns),) = samples(4.0, 25, 1)
    for lam, found in zip(
        (0.2, 0.8, 5.0),
        square_loss.fixed_norm_minimisers(patterns, [0.2, 0.8, 5.0]),
        strict=True,
    ):
        assert np.linalg.norm(found) == pytest.approx(5.0, rel=1e-9)

        def loss(weights: np.ndarray, lam: float = lam) -> float:
            weights = 5.0 * weights / np.linalg.norm(weights)
            return float(np.sum((1 - lam * patterns @ weights) ** 2) / (2 * lam))

        others = [
            minimize(loss, np.random.default_rng(seed).standard_normal(25), method="L-BFGS-B").fun
            for seed in range(3)
        ]
        assert loss(found) <= min(others) * (1 + 1e-12)
        assert loss(found) == pytest.approx(min(others), rel=1e-6)


@pytest.mark.parametrize("alpha", [2.0, 10.0])
def test_square_loss_minimisers_of_finite_size_follow_the_theory(alpha: float) -> None:
    lambdas = [0.1, 0.8, 3.0]
    errors = np.array(
        [
            logistic.generalisation_error(
                square_loss.fixed_norm_minimisers(patterns, lambdas), teacher
            )
            for teacher, patterns in samples(alpha, 120, 40)
        ]
    )
    expected = perceptron_square.square_loss_error(alpha, lambdas)
    standard_error = errors.std(axis=0, ddof=1) / np.sqrt(len(errors))
    assert np.all(standard_error < 0.02 * expected)
    assert np.all(np.abs(errors.mean(axis=0) - expected) < 3 * standard_error)


def test_decay_of_one_minus_tanh_is_what_the_limits_integrate() -> None:
    lam = 2.5
    integral = quad(lambda t: density(t) * (1 - np.tanh(lam * t)) ** 2, 0, 12)[0]
    assert perceptron_scaling.early_error([lam])[0] == pytest.approx(
        np.sqrt(2 * integral), rel=1e-9
    )
    assert 2 * expit(-2 * lam) == pytest.approx(1 - np.tanh(lam), rel=1e-12)

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import erf, zeta

from scalinglaws.config import read_paper
from scalinglaws.theory import committee
from scalinglaws.theory.plateau import escape_time, plateau_height
from scalinglaws.theory.power_law_spectrum import eigenvalues, input_variances, moment

ETA = 0.1
ALPHAS = np.append(np.geomspace(0.3, 9000, 199), 1e4)


def random_covariance(fields: int, seed: int) -> np.ndarray:
    factor = np.random.default_rng(seed).standard_normal((fields, fields + 1)) / 2
    return factor @ factor.T


def test_mean_eigenvalue_is_one_and_second_moment_has_its_limit():
    assert moment(64, 0.7, 1) == pytest.approx(1, rel=1e-14)
    limit = zeta(4.0) / zeta(2.0) ** 2  # beta = 1, large L: exactly 2/5
    assert moment(4096, 1.0, 2) / 4096 == pytest.approx(limit, rel=1e-3)
    assert np.all(np.diff(input_variances(8, 32, 0.5)) <= 0)


@pytest.mark.parametrize(("units", "teacher_units"), [(2, 3), (3, 2)])
def test_closed_form_averages_agree_with_sampling(units, teacher_units):
    C = random_covariance(units + teacher_units, seed=units)
    w = committee.output_weights(units, teacher_units)
    gain = np.sqrt(teacher_units) / units
    generator = np.random.default_rng(7)
    root = np.linalg.cholesky(C)
    sums = []
    for _ in range(10):
        z = generator.standard_normal((200_000, len(C))) @ root.T
        x = z[:, :units]
        slopes = np.sqrt(2 / np.pi) * np.exp(-(z**2) / 2)
        error = erf(z / np.sqrt(2)) @ w
        delta = gain * slopes[:, :units] * error[:, None]
        # d delta_i / d x_j, differentiated by hand from delta_i = gain g'(x_i) sum_p w_p g(z_p)
        A = gain * np.einsum("si,sj,j->ij", slopes[:, :units], slopes[:, :units], w[:units])
        A += np.diag(-gain * np.sum(x * slopes[:, :units] * error[:, None], axis=0))
        Gamma = gain * slopes[:, :units].T @ slopes[:, units:] * w[units:]
        G = delta.T @ delta
        parts = [A, Gamma, G, np.array([np.sum(error**2) / 2])]
        sums.append(np.concatenate([part.ravel() for part in parts]) / len(z))
    sums = np.array(sums)
    A, Gamma, G = committee.drift_averages(C, units)
    eps = committee.error_of_covariance(C, units)
    exact = np.concatenate([np.ravel(part) for part in (A, Gamma, G, eps)])
    spread = sums.std(axis=0, ddof=1) / np.sqrt(len(sums))
    assert np.all(np.abs(sums.mean(axis=0) - exact) < 6 * spread + 1e-5)
    assert np.max(6 * spread) < 5e-3


def saad_solla_i3(c, a, b_with_a, b_with_c, third):
    """<g'(a) b g(c)> from the covariances of a and c and those of b with both."""
    d_a, d_c, ac = 1 + c[a, a], 1 + c[third, third], c[a, third]
    bottom = d_a * np.sqrt(d_a * d_c - ac**2)
    return 2 / np.pi * (b_with_c * d_a - b_with_a * ac) / bottom


def saad_solla_i4(c, i, j, p, q):
    """<g'(i) g'(j) g(p) g(q)>: the 2 x 2 covariance of p, q given the two Gaussian slopes."""
    fields = c[np.ix_([i, j, p, q], [i, j, p, q])]
    selector = np.diag([1.0, 1.0, 0.0, 0.0])
    # Multiplying by exp(-(i^2 + j^2)/2) tilts the normal weight: a degenerate-safe update.
    tilted = fields @ np.linalg.inv(np.eye(4) + selector @ fields)
    weight = 1 / np.sqrt(np.linalg.det(np.eye(4) + selector @ fields))
    d = np.sqrt((1 + tilted[2, 2]) * (1 + tilted[3, 3]))
    return 2 / np.pi * weight * 2 / np.pi * np.arcsin(tilted[2, 3] / d)


def levels_form(levels: int, beta: float, alphas: np.ndarray, start: float, sigma_j: float):
    """eps_g, K = M = 2, by the hierarchy of R^(l), Q^(l) and the characteristic polynomial."""
    lam = eigenvalues(levels, beta)
    closure = -np.poly(lam)[1:][::-1]  # lambda^L = sum_l closure_l lambda^l
    mu = [np.mean(lam**p) for p in range(levels + 2)]
    w, gain = committee.output_weights(2, 2), np.sqrt(2) / 2

    def unpacked(state):
        blocks = state.reshape(2, levels, 2, 2)
        highest = np.einsum("l,slij->sij", closure, blocks)
        return np.concatenate([blocks, highest[:, None]], axis=1)

    def covariance(R, Q, order):
        return np.block([[Q[order], R[order]], [R[order].T, mu[order] * np.eye(2)]])

    def drift(_, state):
        R, Q = unpacked(state)
        C = covariance(R, Q, 1)
        dR, dQ = np.zeros((levels, 2, 2)), np.zeros((levels, 2, 2))
        G = np.array(
            [
                [
                    gain**2
                    * sum(
                        w[p] * w[q] * saad_solla_i4(C, i, j, p, q)
                        for p in range(4)
                        for q in range(4)
                    )
                    for j in range(2)
                ]
                for i in range(2)
            ]
        )
        for order in range(levels):
            upper = covariance(R, Q, order + 1)
            pulled = np.array(
                [
                    [
                        gain
                        * sum(
                            w[p] * saad_solla_i3(C, i, upper[b, i], upper[b, p], p)
                            for p in range(4)
                        )
                        for b in range(4)
                    ]
                    for i in range(2)
                ]
            )
            dR[order] = ETA * pulled[:, 2:]
            dQ[order] = ETA * (pulled[:, :2] + pulled[:, :2].T) + ETA**2 * mu[order + 1] * G
        return np.stack([dR, dQ]).ravel()

    first = np.stack(
        [
            [mu[order] * start * np.eye(2) for order in range(levels)],
            [mu[order] * sigma_j**2 * np.eye(2) for order in range(levels)],
        ]
    )
    span = (0.0, alphas[-1])
    solution = solve_ivp(drift, span, first.ravel(), "LSODA", t_eval=alphas, rtol=1e-9, atol=1e-12)
    states = [unpacked(state) for state in solution.y.T]
    return np.array(
        [float(committee.error_of_covariance(covariance(R, Q, 1), 2)) for R, Q in states]
    )


@pytest.mark.parametrize("levels", [2, 4, 8])
def test_block_form_agrees_with_the_hierarchy_of_levels(levels):
    alphas = np.geomspace(0.5, 60, 200)
    alphas[-1] = 60.0
    blocks = committee.solve(
        committee.diagonal_start(levels, 2, 2, 0.2**2, 0.05), alphas, beta=1.0, eta=ETA
    )
    hierarchy = levels_form(levels, 1.0, alphas, start=0.05, sigma_j=0.2)
    np.testing.assert_allclose(blocks["eps_g"], hierarchy, rtol=1e-5)
    assert blocks["eps_g"][-1] < 0.5 * blocks["eps_g"][0]


@pytest.mark.parametrize(("units", "levels"), [(2, 1), (2, 4), (3, 1), (3, 4)])
def test_noiseless_plateau_has_the_height_and_escape_time_of_the_formulas(units, levels):
    start = committee.diagonal_start(levels, units, units, 1e-18, 1e-10)
    curves = committee.solve(start, ALPHAS, beta=1.0, eta=ETA, noise=False)
    growing = (curves["split"] > 1e-6) & (curves["split"] < 1e-4)
    height = curves["eps_g"][growing]
    assert len(height) >= 4
    np.testing.assert_allclose(height, plateau_height(units), rtol=1e-4)
    rates = curves["growth_rate"][growing] * escape_time(units, ETA, levels, 1.0)
    np.testing.assert_allclose(rates, 1.0, rtol=0.01)


def test_escape_time_grows_as_the_square_of_the_units_over_the_levels():
    ratio = escape_time(64, ETA, 256, 1.0) / (5 * np.pi * 64**2 / (ETA * 256))
    assert ratio == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    ("levels", "slope"), [(1, -13.0), (2, -5.6), (4, -3.3), (8, -2.1), (16, -1.42), (32, -1.18)]
)
def test_late_slopes_agree_with_an_independent_site_symmetric_integration(levels, slope):
    start = committee.typical_start(levels, 1.0, 0.01, 1024, 2, 2)
    found = committee.solve(start, ALPHAS, beta=1.0, eta=ETA)["local_slope"]
    late = np.interp(np.log(3e3), np.log(ALPHAS), found)
    assert late == pytest.approx(slope, rel=0.02)


def test_plateau_is_there_for_few_levels_and_gone_for_many():
    flattest = {}
    for levels in (1, 4, 16, 64):
        start = committee.typical_start(levels, 1.0, 0.01, 1024, 2, 2)
        curves = committee.solve(start, ALPHAS, beta=1.0, eta=ETA)
        ratio = curves["eps_g"] / plateau_height(2)
        flattest[levels] = curves["local_slope"][(ratio > 0.5) & (ratio < 2)].max()
    assert flattest[1] > -0.001
    assert flattest[4] > -0.01
    assert flattest[16] < -0.25
    assert flattest[64] < -0.25


def test_local_slope_is_the_derivative_of_the_curve():
    alphas = np.geomspace(50, 300, 200)
    start = committee.typical_start(8, 1.0, 0.01, 1024, 2, 2)
    curves = committee.solve(start, alphas, beta=1.0, eta=ETA)
    slopes = np.gradient(np.log(curves["eps_g"]), np.log(alphas))
    np.testing.assert_allclose(slopes[2:-2], curves["local_slope"][2:-2], atol=1e-3)


@pytest.mark.parametrize("levels", [1, 16])
def test_solver_errors_are_below_those_declared_in_the_configuration(levels):
    declared = read_paper("worschech2024")["fits"]["committee_agreement"]["settings"]
    start = committee.typical_start(levels, 1.0, 0.01, 1024, 2, 2)
    usual = committee.solve(start, ALPHAS, beta=1.0, eta=ETA)
    strict = committee.solve(start, ALPHAS, beta=1.0, eta=ETA, relative=1e-11, absolute=1e-14)
    high, resolved = strict["eps_g"] > 1e-3, strict["eps_g"] > 1e-6
    error = np.abs(usual["eps_g"][high] / strict["eps_g"][high] - 1)
    assert error.max() < declared["solver_error"]
    slopes = strict["local_slope"]
    error = np.abs(usual["local_slope"] - slopes) / np.maximum(1, np.abs(slopes))
    assert error[resolved].max() < declared["slope_error"]


def test_failed_integration_is_nan_and_ends_soon():
    start = committee.typical_start(1, 1.0, 0.01, 1024, 2, 2)
    curves = committee.solve(start, ALPHAS, beta=1.0, eta=1e200)
    assert np.all(np.isnan(curves["eps_g"]))


def test_padding_with_empty_blocks_changes_nothing(monkeypatch):
    start = committee.typical_start(8, 1.0, 0.01, 1024, 2, 2)
    usual = committee.solve(start, ALPHAS, beta=1.0, eta=ETA)["eps_g"]
    monkeypatch.setattr(committee, "PADDED_LEVELS", (8,))
    tight = committee.solve(start, ALPHAS, beta=1.0, eta=ETA)["eps_g"]
    np.testing.assert_allclose(usual, tight, rtol=1e-7)


def test_late_errors_fall_to_zero_and_never_below():
    start = committee.typical_start(1, 1.0, 0.01, 1024, 2, 2)
    errors = committee.solve(start, ALPHAS, beta=1.0, eta=1.0)["eps_g"]
    assert errors[-1] == 0
    assert np.all(errors >= 0)

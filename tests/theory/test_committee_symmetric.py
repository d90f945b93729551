import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scalinglaws.config import read_paper
from scalinglaws.theory import committee
from scalinglaws.theory import committee_symmetric as symmetric
from scalinglaws.theory.plateau import (
    escape_time,
    length_in_escape_times,
    plateau_height,
    plateau_overlap,
)
from scalinglaws.theory.power_law_spectrum import eigenvalues

ETA = 0.1
# Always 200 abscissae: one compilation serves all tests.
ALPHAS = np.append(np.geomspace(0.3, 9000, 199), 1e4)

EARLY = np.append(np.geomspace(0.3, 290, 199), 300.0)


def site_symmetric(same: np.ndarray, other: np.ndarray, units: int) -> np.ndarray:
    """(L, M, M) with `same` on the diagonals and `other` off them."""
    eye = np.eye(units)
    return same[:, None, None] * eye + other[:, None, None] * (1 - eye)


def random_entries(levels: int, seed: int) -> symmetric.Entries:
    draw = np.random.default_rng(seed).uniform
    size = levels
    return symmetric.Entries(
        Q=draw(0.4, 0.9, size),
        C=draw(-0.05, 0.1, size),
        R=draw(0.0, 0.6, size),
        S=draw(0, 0.1, size),
    )


def both_derivatives(units: int, levels: int, eta: float, noise: float):
    start = random_entries(levels, seed=units)
    lam = eigenvalues(levels, 0.7)
    shared = {"lam": lam, "block_weights": lam / levels, "eta": eta, "noise": noise}
    teacher = np.repeat(np.eye(units)[None], levels, axis=0)
    blocks = (site_symmetric(start.R, start.S, units), site_symmetric(start.Q, start.C, units))
    dR, dQ = jax.jit(committee.derivative)(0.0, blocks, {**shared, "T": teacher})
    modes = jnp.stack(symmetric.modes_of(start, units), axis=1)
    found = jax.jit(symmetric.derivative)(0.0, modes, {**shared, "units": float(units)})
    off = (0, 1)
    exact = symmetric.Entries(Q=dQ[:, 0, 0], C=dQ[:, *off], R=dR[:, 0, 0], S=dR[:, *off])
    return found, jnp.stack(symmetric.modes_of(exact, units), axis=1)


@pytest.mark.parametrize("units", [2, 3, 4, 7])
@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_derivative_is_that_of_the_block_form(units, noise):
    found, exact = both_derivatives(units, levels=4, eta=0.6, noise=noise)
    np.testing.assert_allclose(found, exact, atol=1e-12, rtol=0)
    assert np.min(np.abs(exact)) > 1e-6


def test_generalisation_error_is_that_of_the_block_form():
    entries = symmetric.Entries(0.7, 0.1, 0.4, 0.05)
    parts = [
        site_symmetric(np.array([same]), np.array([other]), 5)[0]
        for same, other in ((0.7, 0.1), (0.4, 0.05), (1.0, 0.0))
    ]
    covariance = np.block([[parts[0], parts[1]], [parts[1].T, parts[2]]])
    found = symmetric.generalisation_error(jnp.array(symmetric.modes_of(entries, 5)), 5.0)
    assert float(found) == pytest.approx(float(committee.error_of_covariance(covariance, 5)), 1e-12)


@pytest.mark.parametrize(("units", "levels"), [(1, 3), (3, 4)])
def test_curves_are_those_of_the_block_form(units, levels):
    start = symmetric.typical_start(levels, 0.7, 0.02, 1024)
    machine = {"units": units, "levels": levels, "beta": 0.7, "eta": 0.2}
    found = symmetric.solve(start, EARLY, **machine)["eps_g"]
    blocks = committee.typical_start(levels, 0.7, 0.02, 1024, units, units)
    exact = committee.solve(blocks, EARLY, beta=0.7, eta=0.2)["eps_g"]
    np.testing.assert_allclose(found, exact, rtol=2e-6, atol=1e-9)


@pytest.mark.slow
def test_a_thousand_levels_run_and_follow_the_block_form():
    alphas = np.linspace(0.1, 2.0, 10)
    start = symmetric.typical_start(1024, 1.0, 0.01, 1024)
    machine = {"units": 2, "levels": 1024, "beta": 1.0, "eta": ETA}
    found = symmetric.solve(start, alphas, **machine)["eps_g"]
    blocks = committee.typical_start(1024, 1.0, 0.01, 1024, 2, 2)
    exact = committee.solve(blocks, alphas, beta=1.0, eta=ETA)["eps_g"]
    np.testing.assert_allclose(found, exact, rtol=1e-6)


@pytest.mark.parametrize(("units", "value"), [(2, 30.42), (4, 112.2), (8, 426.4), (16, 1658.0)])
def test_escape_time_times_eta_has_its_tabulated_values(units, value):
    assert ETA * escape_time(units, ETA, 1, 1.0) == pytest.approx(value, rel=2e-4)


def test_plateau_overlaps_are_a_fixed_point_with_the_height_of_the_formula():
    for units in (2, 3, 8, 40):
        rho = plateau_overlap(units)
        shared = units * rho**2
        entries = symmetric.Entries(shared, shared, rho, rho)
        modes = jnp.array(symmetric.modes_of(entries, float(units)))
        found = jax.jit(symmetric.drift_averages)(modes, float(units))
        assert float(found.A_s * modes[1] + found.g_s) == pytest.approx(0, abs=1e-14)
        assert float(found.A_s * modes[3] + found.g_s * modes[1]) == pytest.approx(0, abs=1e-14)
        assert float(found.A_d) == pytest.approx(0, abs=1e-14)
        height = float(symmetric.generalisation_error(modes, float(units)))
        assert height == pytest.approx(plateau_height(units), rel=1e-10)
    assert plateau_height(2) == pytest.approx(0.0058054, abs=5e-8)


@pytest.mark.parametrize(("units", "levels", "beta"), [(2, 4, 1.0), (8, 8, 0.25), (32, 1, 1.0)])
def test_an_overlap_of_any_smallness_escapes_at_the_rate_of_the_formula(units, levels, beta):
    tau = escape_time(units, ETA, levels, beta)
    alphas = np.linspace(0, 40 * tau, 201)[1:]
    machine = {"units": units, "levels": levels, "beta": beta, "eta": ETA}
    found = symmetric.solve(symmetric.seeded_start(1e-25), alphas, noise=False, **machine)
    growing = (found["split"] > 1e-20) & (found["split"] < 1e-8)
    assert growing.sum() > 50
    np.testing.assert_allclose(found["growth_rate"][growing] * tau, 1, rtol=1e-4)
    np.testing.assert_allclose(found["eps_g"][growing], plateau_height(units), rtol=1e-4)


@pytest.mark.parametrize(("eta", "height"), [(0.01, 0.005817), (0.1, 0.00592), (1.0, 0.00734)])
def test_a_finite_learning_rate_raises_the_plateau(eta, height):
    alphas = np.linspace(0, 150 / eta, 201)[1:]
    machine = {"units": 2, "levels": 1, "beta": 1.0, "eta": eta}
    found = symmetric.solve(symmetric.seeded_start(1e-12), alphas, **machine)
    assert found["eps_g"][-1] == pytest.approx(height, rel=2e-3)


@pytest.mark.parametrize(
    ("levels", "early", "late"),
    [
        (1, 6.0e-3, 5.92e-3),
        (4, 7.8e-3, 4.8e-3),
        (16, 9.6e-3, 9.1e-4),
        (32, 9.5e-3, 8.2e-4),
        (64, 6.5e-3, 8.5e-4),
    ],
)
def test_figure_one_has_the_errors_of_another_integration(levels, early, late):
    start = symmetric.typical_start(levels, 1.0, 0.01, 1024)
    machine = {"units": 2, "levels": levels, "beta": 1.0, "eta": ETA}
    alphas = np.append(np.geomspace(1, 100, 199), 1e3)
    errors = symmetric.solve(start, alphas, **machine)["eps_g"]
    assert errors[198] == pytest.approx(early, rel=0.01)
    assert errors[199] == pytest.approx(late, rel=0.01)


def test_length_law_counts_the_growth_from_the_start():
    ratio = np.exp(length_in_escape_times(1024, 0.01))
    assert ratio == pytest.approx(np.sqrt(1024) / 0.01)


@pytest.mark.parametrize(("units", "levels"), [(2, 8), (16, 64)])
def test_solver_errors_are_below_those_declared_in_the_configuration(units, levels):
    declared = read_paper("worschech2024")["fits"]["plateau_laws"]["settings"]["solver_error"]
    tau = escape_time(units, ETA, levels, 1.0)
    alphas = np.linspace(0, 25 * tau, 201)[1:]
    machine = {"units": units, "levels": levels, "beta": 1.0, "eta": ETA, "noise": False}
    start = symmetric.seeded_start(1e-15)
    usual = symmetric.solve(start, alphas, **machine)
    strict = symmetric.solve(start, alphas, **machine, relative=1e-11, absolute=1e-14)
    growing = (strict["split"] > 1e-9) & (strict["split"] < 1e-7)
    assert growing.sum() > 10
    for name in ("eps_g", "growth_rate"):
        error = np.abs(usual[name] / strict[name] - 1)[growing]
        assert np.median(error) < declared, name


def test_a_failed_integration_is_nan():
    machine = {"units": 2, "levels": 1, "beta": 1.0, "eta": 1e200}
    found = symmetric.solve(symmetric.typical_start(1, 1.0, 0.01, 1024), ALPHAS, **machine)
    assert np.all(np.isnan(found["eps_g"]))


LATE = np.append(np.geomspace(0.3, 2.5e4, 199), 3e4)


@pytest.mark.parametrize(
    ("units", "levels", "eta"), [(1, 1, 0.5), (1, 16, 0.2), (2, 1, 0.1), (8, 1, 0.5)]
)
def test_late_errors_fall_to_zero_and_never_below(units, levels, eta):
    # Steps at the limit of stability kept the overlaps at the tolerance: errors to -5e-10.
    machine = {"units": units, "levels": levels, "beta": 1.0, "eta": eta}
    start = symmetric.typical_start(levels, 1.0, 0.01, 1024)
    usual = symmetric.solve(start, LATE, **machine)["eps_g"]
    strict = symmetric.solve(start, LATE, **machine, relative=1e-12, absolute=1e-15)["eps_g"]
    assert np.all(usual >= 0)
    assert np.all(np.diff(usual[usual < 1e-4]) <= 0)
    assert usual[-1] == 0
    small = (strict > 0) & (strict < 1e-9)
    np.testing.assert_allclose(usual[small], strict[small], rtol=0.01, atol=1e-14)


def test_errors_far_down_decay_at_the_rate_of_the_last_level():
    start = symmetric.typical_start(16, 1.0, 0.01, 1024)
    machine = {"units": 1, "levels": 16, "beta": 1.0, "eta": 0.2}
    found = symmetric.solve(start, LATE, **machine, relative=1e-12, absolute=1e-15)["eps_g"]
    late = (found > 1e-12) & (found < 1e-8)
    rates = -np.gradient(np.log(found[late]), LATE[late])
    assert late.sum() >= 5
    # By 2 eta lambda_L |A|, where A = -(2/pi) / sqrt(3) beside the teacher.
    expected = 2 * 0.2 * eigenvalues(16, 1.0)[-1] * 2 / np.pi / np.sqrt(3)
    np.testing.assert_allclose(rates[1:-1], expected, rtol=0.03)


def test_what_is_seen_does_not_depend_on_how_far_is_looked():
    start = symmetric.typical_start(16, 1.0, 0.01, 1024)
    machine = {"units": 2, "levels": 16, "beta": 1.0, "eta": ETA}
    near = symmetric.solve(start, ALPHAS, **machine)["eps_g"]
    far = symmetric.solve(start, np.append(ALPHAS[:-1], 2e4), **machine)["eps_g"]
    np.testing.assert_allclose(near[:-1], far[:-1], rtol=1e-13)

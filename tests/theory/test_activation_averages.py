import numpy as np
import pytest

from scalinglaws.theory import activation_averages as averages
from scalinglaws.theory import committee


def random_covariance(fields: int, seed: int) -> np.ndarray:
    factor = np.random.default_rng(seed).standard_normal((fields, fields + 2)) / 4
    covariance = factor @ factor.T
    return covariance * (0.4 / covariance.diagonal().max())


@pytest.mark.parametrize(("units", "teacher_units"), [(2, 2), (1, 3), (3, 1)])
def test_quadrature_of_erf_gives_the_closed_forms(units, teacher_units):
    C = random_covariance(units + teacher_units, seed=units)
    w = committee.output_weights(units, teacher_units)
    found = averages.drift_averages(C, units, averages.ERF, w)
    for part, exact in zip(found, committee.drift_averages(C, units), strict=True):
        np.testing.assert_allclose(part, exact, rtol=0, atol=2e-8)
    error = averages.generalisation_error(C, averages.ERF, w)
    assert error == pytest.approx(float(committee.error_of_covariance(C, units)), abs=1e-12)


def test_students_that_coincide_are_no_trouble():
    C = random_covariance(3, seed=5)[np.ix_([0, 0, 1, 2], [0, 0, 1, 2])]
    w = committee.output_weights(2, 2)
    found = averages.drift_averages(C, 2, averages.ERF, w)
    for part, exact in zip(found, committee.drift_averages(C, 2), strict=True):
        np.testing.assert_allclose(part, exact, atol=1e-7)


def test_linear_units_have_the_averages_of_the_linear_network():
    C = random_covariance(5, seed=3)
    w = committee.output_weights(3, 2)
    gain = -w[0]
    A, Gamma, G = averages.drift_averages(C, 3, averages.LINEAR, w, nodes=4)
    error = averages.generalisation_error(C, averages.LINEAR, w, nodes=4)
    assert error == pytest.approx(w @ C @ w / 2)
    np.testing.assert_allclose(A, -(gain**2), atol=1e-14)
    np.testing.assert_allclose(Gamma, 1 / 3, atol=1e-14)
    np.testing.assert_allclose(G, 2 * gain**2 * error, atol=1e-13)


def test_quadrature_of_tanh_agrees_with_sampling():
    C, w = random_covariance(4, seed=2), committee.output_weights(2, 2)
    A, Gamma, G = averages.drift_averages(C, 2, averages.TANH, w)
    z = np.random.default_rng(1).multivariate_normal(np.zeros(4), C, size=1_000_000)
    gain = -w[0]
    delta = gain * (1 - np.tanh(z[:, :2]) ** 2) * (np.tanh(z) @ w)[:, None]
    # Stein's lemma: <delta_i z_p> = sum_q <d delta_i / d z_q> C_qp, without any derivative.
    expected = np.hstack([A, Gamma]) @ C
    np.testing.assert_allclose(delta.T @ z / len(z), expected, atol=3e-3)
    np.testing.assert_allclose(delta.T @ delta / len(z), G, atol=3e-3)
    assert np.max(np.abs(expected)) > 0.03

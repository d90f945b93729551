import numpy as np
import pytest

from scalinglaws.curves.means import mean_with_interval, some_points
from scalinglaws.curves.norm_curves import seed_bands


def test_geometric_mean_has_students_interval_and_leaves_out_what_is_not_finite():
    values = [np.array([1.0, 2.0, -1.0]), np.array([4.0, np.nan, 3.0])]
    mean, low, high = mean_with_interval(values, "log")
    np.testing.assert_allclose(mean, [2.0, 2.0, 3.0])
    reach = 12.7062 * np.log(2)  # Student's quantile for 2 values, deviation log 2 over sqrt 1
    assert high[0] == pytest.approx(2.0 * np.exp(reach), rel=1e-4)
    assert low[0] * high[0] == pytest.approx(4.0)


def test_arithmetic_means_may_be_negative_and_leave_out_what_is_not_finite():
    values = np.array([[1.0, -3.0], [3.0, np.nan], [2.0, -5]])
    mean, low, high = mean_with_interval(values)
    np.testing.assert_allclose(mean, [2.0, -4.0])
    np.testing.assert_allclose((high - low)[0] / 2, 4.302653 / np.sqrt(3), rtol=1e-6)


@pytest.mark.parametrize("mean", ["arithmetic", "log"])
def test_one_finite_seed_has_a_mean_and_no_interval_and_none_has_neither(mean):
    values = np.array([[2.0, np.nan], [np.nan, np.nan], [np.inf, np.nan]])
    found = mean_with_interval(values, mean)
    assert found.mean[0] == pytest.approx(2.0)
    assert np.isnan([found.low[0], found.high[0], *np.stack(found)[:, 1]]).all()


def test_seed_bands_are_student_intervals_in_the_logarithm():
    errors = np.array([[0.1, 0.2, np.nan], [0.2, 0.2, np.nan], [0.4, np.nan, 0.3]])
    mean, low, high = seed_bands(errors)
    logs = np.log([0.1, 0.2, 0.4])
    reach = 4.302653 * logs.std(ddof=1) / np.sqrt(3)
    assert mean[0] == pytest.approx(0.7 / 3)
    assert np.log(high[0] / mean[0]) == pytest.approx(reach, rel=1e-6)
    assert np.log(mean[0] / low[0]) == pytest.approx(reach, rel=1e-6)
    assert low[1] == pytest.approx(0.2)
    assert high[1] == pytest.approx(0.2)
    assert np.isnan([mean[2], low[2]]).all()


def test_shifted_points_do_not_coincide():
    alphas = np.geomspace(1, 100, 80)
    plain, shifted = some_points(alphas, 10), some_points(alphas, 10, 0.5)
    assert plain[-1] == 79
    assert not set(plain) & set(shifted)

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import curve_fit
from scipy.stats import linregress, ttest_1samp
from scipy.stats import t as student

from scalinglaws.errors import InputError
from scalinglaws.statistics.bootstrap import bootstrap
from scalinglaws.statistics.exponents import exponent_over_seeds
from scalinglaws.statistics.power_law import PowerLaw, fit_power_law
from scalinglaws.statistics.quantity import quantity, unavailable
from scalinglaws.statistics.student import Estimate
from scalinglaws.statistics.windows import select, window_scan


def generator(seed=0):
    return np.random.default_rng(seed)


@given(
    exponent=st.floats(0.1, 3.0),
    amplitude=st.floats(1e-3, 1e3),
    share=st.floats(0.0, 2.0),
    points=st.integers(5, 12),
)
def test_a_noise_free_exponent_is_recovered_within_one_percent(exponent, amplitude, share, points):
    x = np.geomspace(20, 4000, points)
    law = amplitude * (x / 20) ** -exponent
    plain = fit_power_law(x, law)
    assert plain.exponent == pytest.approx(exponent, rel=1e-9)
    assert plain.amplitude == pytest.approx(amplitude * 20**exponent, rel=1e-6)
    with_offset = fit_power_law(x, law + share * law[-1], offset=True)
    assert with_offset.exponent == pytest.approx(exponent, rel=0.01)
    assert with_offset.offset == pytest.approx(share * law[-1], abs=0.01 * law[0])


def test_a_growing_law_has_a_negative_exponent():
    x = np.geomspace(1, 100, 5)
    assert fit_power_law(x, 2 * x**0.7).exponent == pytest.approx(-0.7)


def test_the_plain_fit_is_ordinary_regression_in_the_logarithms():
    x, rng = np.geomspace(1, 100, 9), generator()
    y = 3 * x**-0.4 * np.exp(0.1 * rng.standard_normal(9))
    expected = linregress(np.log(x), np.log(y))
    law = fit_power_law(x, y)
    assert law.exponent == pytest.approx(-expected.slope)
    assert law.amplitude == pytest.approx(np.exp(expected.intercept))


def test_weights_act_like_repeated_points():
    x, rng = np.geomspace(1, 100, 6), generator(1)
    for offset in (False, True):
        y = (x**-0.5 + 0.2) * np.exp(0.01 * rng.standard_normal(6))
        times = np.array([1, 3, 1, 2, 1, 1])
        weighted = fit_power_law(x, y, weights=times, offset=offset)
        repeated = fit_power_law(np.repeat(x, times), np.repeat(y, times), offset=offset)
        assert weighted.exponent == pytest.approx(repeated.exponent, rel=1e-6)


def test_the_offset_fit_finds_the_optimum_that_a_three_parameter_search_finds():
    x, rng = np.geomspace(1, 300, 10), generator(2)
    y = (2 * x**-0.8 + 0.1) * np.exp(0.05 * rng.standard_normal(10))
    law = fit_power_law(x, y, offset=True)
    weights_of_last_pass = projected_weights(x, y)

    def model(x, amplitude, exponent, offset):
        return amplitude * x**-exponent + offset

    best, _ = curve_fit(model, x, y, p0=(2, 0.8, 0.1), sigma=weights_of_last_pass)
    assert (law.amplitude, law.exponent, law.offset) == pytest.approx(best, rel=1e-4)


def projected_weights(x, y):
    def model(x, amplitude, exponent, offset):
        return amplitude * x**-exponent + offset

    first, _ = curve_fit(model, x, y, p0=(2, 0.8, 0.1), sigma=y)
    return model(x, *first)


def test_a_law_can_be_evaluated():
    law = PowerLaw(0.5, 2.0, 1.0)
    assert law(np.array([4.0, 16.0])) == pytest.approx([2.0, 1.5])


@pytest.mark.parametrize(
    ("x", "y", "offset", "message"),
    [
        ([1, 2], [2, 1], False, "2 points, at least 3"),
        ([1, 2, 4], [3, 2, 1], True, "3 points, at least 4"),
        ([1, 2, 4], [2, 0, 1], False, "not positive"),
        ([1, -2, 4], [2, 1, 1], False, "not positive"),
        ([1, 2, 4], [2, np.nan, 1], False, "not finite"),
        ([5, 5, 5, 5], [3, 2, 1, 1], False, "1 distinct abscissae"),
        ([1, 2, 2, 1], [3, 2, 2, 3], True, "2 distinct abscissae"),
        ([1, 2, 4, 8], [3, 3, 3, 3], True, "all values are equal"),
        ([1, 2, 4, 8, 16], [5, 4, 3, 2, 0.01], True, "an exponent and an offset"),
    ],
)
def test_points_that_determine_no_law_are_refused_with_the_reason(x, y, offset, message):
    with pytest.raises(InputError, match=message):
        fit_power_law(np.array(x, dtype=float), np.array(y, dtype=float), offset=offset)


def test_select_includes_both_ends_up_to_rounding():
    x = np.array([0.1, 0.1 + 0.2, 1.0])
    assert select(x, 0.1, 0.3).tolist() == [True, True, False]


def test_the_window_scan_is_all_contiguous_windows():
    x = np.geomspace(1, 64, 7)
    y = np.where(x < 8, x**-1.0, 8**-0.5 * x**-0.5)
    low, high, windows = window_scan(x, y, min_points=3)
    assert len(windows) == 5 + 4 + 3 + 2 + 1
    assert (low, high) == pytest.approx((0.5, 1.0))
    for first, last, exponent in windows:
        inside = select(x, first, last)
        assert exponent == pytest.approx(fit_power_law(x[inside], y[inside]).exponent)


def test_a_scan_without_admissible_windows_has_no_ends():
    low, high, windows = window_scan(np.array([1.0, 2.0]), np.array([2.0, 1.0]))
    assert np.isnan(low)
    assert np.isnan(high)
    assert windows == []


def test_the_bootstrap_of_a_mean_is_the_interval_of_its_influences():
    values = generator(3).normal(5, 2, size=6)
    found = bootstrap(lambda seeds: values[seeds].mean(), 6, draws=20_000, generator=generator())
    expected = Estimate(values.mean(), values - values.mean()).interval()
    assert found.estimate == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx(tuple(expected), rel=0.02)
    assert found.draws == 20_000


def test_without_skewness_the_interval_is_students():
    values = np.array([1.0, 2.0, 3.0, 4.0, 7.0, 8.0, 9.0, 10.0])
    found = Estimate(values.mean(), values - values.mean()).interval()
    assert found == pytest.approx(tuple(ttest_1samp(values, 0).confidence_interval(0.95)))


def test_a_long_tail_makes_the_interval_longer_on_its_side_only_and_at_most_twice():
    for sign in (1, -1):
        values = sign * np.array([1.0, 1.1, 0.9, 1.2, 1.0, 5.0])
        low, high = ttest_1samp(values, 0).confidence_interval(0.95)
        found = Estimate(values.mean(), values - values.mean()).interval()
        short, long = (found[0], found[1])[::sign]
        plain_short, plain_long = (low, high)[::sign]
        assert short == pytest.approx(plain_short)
        assert abs(long - values.mean()) == pytest.approx(2 * abs(plain_long - values.mean()))


def test_the_bootstrap_of_exponents_agrees_with_rerunning_the_whole_chain():
    x, rng = np.geomspace(10, 1000, 6), generator(4)
    samples = x**-0.6 * np.exp(0.1 * rng.standard_normal((7, 6)))
    fast = exponent_over_seeds(x, samples, mean="arithmetic")

    def chain(seeds):
        return fit_power_law(x, samples[seeds].mean(axis=0)).exponent

    slow = bootstrap(chain, 7, draws=4000, generator=generator(1))
    assert fast["estimate"] == pytest.approx(slow.estimate)
    assert fast["standard_error"] == pytest.approx(slow.standard_error, rel=0.05)
    assert fast["interval"] == pytest.approx([slow.low, slow.high], rel=0.05)


def test_the_exponent_of_a_geometric_mean_curve_has_the_t_interval_of_the_seeds_slopes():
    x, rng = np.geomspace(10, 1000, 6), generator(5)
    samples = x**-0.6 * np.exp(0.1 * rng.standard_normal((5, 6)))
    slopes = [fit_power_law(x, curve).exponent for curve in samples]
    expected = Estimate(np.mean(slopes), slopes - np.mean(slopes)).interval()
    found = exponent_over_seeds(x, samples)
    assert found["estimate"] == pytest.approx(np.mean(slopes))
    assert found["seed_interval"] == pytest.approx(list(expected))
    assert found["degrees"] == 4


def test_the_offset_interval_for_small_noise_is_the_bootstrap_t_interval():
    x, rng = np.geomspace(10, 1000, 7), generator(6)
    samples = (x**-0.6 + 0.02) * np.exp(0.002 * rng.standard_normal((5, 7)))
    found = exponent_over_seeds(x, samples, mean="arithmetic", offset=True)

    def chain(seeds):
        return fit_power_law(x, samples[seeds].mean(axis=0), offset=True).exponent

    slow = bootstrap(chain, 5, draws=1500, generator=generator(1))
    assert found["estimate"] == pytest.approx(slow.estimate)
    low, high = found["interval"]
    assert high - low == pytest.approx(slow.high - slow.low, rel=0.06)


def test_failed_draws_leave_no_interval():
    def chain(seeds):
        if 0 in seeds:
            raise InputError("no law here.")
        return 1.0

    found = bootstrap(chain, 4, draws=200, generator=generator())
    assert np.isnan([found.estimate, found.low, found.high]).all()


def test_growth_is_reported_with_the_other_sign():
    x, rng = np.geomspace(10, 1000, 6), generator(7)
    samples = x**0.6 * np.exp(0.1 * rng.standard_normal((5, 6)))
    decay = exponent_over_seeds(x, samples)
    growth = exponent_over_seeds(x, samples, sign=-1)
    assert growth["estimate"] == -decay["estimate"] > 0
    assert growth["interval"] == [-decay["interval"][1], -decay["interval"][0]]
    assert growth["scan"][0] <= growth["estimate"] <= growth["scan"][1]


def test_the_order_of_the_points_does_not_matter():
    x, rng = np.geomspace(10, 1000, 6), generator(8)
    samples = x**-0.6 * np.exp(0.1 * rng.standard_normal((5, 6)))
    mixed = rng.permutation(6)
    straight = exponent_over_seeds(x, samples)
    shuffled = exponent_over_seeds(x[mixed], samples[:, mixed])
    assert shuffled == straight


def test_a_window_leaves_out_points_but_not_of_the_scan():
    x = np.geomspace(1, 128, 8)
    samples = np.where(x < 8, x**-1.0, 8**-0.5 * x**-0.5) * np.ones((4, 1))
    found = exponent_over_seeds(x, samples, window=(8, 128), rule="from 8 on")
    assert found["estimate"] == pytest.approx(0.5)
    assert (found["n_points"], found["window"], found["rule"]) == (5, [8, 128], "from 8 on")
    assert found["scan"][0] == pytest.approx(0.5)
    assert found["scan"][1] > 0.7


def test_diverged_members_are_counted_and_the_rest_is_averaged():
    x, rng = np.geomspace(10, 1000, 6), generator(9)
    samples = x**-0.6 * np.exp(0.05 * rng.standard_normal((6, 6)))
    samples[0, 2], samples[3, 5] = np.nan, np.inf
    found = exponent_over_seeds(x, samples)
    curve = [np.exp(np.mean(np.log(column[np.isfinite(column)]))) for column in samples.T]
    assert found["n_masked"] == 2
    assert found["n_points"] == 6
    assert found["estimate"] == pytest.approx(fit_power_law(x, np.array(curve)).exponent)
    assert found["interval"] is not None


def test_a_point_with_one_finite_seed_leaves_the_fit():
    x, rng = np.geomspace(10, 1000, 6), generator(10)
    samples = x**-0.6 * np.exp(0.05 * rng.standard_normal((6, 6)))
    samples[1:, 5] = np.nan
    found = exponent_over_seeds(x, samples)
    expected = exponent_over_seeds(x[:5], samples[:, :5])
    assert (found["n_points"], found["n_masked"]) == (5, 5)
    assert found["estimate"] == expected["estimate"]


def test_seeds_without_any_spread_give_a_point_interval():
    x = np.geomspace(10, 1000, 6)
    for offset in (False, True):
        samples = np.ones((4, 1)) * (x**-0.6 + 0.1 * offset)
        found = exponent_over_seeds(x, samples, mean="arithmetic", offset=offset)
        assert found["interval"] == pytest.approx([0.6, 0.6], rel=1e-6)
        assert found["standard_error"] == pytest.approx(0, abs=1e-9)


def test_one_seed_gives_an_estimate_without_interval():
    x = np.geomspace(10, 1000, 6)
    for offset in (False, True):
        found = exponent_over_seeds(x, x[None] ** -0.5 + 0.1, mean="arithmetic", offset=offset)
        assert found["estimate"] is not None
        assert found["interval"] is None
        assert "one seed" in found["why"]


def test_noise_that_hides_the_offset_gives_no_interval_rather_than_a_clipped_one():
    x, rng = np.geomspace(10, 100, 5), generator(11)
    samples = (x**-0.5 + 0.1) * np.exp(0.8 * rng.standard_normal((3, 5)))
    found = exponent_over_seeds(x, samples, mean="arithmetic", offset=True)
    assert found["interval"] is None
    assert found["why"]


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.ones((3, 2)), "2 points"),
        (np.zeros((3, 5)), "not positive"),
        (np.full((3, 5), np.nan), "0 points"),
        (-np.ones((3, 5)), "not positive"),
    ],
)
def test_what_cannot_be_estimated_says_why(samples, message):
    x = np.geomspace(10, 100, samples.shape[1])
    found = exponent_over_seeds(x, samples)
    assert found["estimate"] is None
    assert message in found["why"]
    json.dumps(found, allow_nan=False)


def test_an_offset_needs_the_arithmetic_mean():
    with pytest.raises(ValueError, match="arithmetic"):
        exponent_over_seeds([1, 2, 3, 4], np.ones((3, 4)), offset=True)


@given(
    estimate=st.floats(allow_nan=True, allow_infinity=True),
    ends=st.tuples(st.floats(), st.floats()).map(sorted),
    error=st.floats(),
)
def test_a_quantity_is_always_json_and_explains_what_it_lacks(estimate, ends, error):
    found = quantity(estimate, ends, standard_error=error, scan=ends)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    if found["estimate"] is None or found["interval"] is None:
        assert found["why"]
    if found["estimate"] is None:
        assert found["interval"] is None


def test_interval_ends_out_of_order_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="out of order"):
        quantity(1.0, (2.0, 1.0))


def test_unavailable_keeps_the_facts():
    found = unavailable("no optimum inside the grid", n_seeds=4, n_masked=2, window=(1, 2))
    assert found["estimate"] is None
    assert (found["n_seeds"], found["n_masked"], found["window"]) == (4, 2, [1.0, 2.0])
    assert found["why"] == "no optimum inside the grid"


def test_students_quantile_sets_the_width():
    values = np.array([1.0, 2.0, 4.0])
    found = bootstrap(lambda seeds: values[seeds].mean(), 3, generator=generator(), level=0.9)
    shorter = min(found.high - found.estimate, found.estimate - found.low)
    assert shorter == pytest.approx(student.ppf(0.95, 2) * found.standard_error)

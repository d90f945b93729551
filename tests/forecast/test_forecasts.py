import time

import numpy as np
import pytest

from scalinglaws.errors import InputError
from scalinglaws.forecast.curve import MOST, TooShort, as_curve, mean_of_seeds
from scalinglaws.forecast.forecasts import (
    FIRST_ORIGIN,
    MOST_ORIGINS,
    forecast,
    forecaster,
    need_for,
    points_at,
    rolling_ends,
)
from scalinglaws.forecast.laws import EVEN, RECENT, SHIFTED, Family, fit_laws, law_weights

SIZES = np.geomspace(100, 1e5, 13)


def offset_law(x, offset=0.1, amplitude=3.0, exponent=0.4):
    return offset + amplitude * np.asarray(x, dtype=float) ** -exponent


def noisy(x, noise, seed=0, **law):
    return offset_law(x, **law) * np.exp(noise * np.random.default_rng(seed).normal(size=len(x)))


@pytest.mark.parametrize("family", [RECENT, EVEN])
@pytest.mark.parametrize(
    ("offset", "amplitude", "exponent"), [(0.0, 3.0, 0.4), (0.1, 3.0, 0.4), (2.0, 5.0, 1.0)]
)
def test_an_exact_law_is_found_from_any_number_of_its_points(family, offset, amplitude, exponent):
    laws = fit_laws(SIZES, offset_law(SIZES, offset, amplitude, exponent), [6, 9, 13], family)
    far = np.array([1e6])
    truth = offset_law(far, offset, amplitude, exponent)
    assert laws.exponent[-1] == pytest.approx(exponent, rel=0.01)
    assert laws(far)[1:, 0] == pytest.approx(truth[0], rel=0.01)


def test_a_law_that_begins_late_is_found_with_its_shift():
    y = 0.05 + 40 * (SIZES + 2000) ** -0.6
    laws = fit_laws(SIZES, y, [13], SHIFTED)
    plain = fit_laws(SIZES, y, [13], EVEN)
    far = np.array([1e6])
    truth = 0.05 + 40 * (far + 2000) ** -0.6
    assert laws(far)[0, 0] == pytest.approx(truth[0], rel=0.05)
    assert abs(laws(far) - truth)[0, 0] < 0.2 * abs(plain(far) - truth)[0, 0]


def test_a_fit_knows_nothing_of_the_points_after_its_end():
    y = noisy(SIZES, 0.05)
    other = np.where(np.arange(13) < 8, y, 10 * y)
    for family in (RECENT, SHIFTED, EVEN):
        weights = law_weights(SIZES, [8], family)
        assert not weights[0, 8:].any()
        assert weights.sum() == pytest.approx(1.0)
        one, two = (fit_laws(SIZES, values, [8], family)(SIZES[:8]) for values in (y, other))
        # y is in units of its mean, which differs: the same law up to the search's last step.
        assert one == pytest.approx(two, rel=1e-6)


def test_no_law_falls_below_its_floor_or_rises():
    falling_below = 2.0 - 0.2 * np.log(SIZES)
    assert falling_below.min() < 0 or falling_below.min() > -1  # steeper than any power law
    y = np.maximum(falling_below, 0.02)
    for floor in (0.0, 0.015):
        laws = fit_laws(SIZES, y, [8, 13], EVEN, floor)
        assert np.all(laws(np.geomspace(1e5, 1e9, 20)) >= floor)
        assert np.all(np.diff(laws(SIZES), axis=1) <= 0)
    held = fit_laws(SIZES, offset_law(SIZES), [13], Family("line", offset=False), 0.05)
    assert held.offset[0] * held.y_unit == pytest.approx(0.05)


def test_a_single_spike_does_not_bend_the_law():
    y = noisy(SIZES, 0.002)
    spiked = y.copy()
    spiked[6] *= 3
    far = np.array([1e6])
    clean, bent = (fit_laws(SIZES, values, [13], EVEN)(far)[0, 0] for values in (y, spiked))
    assert bent == pytest.approx(clean, rel=0.02)


def test_rolling_origins_are_all_numbers_of_points_or_evenly_spaced_in_log_x():
    assert rolling_ends(SIZES).tolist() == list(range(FIRST_ORIGIN, 13))
    long = np.arange(1.0, 2001.0)
    ends = rolling_ends(long)
    assert len(ends) <= MOST_ORIGINS
    assert ends[0] == FIRST_ORIGIN
    assert ends[-1] <= 1999
    steps = np.diff(np.log(long[ends - 1]))[5:]
    assert steps.max() < 2 * steps.min()


def test_a_forecast_is_the_same_every_time_and_in_any_order_of_the_points():
    y = noisy(SIZES, 0.02)
    order = np.random.default_rng(3).permutation(13)
    at = [2e5, 1e6]
    assert forecast(SIZES, y, at) == forecast(SIZES[order], y[order], at)


@pytest.mark.parametrize("scale_x", [1e-9, 1e12])
@pytest.mark.parametrize("scale_y", [1e-200, 1e200])
def test_units_do_not_matter(scale_x, scale_y):
    y = noisy(SIZES, 0.02)
    usual = forecast(SIZES, y, [4e5])[0]
    scaled = forecast(scale_x * SIZES, scale_y * y, [scale_x * 4e5])[0]
    assert scaled.value / scale_y == pytest.approx(usual.value, rel=1e-6)
    assert scaled.low_90 / scale_y == pytest.approx(usual.low_90, rel=1e-4)


def test_intervals_hold_their_forecast_and_grow_with_distance():
    made = forecaster(SIZES, noisy(SIZES, 0.02))
    points = points_at(made, [1.1e5, 2e5, 1e6, 1e7])
    for point in points:
        assert point.low_90 < point.low_50 < point.value < point.high_50 < point.high_90
    widths = [np.log(point.high_90 / point.low_90) for point in points]
    assert widths == sorted(widths)
    assert widths[-1] > 3 * widths[0]


@pytest.mark.parametrize("noise", [0.005, 0.02])
def test_intervals_cover_offset_laws_at_twice_and_ten_times_the_last_size(noise):
    generator = np.random.default_rng(5)
    inside = []
    for seed in range(60):
        law = {
            "offset": generator.choice([0.0, 0.1, 0.5]),
            "exponent": generator.choice([0.3, 0.6]),
        }
        made = forecaster(SIZES, noisy(SIZES, noise, seed, **law))
        at = np.array([2e5, 1e6])
        off = np.abs(np.log(made.values(at) / offset_law(at, **law)))
        inside.append(off <= made.half_width(at, 0.9))
    assert np.all(np.mean(inside, axis=0) >= 0.86)


def test_a_curve_that_changes_its_law_has_wide_intervals():
    bent = np.where(SIZES < 5e3, offset_law(SIZES), offset_law(5e3) * (SIZES / 5e3) ** -0.9)
    steady, changed = (forecaster(SIZES, y) for y in (offset_law(SIZES), bent))
    at = np.array([1e6])
    assert changed.half_width(at, 0.9)[0] > 5 * steady.half_width(at, 0.9)[0]


def test_the_record_holds_every_later_point_of_every_origin():
    record = forecaster(SIZES, noisy(SIZES, 0.02)).record
    pairs = sum(13 - end for end in range(FIRST_ORIGIN, 13))
    assert len(record.error) == pairs
    assert record.weight.sum() == pytest.approx(1.0)
    assert np.all(record.distance > 0)
    assert np.all(record.judged >= np.abs(record.error))


def test_it_abstains_where_the_record_supports_nothing():
    made = forecaster(SIZES, noisy(SIZES, 0.02))
    inside, within, beyond = points_at(made, [5e4, 0.99 * made.farthest, 1.01 * made.farthest])
    assert (inside.value, beyond.value) == (None, None)
    assert within.value is not None
    assert "is no forecast: the data reach to 100000" in inside.why
    assert "the record of this curve tests distances of up to" in beyond.why
    with pytest.raises(TooShort, match="5 different x, at least 6"):
        forecast(SIZES[:5], offset_law(SIZES[:5]), [1e6])


def test_the_need_for_a_target_is_where_the_forecast_gets_there():
    made = forecaster(SIZES, noisy(SIZES, 0.01))
    target = float(made.values(np.array([3e5]))[0])
    need = need_for(made, target)
    assert need.x == pytest.approx(3e5, rel=1e-3)
    assert need.low_90 < need.low_50 < need.x < need.high_50
    assert made.interval(np.array([need.low_90]), 0.9)[0][0] == pytest.approx(target, rel=1e-3)
    never = need_for(made, 1e-3)
    assert never.x is None
    assert "does not fall to 0.001 before" in never.why
    assert "the data reach it at x = 100" in need_for(made, 1.0).why


@pytest.mark.parametrize(
    ("x", "y", "sentence"),
    [
        ([10.0] * 8, [1.0] * 8, "1 different x, at least 6 are needed"),
        (SIZES, [*offset_law(SIZES)[:-1], 0.0], "y holds 0; expected finite numbers above 0"),
        (SIZES, -offset_law(SIZES), "expected finite numbers above 0"),
        ([0.0, *SIZES[1:]], offset_law(SIZES), "x holds 0; expected"),
        (SIZES, 1 - offset_law(SIZES, 0.1, 1.0), "of an accuracy give 1 - accuracy"),
        (SIZES, np.full(13, 0.3), "do not fall with x"),
    ],
)
def test_what_no_forecast_starts_from_is_one_sentence(x, y, sentence):
    with pytest.raises(InputError, match=sentence) as found:
        forecast(x, y, [1e7])
    assert "\n" not in str(found.value)


def test_a_floor_above_a_value_is_refused():
    with pytest.raises(InputError, match=r"the floor is 0\.5; expected 0 or more"):
        forecaster(SIZES, offset_law(SIZES), floor=0.5)


def test_percentages_are_as_good_as_shares():
    y = noisy(SIZES, 0.02, exponent=0.3)
    shares, percents = (forecast(SIZES, scale * y, [1e6])[0] for scale in (1, 100))
    assert percents.value == pytest.approx(100 * shares.value, rel=1e-6)


def test_repeated_abscissae_are_averaged_and_said():
    y = noisy(SIZES, 0.02)
    curve = as_curve(np.repeat(SIZES, 2), np.repeat(y, 2) * np.tile([0.9, 1 / 0.9], 13))
    assert curve.x.tolist() == SIZES.tolist()
    assert curve.y == pytest.approx(y)
    assert curve.notes == ("values of the same x were averaged at 13 x (geometric mean)",)


def test_long_curves_are_averaged_and_keep_their_last_point():
    x = np.arange(1.0, 20_001.0)
    curve = as_curve(x, noisy(x, 0.1))
    assert len(curve.x) <= MOST + 1
    assert curve.x[-1] == 20_000
    assert np.all(np.diff(curve.x) > 0)
    assert curve.y == pytest.approx(offset_law(curve.x), rel=0.5)


def test_a_seed_that_ends_early_does_not_bend_the_mean():
    levels = np.array([[1.0], [1.2], [0.8]])
    samples = levels * offset_law(SIZES)
    samples[1, 6:] = np.nan
    samples[2, :2] = np.nan
    mean = mean_of_seeds(samples)
    assert mean == pytest.approx(np.prod(levels) ** (1 / 3) * offset_law(SIZES))


@pytest.mark.parametrize("points", [13, 70, 5000])
def test_a_curve_takes_a_tenth_of_a_second(points):
    x = np.geomspace(100, 1e5, points)
    y = noisy(x, 0.02)
    forecaster(x, y)
    times = []
    for _ in range(3):
        before = time.thread_time()
        forecaster(x, y)
        times.append(time.thread_time() - before)
    assert min(times) < (0.1 if points < 100 else 0.3)

import numpy as np
import pytest

from scalinglaws.curves.norm_curves import Means, ends_at_optimum, finite_mean, optima_of_means
from scalinglaws.statistics.norm_laws import (
    Window,
    branch_scan,
    collapse_spread,
    early_exponents,
    early_spread,
    laws,
    median_where,
)
from scalinglaws.statistics.offset_laws import exponent_with_offset, law_1_with_offset

GRID = np.logspace(0, 6, 61)
SIZES = np.array([100.0, 200.0, 400.0, 800.0])


def noisy_means(draws: int = 3) -> Means:
    """Curves that differ between draws, with gaps at either end and one missing curve."""
    source = np.random.default_rng(3)
    optimum = 10 ** (3 + 0.5 * np.log10(SIZES))
    distance = np.log10(GRID) - np.log10(optimum)[:, None]
    curves = 0.1 * 10 ** np.where(distance < 0, -0.3 * distance, 0.2 * distance)
    errors = np.minimum(curves, 0.4) * np.exp(
        0.05 * source.standard_normal((draws, len(SIZES), len(GRID)))
    )
    errors[:, 1, :7] = np.nan
    errors[:, 2, 55:] = np.nan
    errors[1, 3] = np.nan
    optima = optimum * np.exp(0.1 * source.standard_normal((draws, len(SIZES))))
    optima[1, 3] = np.nan
    return Means(SIZES, GRID, errors, optima)


def plain_exponents(means: Means, draw: int, window: Window) -> list[float]:
    """Law 1 of each size, curve by curve, as a reader would do it by hand."""
    found = []
    for size, curve in zip(means.sizes, means.errors[draw], strict=True):
        if size < window.smallest_size or not np.isfinite(curve).any():
            found.append(np.nan)
            continue
        best = int(np.nanargmin(curve))
        high = window.start_share * np.nanmax(curve[: best + 1])
        start = max(i for i in range(best + 1) if curve[i] >= high)
        logs = np.log10(means.grid)
        low = logs[start] + window.first * (logs[best] - logs[start])
        end = logs[start] + window.last * (logs[best] - logs[start])
        kept = [
            i
            for i in range(len(curve))
            if low - 1e-9 <= logs[i] <= end + 1e-9 and np.isfinite(curve[i])
        ]
        slope = np.polyfit(logs[kept], np.log10(curve[kept]), 1)[0] if len(kept) >= 3 else -np.nan
        found.append(-slope)
    return found


def test_all_draws_at_once_equal_a_plain_loop_over_curves() -> None:
    means, window = noisy_means(), Window(smallest_size=200.0, first=0.1, last=0.6)
    found = early_exponents(means, window)
    for draw in range(len(found)):
        np.testing.assert_allclose(found[draw], plain_exponents(means, draw, window), rtol=1e-10)


def test_laws_of_one_draw_do_not_depend_on_the_others() -> None:
    means, window = noisy_means(), Window(smallest_size=100.0)
    together = laws(means, window)
    for draw in range(3):
        alone = laws(Means(SIZES, GRID, means.errors[draw], means.optima[draw]), window)
        for name, value in alone.items():
            np.testing.assert_allclose(together[name][draw], value, rtol=1e-12)


def test_a_size_without_a_curve_takes_no_part() -> None:
    means, window = noisy_means(), Window(smallest_size=100.0)
    whole = laws(means, window)
    kept = Means(SIZES[:3], GRID, means.errors[1, :3], means.optima[1, :3])
    for name in ("gamma_1", "gamma_2", "gamma_measured"):
        np.testing.assert_allclose(whole[name][1], laws(kept, window)[name], rtol=1e-12)


def test_exact_power_laws_have_no_spread_and_known_exponents() -> None:
    optima = 10 ** np.array([3.0, 3.5, 4.0, 4.5])  # on the grid: collapse shifts whole points
    errors = 0.5 * np.minimum(GRID, optima[:, None] ** 2 / GRID) ** -0.3
    means, window = Means(SIZES, GRID, errors, optima), Window(smallest_size=100.0)
    found = laws(means, window)
    gamma_2 = 0.5 * np.log(10) / np.log(2)
    assert found["gamma_1"] == pytest.approx(0.3)
    assert found["gamma_2"] == pytest.approx(gamma_2)
    assert found["gamma_measured"] == pytest.approx(0.3 * gamma_2)
    assert found["gamma_difference"] == pytest.approx(0.0, abs=1e-12)
    assert early_spread(means, window) == pytest.approx(0.0, abs=1e-12)
    assert collapse_spread(means, window) == pytest.approx(0.0, abs=1e-12)
    assert branch_scan(means, window) == pytest.approx((0.3, 0.3))


def test_spreads_measure_a_known_disorder() -> None:
    optima = np.full(4, 1e5)
    factors = 10 ** np.array([-0.1, 0.1, -0.1, 0.1])
    errors = factors[:, None] * np.minimum(GRID, 1e10 / GRID) ** -0.2
    means, window = Means(SIZES, GRID, errors, optima), Window(smallest_size=100.0)
    expected = np.std([-0.1, 0.1, -0.1, 0.1], ddof=1)
    assert early_spread(means, window) == pytest.approx(expected)
    assert collapse_spread(means, window) == pytest.approx(0.0, abs=1e-12)


def test_medians_over_chosen_points_are_numpys() -> None:
    source = np.random.default_rng(1)
    values = source.standard_normal((4, 9))
    values[0, 3] = np.nan
    chosen = source.random((4, 9)) < 0.6
    chosen[3] = False
    found = median_where(values, chosen)
    for row in range(3):
        assert found[row] == np.nanmedian(values[row, chosen[row]])
    assert np.isnan(found[3])


def test_weighted_means_repeat_the_drawn_seeds() -> None:
    values = np.random.default_rng(2).random((3, 2, 5))
    values[0, 1, 2] = values[1, 0] = np.nan
    drawn = np.array([0, 2, 2])
    found = finite_mean(values, np.array([[1, 0, 2]]))[0]
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(found, np.nanmean(values[drawn], axis=0), rtol=1e-14)


def test_a_mean_needs_its_share_of_the_drawn_seeds() -> None:
    values = np.array([[1.0, np.nan, np.nan], [3.0, 5.0, np.nan], [5.0, 7.0, 9.0]])
    once, thrice = np.ones(3), np.array([0, 1, 3])
    np.testing.assert_array_equal(finite_mean(values, once, 0.5), [3.0, 6.0, np.nan])
    np.testing.assert_array_equal(finite_mean(values, thrice, 0.5), [4.5, 6.5, 9.0])


def test_an_optimum_at_the_end_of_a_curve_is_recognised() -> None:
    errors = np.full((3, 8), np.nan)
    errors[0, :6] = [6, 5, 4, 3, 2, 2.1]  # last but one
    errors[1, :6] = [6, 5, 1, 3, 2, 4]
    np.testing.assert_array_equal(ends_at_optimum(errors), [True, False, False])
    norms, smallest = optima_of_means(Means(SIZES[:3], np.arange(8.0), errors, np.ones(3)))
    np.testing.assert_array_equal(norms[:2], [4.0, 2.0])
    np.testing.assert_array_equal(smallest[:2], [2.0, 1.0])
    assert np.isnan(norms[2])


def test_offsets_are_fitted_jointly() -> None:
    errors = np.full((4, len(GRID)), np.nan)
    errors[:, :31] = 0.6 * GRID[:31] ** -0.7 + 0.05
    means = Means(SIZES, GRID, errors, np.full(4, 1e3))
    found = law_1_with_offset(means, Window(smallest_size=400.0))
    assert found.sizes == 2
    assert found.exponent == pytest.approx(0.7, rel=1e-4)
    assert exponent_with_offset(SIZES, 3 / SIZES + 0.2) == pytest.approx(1.0, rel=1e-6)
    assert np.isnan(exponent_with_offset(SIZES[:3], 3 / SIZES[:3]))

"""Forecasts held against the later part of the same curve, and across a change of law."""

import numpy as np
import pandas as pd
import pytest

from scalinglaws.curves.norm_curves import optima_of_means, released_means, released_set
from scalinglaws.errors import InputError
from scalinglaws.figures import bahri2021_extra_forecast
from scalinglaws.fits import released_forecasts, size_forecasts
from scalinglaws.forecast.held_out import forecast_rest, straight_line
from scalinglaws.forecast.regimes import forecasts_ahead
from scalinglaws.forecast.scores import held_out, scores

SIZES = np.geomspace(10, 10_000, 13)


def offset_law(x, rng=None):
    y = 0.05 + 3 * x**-0.5
    return y if rng is None else y * np.exp(0.02 * rng.standard_normal(len(x)))


def test_the_first_half_forecasts_the_rest():
    tried = forecast_rest(SIZES, offset_law(SIZES))
    assert tried.made.last == SIZES[6]
    np.testing.assert_array_equal(tried.x, SIZES[7 : 13 - tried.beyond])
    assert np.all(np.abs(tried.errors) < 0.05)


def test_what_is_held_out_does_not_touch_the_forecast():
    other = offset_law(SIZES)
    other[7:] *= 100
    first, second = forecast_rest(SIZES, offset_law(SIZES)), forecast_rest(SIZES, other)
    np.testing.assert_array_equal(first.value, second.value)
    assert first.covered.all()
    assert not second.covered.any()


def test_noisy_offset_laws_are_covered_about_as_often_as_said():
    rng = np.random.default_rng(0)
    shares = [forecast_rest(SIZES, offset_law(SIZES, rng)).covered.mean() for _ in range(60)]
    assert 0.84 < np.mean(shares) < 0.99


def test_a_curve_of_six_sizes_has_nothing_to_hold_out():
    with pytest.raises(InputError, match="6 sizes, of which the first 6 are needed"):
        forecast_rest(SIZES[:6], offset_law(SIZES[:6]))


def test_a_line_through_a_power_law_goes_on_exactly():
    tried = forecast_rest(SIZES, 2 * SIZES**-0.7)
    np.testing.assert_allclose(straight_line(tried.made, tried.x), tried.y, rtol=1e-9)


def test_a_curve_counts_once_however_many_points_it_holds_out():
    good = forecast_rest(SIZES, offset_law(SIZES))
    other = offset_law(SIZES)
    other[7:] *= 100
    bad = forecast_rest(np.append(SIZES, 2e4), np.append(other, 10.0))
    found = scores("both", [good, bad])
    assert found["coverage_both"]["estimate"] == pytest.approx(0.5)
    assert found["coverage_both"]["n_seeds"] == 2
    assert found["coverage_both"]["n_points"] == len(good.x) + len(bad.x)


def test_scores_of_no_curve_say_that_the_scale_does_not_run_it():
    found = scores("none", [])
    assert all(one["estimate"] is None and one["not_run"] for one in found.values())


def test_a_diverged_seed_does_not_end_the_curve():
    values = np.array([offset_law(SIZES), offset_law(SIZES) * 1.1])
    values[0, 3] = np.nan
    assert not isinstance(held_out(SIZES, values), str)


def test_intervals_hold_inside_a_power_law_and_not_beyond_its_end():
    x = np.geomspace(1, 1e5, 80)
    ahead = forecasts_ahead(x, x**-0.5 * np.exp(-x / 1e4), (2, 4), first=8, every=2)
    assert ahead.only(ahead.x < 1e2).covered.mean() > 0.8
    assert not ahead.only(ahead.x > 1e4).covered.any()


def released(errors):
    """One set: a curve over norms for each P, its smallest error as given."""
    norms = np.geomspace(1, 100, 21)
    rows = []
    for size, error in zip(SIZES, errors, strict=True):
        best = 2 * size**0.3
        curve = error * np.maximum(norms / best, best / norms) ** 0.5
        rows += [("test_error", size, norm, one) for norm, one in zip(norms, curve, strict=True)]
        rows.append(("norm_at_optimum", size, np.nan, best))
    table = pd.DataFrame(rows, columns=["quantity", "P", "norm", "value"])
    return table.assign(set="made", variant=0)


SETTINGS = {"sets": ["made"], "start_share": 0.9, "branch_part": 0.5, "largest_share": 0.5}


def test_the_released_sizes_are_forecast_and_by_the_laws():
    found = released_forecasts.fit({"released_curves": released(offset_law(SIZES))}, SETTINGS)
    assert found["coverage_released"]["estimate"] == pytest.approx(1.0)
    assert found["error_made"]["estimate"] < found["product_error_made"]["estimate"]


def test_the_laws_see_the_given_sizes_only():
    later = offset_law(SIZES)
    later[7:] *= 2
    first, second = (
        released_forecasts.product_forecast(means, forecast_rest(SIZES, optima), SETTINGS)
        for means, optima in (means_of(offset_law(SIZES)), means_of(later))
    )
    np.testing.assert_array_equal(first, second)


def means_of(errors):
    means = released_means(released_set(released(errors), "made"))
    return means, optima_of_means(means)[1]


NO_ROWS = {
    "pretrained_features": ["ridge", "target", "scan", "features"],
    "teacher_student": ["dimension"],
    "model_size_scan": ["dimension"],
    "digits_mlp": ["task"],
    "image_data_scan": ["task", "network"],
    "cnn_data_scan": ["task", "network"],
    "random_features": ["pool"],
}


def test_the_theory_is_held_against_the_interval_of_its_own_size():
    sizes = SIZES.round().astype(int)
    loss = offset_law(sizes.astype(float))
    gaussian = pd.DataFrame({"alpha_k": 1.0, "scan": "data", "quantity": "loss", "seed": 0,
                             "size": sizes, "value": loss})  # fmt: skip
    both = pd.concat([gaussian, gaussian.assign(scan="parameters")])
    theory = pd.DataFrame({"alpha_k": 1.0, "quantity": "loss", "samples": sizes, "value": loss})
    empty = {name: pd.DataFrame(columns=columns) for name, columns in NO_ROWS.items()}
    tables = {**empty, "gaussian_features": both, "kernel_theory": theory}
    assert size_forecasts.fit(tables, {})["truth_coverage"]["estimate"] == pytest.approx(1.0)
    tables["kernel_theory"] = theory.assign(value=3 * loss)
    assert size_forecasts.fit(tables, {})["truth_coverage"]["estimate"] == pytest.approx(0.0)


def test_a_scale_of_few_sizes_shows_them_without_a_forecast():
    sizes = SIZES[:4].round().astype(int)
    loss = offset_law(sizes.astype(float))
    gaussian = pd.DataFrame({"alpha_k": 1.0, "scan": "data", "quantity": "loss", "seed": 0,
                             "size": sizes, "value": loss})  # fmt: skip
    both = pd.concat([gaussian, gaussian.assign(scan="parameters")])
    theory = pd.DataFrame({"alpha_k": 1.0, "quantity": "loss", "samples": sizes, "value": loss})
    tables = {name: pd.DataFrame(columns=columns) for name, columns in NO_ROWS.items()}
    tables |= {"gaussian_features": both, "kernel_theory": theory}
    fits = {"size_forecasts": size_forecasts.fit(tables, {})}
    drawing = bahri2021_extra_forecast.draw(tables, fits, {})
    assert set(drawing.plotted["series"]) == {"α = 1, D: few sizes"}
    assert drawing.caption.startswith("0 of 2 curves")

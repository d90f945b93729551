"""Curves of all papers, what differs between scales, and predictions held against what came."""

import numpy as np
import pandas as pd
import pytest

from made_curves import made_table
from made_forecasts import tables_of
from made_scans import made_tables
from scalinglaws.config import SCALES, read_scale
from scalinglaws.curves.scaling_curves import (
    PARAMETERS,
    RECIPES,
    ScalingCurve,
    experiments,
    line_at,
    planned_sizes,
    scaling_curves,
    settings_at,
)
from scalinglaws.curves.size_laws import size_laws
from scalinglaws.forecast.between_scales import (
    MOST_POINTS,
    differences,
    judged,
    predicted,
    predictions,
)

TIMED = next(one for one in RECIPES if one.experiment == "feature_scaling")
OVER_D = next(one for one in RECIPES if one.experiment == "digits_mlp")
GRID = {"alpha_min": 1.0, "alpha_max": 100.0, "points": 41, "trainable": [8]}
TASK = {"tasks": ["mnist"], "data_sizes": [10, 20, 40, 80, 160, 320, 640], "steps": 100, "seeds": 4}


def law(x):
    return 0.1 + x**-0.6


def curve(sizes, recipe=OVER_D, where=None, seeds=3, noise=0.01):
    sizes = np.asarray(sizes, dtype=float)
    draw = np.random.default_rng(1).standard_normal((seeds, len(sizes)))
    where = {"tasks": "mnist"} if where is None else where
    return ScalingCurve(recipe, where, sizes, law(sizes) * np.exp(noise * draw))


def larger(**changed):
    return {**TASK, "data_sizes": [*TASK["data_sizes"], 1280, 2560], **changed}


def test_the_curves_of_the_forecast_fit_are_among_them():
    tables = made_tables("quick", seeds=2)
    ours = {(one.sizes.tobytes(), one.values.tobytes()) for one in scaling_curves(tables)}
    theirs = size_laws(tables)
    assert theirs
    assert {(one.sizes.tobytes(), one.values.tobytes()) for one in theirs} <= ours


def test_no_two_curves_have_one_name():
    names = [(one.recipe.experiment, one.series) for one in scaling_curves(tables_of("laptop"))]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("scale", ["quick", "laptop"])
def test_the_sizes_planned_of_a_curve_are_those_that_are_run(scale):
    sizes, tables = read_scale(scale)["bahri2021"], made_tables(scale, seeds=2)
    found = scaling_curves({name: tables[name] for name in experiments(["bahri2021"])})
    assert {one.recipe.experiment for one in found} == set(experiments(["bahri2021"]))
    for one in found:
        own = sizes[one.recipe.experiment]
        assert line_at(one, own) == one.where, one.series
        if one.recipe.size == PARAMETERS:  # the made tables count them otherwise
            continue
        np.testing.assert_array_equal(planned_sizes(one, own, one.where), one.sizes, one.series)


def test_parameters_of_a_planned_width_are_those_that_networks_have():
    from scalinglaws.networks.mlp import parameter_count

    recipe = next(one for one in RECIPES if one.experiment == "model_size_scan")
    one = ScalingCurve(recipe, {"dimensions": 3}, np.ones(1), np.ones((1, 1)))
    found = planned_sizes(one, {"widths": [6, 28]}, one.where)
    assert found.tolist() == [parameter_count([3, width, width, 1]) for width in (6, 28)]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda one: f"{one.experiment} {one.axis.letter}")
def test_the_keys_of_recipes_are_those_of_every_scale(recipe):
    for scale in SCALES:
        sizes = read_scale(scale)[recipe.paper][recipe.experiment]
        panels = sizes.get("panels", {})
        own = sizes | sizes.get("shared", {}) | next(iter(panels.values()), {})
        assert {*recipe.axis.keys, *recipe.lines.values(), *recipe.scanned} <= set(own)


def test_a_prediction_is_of_the_sizes_beyond_the_last_one():
    made = predicted(curve(TASK["data_sizes"]), TASK, larger())
    assert [point.x for point in made.points] == [1280, 2560]
    assert made.last == 640
    assert made.known == 7
    for point in made.points:
        assert point.low_90 < point.low_50 < point.value < point.high_50 < point.high_90
        assert point.low_90 < law(point.x) < point.high_90


def test_nothing_is_predicted_where_a_scale_goes_no_further_or_has_not_the_line():
    own = curve(TASK["data_sizes"])
    assert predicted(own, TASK, TASK) is None
    assert predicted(own, TASK, larger(tasks=["cifar10"])) is None
    assert predictions([own], {"digits_mlp": TASK}, {}) == []


def test_a_curve_of_five_sizes_has_a_reason_instead():
    made = predicted(curve(TASK["data_sizes"][:5]), TASK, larger())
    assert made.points == ()
    assert "5 different x, at least 6" in made.why


def test_of_a_learning_curve_a_few_points_stand_for_all_the_last_included():
    one = curve(np.geomspace(1, 100, 41), TIMED, {"trainable": 8})
    made = predicted(one, GRID, {**GRID, "alpha_max": 1000.0, "points": 200})
    assert len(made.points) == MOST_POINTS
    assert made.points[-1].x == 1000


@pytest.mark.parametrize("repeated", [{"seeds": 40}, {"seeds_per_block": 2}, {"samples": 9}])
def test_more_seeds_or_other_cuts_are_the_same_protocol(repeated):
    assert predicted(curve(TASK["data_sizes"]), TASK, larger(**repeated)).differences == {}


def test_what_differs_is_named_with_both_values():
    made = predicted(curve(TASK["data_sizes"]), TASK, larger(steps=900, warmup=3))
    assert made.differences == {"steps": [100, 900], "warmup": [None, 3]}


def test_settings_within_a_record_are_named_with_it():
    found = differences({"a": {"b": 1, "seeds": 2}, "c": 3}, {"a": {"b": 2, "seeds": 9}, "c": 3})
    assert found == {"a.b": [1, 2]}


def test_a_part_of_the_images_is_the_same_line_with_that_difference():
    own = curve(TASK["data_sizes"], where={"tasks": "mnist5k"})
    made = predicted(own, {**TASK, "tasks": ["mnist5k"]}, larger())
    assert made.series == "tasks = mnist, D"
    assert made.differences == {"tasks": ["mnist5k", "mnist"]}


def test_the_grid_of_alpha_is_scanned_by_learning_curves_and_a_setting_of_their_late_errors():
    late = next(one for one in RECIPES if one.experiment == "image_features" and one.about)
    alphas = {"alpha_min": 1.0, "alpha_max": 10.0, "points": 5, "trainable": [1], "eta": 0.1}
    for recipe, kept in ((TIMED, {"eta"}), (late, {"eta", "alpha_min", "alpha_max", "points"})):
        one = ScalingCurve(recipe, {}, np.ones(1), np.ones((1, 1)))
        assert set(settings_at(one, alphas, {})) == kept


def test_a_panel_has_its_own_settings_before_those_of_all():
    (one,) = scaling_curves({"cnn_curves": made_table(["CNN_MNIST"])})
    sizes = {
        "shared": {"epochs": 5, "pool": 2},
        "panels": {"CNN_MNIST": {"epochs": 9, "training_sizes": [1, 2]}},
    }
    assert settings_at(one, sizes, one.where) == {"epochs": 9, "pool": 2}
    assert planned_sizes(one, sizes, one.where).tolist() == [1, 2]


def test_smallest_errors_of_networks_are_those_of_the_mean_curves():
    (one,) = scaling_curves({"cnn_curves": made_table(["CNN_MNIST"])})
    smallest = 0.5 * (1e3 * one.sizes**1.2) ** -0.4  # at the norm 1e3 P^1.2, as it is made
    assert one.values.shape == (1, len(one.sizes))
    np.testing.assert_allclose(one.values[0], smallest, rtol=0.05)


def held(sizes=(*TASK["data_sizes"], 1280, 2560), factor=1.0):
    made = predicted(curve(TASK["data_sizes"]), TASK, larger())
    later = curve(sizes)
    values = np.where(later.sizes > 640, factor * later.values, later.values)
    return judged(made, later._replace(values=values))


def test_a_law_that_goes_on_is_inside_and_one_that_changes_is_not():
    assert held().share_90 == 1.0
    assert held(factor=2.0).share_90 == 0.0
    assert held(factor=0.5).share_50 == 0.0


def test_a_size_that_was_not_run_is_missing_and_not_guessed():
    found = held((*TASK["data_sizes"], 1280, 5120))
    assert [one.point.x for one in found.outcomes] == [1280]
    assert found.missing == 1
    assert judged(found.prediction, None).missing == 2


def test_a_learning_curve_is_read_between_its_records_and_not_beyond_them():
    own = curve(np.geomspace(1, 100, 41), TIMED, {"trainable": 8})
    made = predicted(own, GRID, {**GRID, "alpha_max": 1000.0, "points": 200})
    other = curve(np.geomspace(1, 900, 77), TIMED, {"trainable": 8}, noise=0.0)
    found = judged(made, other)
    assert found.missing == 1
    for one in found.outcomes:
        assert one.found == pytest.approx(law(one.point.x), rel=1e-3)


def test_values_that_are_no_losses_are_told_and_not_judged():
    made = predicted(curve(TASK["data_sizes"]), TASK, larger())
    later = curve([*TASK["data_sizes"], 1280, 2560])
    found = judged(made, later._replace(values=-later.values))
    assert not found.outcomes
    assert "expected finite numbers above 0" in found.why


def test_late_errors_are_means_over_the_last_alphas():
    late = next(one for one in RECIPES if one.experiment == "image_features" and one.about)
    rows = [
        {"inputs": "images", "n_trainable": n, "seed": 0, "alpha": alpha, "value": value / n}
        for n in (8, 16)
        for alpha, value in ((1.0, 100.0), (60.0, 2.0), (100.0, 4.0))
    ]
    table = pd.DataFrame(rows).assign(quantity="eps_g")
    (one,) = (c for c in scaling_curves({"image_features": table}) if c.recipe == late)
    np.testing.assert_allclose(one.values, [[3 / 8, 3 / 16]])

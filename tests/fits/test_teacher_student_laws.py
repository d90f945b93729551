import importlib

import numpy as np
import pandas as pd
import pytest

from scalinglaws.config import read_claims, read_departures, read_paper
from scalinglaws.fits.teacher_student_laws import fit
from scalinglaws.statistics.independent import mean_of_independent, weighted_sum
from scalinglaws.statistics.over_seeds import named_draws
from scalinglaws.statistics.quantity import quantity, unavailable

RECORD = read_paper("bahri2021")
SETTINGS = RECORD["fits"]["teacher_student_laws"]["settings"]
FIGURES = ("fig1b", "figS2", "figS4", "extra_losses")
SIZES = np.array([64, 128, 256, 512, 1024])
SEEDS = 6


def noise(seed, place):
    return np.exp(0.1 * seed + 0.02 * np.sin(7.0 * seed + place))


def data_rows(dimension):
    """Known exponent between D = 128 and 512; too steep before, under-trained after."""
    rows = []
    for seed in range(SEEDS):
        for place, size in enumerate(SIZES):
            label = {"dimension": dimension, "data_size": size, "seed": seed, "step": 10}
            label |= {"parameters": 38000, "coordinate": np.nan}
            loss = 5.0 * size ** (-4.0 / dimension) * noise(seed, place)
            loss *= 3.0 if size == 64 else 1.0
            share = 0.01 if size < 1024 else 0.5
            values = {
                **dict.fromkeys(("test_loss_best", "test_loss_selected"), loss),
                **{"test_loss_final": loss * size**0.05, "train_loss": share * loss * size**0.05},
                **{"teachers_rejected": 0.0, "teacher_linear_share": 0.5},
            }
            rows += [{**label, "quantity": name, "value": v} for name, v in values.items()]
            for name in ("chord_student", "chord_teacher"):
                for at in (0.0, 0.5, 1.0):
                    value = at + (0.1 / size if name == "chord_student" else 0.0)
                    rows.append({**label, "quantity": name, "coordinate": at, "value": value})
    return rows


def width_rows(target, power, exponent):
    widths, rows = [6, 8, 11, 15, 20], []
    largest = max(int(part) for part in target.split("+"))
    for seed in range(SEEDS):
        for place, width in enumerate(widths):
            size = width**2 + 10 * width
            loss = 3.0 * size**-exponent * noise(seed, place)
            label = {"target": target, "power": power, "width": width, "seed": seed, "step": 10}
            label |= {"dimension": largest, "parameters": size}
            rows += [
                {**label, "quantity": f"test_loss_{kind}", "value": loss}
                for kind in ("best", "final", "selected")
            ]
    return rows


@pytest.fixture(scope="module")
def tables():
    scans = {d: width_rows(str(d), 2.0, 4 / d) for d in (4, 6)}
    powers = [row for p in (1.0, 2.0, 3.0) for row in width_rows("4", p, p / 2)]
    products = width_rows("3+3", 2.0, 4 / 3) + width_rows("4+4", 2.0, 1.0)
    return {
        "teacher_student": pd.DataFrame([row for d in (3, 4, 6) for row in data_rows(d)]),
        "model_size_scan": pd.DataFrame([row for rows in scans.values() for row in rows]),
        "power_losses": pd.DataFrame(powers),
        "product_manifolds": pd.DataFrame(products),
    }


@pytest.fixture(scope="module")
def found(tables):
    return fit(tables, SETTINGS)


@pytest.mark.parametrize("dimension", [3, 4, 6])
def test_the_window_leaves_out_small_and_under_trained_sets(found, dimension):
    slope = found[f"resolution_slope_d{dimension}"]
    assert slope["window"] == [128.0, 512.0]
    assert slope["estimate"] == pytest.approx(4 / dimension, abs=0.03)
    assert found[f"four_over_alpha_d{dimension}"]["estimate"] == pytest.approx(dimension, rel=0.03)
    assert found[f"share_of_prediction_d{dimension}"]["estimate"] == pytest.approx(1.0, abs=0.03)
    assert found[f"final_minus_best_d{dimension}"]["estimate"] == pytest.approx(-0.05, abs=1e-6)


def test_data_beyond_a_tenth_of_the_parameters_are_not_fitted(tables):
    small = tables["teacher_student"].assign(parameters=2600)
    changed = fit({**tables, "teacher_student": small}, SETTINGS)
    assert changed["resolution_slope_d4"]["window"] == [128.0, 256.0]
    assert changed["resolution_slope_d4"]["estimate"] is None


def test_exponents_in_the_number_of_parameters_are_recovered(found):
    assert found["resolution_slope_size_d6"]["estimate"] == pytest.approx(2 / 3, abs=0.03)
    assert found["power_ratio_p3"]["estimate"] == pytest.approx(1.5, abs=0.05)
    assert found["power_ratio_p2"]["estimate"] == pytest.approx(1.0, abs=1e-9)
    assert found["share_of_prediction_product_4x4"]["estimate"] == pytest.approx(1.0, abs=0.03)


def test_means_over_dimensions_add_the_errors_of_independent_parts(found):
    parts = [found[f"share_of_prediction_size_d{d}"] for d in (4, 6)]
    mean = found["mean_share_of_prediction_size"]
    errors = [part["standard_error"] for part in parts]
    assert mean["estimate"] == pytest.approx(np.mean([part["estimate"] for part in parts]))
    assert mean["standard_error"] == pytest.approx(np.hypot(*errors) / 2)
    assert mean["interval"][0] < mean["estimate"] < mean["interval"][1]


def test_the_mean_of_independent_parts_covers_as_often_as_it_says():
    stream, hits = np.random.default_rng(0), 0
    for _ in range(800):
        draws = stream.normal(1.0, 0.1, (3, 6))
        errors = draws.std(axis=1, ddof=1) / np.sqrt(6)
        parts = [
            quantity(m, (m - 2.571 * e, m + 2.571 * e), standard_error=e, n_seeds=6)
            for m, e in zip(draws.mean(axis=1), errors, strict=True)
        ]
        low, high = mean_of_independent(parts)["interval"]
        hits += low <= 1.0 <= high
    assert 0.95 <= hits / 800 <= 0.995


def test_a_mean_with_a_missing_part_is_missing():
    there = quantity(1.0, (0.9, 1.1), standard_error=0.05, n_seeds=6)
    assert mean_of_independent([there, unavailable("not run")])["why"] == "not run"


def test_a_difference_of_independent_parts_is_as_wide_as_their_sum():
    first = quantity(3.0, (2.0, 4.0), standard_error=0.3, n_seeds=4, n_points=5)
    second = quantity(1.0, (0.0, 2.0), standard_error=0.4, n_seeds=6, n_points=7)
    difference = weighted_sum([first, second], [1.0, -1.0])
    both = weighted_sum([first, second], [1.0, 1.0])
    assert difference["estimate"] == 2.0
    assert difference["standard_error"] == both["standard_error"] == pytest.approx(0.5)
    # Reaches add in squares, each side for itself.
    assert difference["interval"] == pytest.approx([2.0 - np.sqrt(2), 2.0 + np.sqrt(2)])
    assert (difference["n_seeds"], difference["n_points"]) == (4, 12)


def test_sizes_that_a_user_adds_are_fitted_too(tables):
    added = tables["power_losses"].assign(power=tables["power_losses"]["power"] + 3.0)
    both = pd.concat([tables["power_losses"], added])
    found = fit({**tables, "power_losses": both}, SETTINGS | {"powers": [], "products": []})
    assert found["resolution_slope_power_p6"]["estimate"] == pytest.approx(1.5, abs=0.05)
    assert found["resolution_slope_product_3x3"]["estimate"] is not None


def test_what_is_not_run_says_so(found):
    for key in ("resolution_slope_d9", "share_of_prediction_size_d12", "power_ratio_p1.5"):
        assert "not run at this scale" in found[key]["why"]


def test_every_claim_names_a_quantity_of_the_fit_and_known_departures(found):
    known = {entry["id"] for entry in read_departures()}
    claims = [c for c in read_claims("bahri2021") if "teacher_student_laws" in str(c["quantities"])]
    assert claims
    for claim in claims:
        named = [name.removeprefix("teacher_student_laws.") for name in claim["quantities"]]
        assert set(named) <= set(found)
        assert set(claim["departures"]) <= known


@pytest.mark.parametrize("figure", FIGURES)
def test_figures_draw_every_line_with_its_prediction(figure, tables, found):
    module = importlib.import_module(f"scalinglaws.figures.bahri2021_{figure}")
    settings = RECORD["figures"][f"bahri2021_{figure}"]["settings"] | {"images": {}}
    drawing = module.draw(tables, {"teacher_student_laws": found}, settings)
    series = " ".join(set(drawing.plotted["series"]))
    expected = {
        "fig1b": ["teacher", "student, D = 64", "prediction"],
        "figS2": ["d = 3 fit", "d = 6 outside the window", "validation-selected"],
        "figS4": ["d = 4 fit", "d = 6 fit", "prediction"],
        "extra_losses": ["p = 3 fit", "d = 4+4 fit", "largest factor", "whole dimension"],
    }
    assert all(name in series for name in expected[figure])
    assert "6 seeds" in drawing.caption or "6 and 6 seeds" in drawing.caption


def test_image_markers_stand_at_their_measured_dimension(tables, found):
    module = importlib.import_module("scalinglaws.figures.bahri2021_fig1b")
    place = quantity(5.0, (4.5, 5.5), standard_error=0.2)
    missing = unavailable("not run")
    slope = "slope_best_test_loss_digits"
    fits = {
        "teacher_student_laws": found,
        "intrinsic_dimension": {"cnn_digits": place, "wrn_digits": missing},
        "image_scaling": {f"cnn_{slope}": quantity(0.5, (0.4, 0.8)), f"wrn_{slope}": missing},
    }
    settings = {"chord_dimension": 4, "chord_students": 4, "images": {"digits": "MNIST digits"}}
    settings["earlier"] = {"digits": [9.0, 6.0], "svhn": [11.0, 10.0]}
    rows = module.draw(tables, fits, settings).plotted
    marks = rows[rows["series"].str.startswith("MNIST")]
    assert marks[["x", "y", "y_low", "y_high"]].to_numpy().tolist() == [[5.0, 8.0, 5.0, 10.0]]
    earlier = rows[rows["series"].str.startswith("2004.10802")]
    assert earlier[["x", "y"]].to_numpy().tolist() == [[9.0, 6.0]]  # of the sets that were run


def test_a_lopsided_part_makes_the_side_of_the_sum_longer_that_it_lies_on():
    part = quantity(1.0, (0.9, 1.4), standard_error=0.1, n_seeds=4)
    exact = quantity(1.0, (1.0, 1.0), standard_error=0.0, n_seeds=4)
    assert weighted_sum([part, exact], [1.0, 1.0])["interval"] == pytest.approx([1.9, 2.4])
    assert weighted_sum([exact, part], [1.0, -1.0])["interval"] == pytest.approx([-0.4, 0.1])


def test_bootstrap_streams_differ_between_quantities():
    stream = named_draws(10, 1, "bahri2021", "fit").stream
    assert stream("a").random() != stream("b").random()

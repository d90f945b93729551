import numpy as np
import pandas as pd
import pytest

from scalinglaws.config import read_claims, read_departures, read_paper
from scalinglaws.figures.bahri2021_fig1a import draw
from scalinglaws.fits import four_regimes
from scalinglaws.statistics.quantity import quantity, unavailable
from scalinglaws.statistics.resolution_slopes import Trained, trained_window

RECORD = read_paper("bahri2021")
SETTINGS = RECORD["fits"]["four_regimes"]["settings"]
FIGURE = RECORD["figures"]["bahri2021_fig1a"]["settings"]
SIZES = np.array([64, 128, 256, 512, 1024])
LOSSES = ("cross_entropy", "squared")


def long_table(identity, sizes, seeds, quantities, size_name="data_size", **extra):
    rows = [
        {**identity, size_name: size, "seed": seed, "step": 10, **extra}
        | {"quantity": name, "value": law(size) * np.exp(0.1 * seed)}
        for size in sizes
        for seed in range(seeds)
        for name, law in quantities.items()
    ]
    return pd.DataFrame(rows)


def losses(exponent, share=0.01):
    return {
        "test_loss_best": lambda size: 5.0 * size**-exponent,
        "test_loss_final": lambda size: 5.0 * size ** -(exponent - 0.05),
        "test_loss_selected": lambda size: 5.1 * size**-exponent,
        # The largest set is under-trained, as it is in practice.
        "train_loss": lambda size: (share if size < 1024 else 0.5) * size ** -(exponent - 0.05),
    }


def excess(bent_below):
    return {
        "excess": lambda size: 30.0 / size + (5000.0 / size**2 if size < bent_below else 0.0),
        "deviation": lambda size: 90.0 / size,
        "spread": lambda size: 80.0 / size**1.1,
        "excess_limit": lambda size: 3.0 / size,
        "deviation_limit": lambda size: 2.0 / size**0.9,
        "loss_limit": lambda size: 1.0,
    }


def variance_table(network, tasks):
    grid = 1000 * 2 ** np.arange(7)
    identities = [
        {"network": network, "task": task, "loss": loss} for task in tasks for loss in LOSSES
    ]
    return pd.concat(
        long_table(identity, grid, 4, excess(4000), draw=0, parameters=276)
        for identity in identities
    )


def width_table(activations):
    identities = [
        {"task": "teacher_student", "loss": loss, "activation": activation}
        for loss in LOSSES
        for activation in activations
    ]
    return pd.concat(
        long_table(identity, SIZES, 4, excess(128), "width", examples=12) for identity in identities
    )


def image_table(size_name, sizes):
    laws = {"best_test_loss": lambda size: size**-0.3, "parameters": lambda size: 100.0 * size}
    shape = {"network": "wrn", "depth": 10} | ({"width": 16} if size_name == "D" else {})
    return long_table({"task": "mnist5k", **shape}, sizes, 3, laws, size_name)


@pytest.fixture
def tables():
    growing = [
        long_table({"dimension": d}, SIZES, 4, losses(4 / d), "parameters") for d in (3, 4, 6)
    ]
    return {
        "variance_limited": variance_table("fully connected", ["teacher_student", "mnist5k"]),
        "variance_limited_cnn": variance_table("convolutional", ["mnist5k"]),
        "variance_limited_width": width_table(["relu", "erf"]),
        "variance_limited_centred": width_table(["relu"]),
        "teacher_student": pd.concat(
            long_table({"dimension": d}, SIZES, 4, losses(4 / d)) for d in (3, 4, 6)
        ),
        "model_size_scan": pd.concat(growing),
        "image_data_scan": image_table("D", SIZES),
        "image_width_scan": image_table("width", [4, 8, 16]),
        "digits_mlp": long_table({"task": "mnist5k"}, SIZES, 4, losses(0.6)),
    }


def estimate(tables):
    return four_regimes.fit(tables, SETTINGS)


def drawn(tables):
    known = quantity(0.5, (0.4, 0.6), window=(64, 512), rule="given")
    lines = [f"resolution_slope_{kind}{d}" for kind in ("d", "size_d") for d in (3, 4, 6)]
    fits = {
        "four_regimes": estimate(tables),
        "teacher_student_laws": dict.fromkeys(lines, known),
        "image_scaling": {
            "wrn_slope_best_test_loss_digits": known,
            "width_slope_digits": unavailable("too few widths"),
        },
    }
    return draw(tables, fits, FIGURE)


def test_known_exponents_are_recovered_inside_the_windows(tables):
    found = estimate(tables)
    # Bends outside the windows (D < 10 P, w < 10 D, the under-trained largest D) must not matter.
    expected = {
        **{"variance_slope_teacher": 1.0, "variance_slope_digits_mse": 1.0},
        **{"deviation_slope_digits": 1.0, "spread_slope_teacher": 1.1},
        **{"variance_slope_digits_cnn": 1.0, "ratio_slope_teacher": -0.1},
        **{"width_slope_teacher_mse_erf": 1.0, "width_slope_teacher": 1.0},
        **{"centred_slope_teacher_mse": 1.0, "centred_deviation_slope_teacher": 0.9},
        **{"centred_ratio_slope_teacher": 0.1, "resolution_slope_digits": 0.6},
        **{"mean_variance_slope": 1.0, "mean_width_slope": 1.0},
    }
    for name, exponent in expected.items():
        assert found[name]["estimate"] == pytest.approx(exponent, abs=1e-6), name
    assert found["variance_slope_teacher"]["n_points"] == 5
    assert found["width_slope_teacher"]["window"] == [120.0, 1024.0]


def test_lines_that_are_not_run_are_named_not_dropped(tables):
    found = estimate(tables)
    for name in ("variance_slope_cifar10_mse", "width_slope_digits_erf"):
        assert found[name]["estimate"] is None
        assert "does not run" in found[name]["why"]


def test_the_mean_slope_resamples_the_seeds_of_all_lines_together(tables):
    # The common factor of a seed moves all lines alike, so no slope moves; noise of the sizes does.
    noise = np.random.default_rng(0).normal(0, 0.05, len(tables["variance_limited"]))
    noisy = tables["variance_limited"].assign(
        value=tables["variance_limited"]["value"] * np.exp(noise)
    )
    exact = estimate(tables)["mean_variance_slope"]["standard_error"]
    found = estimate({**tables, "variance_limited": noisy})
    parts = [found[f"variance_slope_{line}"]["standard_error"] for line in ("teacher", "digits")]
    assert exact < 1e-9 < found["mean_variance_slope"]["standard_error"] < max(parts)


def test_an_excess_that_changes_sign_is_fitted_as_it_is(tables):
    rows = tables["variance_limited_width"]
    hit = (rows["loss"] == "squared") & (rows["width"] == 1024) & (rows["quantity"] == "excess")
    scatter = np.where(rows["seed"] % 2 == 0, 0.02, -0.03)
    found = estimate(
        {**tables, "variance_limited_width": rows.assign(value=rows["value"].where(~hit, scatter))}
    )
    slope = found["width_slope_teacher_mse"]
    low, high = slope["interval"]
    assert low < 1.0 < high
    assert slope["estimate"] == pytest.approx(1.0, abs=0.2)
    assert found["width_slope_teacher"]["estimate"] is not None


def test_under_training_everywhere_leaves_no_exponent(tables):
    rows = tables["digits_mlp"]
    tables["digits_mlp"] = rows.assign(
        value=rows["value"].where(rows["quantity"] != "train_loss", 100.0)
    )
    found = estimate(tables)
    assert found["resolution_slope_digits"]["estimate"] is None
    assert found["final_minus_best_digits"]["estimate"] is None
    assert "MNIST digits, 2 \u00d7 128" in set(drawn(tables).plotted["series"])


def test_the_window_ends_before_the_first_under_trained_size(tables):
    rows = tables["digits_mlp"].copy()
    spoiled = (rows["quantity"] == "train_loss") & (rows["data_size"] == 256)
    rows.loc[spoiled, "value"] = 100.0
    assert trained_window(rows, Trained(SETTINGS["train_to_test"]))[0] == (64.0, 128.0)


def test_a_diverged_member_is_masked_and_counted(tables):
    rows = tables["variance_limited"].reset_index(drop=True)
    which = "task == 'mnist5k' and loss == 'squared' and seed == 1 and data_size == 8000"
    rows.loc[rows.query(which).index, "value"] = np.nan
    found = estimate({**tables, "variance_limited": rows})
    assert found["variance_slope_digits_mse"]["n_masked"] == 1
    assert found["variance_slope_digits"]["n_masked"] == 0


def test_every_claim_names_a_quantity_the_fit_reports_and_a_known_departure(tables):
    found = estimate(tables)
    known = {entry["id"] for entry in read_departures()}
    for claim in read_claims("bahri2021"):
        named = [name.split(".") for name in claim["quantities"]]
        assert all(key in found for fit, key in named if fit == "four_regimes"), claim["id"]
        assert set(claim["departures"]) <= known


def test_the_figure_plots_all_lines_of_all_panels_with_their_fits(tables):
    drawing = drawn(tables)
    panels = {key: set(rows["series"]) for key, rows in drawing.plotted.groupby("panel")}
    assert set(panels) == set("abcd")
    dense = {"teacher-student", "teacher-student, MSE", "MNIST digits", "MNIST digits, MSE, CNN"}
    assert dense | {"teacher-student fit", "teacher-student outside the window"} <= panels["a"]
    assert {"teacher-student, d = 3 fit", "published 4/6", "MNIST digits fit"} <= panels["b"]
    assert {"teacher-student, d = 6", "MNIST digits", "published 4/4"} <= panels["c"]
    assert {"teacher-student, MSE, erf fit", "published"} <= panels["d"]
    assert "4 initialisations" in drawing.caption

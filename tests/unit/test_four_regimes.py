import numpy as np
import pandas as pd
import pytest

from scalinglaws.config import read_claims, read_departures, read_paper
from scalinglaws.estimates import four_regimes, teacher_student_laws
from scalinglaws.estimates.resolution_slopes import trained_window
from scalinglaws.figures.bahri2021_fig1a import draw

RECORD = read_paper("bahri2021")
SETTINGS = {**RECORD["fits"]["four_regimes"]["settings"], "draws": 200}
LAWS = {**RECORD["fits"]["teacher_student_laws"]["settings"], "draws": 200}
FIGURE = RECORD["figures"]["bahri2021_fig1a"]["settings"]
NOT_RUN = pd.DataFrame(columns=["dimension", "power", "target"])
SIZES = np.array([64, 128, 256, 512, 1024])


def long_table(identity, sizes, seeds, quantities, **extra):
    rows = [
        {**identity, "data_size": size, "seed": seed, "step": 10, **extra}
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


@pytest.fixture
def tables():
    excess = {
        "excess": lambda size: 30.0 / size + (5000.0 / size**2 if size < 4000 else 0.0),
        "deviation": lambda size: 90.0 / size,
        "loss_limit": lambda size: 1.0,
    }
    grid = 1000 * 2 ** np.arange(7)
    variance = [
        long_table({"task": task}, grid, 4, excess, draw=0, parameters=276)
        for task in ("teacher_student", "mnist5k")
    ]
    students = [
        long_table({"dimension": d, "parameters": 38000}, SIZES, 4, losses(4 / d))
        for d in (3, 4, 6)
    ]
    return {
        "variance_limited": pd.concat(variance),
        "teacher_student": pd.concat(students),
        "digits_mlp": long_table({"task": "mnist5k"}, SIZES, 4, losses(0.6)),
        **dict.fromkeys(("model_size_scan", "power_losses", "product_manifolds"), NOT_RUN),
    }


def estimate(tables):
    return four_regimes.estimate(tables, SETTINGS) | teacher_student_laws.estimate(tables, LAWS)


def drawn(tables):
    fits = {
        "four_regimes": four_regimes.estimate(tables, SETTINGS),
        "teacher_student_laws": teacher_student_laws.estimate(tables, LAWS),
    }
    return draw(tables, fits, FIGURE)


def test_known_exponents_are_recovered_inside_the_windows(tables):
    found = estimate(tables)
    # Bends outside the windows (D < 10 P, the under-trained largest D) must not matter.
    assert found["variance_slope_teacher"]["estimate"] == pytest.approx(1.0, abs=1e-6)
    assert found["variance_slope_teacher"]["n_points"] == 5
    assert found["deviation_slope_digits"]["estimate"] == pytest.approx(1.0, abs=1e-6)
    assert found["resolution_slope_digits"]["estimate"] == pytest.approx(0.6, abs=1e-6)
    assert found["resolution_slope_d3"]["window"] == [64.0, 512.0]
    assert found["final_minus_best_d3"]["estimate"] == pytest.approx(-0.05, abs=1e-6)
    for dimension in (3, 4, 6):
        four_over = found[f"four_over_alpha_d{dimension}"]
        assert four_over["estimate"] == pytest.approx(dimension, abs=1e-5)


def test_absent_dimensions_are_named_not_dropped(tables):
    found = estimate(tables)
    assert found["resolution_slope_d9"]["estimate"] is None
    assert "not run at this scale" in found["resolution_slope_d9"]["why"]


def test_under_training_everywhere_leaves_no_exponent(tables):
    rows = tables["digits_mlp"]
    tables["digits_mlp"] = rows.assign(
        value=rows["value"].where(rows["quantity"] != "train_loss", 100.0)
    )
    found = estimate(tables)
    assert found["resolution_slope_digits"]["estimate"] is None
    assert found["final_minus_best_digits"]["estimate"] is None
    assert drawn(tables).plotted["series"].str.contains("MNIST digits outside").any()


def test_the_window_ends_before_the_first_under_trained_size(tables):
    rows = tables["digits_mlp"].copy()
    spoiled = (rows["quantity"] == "train_loss") & (rows["data_size"] == 256)
    rows.loc[spoiled, "value"] = 100.0
    assert trained_window(rows, SETTINGS)[0] == (64.0, 128.0)


def test_a_diverged_member_is_masked_and_counted(tables):
    rows = tables["variance_limited"].reset_index(drop=True)
    hit = rows.query("task == 'mnist5k' and seed == 1 and data_size == 8000").index
    rows.loc[hit, "value"] = np.nan
    found = four_regimes.estimate({**tables, "variance_limited": rows}, SETTINGS)
    assert found["variance_slope_digits"]["n_masked"] == 1
    assert found["variance_slope_teacher"]["n_masked"] == 0


def test_every_claim_names_a_quantity_the_fit_reports_and_a_known_departure(tables):
    found = estimate(tables)
    known = {entry["id"] for entry in read_departures()}
    for claim in read_claims("bahri2021"):
        named = [name.split(".") for name in claim["quantities"]]
        here = ("four_regimes", "teacher_student_laws")
        assert all(key in found for fit, key in named if fit in here)
        assert set(claim["departures"]) <= known


def test_the_figure_plots_all_lines_with_their_fits(tables):
    drawing = drawn(tables)
    series = set(drawing.plotted["series"])
    assert {"teacher-student", "teacher-student fit", "teacher-student, d = 3 fit"} <= series
    assert {"teacher-student outside the window", "theory", "theory 4/6"} <= series
    assert "4 seeds" in drawing.caption

import numpy as np
import pandas as pd
import pytest

from scalinglaws.config import read_claims, read_departures, read_paper, read_scale
from scalinglaws.experiments.linear import run_sgd as linear_sgd
from scalinglaws.experiments.linear import run_theory as linear_theory
from scalinglaws.figures import worschech2024_fig2, worschech2024_fig3
from scalinglaws.figures.style import PLOTTED
from scalinglaws.fits import feature_laws, linear_laws
from scalinglaws.theory.linear import feature_error, general_eta_error, learning_rate_factor
from scalinglaws.training.session import Session

RECORD = read_paper("worschech2024")
LAWS = RECORD["fits"]["linear_laws"]["settings"]
FEATURES = RECORD["fits"]["feature_laws"]["settings"]
SIMULATED = {
    "dimension": 128,
    "beta": 0.75,
    "eta": 0.05,
    "sigma_j": 0.01,
    "alpha_min": 0.1,
    "alpha_max": 20.0,
    "points": 40,
    "trainable": [128],
    "first_seed": 0,
    "seeds": 3,
    "seed": 5,
}


def replaced(table, formula):
    """The table with every curve replaced by formula(variances, squares, count, alphas, eta)."""
    parts = []
    for _, rows in table.groupby("seed"):
        described = [rows.loc[rows["quantity"] == name, "value"] for name in DESCRIBED]
        for (count, quantity), part in rows.groupby(["n_trainable", "quantity"]):
            if quantity == "eps_g":
                arrays = (described[0].to_numpy(), described[1].to_numpy())
                values = formula(*arrays, count, part["alpha"].to_numpy(), part["eta"].iloc[0])
                parts.append(part.assign(value=values))
            else:
                parts.append(part)
    return pd.concat(parts)


DESCRIBED = ("variance", "start_square")


@pytest.fixture(scope="module")
def theory():
    sizes = read_scale("quick")["worschech2024"]["linear_theory"]
    return pd.DataFrame(linear_theory.run({**sizes, "seed": 0}, {}, Session()))


@pytest.fixture(scope="module")
def descent():
    return pd.DataFrame(linear_sgd.run(SIMULATED, {}, Session()))


@pytest.fixture(scope="module")
def features():
    settings = {**SIMULATED, "beta": 1.0, "trainable": [8, 16, 32, 64]}
    return pd.DataFrame(linear_sgd.run(settings, {}, Session()))


@pytest.fixture(scope="module")
def images(features):
    return features.drop(columns="beta").assign(dataset="mnist5k", inputs="images")


def laws(theory, descent):
    return linear_laws.fit({"linear_theory": theory, "linear_sgd": descent}, LAWS)


def feature_quantities(theory, features, images):
    tables = {
        "linear_theory": theory,
        "feature_scaling": features,
        "image_features": images,
    }
    return feature_laws.fit(tables, FEATURES)


def test_simulation_equal_to_its_theory_but_for_a_factor_has_that_deviation(theory, descent):
    def formula(variances, squares, count, alphas, eta):
        return 1.02 * general_eta_error(variances, squares, alphas, eta)

    found = laws(theory, replaced(descent, formula))
    assert found["sgd_deviation"]["estimate"] == pytest.approx(0.02)
    assert found["sgd_exponent_shift"]["estimate"] == pytest.approx(0.0, abs=1e-12)
    assert found["sgd_exponent_shift"]["n_seeds"] == 3


def test_steeper_simulation_shifts_the_exponent(theory, descent):
    def formula(variances, squares, count, alphas, eta):
        return general_eta_error(variances, squares, alphas, eta) * alphas**-0.1

    found = laws(theory, replaced(descent, formula))
    assert found["sgd_exponent_shift"]["estimate"] == pytest.approx(0.1)


def test_real_simulation_follows_the_theory_of_its_start(theory, descent):
    found = laws(theory, descent)
    assert 0.001 < found["sgd_deviation"]["estimate"] < 0.1
    assert abs(found["sgd_exponent_shift"]["estimate"]) < 0.1


def test_diverged_seed_leaves_quantities_unavailable_and_the_figure_drawn(theory, descent):
    broken = descent.copy()
    lost = (broken["seed"] == 1) & (broken["alpha"] > 5) & (broken["quantity"] == "eps_g")
    broken.loc[lost, "value"] = np.nan
    found = laws(theory, broken)
    assert found["sgd_exponent_shift"]["estimate"] is None
    assert "1 of 3 seeds" in found["sgd_exponent_shift"]["why"]
    assert found["sgd_deviation"]["n_masked"] == lost.sum()
    tables = {"linear_theory": theory, "linear_sgd": broken}
    settings = RECORD["figures"]["worschech2024_fig2"]["settings"]
    drawing = worschech2024_fig2.draw(tables, {"linear_laws": found}, settings)
    assert np.all(np.isfinite(drawing.plotted["y"]))


def test_late_simulation_at_the_formula_times_its_factor_has_ratio_one(theory, features, images):
    def formula(variances, squares, count, alphas, eta):
        factor = learning_rate_factor(variances, count, eta)
        return 1.03 * factor * feature_error(variances, squares, count, alphas, eta)

    found = feature_quantities(theory, replaced(features, formula), images)
    for count in FEATURES["trainable"]:
        assert found[f"tail_ratio_N{count}"]["estimate"] == pytest.approx(1.03)
        assert found[f"deviation_N{count}"]["estimate"] > 0.03


def test_spectrum_of_a_power_law_gives_its_beta(theory, features, images):
    found = feature_quantities(theory, features, images)
    assert found["spectrum_beta_mnist5k"]["estimate"] == pytest.approx(1.0, abs=1e-6)
    assert found["spectrum_beta_cifar10"]["estimate"] is None
    assert found["spectrum_beta_cifar10"]["why"] == "this scale does not use cifar10"


def test_sizes_that_a_scale_lacks_are_unavailable_with_a_reason(theory, features, images):
    fewer = features[features["n_trainable"] != 64]
    found = feature_quantities(theory[theory["dimension"] != 1024], fewer, images)
    for name in ("tail_ratio_N64", "finite_form_bias_N1024_b1", "gaussian_deviation_N8"):
        assert found[name]["estimate"] is None
        assert found[name]["why"]


def test_critical_rates_are_bounded_tightly_and_hold_the_exact_value(theory, descent):
    found = laws(theory, descent)
    for name, quantity in found.items():
        if name.startswith("critical_theory"):
            low, high = quantity["interval"]
            assert low <= 2.0 <= high
            assert high - low < 1e-10


def test_every_claim_of_the_figures_names_a_quantity_that_is_estimated(
    theory, descent, features, images
):
    found = {f"linear_laws.{name}" for name in laws(theory, descent)}
    found |= {f"feature_laws.{name}" for name in feature_quantities(theory, features, images)}
    departures = {record["id"] for record in read_departures()}
    shown = {"worschech2024_fig2", "worschech2024_fig3"}
    claims = [claim for claim in read_claims("worschech2024") if claim["figure"] in shown]
    assert {claim["figure"] for claim in claims} == shown
    for claim in claims:
        assert set(claim["quantities"]) <= found, claim["id"]
        assert set(claim["departures"]) <= departures


def test_deterministic_claims_have_the_expected_values(theory, descent):
    found = laws(theory, descent)
    assert abs(found["law_bias_b1"]["estimate"]) < 0.01
    assert found["law_exponent_b05"]["estimate"] == pytest.approx(0.367, abs=1e-3)
    assert abs(found["recovered_bias_b025"]["estimate"]) < 1e-3
    assert found["critical_sgd_N128_b1"]["estimate"] == pytest.approx(1.001, abs=1e-3)
    assert found["any_eta_ratio"]["estimate"] == pytest.approx(1.01, abs=0.01)


def test_figure_2_plots_what_the_tables_hold(theory, descent):
    tables = {"linear_theory": theory, "linear_sgd": descent}
    settings = RECORD["figures"]["worschech2024_fig2"]["settings"]
    fits = {"linear_laws": laws(theory, descent)}
    drawing = worschech2024_fig2.draw(tables, fits, settings)
    assert list(drawing.plotted.columns) == PLOTTED
    assert set(drawing.plotted["panel"]) == {"a", "b"}
    small = drawing.plotted.query("series == 'small_eta'")
    assert small["y"].iloc[-1] == pytest.approx(1.85e-8, rel=5e-3)
    points = drawing.plotted.query("series == 'SGD'")
    last = descent[(descent["quantity"] == "eps_g") & (descent["alpha"] == points["x"].iloc[-1])]
    assert points["y"].iloc[-1] == pytest.approx(np.exp(np.log(last["value"]).mean()))
    assert "geometric mean of 3 initialisations" in drawing.caption


def test_figure_3_plots_what_the_tables_hold(theory, features, images):
    both = pd.concat([images, images.assign(inputs="gaussian")])
    fits = {"feature_laws": feature_quantities(theory, features, both)}
    tables = {"feature_scaling": features, "image_features": both}
    settings = RECORD["figures"]["worschech2024_fig3"]["settings"]
    drawing = worschech2024_fig3.draw(tables, fits, settings)
    assert f"paper: {settings['published_beta']}" in drawing.figure.axes[1].get_title(loc="left")
    assert list(drawing.plotted.columns) == PLOTTED
    series = set(drawing.plotted.query("panel == 'b'")["series"])
    assert {"Eq 11 N_l=8", "SGD images N_l=8", "SGD gaussian N_l=64"} <= series
    assert "images and Gaussian inputs" in drawing.caption
    assert "beta = 1.00" in drawing.caption

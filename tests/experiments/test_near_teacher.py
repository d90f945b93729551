import numpy as np
import pandas as pd
import pytest

from interruption import resumed_after_reports
from planned_blocks import checked, cut
from scalinglaws.config import read_claims, read_paper, read_scale
from scalinglaws.errors import InputError
from scalinglaws.experiments.specialised import run_sgd as near_teacher_sgd
from scalinglaws.experiments.specialised import run_theory as asymptotic_theory
from scalinglaws.figures.style import PLOTTED
from scalinglaws.figures.worschech2024_fig6 import draw
from scalinglaws.fits.specialised_laws import fit
from scalinglaws.training.session import Session

SETTINGS = {
    "dimension": 64,
    "hidden": 3,
    "eta": 0.05,
    "sigma_j": 1e-6,
    "alpha_min": 1.0,
    "alpha_max": 600.0,
    "points": 60,
    "betas": [0.5, 1.0, 2.0],
    "first_seed": 0,
    "seeds": 3,
    "seed": 5,
}
THEORY = {
    **SETTINGS,
    "simulated_betas": [0.5, 1.0, 2.0],
    "betas": [0.25, 0.5, 1.0, 1.5, 2.0],
    "paper_units": 40,
    "paper_levels": 512,
    "many_levels": 4096,
    "window_points": 120,
    "many_points": 60,
}
SGD_SIZES, THEORY_SIZES = (
    {key: value for key, value in settings.items() if key not in ("seed", "first_seed")}
    | {"seeds_per_block": 1}
    for settings in (SETTINGS, THEORY)
)
RECORD = read_paper("worschech2024")
FIT = RECORD["fits"]["specialised_laws"]["settings"] | {"many_levels": 4096}


@pytest.fixture(scope="module")
def tables():
    simulated = near_teacher_sgd.run(SETTINGS, {}, Session())
    predicted = asymptotic_theory.run(THEORY, {}, Session())
    return {
        "near_teacher_sgd": pd.DataFrame(simulated),
        "asymptotic_theory": pd.DataFrame(predicted),
    }


@pytest.mark.parametrize(
    ("experiment", "module", "settings"),
    [
        ("near_teacher_sgd", near_teacher_sgd, SETTINGS),
        ("asymptotic_theory", asymptotic_theory, THEORY),
    ],
)
@pytest.mark.parametrize("reports", [1, 6])
def test_resumed_run_is_byte_identical(tmp_path, tables, experiment, module, settings, reports):
    whole = tables[experiment]
    resumed = resumed_after_reports(
        lambda session: module.run(settings, {}, session), tmp_path, reports
    )
    assert resumed["value"].tobytes() == whole["value"].to_numpy().tobytes()
    assert resumed["alpha"].tobytes() == whole["alpha"].to_numpy().tobytes()


def test_member_does_not_depend_on_its_block(tables):
    settings = {**SETTINGS, "betas": [1.0], "first_seed": 1, "seeds": 1}
    alone = near_teacher_sgd.run(settings, {}, Session())
    whole = tables["near_teacher_sgd"]
    same = whole[(whole["beta"] == 1.0) & (whole["seed"] == 1)]
    assert alone["value"].tobytes() == same["value"].to_numpy().tobytes()


def test_simulation_follows_the_theory_of_the_same_start(tables):
    keys = ["beta", "seed", "alpha"]
    theory = tables["asymptotic_theory"].query("kind == 'realised'")
    both = tables["near_teacher_sgd"].merge(theory, on=keys, suffixes=("_sgd", "_theory"))
    assert len(both) == len(tables["near_teacher_sgd"])
    relative = (both["value_sgd"] / both["value_theory"] - 1).abs()
    assert relative.median() < 0.05
    assert both["value_sgd"].max() < 1e-11
    assert both["value_sgd"].min() < 0.03 * both["value_sgd"].max()


def test_error_is_proportional_to_the_square_of_the_distance(tables):
    farther = near_teacher_sgd.run({**SETTINGS, "sigma_j": 1e-4, "betas": [1.0]}, {}, Session())
    whole = tables["near_teacher_sgd"]
    near = whole[whole["beta"] == 1.0]["value"].to_numpy()
    np.testing.assert_allclose(1e4 * near, farther["value"], rtol=2e-3)


def test_diverged_member_is_nan_and_the_estimates_say_so(tables):
    broken = near_teacher_sgd.run({**SETTINGS, "eta": 1e200, "alpha_max": 5.0}, {}, Session())
    assert len(broken["value"]) == 9 * SETTINGS["points"]
    assert np.all(np.isnan(broken["value"].reshape(9, -1)[:, -1]))
    sgd = tables["near_teacher_sgd"].copy()
    sgd.loc[(sgd["seed"] == 1) & (sgd["alpha"] > 100), "value"] = np.nan
    found = fit({**tables, "near_teacher_sgd": sgd}, FIT)
    for name in ("sgd_law_exponent", "sgd_minus_theory", "sgd_deviation"):
        quantity = found[f"{name}_b100"]
        assert quantity["estimate"] is None
        assert quantity["why"] == "1 of 3 seeds diverged"
        assert quantity["n_masked"] > 0


@pytest.mark.parametrize(
    ("experiment", "sizes"), [("near_teacher_sgd", SGD_SIZES), ("asymptotic_theory", THEORY_SIZES)]
)
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"betas": [0.0]}, "betas.0 is 0.0"),
        ({"alpha_max": 0.5}, "alpha_max is 0.5"),
        ({"eta": 5.0}, "critical rate 4.8"),
    ],
)
def test_impossible_sizes_are_refused_when_planning(experiment, sizes, change, named):
    with pytest.raises(InputError, match=f"{experiment}.*{named}"):
        cut(experiment, checked(experiment, {**sizes, **change}))


def test_simulated_spectra_must_have_a_theory():
    with pytest.raises(InputError, match="simulated_betas is"):
        cut("asymptotic_theory", {**THEORY_SIZES, "simulated_betas": [0.7]})


@pytest.mark.parametrize("scale", ["quick", "laptop", "workstation", "paper"])
def test_theory_is_configured_for_the_simulation_it_is_compared_with(scale):
    sizes = read_scale(scale)["worschech2024"]
    sgd, theory = sizes["near_teacher_sgd"], sizes["asymptotic_theory"]
    shared = sgd.keys() & theory.keys() - {"betas", "seeds_per_block", "seeds"}
    assert {"dimension", "eta"} <= shared
    assert theory["seeds"] >= sgd["seeds"]  # each simulated start has its theory
    assert {key: sgd[key] for key in shared} == {key: theory[key] for key in shared}
    assert sgd["betas"] == theory["simulated_betas"]
    settings = RECORD["fits"]["specialised_laws"]["settings"]
    assert set(settings["simulated_betas"]) <= set(sgd["betas"])
    assert set(settings["betas"]) == set(theory["betas"])
    assert {key: theory[key] for key in ("paper_levels", "many_levels")} == {
        key: settings[key] for key in ("paper_levels", "many_levels")
    }


@pytest.mark.parametrize("slower", [-0.1, 0.0, 0.05, 0.1])
def test_exponent_moves_with_the_decay_and_not_with_finite_size(tables, slower):
    """Where a straight line through the very same points is steeper by 0.05 and more."""
    formula = tables["asymptotic_theory"].query("kind == 'formula' and quantity == 'eps_g'")
    curve = formula["value"] * formula["alpha"] ** slower
    parts = [formula.assign(seed=s, value=curve * (1 + 0.01 * s)) for s in (0, 1, 2)]
    found = fit({**tables, "near_teacher_sgd": pd.concat(parts)}, FIT)
    for beta in (0.5, 1.0):
        law = found[f"sgd_law_exponent_b{round(100 * beta):03d}"]
        line = found[f"sgd_exponent_b{round(100 * beta):03d}"]
        assert law["estimate"] == pytest.approx(beta / (1 + beta) - slower, abs=1e-6)
        assert line["estimate"] > law["estimate"] + 0.05


def test_exponents_of_the_formula_do_not_depend_on_the_density_of_points(tables):
    found = fit(tables, FIT)
    denser = asymptotic_theory.run({**THEORY, "window_points": 480}, {}, Session())
    again = fit({**tables, "asymptotic_theory": pd.DataFrame(denser)}, FIT)
    for beta in ("b025", "b050", "b100", "b150", "b200"):
        name = f"paper_levels_exponent_{beta}"
        low, high = found[name]["interval"]
        assert low <= again[name]["estimate"] <= high
        excess = found[f"paper_levels_excess_{beta}"]
        assert 0 < excess["interval"][0] < excess["estimate"] < excess["interval"][1]


def test_every_claim_of_figure_6_names_a_quantity_that_is_estimated(tables):
    found = fit(tables, FIT)
    claims = [c for c in read_claims("worschech2024") if c["figure"] == "worschech2024_fig6"]
    named = {name for claim in claims for name in claim["quantities"]}
    assert named
    assert named <= {f"specialised_laws.{name}" for name in found}


def test_figure_draws_what_it_lists(tables):
    drawing = draw(tables, {"specialised_laws": fit(tables, FIT)}, {})
    assert list(drawing.plotted.columns) == PLOTTED
    assert {"formula beta=1", "simulation beta=1", "law", "SGD, line fit"} <= set(
        drawing.plotted["series"]
    )
    assert "0 members diverged" in drawing.caption
    assert np.all(np.isfinite(drawing.plotted[["x", "y"]]))


def made_starts(tables, count, simulated, slower=0.0, scatter=0.05):
    """Theory whose exponent scatters from start to start, and SGD of the first of these starts,
    1 % beside it and decaying more slowly.
    """
    theory = tables["asymptotic_theory"]
    formula = theory.query("kind == 'formula' and quantity == 'eps_g'")
    source = np.random.default_rng(8)
    starts = []
    for seed, tilt in enumerate(scatter * source.standard_normal(count)):
        value = formula["value"] * formula["alpha"] ** tilt
        starts.append(formula.assign(kind="realised", seed=seed, value=value))
    sgd = [start.assign(value=start["value"] * start["alpha"] ** slower) for start in starts]
    noisy = [
        each.assign(value=each["value"] * np.exp(0.01 * source.standard_normal(len(each))))
        for each in sgd[:simulated]
    ]
    undrawn = theory[theory["kind"] != "realised"]
    made = {"asymptotic_theory": pd.concat([undrawn, *starts])}
    return {**tables, **made, "near_teacher_sgd": pd.concat(noisy)}


def law(tables):
    return fit(tables, FIT)["sgd_law_exponent_b100"]


def test_further_starts_of_the_theory_take_the_scatter_of_starts_out_of_the_exponent(tables):
    few, many = law(made_starts(tables, 12, 12)), law(made_starts(tables, 300, 12))
    assert many["interval_kind"] == "sum of independent intervals"
    reach = [np.subtract(*found["interval"][::-1]) for found in (few, many)]
    assert reach[1] < 0.5 * reach[0]
    truth = law(made_starts(tables, 2000, 2000))["estimate"]
    assert many["interval"][0] < truth < many["interval"][1]
    assert many["n_seeds"] == 12
    assert (many["n_points"], many["window"]) == (few["n_points"], few["window"])


def test_theory_of_other_starts_does_not_hide_what_sgd_does_differently(tables):
    as_theory, slower = (law(made_starts(tables, 300, 12, slower=by)) for by in (0.0, 0.1))
    shift = as_theory["estimate"] - slower["estimate"]
    assert shift == pytest.approx(0.1, abs=0.01)
    assert slower["interval"][1] < as_theory["interval"][0]


def test_a_few_further_starts_are_no_help_and_are_left_alone(tables):
    made = made_starts(tables, 20, 12)
    theory = made["asymptotic_theory"]
    without = {**made, "asymptotic_theory": theory[theory["seed"] < 12]}
    assert law(made)["interval_kind"].startswith("Student")
    assert law(made)["interval"] == law(without)["interval"]

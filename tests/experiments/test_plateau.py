import numpy as np
import pandas as pd
import pytest

from interruption import resumed_after_reports, same_bytes
from planned_blocks import cut, planned
from scalinglaws.config import read_paper
from scalinglaws.curves.plateau_curves import lengths, plateaus
from scalinglaws.errors import InputError
from scalinglaws.experiments.committee import run_overlaps as committee_overlaps
from scalinglaws.experiments.committee import run_plateau as plateau_theory
from scalinglaws.experiments.committee.settings import PlateauPart, UnitOverlaps
from scalinglaws.experiments.committee.start import draw_weights
from scalinglaws.fits import plateau_laws, plateau_overlaps
from scalinglaws.records import as_record
from scalinglaws.theory.plateau import escape_time, length_in_escape_times, plateau_height
from scalinglaws.theory.power_law_spectrum import input_variances
from scalinglaws.training.session import Session

SMALL = {
    "points": 40,
    "betas": [1.0],
    "grid_hidden": [2],
    "grid_levels": [1, 2],
    "scan_hidden": [2, 3],
    "scan_levels": [1],
    "scan_levels_hidden": 8,
    "rates_hidden": [2],
    "rates": [0.3],
    "length_hidden": [2],
    "law_levels": [1],
    "length_levels": [1],
    "length_dimensions": [64, 256],
    "length_sigmas": [0.01],
    "curve_hidden": [2],
    "curve_levels": [1],
}
OVERLAPS = {
    "dimension": 64,
    "hidden": 2,
    "levels": 4,
    "orders": [1, 2, 4],
    "beta": 0.25,
    "eta": 0.1,
    "sigma_j": 0.1,
    "seeds": 2,
    "seeds_per_block": 2,
    "alpha_min": 1.0,
    "alpha_max": 200.0,
    "points": 20,
    "sgd_seeds": 2,
    "sgd_alpha_max": 300.0,
}


def small_settings() -> dict:
    return dict(planned("plateau_theory", **SMALL)[0].settings)


def test_members_are_the_same_however_blocks_are_cut():
    whole = plateau_theory.members_of(as_record(PlateauPart, small_settings()))
    blocks = planned("plateau_theory", **SMALL, blocks=3)
    parts = [as_record(PlateauPart, block.settings) for block in blocks]
    dealt = [plateau_theory.members_of(part)[part.part :: part.parts] for part in parts]
    assert len(dealt) == 3
    assert sorted(whole) == sorted(member for part in dealt for member in part)
    assert len(set(whole)) == len(whole)


def test_an_interrupted_integration_resumes_to_the_same_bytes(tmp_path):
    settings = small_settings()
    whole = plateau_theory.run(settings, {}, Session())
    resumed = resumed_after_reports(
        lambda session: plateau_theory.run(settings, {}, session), tmp_path, 2
    )
    assert same_bytes(resumed, whole)


def test_measured_plateaus_and_lengths_are_those_of_the_formulas():
    table = pd.DataFrame(plateau_theory.run(small_settings(), {}, Session()))
    found = plateaus(table, plateau_theory.GROWTH_WINDOW)
    quiet = found[found["noise"] == 0]
    assert len(quiet) == 4
    np.testing.assert_allclose(quiet["tau_ratio"], 1, rtol=1e-3)
    np.testing.assert_allclose(quiet["height_ratio"], 1, rtol=1e-4)
    left = lengths(table, 0.5)
    quiet = left[(left["noise"] == 0) & (left["sigma_j"] == 0.01)]
    constants = quiet["folds"] - quiet["logarithm"]
    np.testing.assert_allclose(constants, -0.19, atol=0.03)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("eta", -0.1, "plateau_theory: eta is -0.1"),
        ("betas", [0.0, 1.0], "plateau_theory: betas"),
        ("grid_hidden", [1, 2], "1 is less than the minimum of 2"),
        ("curve_alpha_max", 0.05, "more than curve_alpha_min"),
    ],
)
def test_impossible_plateaus_are_refused(key, value, message):
    with pytest.raises(InputError, match=message):
        planned("plateau_theory", **{**SMALL, key: value})


def made_growth(units: int, levels: int, tau: float) -> pd.DataFrame:
    alphas = np.linspace(0.1, 30, 300) * tau
    split = 1e-12 * np.exp(alphas / tau)
    identity = {"hidden": units, "levels": levels, "beta": 1.0, "eta": 0.1, "noise": 0}
    common = {**identity, "kind": "growth", "member": f"{units} {levels}"}
    values = {
        "eps_g": np.full(300, plateau_height(units)),
        "split": split,
        "growth_rate": np.full(300, 1 / tau),
    }
    start = {"dimension": 0, "sigma_j": 0.0, "alpha": alphas}
    parts = [{**common, **start, "quantity": name, "value": of} for name, of in values.items()]
    return pd.concat([pd.DataFrame(part) for part in parts])


def test_escape_exponents_and_deviations_are_found_in_made_curves():
    settings = read_paper("worschech2024")["fits"]["plateau_laws"]["settings"]
    shapes = [(m, 1) for m in (2, 4, 8, 16, 64)] + [(64, n) for n in (16, 64, 256)]
    times = {(m, n): 7.0 * m**1.9 / n**0.9 for m, n in shapes}
    table = pd.concat([made_growth(*shape, tau) for shape, tau in times.items()])
    found = plateau_laws.fit({"plateau_theory": table.assign()}, settings)
    assert found["escape_exponent_units"]["estimate"] == pytest.approx(1.9, abs=1e-9)
    assert found["escape_exponent_levels"]["estimate"] == pytest.approx(-0.9, abs=1e-9)
    low, high = found["escape_exponent_units"]["interval"]
    assert low < 1.9 < high
    expected = abs(times[4, 1] / escape_time(4, 0.1, 1, 1.0) - 1)
    assert found["largest_tau_deviation_M4"]["estimate"] == pytest.approx(expected)
    assert found["length_slope_dimension_M2_L1"]["estimate"] is None


def test_length_slopes_are_found_in_made_curves():
    settings = read_paper("worschech2024")["fits"]["plateau_laws"]["settings"]
    tau, parts = escape_time(2, 0.1, 1, 1.0), []
    starts = [(n, 0.01) for n in (256, 1024, 4096)] + [(1024, s) for s in (1e-3, 1e-4)]
    for dimension, sigma_j in starts:
        length = tau * (0.3 + 1.1 * length_in_escape_times(dimension, sigma_j))
        alphas = np.linspace(0, 2 * length, 400)[1:]
        errors = plateau_height(2) * np.exp(np.log(0.5) * (alphas / length) ** 20)
        identity = {"hidden": 2, "levels": 1, "beta": 1.0, "eta": 0.1, "noise": 0}
        start = {"dimension": dimension, "sigma_j": sigma_j, "kind": "length"}
        curve = {"alpha": alphas, "quantity": "eps_g", "value": errors}
        member = f"{dimension} {sigma_j}"
        parts.append(pd.DataFrame({**identity, **start, **curve, "member": member}))
    found = plateau_laws.fit(
        {"plateau_theory": pd.concat([made_growth(2, 1, tau), *parts])}, settings
    )
    slope = found["length_slope_dimension_M2_L1"]
    assert slope["estimate"] == pytest.approx(0.55, abs=2e-4)
    assert slope["interval"][0] < 0.55 < slope["interval"][1]
    assert found["length_slope_sigma_j_M2_L1"]["estimate"] == pytest.approx(1.1, abs=4e-4)


def overlap_settings(source: str) -> dict:
    blocks = cut("committee_overlaps", OVERLAPS)
    return dict(next(b for b in blocks if b.settings["source"] == source).settings)


def test_theory_and_simulation_start_from_the_same_overlaps_and_stay_together():
    sizes = {**OVERLAPS, "dimension": 512, "alpha_max": 40.0, "sgd_alpha_max": 40.0}
    sizes |= {"seeds": 1, "seeds_per_block": 1, "sgd_seeds": 1}
    blocks = cut("committee_overlaps", sizes)
    frames = [pd.DataFrame(committee_overlaps.run(b.settings, {}, Session())) for b in blocks]
    keys = ["student", "teacher", "order", "alpha", "quantity"]
    both = frames[0].merge(frames[1], on=keys, suffixes=("_sgd", "_theory"))
    assert len(both) == len(frames[0])
    first = both[(both["quantity"] == "overlap") & (both["order"] == 2)]
    scale = first["value_theory"].abs().max()
    assert scale > 0.2
    assert np.max(np.abs(first["value_sgd"] - first["value_theory"])) < 0.05 * scale
    norms = both[both["quantity"] == "teacher_overlap"]
    np.testing.assert_array_equal(norms["value_sgd"], norms["value_theory"])


def test_recorded_teacher_overlaps_are_those_of_the_drawn_teacher():
    settings = overlap_settings("theory")
    table = pd.DataFrame(committee_overlaps.run(settings, {}, Session()))
    _, teacher = draw_weights(as_record(UnitOverlaps, settings), 1)
    variances = input_variances(4, 64, 0.25)
    expected = np.sum(teacher[0] * variances**4 * teacher[1]) / 64
    rows = table[(table["quantity"] == "teacher_overlap") & (table["seed"] == 1)]
    rows = rows[(rows["order"] == 4) & (rows["student"] == 0) & (rows["teacher"] == 1)]
    assert rows["value"].tolist() == pytest.approx([expected])


@pytest.mark.parametrize("source", ["theory", "sgd"])
def test_interrupted_overlaps_resume_to_the_same_bytes(tmp_path, source):
    settings = {**overlap_settings(source), "seeds": 4}
    whole = committee_overlaps.run(settings, {}, Session())
    resumed = resumed_after_reports(
        lambda session: committee_overlaps.run(settings, {}, session), tmp_path, 2
    )
    assert same_bytes(resumed, whole)


def test_a_diverged_simulation_is_nan_and_spares_the_others():
    settings = {**overlap_settings("sgd"), "eta": 1e200, "seeds": 1}
    table = pd.DataFrame(committee_overlaps.run(settings, {}, Session()))
    assert table.loc[table["quantity"] == "eps_g", "value"].isna().any()


def test_more_simulated_than_integrated_seeds_are_refused():
    with pytest.raises(InputError, match="at most seeds = 2"):
        cut("committee_overlaps", {**OVERLAPS, "sgd_seeds": 3})
    with pytest.raises(InputError, match="levels holds 5"):
        cut("committee_overlaps", {**OVERLAPS, "levels": 5})


def test_separation_and_spread_of_made_overlaps():
    overlaps = np.array([[1.1, 2.1, 3.1], [0.9, 1.9, 2.9]])
    assert plateau_overlaps.separation(overlaps) == pytest.approx(np.sqrt(2 / 3) / 0.1)
    assert plateau_overlaps.spread(overlaps) == pytest.approx(np.sqrt(2 / 3) / 2)

import numpy as np
import pandas as pd
import pytest

from interruption import resumed_after_reports, same_bytes
from planned_blocks import checked, cut, planned
from scalinglaws.config import read_paper, read_scale
from scalinglaws.errors import InputError
from scalinglaws.experiments.committee import run_reduced as committee_reduced
from scalinglaws.experiments.committee import run_sgd as committee_sgd
from scalinglaws.figures.style import PLOTTED
from scalinglaws.figures.worschech2024_extra_ensemble import draw
from scalinglaws.fits.crossing_ensemble import fit, spread, spread_ratio
from scalinglaws.training.session import Session

SETTINGS = {
    "dimension": 64,
    "hidden": 2,
    "beta": 1.0,
    "eta": 0.1,
    "sigma_j": 0.01,
    "alpha_min": 1.0,
    "alpha_max": 2000.0,
    "points": 40,
    "stop_error": 0.004,
    "levels": [1, 8],
    "first_seed": 0,
    "seeds": 2,
    "seed": 5,
}
OF_BLOCKS = ("seed", "first_seed", "stop_error")
ODE_SIZES = {key: value for key, value in SETTINGS.items() if key not in OF_BLOCKS}
ODE_SIZES |= {"seeds_per_block": 2, "level_groups": 2}
SIZES = {**ODE_SIZES, "stop_error": 0.004}
FIT = read_paper("worschech2024")["fits"]["crossing_ensemble"]["settings"]


@pytest.fixture(scope="module")
def whole():
    return committee_reduced.run(SETTINGS, {}, Session())


@pytest.mark.parametrize("reports", [1, 5, 11])
def test_resumed_run_is_byte_identical(tmp_path, whole, reports):
    resumed = resumed_after_reports(
        lambda session: committee_reduced.run(SETTINGS, {}, session), tmp_path, reports
    )
    assert same_bytes(resumed, whole)


def test_member_does_not_depend_on_its_block(whole):
    settings = {**SETTINGS, "levels": [8], "first_seed": 1, "seeds": 1}
    alone = committee_reduced.run(settings, {}, Session())
    same = (whole["levels"] == 8) & (whole["seed"] == 1)
    assert whole["value"][same].tobytes() == alone["value"].tobytes()


def test_members_end_with_the_first_error_below_the_level_asked_for(whole):
    for _, rows in pd.DataFrame(whole).groupby("member"):
        below = rows["value"].to_numpy() < SETTINGS["stop_error"]
        assert not np.any(below[:-1])
        assert below[-1] or len(rows) == SETTINGS["points"]
    assert len(whole["value"]) < 4 * SETTINGS["points"]


def test_first_error_is_that_of_the_direct_simulation_from_the_same_weights():
    early = {**SETTINGS, "alpha_min": 1 / 64, "alpha_max": 0.5, "points": 10, "sigma_j": 1.0}
    reduced = committee_reduced.run(early, {}, Session())
    del early["stop_error"]
    direct = committee_sgd.run(early, {}, Session())
    first = reduced["alpha"] == reduced["alpha"].min()
    np.testing.assert_allclose(reduced["value"][first], direct["value"][first], rtol=0.05)


def test_blocks_smaller_than_the_frame_are_simulated_too():
    table = committee_reduced.run({**SETTINGS, "levels": [64], "alpha_max": 5.0}, {}, Session())
    assert np.all(np.isfinite(table["value"]))


def test_diverged_member_is_nan_and_keeps_its_rows():
    table = committee_reduced.run({**SETTINGS, "eta": 1e308, "alpha_max": 20.0}, {}, Session())
    assert len(table["value"]) == 4 * SETTINGS["points"]
    assert np.all(np.isnan(table["value"].reshape(4, -1)[:, -1]))


@pytest.mark.parametrize(
    ("experiment", "sizes"), [("committee_reduced", SIZES), ("committee_reduced_ode", ODE_SIZES)]
)
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"levels": [3]}, "levels holds 3"),
        ({"beta": 0.0}, "beta is 0.0"),
        ({"alpha_max": 0.1}, "alpha_max is 0.1; expected more than alpha_min = 1.0"),
    ],
)
def test_impossible_sizes_are_refused_when_planning(experiment, sizes, change, named):
    with pytest.raises(InputError, match=f"{experiment}.*{named}"):
        cut(experiment, checked(experiment, {**sizes, **change}))


def test_a_level_that_no_error_reaches_is_refused():
    with pytest.raises(InputError, match="stop_error is 0"):
        checked("committee_reduced", {**SIZES, "stop_error": 0.0})


@pytest.mark.parametrize("scale", ["quick", "laptop", "workstation", "paper"])
def test_theory_is_configured_for_the_ensemble_it_is_compared_with(scale):
    sizes = read_scale(scale)["worschech2024"]
    reduced, ode = sizes["committee_reduced"], sizes["committee_reduced_ode"]
    shared = reduced.keys() & ode.keys() - {"level_groups", "seeds_per_block", "seeds"}
    assert {"dimension", "eta", "levels"} <= shared
    assert ode["seeds"] >= reduced["seeds"]  # each simulated start has its theory
    assert {key: reduced[key] for key in shared} == {key: ode[key] for key in shared}
    assert reduced["stop_error"] < FIT["crossing_error"]
    assert set(FIT["levels"]) <= set(reduced["levels"])
    blocks = planned("committee_reduced_ode", scale)
    assert len(blocks) == ode["level_groups"] * ode["seeds"] // ode["seeds_per_block"]


def tables(exits, factor=1.0):
    """eps_g = 0.005 (alpha / exit)^-2 for each seed of L = 1; theory leaves later by a factor."""
    alphas = np.geomspace(50, 5000, 200)
    rows = []
    for seed, exit_alpha in enumerate(exits):
        curve = {"levels": 1, "seed": seed, "dimension": 64, "alpha": alphas, "quantity": "eps_g"}
        rows.append(pd.DataFrame({**curve, "value": 0.005 * (alphas / exit_alpha) ** -2}))
    sgd, ode = pd.concat(rows), pd.concat(rows)
    ode["value"] *= factor**2
    return {"committee_reduced": sgd, "committee_reduced_ode": ode.assign(start="realised")}


def test_known_crossings_give_known_ratios():
    found = fit(tables([1000.0, 1500.0, 1200.0, 900.0], factor=1.02), FIT)
    assert found["mean_crossing_ratio_L1"]["estimate"] == pytest.approx(1.02, rel=1e-6)
    assert found["spread_ratio_L1"]["estimate"] == pytest.approx(1.02, rel=1e-6)
    assert found["mean_crossing_ratio_L8"]["estimate"] is None
    assert "fewer than two seeds" in found["mean_crossing_ratio_L8"]["why"]


def test_diverged_seed_is_said_and_not_left_out():
    broken = tables([1000.0, 1500.0, 1200.0])
    rows = broken["committee_reduced"]
    rows.loc[(rows["seed"] == 1) & (rows["alpha"] > 100), "value"] = np.nan
    found = fit(broken, FIT)["mean_crossing_ratio_L1"]
    assert found["estimate"] is None
    assert "1 of 3 seeds diverged" in found["why"]


def test_intervals_of_spreads_cover_the_truth():
    generator = np.random.default_rng(1)
    covered = np.zeros(2)
    for _ in range(600):
        common = generator.standard_normal(8)
        first, second = (common + 0.5 * generator.standard_normal(8) for _ in range(2))
        facts = {"n_points": 8, "n_seeds": 8}
        low, high = spread_ratio(first, second, facts)["interval"]
        covered[0] += low <= 1 <= high
        low, high = spread(first, facts)["interval"]
        covered[1] += low <= np.sqrt(1.25) <= high
    assert np.all(np.abs(covered / 600 - 0.95) < 0.035)


def test_figure_draws_what_it_lists():
    made = tables([1000.0, 1500.0, 1200.0, 900.0])
    drawing = draw(made, {"crossing_ensemble": fit(made, FIT)}, {"crossing_error": 0.003})
    assert list(drawing.plotted.columns) == PLOTTED
    assert {"L=1", "mean L=1", "standard deviation L=1"} <= set(drawing.plotted["series"])
    assert "4 seeds" in drawing.caption


def test_figure_shows_levels_that_no_claim_speaks_of_without_an_interval():
    made = tables([1000.0, 1500.0, 1200.0, 900.0], factor=1.02)
    more = {name: pd.concat([rows, rows.assign(levels=4)]) for name, rows in made.items()}
    drawing = draw(more, {"crossing_ensemble": fit(made, FIT)}, {"crossing_error": 0.003})
    (row,) = drawing.plotted.query("series == 'mean L=4'").to_dict("records")
    assert row["y"] == pytest.approx(1.02, rel=1e-6)
    assert np.isnan([row["y_low"], row["y_high"]]).all()
    assert "Hollow" in drawing.caption

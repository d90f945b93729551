import numpy as np
import pandas as pd
import pytest

from scalinglaws.config import read_paper
from scalinglaws.figures.style import PLOTTED
from scalinglaws.figures.worschech2024_fig1 import draw
from scalinglaws.fits.committee_agreement import fit
from scalinglaws.statistics.crossings import crossing
from scalinglaws.theory.plateau import escape_time, plateau_height

RECORD = read_paper("worschech2024")
SETTINGS = RECORD["fits"]["committee_agreement"]["settings"]
ALPHAS = np.geomspace(0.3, 1e4, 200)


def rows(levels, seed, start, quantity, values):
    table = {"levels": levels, "seed": seed, "dimension": 256, "start": start}
    return pd.DataFrame({**table, "alpha": ALPHAS, "quantity": quantity, "value": values})


@pytest.fixture
def tables():
    """L = 1 only: a plateau, then eps_g ~ alpha^-2 after 1000; theory is 1 % above each seed."""
    height = plateau_height(2)
    theory = height * np.minimum(1.0, (ALPHAS / 1000) ** -2.0)
    slope = np.where(ALPHAS < 1000, 0.0, -2.0)
    rate = 1 / escape_time(2, 0.1, 1, 1.0)
    split = np.minimum(1e-6 * np.exp(rate * ALPHAS), 0.5)
    realised = [rows(1, seed, "realised", "eps_g", theory) for seed in (0, 1)]
    typical = [
        rows(1, -1, "typical", "eps_g", theory),
        rows(1, -1, "typical", "local_slope", slope),
    ]
    noiseless = [
        rows(1, -1, "noiseless", "eps_g", theory),
        rows(1, -1, "noiseless", "local_slope", slope),
        rows(1, -1, "noiseless", "split", split),
        rows(1, -1, "noiseless", "growth_rate", np.full(len(ALPHAS), 2 * rate)),
    ]
    sgd = [rows(1, seed, "", "eps_g", theory / 1.01) for seed in (0, 1)]
    return {
        "committee_sgd": pd.concat(sgd).drop(columns="start"),
        "committee_ode": pd.concat([*realised, *typical, *noiseless]),
    }


def test_known_tables_give_known_quantities(tables):
    found = fit(tables, SETTINGS)
    assert found["median_deviation_L1"]["estimate"] == pytest.approx(0.01)
    assert found["crossing_ratio_L1"]["estimate"] == pytest.approx(np.sqrt(1.01), rel=1e-6)
    assert found["crossing_ratio_L1"]["n_seeds"] == 2
    assert found["flattest_slope_L1"]["estimate"] == 0.0
    assert found["late_slope_L1"]["estimate"] == pytest.approx(-2.0)
    assert found["plateau_height_L1"]["estimate"] == pytest.approx(plateau_height(2))
    assert found["escape_time_ratio_L1"]["estimate"] == pytest.approx(0.5)


def test_levels_that_a_scale_lacks_are_unavailable_with_a_reason(tables):
    found = fit(tables, SETTINGS)
    for name in ("median_deviation_L64", "late_slope_L32", "late_slope_rise_L1_L2"):
        assert found[name]["estimate"] is None
        assert found[name]["why"]


def test_diverged_seed_is_counted_and_leaves_no_crossing(tables):
    sgd = tables["committee_sgd"]
    sgd.loc[(sgd["seed"] == 1) & (sgd["alpha"] > 500), "value"] = np.nan
    found = fit(tables, SETTINGS)
    lost = int(np.sum(ALPHAS > 500))
    assert found["median_deviation_L1"]["n_masked"] == lost
    assert found["crossing_ratio_L1"]["estimate"] is None
    assert "1 of 2 seeds" in found["crossing_ratio_L1"]["why"]


def test_crossing_is_exact_on_a_power_law_and_absent_without_one():
    assert crossing(ALPHAS, ALPHAS**-1.5, 1e-3) == pytest.approx(100.0, rel=1e-9)
    assert np.isnan(crossing(ALPHAS, ALPHAS**-1.5, 1e-9))


def test_every_claim_names_a_quantity_that_is_estimated(tables):
    from scalinglaws.config import read_claims, read_departures

    found = fit(tables, SETTINGS)
    departures = {record["id"] for record in read_departures()}
    for claim in read_claims("worschech2024"):
        assert set(claim["departures"]) <= departures
        if claim["figure"] == "worschech2024_fig1":
            names = [name.split(".")[1] for name in claim["quantities"]]
            assert set(names) <= set(found), claim["id"]


def test_figure_plots_what_the_tables_hold(tables):
    fits = {"committee_agreement": fit(tables, SETTINGS)}
    drawing = draw(tables, fits, RECORD["figures"]["worschech2024_fig1"]["settings"])
    assert list(drawing.plotted.columns) == PLOTTED
    assert set(drawing.plotted["panel"]) == {"a", "b", "c", "d"}
    deviation = drawing.plotted.query("panel == 'd'")["y"]
    np.testing.assert_allclose(deviation, 1.0)
    assert "each of 2 seeds" in drawing.caption
    assert "1.0 %" in drawing.caption

from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from planned_blocks import cut
from scalinglaws.curves.perceptron_curves import against_norm
from scalinglaws.experiments.perceptron import run_descent, run_theory
from scalinglaws.figures import damico2025_fig1
from scalinglaws.fits import perceptron_laws
from scalinglaws.training.session import Session

SETTINGS = {
    "alpha": 5.0,
    "large_alphas": [100.0],
    "limit_alpha": 100.0,
    "hebb_lambda": 0.001,
    "early_window": [0.05, 0.5],
    "fixed_norm_window": [0.1, 20.0],
    "peak_lambda": 0.6,
    "optimum_lambda": 4.536,
    "draws": 200,
    "seed": 3,
}
THEORY = {
    "alphas": [5.0, 100.0],
    "lambda_low": 0.001,
    "lambda_high": 100.0,
    "lambda_points": 61,
}
DESCENT = {
    "alpha": 5.0,
    "weights": 60,
    "samples": 6,
    "samples_per_block": 6,
    "iterations": 500,
    "records": 120,
    "fixed_norm_lambdas": [0.6, 4.536],
}


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return {
        "perceptron_theory": joined(run_theory, cut("perceptron_theory", THEORY)),
        "perceptron_descent": joined(run_descent, cut("perceptron_descent", DESCENT)),
    }


def joined(experiment: ModuleType, blocks: list) -> pd.DataFrame:
    tables = [experiment.run(block.settings, {}, Session()) for block in blocks]
    return pd.concat([pd.DataFrame(table) for table in tables], ignore_index=True)


def with_diverged_sample(tables: dict[str, pd.DataFrame], seed: int) -> dict[str, pd.DataFrame]:
    descent = tables["perceptron_descent"].copy()
    spoilt = (descent["seed"] == seed) & (descent["quantity"] != "fixed_norm")
    descent.loc[spoilt, "value"] = np.nan
    return {**tables, "perceptron_descent": descent}


def test_gap_is_the_mean_over_samples_of_free_over_fixed_norm_error(
    tables: dict[str, pd.DataFrame],
) -> None:
    descent = tables["perceptron_descent"]
    found = perceptron_laws.fit(tables, SETTINGS)["descent_gap_at_peak"]
    gaps = []
    for _, own in descent.groupby("seed"):
        by_name = {name: part["value"].to_numpy() for name, part in own.groupby("quantity")}
        free = np.interp(np.log(0.6), np.log(by_name["norm"]), np.log(by_name["epsilon"]))
        gaps.append(np.exp(free) / by_name["fixed_norm_epsilon"][0] - 1)
    assert found["estimate"] == pytest.approx(np.mean(gaps), rel=1e-9)
    low, high = found["interval"] or (np.nan, np.nan)
    assert low < found["estimate"] < high
    expected = 2.571 * np.std(gaps, ddof=1) / np.sqrt(6)  # Student, 5 degrees of freedom
    assert (high - low) / 2 == pytest.approx(expected, rel=0.2)


def test_theory_quantities_carry_the_numbers_of_the_table(
    tables: dict[str, pd.DataFrame],
) -> None:
    found = perceptron_laws.fit(tables, SETTINGS)
    assert found["optimum_lambda"]["estimate"] == pytest.approx(4.5361, abs=1e-4)
    assert found["optimum_above_bayes"]["estimate"] == pytest.approx(6.29e-4, rel=2e-3)
    assert found["optimum_slope_100"]["estimate"] == pytest.approx(0.8836, abs=1e-4)
    assert found["hebb_deviation"]["estimate"] == pytest.approx(7.8e-4, rel=0.01)


def test_the_optimum_grows_with_the_exponent_of_the_table(tables: dict[str, pd.DataFrame]) -> None:
    found = perceptron_laws.fit(tables, {**SETTINGS, "large_alphas": [5.0, 100.0]})
    expected = np.log(88.365 / 4.5361) / np.log(20)
    assert found["optimum_exponent"]["estimate"] == pytest.approx(expected, abs=1e-4)
    assert perceptron_laws.fit(tables, SETTINGS)["optimum_exponent"]["estimate"] is None


def test_a_diverged_sample_is_masked_and_counted_and_the_figure_is_still_drawn(
    tables: dict[str, pd.DataFrame],
) -> None:
    spoilt = with_diverged_sample(tables, 2)
    found = perceptron_laws.fit(spoilt, SETTINGS)
    for name in ("simulation_over_theory", "descent_gap_at_peak", "descent_optimum_lambda"):
        assert found[name]["n_seeds"] == 5
        assert found[name]["n_masked"] > 0
        assert found[name]["interval"] is not None
    drawing = damico2025_fig1.draw(spoilt, {"perceptron_laws": found}, {"alpha": 5.0})
    assert drawing.plotted["y"].notna().all()


def test_a_missing_lambda_is_said_to_be_missing(tables: dict[str, pd.DataFrame]) -> None:
    found = perceptron_laws.fit(tables, {**SETTINGS, "peak_lambda": 0.7})
    assert found["descent_gap_at_peak"]["estimate"] is None
    assert "0.7" in str(found["descent_gap_at_peak"]["why"])


def test_curves_are_read_at_first_passage_and_nowhere_beyond_their_range() -> None:
    norm = np.array([1.0, 2.0, 1.5, 4.0, np.nan])
    values = np.array([1.0, 0.5, 9.0, 0.25, 7.0])
    read = against_norm(norm, values, np.array([0.9, 1.0, np.sqrt(2), 3.0, 4.0, 4.1]))
    np.testing.assert_allclose(read, [np.nan, 1.0, np.sqrt(0.5), 1 / 3, 0.25, np.nan])
    assert np.all(np.isnan(against_norm(norm * np.nan, values, np.array([1.0]))))

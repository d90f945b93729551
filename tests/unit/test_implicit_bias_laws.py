from typing import Any

import numpy as np
import pandas as pd
import pytest

from scalinglaws.config import CONFIG
from scalinglaws.errors import InputError
from scalinglaws.estimates.implicit_bias_laws import estimate
from scalinglaws.experiments import released_curves
from scalinglaws.fitting.norm_curves import means_of, runs_of
from scalinglaws.planning.experiments.released_curves import blocks
from scalinglaws.storage import read_json, stack
from scalinglaws.training.session import Session

SETTINGS: dict[str, Any] = {
    "grid_step": 0.1,
    "start_share": 0.9,
    "branch_part": 0.5,
    "largest_share": 0.5,
    "draws": 400,
    "seed": 1,
    "authors": {"set": "CNN_MNIST", "smallest_size": 24000, "window": [0.001, 0.01]},
}


@pytest.fixture(scope="module")
def released() -> pd.DataFrame:
    block = blocks({"sets": ["CNN_MNIST"]}, 0, "cpu")[0]
    return pd.DataFrame(released_curves.run(block.settings, {}, Session()))


def synthetic(gamma_1: float, gamma_2: float, noise: float = 0.0, seeds: int = 4) -> pd.DataFrame:
    source = np.random.default_rng(5)
    parts = []
    for size in (100, 200, 400, 800, 1600):
        optimum = 1e3 * size**gamma_2
        for seed in range(seeds):
            factor = np.exp(noise * source.standard_normal())
            norms = optimum * np.logspace(-4, 0.5, 60)
            errors = 0.5 * factor * np.minimum(norms, optimum**2 / norms) ** -gamma_1
            for quantity, values in (("spectral_complexity", norms), ("test_error", errors)):
                row = {"P": size, "seed": seed, "step": np.arange(60), "quantity": quantity}
                parts.append({**row, "value": values})
            parts.append({**row, "quantity": "spectral_complexity_bartlett", "value": norms**0.5})
    return pd.DataFrame(stack(parts))


def test_known_laws_are_recovered_and_the_product_does_not_depend_on_the_norm(
    released: pd.DataFrame,
) -> None:
    table = synthetic(0.4, 1.2)
    found = estimate({"cnn_curves": table, "released_curves": released}, SETTINGS)
    assert found["gamma_1"]["estimate"] == pytest.approx(0.4, rel=0.01)
    assert found["gamma_2"]["estimate"] == pytest.approx(1.2, rel=0.02)
    assert found["gamma_measured"]["estimate"] == pytest.approx(0.48, rel=0.03)
    assert found["gamma_1_bartlett"]["estimate"] == pytest.approx(0.8, rel=0.02)
    product = found["gamma_predicted_bartlett"]["estimate"]
    assert product == pytest.approx(found["gamma_predicted"]["estimate"], rel=0.03)
    assert found["early_spread"]["estimate"] < 0.01
    assert found["norm_monotone_share"]["estimate"] == 1.0
    assert found["optima_at_last_point"]["estimate"] == 0.0


def test_the_interval_holds_the_truth_and_widens_with_the_noise(released: pd.DataFrame) -> None:
    def interval(noise: float) -> list[float]:
        tables = {"cnn_curves": synthetic(0.4, 1.2, noise), "released_curves": released}
        return estimate(tables, SETTINGS)["gamma_measured"]["interval"] or []

    quiet, loud = interval(0.01), interval(0.1)
    assert loud[0] < 0.48 < loud[1]
    assert loud[1] - loud[0] > 4 * (quiet[1] - quiet[0])


def test_released_curves_in_the_authors_windows_return_their_published_exponents(
    released: pd.DataFrame,
) -> None:
    tables = {"cnn_curves": synthetic(0.4, 1.2), "released_curves": released}
    found = estimate(tables, SETTINGS)
    stored = read_json(CONFIG / "published" / "damico2025" / "CNN_MNIST.json")
    assert found["refit_gamma_1"]["estimate"] == pytest.approx(stored["gamma_1"], abs=1e-9)
    assert found["refit_gamma_2"]["estimate"] == pytest.approx(stored["gamma_2"], abs=1e-9)
    assert found["refit_gamma_predicted"]["estimate"] == pytest.approx(0.597, abs=5e-4)
    assert found["refit_gamma_measured"]["estimate"] == pytest.approx(0.545, abs=5e-4)
    assert found["released_gamma_1"]["interval"] is None


def test_a_norm_is_left_out_of_the_mean_where_no_seed_reaches_it() -> None:
    table = synthetic(0.4, 1.2, seeds=2)
    shorter = table[~((table["seed"] == 1) & (table["step"] > 40))]
    means, full = (means_of(runs_of(t, "spectral_complexity", 0.1)) for t in (shorter, table))
    np.testing.assert_allclose(means.errors, full.errors, rtol=1e-12)
    shortest = table[table["step"] <= 40]
    cut = means_of(runs_of(shortest, "spectral_complexity", 0.1))
    assert np.isnan(cut.errors[0, -1])


def test_diverged_epochs_are_masked_and_counted(released: pd.DataFrame) -> None:
    table = synthetic(0.4, 1.2)
    gone = (table["P"] == 400) & (table["seed"] == 2) & (table["step"] >= 50)
    table.loc[gone, "value"] = np.nan
    tables = {"cnn_curves": table, "released_curves": released}
    found = estimate(tables, SETTINGS)
    assert found["gamma_1"]["n_masked"] == 10
    assert found["gamma_1"]["estimate"] == pytest.approx(0.4, rel=0.01)


def test_a_released_file_that_changed_since_the_plan_is_refused() -> None:
    with pytest.raises(InputError, match="changed while the workflow ran"):
        released_curves.run({"sets": {"CNN_MNIST": "0" * 64}}, {}, Session())

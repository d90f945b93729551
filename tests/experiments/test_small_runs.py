"""What every run promises, whatever it computes: of the experiments whose settings are alike."""

import numpy as np
import pandas as pd
import pytest

from interruption import resumed_after_saves, same_bytes
from made_data import made_digits
from scalinglaws.experiments.mlp_scans import run_digits, run_fixed_sets
from scalinglaws.training import feature_extractor
from scalinglaws.training.session import Session
from small_runs import MODULES, SETTINGS

# Kills after so many saves: between groups only, inside the first, inside the second.
SAVES = {
    "variance_limited": (1, 3),
    "variance_limited_cnn": (4, 14),
    "teacher_student": (1, 4, 9),
    "digits_mlp": (1, 7, 13),
    "gaussian_features": (1,),
    "random_features": (2,),
    "pretrained_features": (1, 4, 6),
}
# Small products add up in another order when others stand beside them; kernels do not.
TOLERANCE = {name: (1e-9, 1e-15) if "features" in name else (1e-6, 1e-9) for name in SETTINGS}


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch):
    for module in (run_digits, run_fixed_sets, feature_extractor):
        monkeypatch.setattr(module, "CHUNK", 10)


@pytest.fixture(scope="module")
def data():
    return {"mnist5k": made_digits(80, 40)}


@pytest.fixture
def whole(experiment, data):
    return MODULES[experiment].run(SETTINGS[experiment], data, Session())


def identity(table):
    return [name for name in ("member", "quantity", "coordinate") if name in table]


@pytest.mark.parametrize(
    ("experiment", "saves"), [(name, saves) for name in SETTINGS for saves in SAVES[name]]
)
def test_a_run_killed_at_any_save_resumes_to_identical_bytes(
    experiment, saves, whole, data, tmp_path
):
    run, settings = MODULES[experiment].run, SETTINGS[experiment]
    resumed = resumed_after_saves(lambda session: run(settings, data, session), tmp_path, saves)
    assert same_bytes(resumed, whole)


@pytest.mark.parametrize("experiment", SETTINGS)
def test_rows_are_unique_and_finite_and_do_not_depend_on_the_block(experiment, whole, data):
    table = pd.DataFrame(whole)
    assert not table.duplicated(identity(table)).any()
    assert np.isfinite(table["value"]).all()
    second = {**SETTINGS[experiment], "first_seed": 1, "seeds": 1}
    alone = pd.DataFrame(MODULES[experiment].run(second, data, Session()))
    both = alone.merge(table, on=identity(table), suffixes=("", "_whole"))
    assert len(both) == len(alone) > 0
    relative, absolute = TOLERANCE[experiment]
    np.testing.assert_allclose(both["value"], both["value_whole"], rtol=relative, atol=absolute)

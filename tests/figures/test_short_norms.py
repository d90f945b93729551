import numpy as np
import pandas as pd
import pytest

from scalinglaws.curves.norm_curves import runs_of
from scalinglaws.curves.panel_curves import settings_step
from scalinglaws.figures.damico2025_appendix_norms import fine_enough
from scalinglaws.figures.network_panels import POINTS

SETTINGS = {"grid_step": {"CNN": 0.1}}


def table_of(norms: np.ndarray) -> pd.DataFrame:
    """One run of one size whose error falls as the norm grows."""
    rows = [
        {"panel": "CNN_MNIST", "P": 100, "seed": 0, "step": step, "quantity": name, "value": value}
        for step, norm in enumerate(norms, 1)
        for name, value in (("l1_norm", norm), ("test_error", 1.0 / step))
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("growth", [1.02, 1.5, 30.0])
def test_a_norm_that_hardly_grows_is_drawn_on_a_grid_of_its_own(growth):
    table = table_of(2000.0 * np.geomspace(1.0, growth, 15))
    settings = fine_enough(table, "CNN_MNIST", "l1_norm", SETTINGS)
    step = settings_step(settings, "CNN_MNIST", "l1_norm")
    runs = runs_of(table, "l1_norm", step)
    assert np.isfinite(runs.errors[0, 0]).sum() >= POINTS - 1
    assert step <= 0.1


def test_the_fits_grid_stays_where_no_norm_is_known_and_for_one_that_stands_still():
    assert fine_enough(table_of(np.zeros(3)), "CNN_MNIST", "l1_norm", SETTINGS) == SETTINGS
    still = table_of(np.full(3, 7.0))
    assert fine_enough(still, "CNN_MNIST", "l1_norm", SETTINGS) == SETTINGS

import numpy as np
import pandas as pd
import pytest

from scalinglaws.experiments.committee import run_ode as committee_ode
from scalinglaws.experiments.committee import run_sgd as committee_sgd
from scalinglaws.training.session import Session

pytestmark = pytest.mark.slow

# (N, L) and the largest median deviation. Single runs leave the plateau up to a tenth earlier or
# later than the equations say (seen at N = 512, L = 8): there only the mean over seeds agrees,
# which the ledger judges with the ensembles of the exact reduced simulation.
CASES = {
    (512, 1): 0.03,
    (512, 2): 0.03,
    (512, 8): 0.03,
    (512, 64): 0.03,
    (1024, 8): 0.02,
    (1024, 64): 0.02,
}


def settings(dimension, levels):
    return {
        "dimension": dimension,
        "hidden": 2,
        "beta": 1.0,
        "eta": 0.1,
        "sigma_j": 0.01,
        "alpha_min": 0.3,
        "alpha_max": 600.0,
        "points": 120,
        "levels": [levels],
        "first_seed": 0,
        "seeds": 1,
        "seed": 20260101,
    }


def curve(columns, **chosen):
    table = pd.DataFrame(columns)
    table = table[table["quantity"] == "eps_g"]
    for name, value in chosen.items():
        table = table[table[name] == value]
    table = table.sort_values("alpha")
    return table["alpha"].to_numpy(), table["value"].to_numpy()


@pytest.mark.parametrize(("size", "largest"), CASES.items(), ids=str)
def test_the_equations_follow_one_pass_sgd_from_the_same_weights(size, largest):
    asked = settings(*size)
    simulated = committee_sgd.run(asked, {}, Session())
    theory = {"reference_dimension": 64, "reference_alpha_max": 1.0}
    theory |= {"typical_levels": [], "plateau_levels": []}
    integrated = committee_ode.run(asked | theory, {}, Session())
    alphas, errors = curve(simulated)
    same, predicted = curve(integrated, start="realised")
    np.testing.assert_allclose(same, alphas)
    assert np.median(np.abs(predicted / errors - 1)) < largest

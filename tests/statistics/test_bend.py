"""The model term of exponents whose law bends."""

import json

import numpy as np
import pytest

from scalinglaws.statistics.bend import bend_of, judged, slopes_of, within_window
from scalinglaws.statistics.exponents import quantity_of
from scalinglaws.statistics.seed_lines import Local
from scalinglaws.statistics.student import Estimate

SCATTER = np.array([-0.02, -0.01, 0.0, 0.0, 0.01, 0.02])


def bent_law(low, high):
    """Slope 1.2 early, 0.8 late, hardly any scatter; the seeds' interval of the whole is given."""
    early, late = Estimate(1.2, SCATTER), Estimate(0.8, SCATTER)
    return Local(Estimate(1.0, SCATTER, inverted=lambda: (low, high)), early, late, 1.0)


def test_interval_of_a_bent_law_holds_its_halves_and_what_comes_next():
    local = bent_law(0.98, 1.02)
    bend = bend_of(local)
    low, high = judged(local, bend)
    assert bend["bent"]
    assert low < 0.4  # 0.8 + 0.8 - 1.2, with its own interval
    assert high == 1.2
    low, high = within_window(local, bend)
    assert 0.7 < low < 0.8 < 1.2 < high < 1.3


@pytest.mark.parametrize("ends", [(0.9, np.nan), (np.nan, 1.1), (np.nan, np.nan)])
def test_exponent_that_the_seeds_do_not_bound_gets_no_interval_from_its_halves(ends):
    local = bent_law(*ends)
    bend = bend_of(local)
    assert slopes_of(local, bend)  # it does bend
    assert np.isnan(judged(local, bend)).all()
    assert np.isnan(within_window(local, bend)).all()


def test_quantity_without_a_bound_says_so_in_any_window_and_can_be_written():
    def bounded_by_everyone(choice):
        return bent_law(0.98, 1.02 if choice.start == 0 else np.nan)

    found = quantity_of(bounded_by_everyone, n_seeds=6)
    assert found["interval"][1] == 1.2
    assert "window starts one point later" not in found["variants"]
    assert "window ends one point earlier" in found["variants"]
    json.dumps(found, allow_nan=False)

    found = quantity_of(lambda choice: bent_law(0.98, np.nan), n_seeds=6)
    assert found["interval"] is None
    assert found["why"] == "the seeds do not bound the exponent"
    json.dumps(found, allow_nan=False)

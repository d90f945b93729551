import numpy as np
import pandas as pd

from scalinglaws.curves.size_curves import curves, inside


def table(rows):
    return pd.DataFrame(rows, columns=["seed", "data_size", "quantity", "value", "ridge"])


def test_seeds_and_sizes_are_in_order_and_absent_runs_are_masked():
    drawn = [(1, 20, "loss", 4.0, "low"), (0, 20, "loss", 2.0, "low"), (0, 10, "loss", 1.0, "low")]
    rows = table([*drawn, (1, 10, "error", 9.0, "low"), (1, 30, "loss", 9.0, "tuned")])
    found = curves(rows, "loss", ridge="low")
    np.testing.assert_array_equal(found.sizes, [10, 20])
    np.testing.assert_array_equal(found.values, [[1, 2], [np.nan, 4]])
    np.testing.assert_array_equal(inside(found, (15, 20)).values, [[2], [4]])


def test_training_sets_of_a_seed_are_averaged_and_one_that_diverged_masks_the_seed():
    rows = table([(0, 10, "loss", value, "low") for value in (1.0, 3.0)])
    lost = table([(1, 10, "loss", value, "low") for value in (1.0, np.nan)])
    np.testing.assert_array_equal(curves(pd.concat([rows, lost]), "loss").values, [[2], [np.nan]])


def test_a_quantity_that_is_not_run_has_no_sizes():
    assert curves(table([(0, 10, "loss", 1.0, "low")]), "error").values.shape == (0, 0)

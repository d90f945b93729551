import numpy as np

from scalinglaws.curves.size_curves import Curves
from scalinglaws.figures.mean_points import mean_points
from scalinglaws.figures.style import new_figure


def test_a_size_that_one_seed_reached_is_a_point_without_a_bar():
    values = np.array([[1.0, 2.0], [1.5, np.nan], [1.2, np.nan], [1.1, np.nan]])
    _, (axes,) = new_figure()
    curve = Curves(np.array([10.0, 20.0]), values)
    (drawn,) = mean_points(axes, curve, panel="a", series="loss", colour="#000000")
    assert np.isfinite(drawn["y"]).all()
    assert np.isfinite(drawn[["y_low", "y_high"]].iloc[0]).all()
    assert drawn[["y_low", "y_high"]].iloc[1].isna().all()
    (bars,) = axes.collections
    assert len(bars.get_segments()) == 1

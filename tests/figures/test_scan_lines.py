import numpy as np

from scalinglaws.curves.size_curves import Curves
from scalinglaws.figures.scan_lines import draw_scan
from scalinglaws.figures.style import new_figure


def test_a_size_that_one_seed_reached_is_a_point_without_a_bar():
    curve = Curves(np.array([10.0, 20.0]), np.array([[1.0, 2.0], [1.5, np.nan]]))
    _, (axes,) = new_figure()
    (drawn,) = draw_scan(axes, curve, panel="a", series="loss")
    assert np.isfinite(drawn["y"]).all()
    assert np.isfinite(drawn[["y_low", "y_high"]].iloc[0]).all()
    assert drawn[["y_low", "y_high"]].iloc[1].isna().all()
    (bars,) = axes.collections
    assert len(bars.get_segments()) == 1

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from scalinglaws.curves.size_curves import Curves
from scalinglaws.figures.mean_points import ARROW, mean_points
from scalinglaws.figures.scan_lines import (
    OUTSIDE_NAME,
    WITH_BEND,
    fitted_line,
    inverse_of,
    law_above,
    quantity_points,
)
from scalinglaws.figures.style import dress, new_figure
from scalinglaws.statistics.quantity import quantity, unavailable

SIZES = np.array([10.0, 20.0, 40.0])


def drawn(values, **look):
    """Axes, made logarithmic, and the rows of one curve of (seeds, sizes) values."""
    _, (axes,) = new_figure()
    curve = Curves(SIZES[: np.shape(values)[1]], np.array(values, dtype=float))
    parts = mean_points(axes, curve, panel="a", series="s", colour="#000000", **look)
    dress(axes, "D", "L", legend=False)
    return axes, parts


def bars_of(axes):
    return [bar.tolist() for lines in axes.collections for bar in lines.get_segments()]


def arrows_of(axes):
    return [x for line in axes.lines if line.get_marker() == ARROW for x in line.get_xdata()]


def shown_points(axes):
    line = next(line for line in axes.lines if line.get_marker() == "o")
    return [x for x, y in line.get_xydata() if np.isfinite(y)]


def test_a_negative_mean_is_a_one_sided_bar_with_an_arrow_and_no_point():
    values = [[1.0, -1.0], [1.1, -0.2], [0.9, 0.3], [1.0, 0.1]]
    axes, (rows,) = drawn(values, mean="arithmetic")
    assert rows["y"].iloc[1] < 0 < rows["y_high"].iloc[1]
    assert shown_points(axes) == [10.0]
    assert arrows_of(axes) == [20.0]
    tops = {bar[0][0]: bar[1][1] for bar in bars_of(axes)}
    assert tops[20.0] == rows["y_high"].iloc[1]
    FigureCanvasAgg(axes.figure).draw()
    low, high = axes.get_ylim()
    assert 1e-3 < low < rows["y_high"].iloc[1] < high  # the bar leaves the axes as they are


def test_a_positive_mean_whose_interval_reaches_zero_keeps_its_point_and_has_an_arrow():
    axes, _ = drawn([[0.1], [2.0], [0.2], [0.1]], mean="arithmetic")
    assert shown_points(axes) == arrows_of(axes) == [10.0]


def test_a_mean_that_is_clearly_positive_has_a_whole_bar_and_no_arrow():
    axes, (rows,) = drawn([[1.0], [1.1], [0.9], [1.0]], mean="arithmetic")
    ends = rows[["y_low", "y_high"]].to_numpy().ravel()
    assert [end for (_, end) in bars_of(axes)[0]] == pytest.approx(ends)
    assert not arrows_of(axes)


@pytest.mark.parametrize("seeds", [2, 3])
def test_so_few_seeds_are_drawn_one_by_one_instead_of_a_bar(seeds):
    values = np.exp(np.arange(3 * seeds).reshape(seeds, 3) / 10)
    axes, (means, single) = drawn(values)
    assert not bars_of(axes)
    assert means[["y_low", "y_high"]].isna().all(axis=None)
    np.testing.assert_allclose(np.sort(single["y"]), np.sort(values.ravel()))
    (dots,) = (line for line in axes.lines if line.get_marker() == ".")
    np.testing.assert_array_equal(dots.get_ydata(), single["y"])


def test_of_many_seeds_there_is_a_bar():
    axes, parts = drawn(np.exp(np.arange(12).reshape(4, 3) / 10))
    assert len(parts) == 1
    assert len(bars_of(axes)) == 3


def test_a_median_is_not_moved_by_one_wild_seed():
    values = [[1.0], [1.1], [0.9], [1e9], [1.0]]
    _, (rows,) = drawn(values, mean="median")
    assert rows[["y", "y_low", "y_high"]].iloc[0].tolist() == [1.0, 1.0, 1.1]


def law(window, **more):
    return quantity(1.0, (0.9, 1.1), window=window, **more)


def test_points_outside_the_window_are_hollow_and_of_the_same_shape():
    _, (axes,) = new_figure()
    curve = Curves(SIZES, np.array([[1 / 10, 1 / 20, 1 / 40]] * 4))
    parts = fitted_line(
        axes, curve, law((10, 20)), panel="a", series="s", colour="#112233", marker="s"
    )
    filled, hollow = (line for line in axes.lines if line.get_marker() == "s")
    assert filled.get_markerfacecolor() == "#112233"
    assert hollow.get_markerfacecolor() == "white"
    assert hollow.get_xdata().tolist() == [40.0]
    names = [part["series"].iloc[0] for part in parts]
    assert names == ["s", f"s{OUTSIDE_NAME}", "s fit"]


def test_without_a_law_all_points_are_hollow_and_the_legend_says_so():
    _, (axes,) = new_figure()
    curve = Curves(SIZES, np.ones((4, 3)))
    fitted_line(axes, curve, unavailable("too few"), panel="a", series="s", colour="#112233")
    (points,) = axes.lines
    assert points.get_markerfacecolor() == "white"
    assert points.get_label() == "s: no law fitted"


def test_a_slope_that_the_seeds_do_not_bound_gets_no_line():
    _, (axes,) = new_figure()
    curve = Curves(SIZES, np.array([[1 / 10, 1 / 20, 1 / 40]] * 4))
    unbounded = quantity(1.0, None, window=(10, 40), why="the seeds do not bound the exponent")
    parts = fitted_line(axes, curve, unbounded, panel="a", series="s", colour="#112233")
    assert [part["series"].iloc[0] for part in parts] == ["s"]
    assert "not bounded by its seeds" in axes.lines[0].get_label()


def test_the_published_law_has_its_exponent_and_stands_above_the_points():
    _, (axes,) = new_figure()
    curve = Curves(SIZES, np.array([[1 / 10, 1 / 20, 1 / 40]] * 4))
    parts = fitted_line(axes, curve, law((10, 40)), panel="a", series="s", colour="#112233")
    rows = law_above(axes, parts, 0.5, panel="a")
    (x0, y0), (x1, y1) = rows[["x", "y"]].to_numpy()
    assert np.log(y0 / y1) / np.log(x1 / x0) == pytest.approx(0.5)
    assert y0 > 1 / 10
    assert y1 > 1 / 40


def bent(low, high):
    return law(None) | {"interval": [low, high], "seed_interval": [0.9, 1.1]}


def test_the_longer_interval_of_a_law_that_bends_is_thin_and_ends_in_an_arrow_at_the_edge():
    _, (axes,) = new_figure()
    limits = (0.5, 1.5)
    parts = quantity_points(
        axes, [1.0, 2.0], [law(None), bent(0.7, 9.0)], within=limits, panel="b", series="s"
    )
    assert [part["series"].iloc[0] for part in parts] == ["s", f"s{WITH_BEND}"]
    assert parts[1][["x", "y_low", "y_high"]].to_numpy().tolist() == [[2.0, 0.7, 9.0]]
    thin, thick = axes.collections
    assert thin.get_linewidths() < thick.get_linewidths()
    assert thin.get_segments()[0].tolist() == [[2.0, 0.7], [2.0, 1.5]]
    arrows = [line for line in axes.lines if "arrow" in str(line.get_marker())]
    assert [line.get_xydata().tolist() for line in arrows] == [[[2.0, 1.5]]]


def test_four_over_an_exponent_whose_interval_reaches_zero_has_no_upper_end():
    found = inverse_of(bent(-0.5, 2.0))
    assert found["estimate"] == 4.0
    assert found["interval"] == [2.0, np.inf]
    assert found["seed_interval"] == pytest.approx([4 / 1.1, 4 / 0.9])
    assert inverse_of(unavailable("not run"))["estimate"] is None

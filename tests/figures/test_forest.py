import pytest
from matplotlib.colors import same_color
from matplotlib.text import Annotation

from scalinglaws.figures.forest import LOOK, REACH, draw_forest

TITLES = {"bahri2021": "One", "damico2025": "Two"}


def row(name, centre, half=0.5, verdict="reproduced", **changes):
    ends = {"low": None, "high": None}
    if centre is not None and half is not None:
        ends = {"low": centre - half, "high": centre + half}
    return {
        "claim": f"bahri2021_{name}",
        "paper": "bahri2021",
        "verdict": verdict,
        "primary": False,
        "centre": centre,
        "beyond": None,
        **ends,
        **changes,
    }


def drawn(*rows):
    """The axes of one paper."""
    (axes,) = draw_forest(rows, TITLES).axes
    return axes


def marks(axes):
    return [line for line in axes.lines if line.get_marker() not in ("None", None, "")]


def test_estimates_and_intervals_are_where_the_rows_say():
    axes = drawn(row("a", 0.3), row("b", -1.2, 0.1, "differs"))
    found = {(mark.get_marker(), float(mark.get_xdata()[0])) for mark in marks(axes)}
    assert ("o", 0.3) in found
    assert ("X", -1.2) in found
    intervals = {tuple(map(float, line.get_xdata())) for line in axes.lines}
    assert (-0.2, 0.8) in intervals
    assert any(pair == pytest.approx((-1.3, -1.1)) for pair in intervals if len(pair) == 2)


def test_what_lies_beyond_the_axis_is_an_arrow_at_its_edge():
    axes = drawn(row("a", 0.0, 50.0, "undecided"), row("b", 40.0, 1.0, "differs"))
    places = {(mark.get_marker(), mark.get_ydata()[0]) for mark in marks(axes)}
    assert places == {("<", 0), (">", 0), ("s", 0), (">", 1)}
    assert all(abs(x) <= REACH for line in axes.lines for x in line.get_xdata())


def test_a_bound_without_a_margin_is_hollow_and_what_is_not_run_is_not_drawn():
    axes = drawn(row("a", None, beyond=1.5), row("b", None, verdict="not run"))
    (mark,) = marks(axes)
    assert float(mark.get_xdata()[0]) == 1.5
    assert same_color(mark.get_markerfacecolor(), "white")
    assert same_color(mark.get_markeredgecolor(), LOOK["reproduced"]["colour"])


def test_verdicts_differ_in_colour_in_shape_and_in_a_sign():
    for part in ("colour", "marker", "sign"):
        assert len({look[part] for look in LOOK.values()}) == len(LOOK)


def test_each_claim_has_a_line_with_its_name_and_sign_and_primary_ones_a_star():
    axes = drawn(row("C1_a", 0.0, primary=True), row("C2", None, verdict="undecided"))
    names = [text.get_text() for text in axes.texts if isinstance(text, Annotation)]
    assert names == ["★ C1 a ✓", "C2 ?"]


def test_papers_stand_in_columns_of_their_own_at_one_line_height():
    other = row("x", 0.0, paper="damico2025", claim="damico2025_x")
    figure = draw_forest([row("a", 0.0), row("b", 0.0), other], TITLES)
    first, second = figure.axes
    assert [axes.get_title("left") for axes in figure.axes] == ["One", "Two"]
    heights = [axes.get_position().height for axes in (first, second)]
    assert heights[0] == pytest.approx(2 * heights[1])

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import document_sample as sample
from scalinglaws.figures.style import (
    COLOURS,
    PLOTTED,
    Drawing,
    axis_names,
    bends_somewhere,
    new_figure,
    plotted_rows,
    points_with_intervals,
    reference_slope,
    save_drawing,
    series_colours,
    slope_label,
)
from scalinglaws.statistics.quantity import unavailable

ENDINGS = (".pdf", ".png", ".csv")
DRAW = """
import sys
from pathlib import Path
import document_sample as sample
from scalinglaws.figures.style import save_drawing
stem = Path(sys.argv[1])
save_drawing(sample.sample_drawing(), *(stem.with_suffix(end) for end in (".pdf", ".png", ".csv")))
"""


def files(stem: Path) -> list[Path]:
    return [stem.with_suffix(ending) for ending in ENDINGS]


def draw_in_new_process(stem: Path, hash_seed: str, matplotlibrc: Path) -> list[str]:
    folders = os.pathsep.join(
        [str(sample.REPOSITORY / "workflow"), str(Path(sample.__file__).parent)]
    )
    environment = {
        **os.environ,
        "PYTHONPATH": folders,
        "PYTHONHASHSEED": hash_seed,
        "MATPLOTLIBRC": str(matplotlibrc),
    }
    subprocess.run([sys.executable, "-c", DRAW, str(stem)], check=True, env=environment)
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files(stem)]


def test_two_processes_with_other_hash_seeds_and_user_settings_render_the_same_bytes(tmp_path):
    plain, gaudy = tmp_path / "plainrc", tmp_path / "gaudyrc"
    plain.write_text("")
    gaudy.write_text("font.size: 31\nlines.linewidth: 9\npdf.compression: 0\nsavefig.dpi: 37\n")
    first = draw_in_new_process(tmp_path / "first", "1", plain)
    second = draw_in_new_process(tmp_path / "second", "2", gaudy)
    assert first == second


def test_pictures_carry_no_date_and_no_version_and_embed_truetype(tmp_path):
    save_drawing(sample.sample_drawing(), *files(tmp_path / "figure"))
    pdf, png = (path.read_bytes() for path in files(tmp_path / "figure")[:2])
    assert b"CreationDate" not in pdf
    assert b"Matplotlib" not in pdf + png
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf


def test_csv_holds_every_value_handed_to_the_axes(tmp_path):
    drawing = sample.sample_drawing()
    save_drawing(drawing, *files(tmp_path / "figure"))
    written = pd.read_csv(tmp_path / "figure.csv")
    assert list(written.columns) == PLOTTED
    shown = [line.get_xydata() for axes in drawing.figure.axes for line in axes.lines]
    by_series = written[["x", "y"]].to_numpy()
    np.testing.assert_allclose(np.concatenate(shown), by_series, rtol=1e-9)


def test_intervals_are_drawn_from_bound_to_bound_even_if_they_miss_the_estimate():
    _, axes = new_figure()
    points_with_intervals(axes[0], [1, 2], [5.0, 5.0], [5.5, np.nan], [6, 7], panel="a", series="s")
    (bars,) = axes[0].collections
    assert [segment.tolist() for segment in bars.get_segments()] == [[[1.0, 5.5], [1.0, 6.0]]]


def test_reference_slope_is_the_power_law_at_both_ends():
    _, axes = new_figure()
    rows = reference_slope(axes[0], (2.0, 32.0), 8.0, -0.5, panel="a", series="guide")
    assert rows[["x", "y"]].to_numpy().tolist() == [[2.0, 8.0], [32.0, 2.0]]


def test_axes_come_row_by_row():
    _, axes = new_figure(2, 3)
    corners = [panel.get_subplotspec().num1 for panel in axes]
    assert corners == list(range(6))


def test_the_label_of_a_law_that_bends_has_the_interval_of_its_line_and_says_so():
    bend = {"early": [1.2, 1.1, 1.3], "late": [0.8, 0.7, 0.9], "difference": [-0.4, -0.5, -0.3]}
    bent = {**sample.SLOPE, "interval": [0.2, 1.4], "seed_interval": [0.97, 1.06]}
    label = slope_label("alpha", {**bent, "bend": {**bend, "bent": True}})
    assert label == "alpha = 1.02 [0.97, 1.06], bends"
    figure = Figure()
    figure.subplots().plot([1, 2], label=label)
    assert not bends_somewhere(figure)
    figure.axes[0].legend()
    assert bends_somewhere(figure)


def test_slope_label_states_interval_or_reason():
    assert slope_label("alpha", sample.SLOPE) == "alpha = 1.02 [0.97, 1.06]"
    assert slope_label("alpha", unavailable("too few points")) == (
        "alpha not estimated (too few points)"
    )


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    return float(np.dot([0.2126, 0.7152, 0.0722], channels))


def test_ordered_series_get_steadily_darker_and_count_or_values_do_the_same():
    colours = series_colours([10, 20, 40, 80])
    assert series_colours(4) == colours
    steps = np.diff([luminance(colour) for colour in colours])
    assert (steps < -0.05).all()


def test_no_two_named_colours_are_alike():
    assert len(set(COLOURS.values())) == len(COLOURS) == 10


@pytest.mark.parametrize(
    "plotted",
    [pd.DataFrame({"x": [1.0], "y": [1.0]}), pd.DataFrame(columns=PLOTTED)],
    ids=["other columns", "no rows"],
)
def test_a_figure_that_does_not_say_what_it_shows_is_refused(tmp_path, plotted):
    figure, _ = new_figure()
    with pytest.raises(ValueError, match="plotted table"):
        save_drawing(Drawing(figure, plotted, "caption"), *files(tmp_path / "figure"))
    assert list(tmp_path.iterdir()) == []


def test_rows_keep_drawing_order():
    _, axes = new_figure()
    first = points_with_intervals(axes[0], [2.0], [1.0], panel="a", series="late")
    second = points_with_intervals(axes[0], [1.0], [1.0], panel="a", series="early")
    assert plotted_rows(first, second)["series"].tolist() == ["late", "early"]


def test_hollow_markers_leave_visible_what_lies_beneath():
    _, axes = new_figure()
    points_with_intervals(axes[0], [1.0], [2.0], panel="a", series="under")
    points_with_intervals(axes[0], [1.0], [2.0], panel="a", series="over", hollow=True)
    under, over = axes[0].lines
    assert under.get_markerfacecolor() != "none"
    assert over.get_markerfacecolor() == "none"
    assert over.get_markersize() > under.get_markersize()


def test_axes_are_named_by_the_outer_panels_of_their_column_and_row():
    figure = Figure()
    for number, axes in enumerate(figure.subplots(2, 2).flat):
        axes.set_title(f"{'abcd'[number]}  panel {number}", loc="left")
        axes.set_xlabel("" if number < 2 else f"x {number}")
        axes.set_ylabel("" if number % 2 else "$\\epsilon_g$\nof all")
    names = axis_names(figure)
    assert names["a"] == names["panel 0"] == ["x 2", "$\\epsilon_g$ of all"]
    assert names["d"] == ["x 3", "$\\epsilon_g$ of all"]


def test_a_panel_whose_axes_nobody_names_is_left_out():
    figure = Figure()
    figure.subplots(1, 1).set_title("a  bare", loc="left")
    assert axis_names(figure) == {}

"""One dot of a figure again: which members are behind it, and what is said where there are none."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from planned_blocks import planned
from scalinglaws.errors import InputError
from scalinglaws.provenance import point
from scalinglaws.provenance.point import Dot, Probe
from scalinglaws.shell.cli import verb_status

FIGURE, EXPERIMENT = "bahri2021_figS2", "teacher_student"
TINY = {
    **{"dimensions": [3, 4], "data_sizes": [32, 64, 128], "seeds": 4, "seeds_per_block": 2},
    **{"steps": 40, "evaluate_every": 20, "test_size": 40, "validation_size": 20},
    **{"teacher_width": 8, "student_width": 12},
}
FITS = {"laws": {"slope": {"estimate": 2.0}}}


def table_of(blocks):
    frames = [pd.DataFrame(point.compute(point.job_of(block, []))[0]) for block in blocks]
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def blocks():
    return planned(EXPERIMENT, **TINY)


@pytest.fixture(scope="module")
def table(blocks):
    return table_of(blocks)


def draw(frames, fits):
    """Geometric means over seeds for each dimension, a fitted line and a published value."""
    (table,) = frames.values()
    losses = np.log(table[table["quantity"] == "test_loss_best"].set_index("member")["value"])
    rows = table[table["quantity"] == "test_loss_best"].set_index("member")
    lines = []
    for (dimension, size), own in losses.groupby([rows["dimension"], rows["data_size"]]):
        y = float(np.exp(own.mean()))
        lines.append(("a", f"d = {dimension}", float(size), y, y * 0.9, y * 1.1))
    slope = fits["laws"]["slope"]["estimate"]
    lines += [("a", "fit", 32.0, lines[0][3] * slope, np.nan, np.nan)]
    lines += [("a", "published", 32.0, 0.5, np.nan, np.nan)]
    lines += [("b", "d = 3", 64.0, 0.25, np.nan, np.nan)]
    return pd.DataFrame(lines, columns=["panel", "series", "x", *point.VALUES])


def probe(table, dot):
    frames = {EXPERIMENT: table}
    return Probe(dot, draw, frames, FITS, point.values_at(draw(frames, FITS), dot))


def plan_of(blocks):
    return SimpleNamespace(
        of_experiment=lambda name: list(blocks),
        data_files=lambda block: [],
        figure=lambda name: {"tables": [EXPERIMENT]},
    )


MIDDLE = Dot("a", "d = 4", 1, 64.0)


def test_only_the_members_behind_a_dot_are_repeated(table, blocks):
    parts = list(point.parts_of(plan_of(blocks), EXPERIMENT, probe(table, MIDDLE)))
    assert [part.block.name for part in parts] == ["seeds0", "seeds2"]
    for part in parts:
        assert part.block.settings["dimensions"] == [4]
        assert part.block.settings["data_sizes"] == [64]
        assert part.share == pytest.approx(1 / 6)


def test_the_members_behind_a_dot_give_the_same_rows_alone(table, blocks):
    first, _ = point.parts_of(plan_of(blocks), EXPERIMENT, probe(table, MIDDLE))
    renewed, told = point.with_repeated(table, first, plan_of(blocks))
    assert "2 members again" in told
    losses = table["quantity"].str.startswith("test_loss")
    assert (renewed["value"] != table["value"]).sum() < 40  # single precision, in other stacks
    np.testing.assert_allclose(renewed["value"][losses], table["value"][losses], rtol=1e-6)


@pytest.fixture
def place(tmp_path, monkeypatch, table, blocks):
    """A folder with the made figure's csv; the figure is drawn from the tiny table."""
    folder = tmp_path / "results/quick"
    (folder / "figures").mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    plotted = draw({EXPERIMENT: table}, FITS)
    plotted.to_csv(folder / "figures" / f"{FIGURE}.csv", index=False, float_format="%.10g")
    monkeypatch.chdir(tmp_path)
    configured = dict.fromkeys(point.CONFIGURED)
    monkeypatch.setattr(point, "read_manifest", lambda path: configured)
    monkeypatch.setattr(point, "assemble", lambda config: plan_of(blocks))
    monkeypatch.setattr(point, "probed", lambda folder, plan, figure, dot: probe(table, dot))
    return folder


def shell(capsys, *arguments):
    status = verb_status(["verify", "--point", *arguments])
    return status, capsys.readouterr().out


def test_a_sound_dot_comes_out_as_stored(place, capsys):
    status, said = shell(capsys, FIGURE, "d = 4", "64")
    assert status == 0
    assert "from teacher_student/seeds0, teacher_student/seeds2" in said
    assert "ok     stored    y = " in said


def test_a_dot_whose_seeds_give_another_value_fails(place, capsys, monkeypatch, table):
    wrong = table.copy()
    wrong.loc[wrong["quantity"] == "test_loss_best", "value"] *= 1.02
    plotted = draw({EXPERIMENT: wrong}, FITS)
    plotted.to_csv(place / "figures" / f"{FIGURE}.csv", index=False)
    monkeypatch.setattr(point, "probed", lambda folder, plan, figure, dot: probe(wrong, dot))
    status, said = shell(capsys, FIGURE, "d = 4", "64")
    assert status == 1
    assert "FAILED stored    y = " in said
    assert "it lies within its interval" in said


def refused(match, *arguments, **options):
    with pytest.raises(InputError, match=match):
        verb_status(["verify", "--point", *arguments, *options.get("more", ())])


def test_a_csv_that_its_tables_do_not_give_is_refused(place):
    file = place / "figures" / f"{FIGURE}.csv"
    rows = pd.read_csv(file)
    rows["y"] *= 1.01
    rows.to_csv(file, index=False)
    refused(r"says y = .* but its tables give .*; draw it again", FIGURE, "d = 4", "64")


def test_a_fitted_line_and_a_published_value_come_from_no_seed(place):
    refused(r"'fit' in bahri2021_figS2 comes from a fit", FIGURE, "fit", "32")
    refused(r"'published' in bahri2021_figS2 comes from no table", FIGURE, "published", "32")


def test_a_series_a_panel_and_a_point_that_are_none_are_answered_with_those_that_are(place):
    refused(r"has no series 'd = 5'; expected one of: d = 4, d = 3", FIGURE, "d = 5", "64")
    refused(r"in the panels a, b; expected --panel", FIGURE, "d = 3", "64")
    more = ("--panel", "c")
    refused(r"no series 'd = 3' in panel 'c'; expected a, b", FIGURE, "d = 3", "64", more=more)
    refused(r"no point at x = 60; the nearest are at 64, 32, 128", FIGURE, "d = 4", "60")
    refused(r"--point: of X it is much; expected a number", FIGURE, "d = 4", "much")


def test_a_figure_that_is_none_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps(small_manifest()))
    refused(r"no figure bahri2021_figS", "bahri2021_figS", "x", "1", more=where(tmp_path))


def test_a_figure_without_its_tables_says_how_to_make_them(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps(small_manifest()))
    (tmp_path / "figures").mkdir()
    file = tmp_path / "figures" / f"{FIGURE}.csv"
    file.write_text("panel,series,x,y,y_low,y_high\na,d = 3,64,1,,\n")
    match = rf"tables/bahri2021/teacher_student\.parquet, which is not there; .* {FIGURE}"
    refused(match, FIGURE, "d = 3", "64", more=where(tmp_path))


def small_manifest():
    settings = {"scale": "quick", "papers": ["bahri2021"], "seed": 1, "look": 1, "device": "cpu"}
    return {**settings, "config": "", "files": {"x": "0"}}


def where(folder):
    return ["--results", str(folder)]


def test_rows_of_blocks_cover_a_table_once_whatever_they_are_cut_by(table, blocks):
    masks = [point.rows_of(block, table) for block in blocks]
    assert np.all(np.sum(masks, axis=0) == 1)


def test_rows_of_ensembles_are_found_by_panel_size_and_seed():
    frame = pd.DataFrame({"panel": ["A", "A", "B"], "P": [20, 40, 20], "seed": [0, 1, 0]})
    groups = [{"panel": "A", "P": 20, "seeds": [0, 1]}, {"panel": "A", "P": 40, "seeds": [0]}]
    block = SimpleNamespace(settings={"seed": 7, "dataset": "x", "ensembles": groups})
    assert point.rows_of(block, frame).tolist() == [True, False, False]

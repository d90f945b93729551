"""What make benchmark-scaling makes of its measurements."""

import runpy
from pathlib import Path

import pandas as pd
import pytest

from scalinglaws.storage import read_json

SCRIPT = Path(__file__).with_name("scaling.py")


@pytest.fixture(scope="module")
def scaling():
    return runpy.run_path(str(SCRIPT), run_name="scaling")


def made(turns=(1.0, 1.0), axis="N", power=2.0, megabytes=100.0, **more):
    """Seconds in a power of the value, on top of what every run costs; turns differ in speed."""
    rows = []
    for turn, slower in enumerate(turns):
        for value in (64, 128, 256, 512, 1024):
            seconds = slower * (0.001 + (value / 64) ** power)
            rows.append({
                **{"axis": axis, "title": "made", "value": value, "turn": turn, "unit": "steps"},
                **{"seconds": seconds, "throughput": value / seconds, "peak_mb": 300.0},
                **{"megabytes": megabytes * value / 64, "planned_mb": 400.0, **more},
            })  # fmt: skip
    return pd.DataFrame(rows)


def test_exponents_are_those_that_the_costs_were_made_with(scaling):
    (row,) = scaling["summary"](made(turns=(1.0, 3.0)))
    assert row["seconds"]["exponent"] == pytest.approx(2.0, abs=0.001)
    assert row["throughput"]["exponent"] == pytest.approx(-1.0, abs=0.001)
    assert row["memory"]["exponent"] == pytest.approx(1.0)


def test_the_range_is_that_of_the_turns(scaling):
    both = pd.concat([made(turns=(1.0,)), made(turns=(1.0,), power=1.0).assign(turn=1)])
    found = scaling["summary"](both)[0]["seconds"]
    assert found["least"] == pytest.approx(1.0, abs=0.001)
    assert found["most"] == pytest.approx(2.0, abs=0.001)


def test_two_values_give_the_slope_between_them(scaling):
    assert scaling["growth"]([1, 2], [3.0, 12.0]) == pytest.approx(2.0)


@pytest.mark.parametrize("costs", [[0.0, 0.0, 0.0], [1.0, -1.0, 2.0]])
def test_a_cost_that_is_not_there_has_no_exponent(scaling, costs):
    assert scaling["growth"]([1, 2, 4], costs) is None


def test_memory_that_only_trembles_has_no_exponent(scaling):
    (row,) = scaling["summary"](made(megabytes=0.01))
    assert row["memory"]["exponent"] is None


def test_all_files_are_written_and_memory_is_held_against_the_plan(scaling, tmp_path, capsys):
    points = pd.concat([made(), made(axis="jobs", planned_mb=0.0)])
    assert scaling["report"](points, tmp_path) == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"scaling.{kind}" for kind in ("csv", "json", "pdf", "png")}
    assert [case["axis"] for case in read_json(tmp_path / "scaling.json")["cases"]] == ["N", "jobs"]
    assert "N, made" in capsys.readouterr().out
    assert scaling["report"](made(planned_mb=299.0), tmp_path) == 1
    assert "MISSED: made at N = 1024 took 300 MB, planned 299" in capsys.readouterr().out


def test_every_case_plans_a_block_of_each_of_its_values(scaling):
    axes = [case.axis for case in scaling["CASES"]]
    assert sorted(set(axes)) == ["D", "L", "M", "N", "members", "threads"]
    for case in scaling["CASES"]:
        for value in {*case.values, *case.short}:
            assert case.block(value).memory_mb > 0
            assert case.work(value) > 0


def test_titles_with_a_range_are_no_wider_than_their_panels(scaling, tmp_path):
    cases = [made(turns=(1.0, 3.0)).assign(axis=axis) for axis in ("N", "L", "M")]
    steeper = [case.assign(turn=2, throughput=case["throughput"] ** 2) for case in cases]
    points = pd.concat([*cases, *steeper])
    figure = scaling["drawn"](points, scaling["summary"](points)).figure
    figure.savefig(tmp_path / "drawn.png", dpi=figure.dpi)  # lays out
    for panel in figure.axes[:3]:
        (title,) = panel.findobj(lambda each: ", " in getattr(each, "get_text", str)())
        assert title.get_window_extent().x1 <= panel.bbox.x1

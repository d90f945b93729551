"""Forecasts of one run for another of a larger scale, judged by `compare`."""

import json

import pytest

from made_forecasts import beyond, clone, commit, store, tables_of
from scalinglaws.errors import InputError
from scalinglaws.provenance.compare import compare, comparison_record, comparison_text
from scalinglaws.provenance.forecast_scores import OTHER, SAME, forecast_scores
from scalinglaws.shell.cli import verb_status
from scalinglaws.stations import forecasts as station

PAIR = ("quick", "laptop")
LAST = {"gaussian_features": 320, "digits_mlp": 2560}  # of quick


@pytest.fixture(scope="module")
def runs():
    return {scale: tables_of(scale) for scale in PAIR}


@pytest.fixture
def place(tmp_path, monkeypatch, runs):
    """A repository in which quick has finished."""
    place = clone(tmp_path / "clone", monkeypatch)
    store(place, "quick", runs["quick"])
    return place


def forecast(late=False):
    station.register_forecasts(*PAIR, late, say=lambda line: None)


def compared(place):
    return compare(*(place / "results" / scale for scale in PAIR))


def of_experiment(found, name):
    return [one for one in found.forecasts.known if one.prediction.experiment == name]


def changed(runs, factor):
    tables = {name: table.copy() for name, table in runs["laptop"].items()}
    beyond(tables, LAST, factor)
    return tables


def test_where_the_law_goes_on_most_points_lie_inside(place, runs):
    forecast()
    store(place, "laptop", runs["laptop"])
    found = compared(place)
    groups = {(one.paper, one.protocol): one for one in found.forecasts.groups}
    one = groups["bahri2021", OTHER]
    assert one.points > one.curves > 10
    assert one.share_90["estimate"] > 0.85
    assert one.share_50["estimate"] > 0.4
    low, high = one.share_90["interval"]
    assert low < one.share_90["estimate"] <= high <= 1
    assert one.share_90["n_seeds"] == one.curves
    assert "written before results" in comparison_text(found, PAIR)


def test_a_law_that_changes_beyond_what_was_known_is_missed_and_said_so(place, runs):
    forecast()
    store(place, "laptop", changed(runs, 4.0))
    found = compared(place)
    for name in LAST:
        assert of_experiment(found, name)
        assert all(one.share_90 == 0 for one in of_experiment(found, name))
    text = comparison_text(found, PAIR)
    assert "missed: bahri2021.gaussian_features, alphas = 0.3, D, 3 of 3 points; at " in text
    assert "(other features)" in text


def same_protocol(monkeypatch):
    """As if the scales differed in sizes alone, for one experiment."""
    own = station.predictions

    def without(*given):
        return [
            one if one.experiment != "gaussian_features" else one.__class__(
                **{**one.__dict__, "differences": {}}
            )
            for one in own(*given)
        ]  # fmt: skip

    monkeypatch.setattr(station, "predictions", without)


def test_curves_of_the_same_protocol_are_counted_apart(place, runs, monkeypatch):
    same_protocol(monkeypatch)
    forecast()
    tables = {name: table.copy() for name, table in runs["laptop"].items()}
    beyond(tables, {"gaussian_features": LAST["gaussian_features"]}, 4.0)
    store(place, "laptop", tables)
    groups = {one.protocol: one for one in compared(place).forecasts.groups}
    assert (groups[SAME].curves, groups[SAME].inside_90) == (6, 0)
    assert groups[OTHER].share_90["estimate"] > 0.8


def test_counts_are_over_curves_and_an_interval_is_as_wide_as_few_curves_are(place, runs):
    forecast()
    store(place, "laptop", {"gaussian_features": runs["laptop"]["gaussian_features"]})
    (one,) = compared(place).forecasts.groups
    assert (one.curves, one.points) == (6, 18)
    assert one.share_90["interval"][0] < 0.6


def test_without_a_record_it_is_said_how_one_is_made(place, runs):
    store(place, "laptop", runs["laptop"])
    found = compared(place)
    text = comparison_text(found, PAIR)
    assert "none of quick for laptop is kept" in text
    assert "register --scale quick --forecasts laptop" in text
    assert comparison_record(found)["forecasts"]["entries"] == 0


def test_runs_of_one_scale_forecast_nothing_of_each_other(place):
    folder = place / "results" / "quick"
    found = compare(folder, folder)
    assert found.forecasts is None
    assert "forecast" not in comparison_text(found, PAIR)


def test_the_order_of_the_folders_does_not_matter(place, runs):
    forecast()
    folders = place / "results" / "quick", store(place, "laptop", runs["laptop"])
    first, second = (compare(*pair).forecasts for pair in (folders, folders[::-1]))
    assert first.known
    assert first == second


def test_a_smaller_scale_was_not_to_be_forecast(place, runs):
    folders = store(place, "laptop", runs["laptop"]), place / "results" / "quick"
    assert compare(*folders).forecasts is None


def test_one_block_of_several_is_no_table(place, runs):
    forecast()
    folder = store(place, "laptop", {"digits_mlp": runs["laptop"]["digits_mlp"]})
    block = folder / "runs/bahri2021/digits_mlp/mnist_0.parquet"
    block.parent.mkdir(parents=True)
    (folder / "tables/bahri2021/digits_mlp.parquet").rename(block)
    assert len(compared(place).forecasts.known) == 1
    (folder / "plan").mkdir()
    blocks = [{"experiment": "digits_mlp"}] * 2
    (folder / "plan" / "plan.json").write_text(json.dumps({"blocks": blocks}))
    assert not compared(place).forecasts.known


def test_curves_that_have_no_forecast_are_named_with_the_reason(place, runs):
    forecast()
    store(place, "laptop", runs["laptop"])
    told = compared(place).forecasts.unforecast
    few = told["bahri2021.sphere_kernels, dimensions = 2, nngp, D"]
    assert "at least 6 are needed" in few
    assert told["bahri2021.teacher_student, dimensions = 9, D"] == "quick has no such curve"
    assert not [name for name in told if "pretrained_features, learned features, P" in name]
    text = comparison_text(compared(place), PAIR)
    assert "quick has no such curve" in text
    assert "bahri2021.sphere_kernels (6)" in text


def test_what_was_not_run_is_counted(place, runs):
    forecast()
    store(place, "laptop", {"digits_mlp": runs["laptop"]["digits_mlp"]})
    found = compared(place)
    absent = [one for one in found.forecasts.curves if not one.outcomes]
    assert absent
    text = comparison_text(found, PAIR)
    assert f"{len(absent)} forecast curves have no result there" in text


def test_an_entry_written_before_is_judged_though_a_later_one_is_there(place, runs):
    forecast()
    store(place, "laptop", runs["laptop"])
    table = runs["quick"]["digits_mlp"].copy()
    table["value"] *= 1.1
    store(place, "quick", {"digits_mlp": table})
    forecast(late=True)
    found = compared(place)
    assert found.forecasts.entry["number"] == 1
    assert found.forecasts.entries == 2
    assert "the run of quick is another than the one they were made from" in comparison_text(
        found, PAIR
    )


def test_a_late_one_alone_is_judged_as_late(place, runs):
    store(place, "laptop", runs["laptop"])
    forecast(late=True)
    assert "entry 1 of 1, written after results: " in comparison_text(compared(place), PAIR)


def test_an_edited_record_is_not_judged(place, runs):
    forecast()
    file = station.forecast_file(*PAIR)
    file.write_text(file.read_text().replace('"value": 0.', '"value": 1.', 1))
    store(place, "laptop", runs["laptop"])
    with pytest.raises(InputError, match="entry 1 is not as it was made"):
        compared(place)


def made_at(folder, head):
    manifest = {"scale": "laptop", "seed": 1, "files": {}, "source": {"commit": head}}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_the_commit_of_the_larger_run_tells_whether_forecasts_were_there(place, runs):
    before = commit(place)
    forecast()
    after = commit(place)
    folder = store(place, "laptop", {"digits_mlp": runs["laptop"]["digits_mlp"]})
    for head, held in ((before, False), (after, True), ("0" * 40, None)):
        made_at(folder, head)
        found = compared(place)
        assert found.forecasts.held is held
        said = "the run of laptop was made from does not hold them"
        assert (said in comparison_text(found, PAIR)) == (held is False)


def test_tables_of_other_code_or_without_what_curves_need_are_no_traceback(place, runs):
    forecast()
    folder = store(place, "laptop", {"digits_mlp": runs["laptop"]["digits_mlp"]})
    other = runs["laptop"]["gaussian_features"].rename(columns={"scan": "side"})
    store(place, "laptop", {"gaussian_features": other})
    found = forecast_scores(place / "results" / "quick", folder, PAIR)
    assert not [one for one in found.known if one.prediction.experiment == "gaussian_features"]
    next(folder.glob("tables/bahri2021/digits_mlp.parquet")).write_bytes(b"no table")
    with pytest.raises(InputError, match=r"digits_mlp\.parquet is damaged"):
        compared(place)


def test_the_shell_tells_scripts_too_and_its_status_is_that_of_the_verdicts(place, runs, capsys):
    forecast()
    store(place, "laptop", changed(runs, 4.0))
    both = [str(place / "results" / scale) for scale in PAIR]
    assert verb_status(["compare", *both, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["forecasts"]
    assert (told["from"], told["for"], told["entry"], told["written"]) == (*PAIR, 1, "before")
    (group,) = told["groups"]
    assert group["inside_90"] < group["points"]
    rows = [row for row in told["curves"] if row["experiment"] == "digits_mlp"]
    assert [point["x"] for point in rows[0]["points"]] == [5120, 10240]
    assert not any(point["inside_90"] for point in rows[0]["points"])
    assert rows[0]["points"][0]["found"] > rows[0]["points"][0]["high_90"]

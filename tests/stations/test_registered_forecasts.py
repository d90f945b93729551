"""Forecasts from one scale to the next as they are kept: when, of what, and never changed."""

import copy

import pytest

from command_line import assert_refused
from made_forecasts import clone, commit, git, plan_of, store, tables_of
from scalinglaws.config import CONFIG
from scalinglaws.errors import InputError
from scalinglaws.stations import forecasts as station

PAIR = ("quick", "laptop")


@pytest.fixture(scope="module")
def tables():
    return tables_of("quick")


@pytest.fixture
def place(tmp_path, monkeypatch, tables):
    """A repository in which quick has finished."""
    place = clone(tmp_path / "clone", monkeypatch)
    store(place, "quick", tables)
    return place


def made(*, late=False):
    """What is said, and the entries that are then there."""
    said = []
    station.register_forecasts(*PAIR, late, said.append)
    return said[-1], station.forecast_entries(*PAIR)


def stored():
    return station.forecast_file(*PAIR)


def start_laptop(place):
    block = place / "results/laptop/runs/bahri2021/digits_mlp/mnist_0.parquet"
    block.parent.mkdir(parents=True)
    block.write_bytes(b"")
    return block


def test_an_entry_names_what_it_was_made_from_and_says_values_with_both_intervals(place):
    head = git(place, "rev-parse", "HEAD")
    said, (one,) = made()
    assert said.startswith("entry 1, written before results of laptop: ")
    assert (one["number"], one["written"], one["commit"]) == (1, "before", head)
    assert set(one["inputs"]) > {"bahri2021.gaussian_features", "bahri2021.digits_mlp"}
    (curve,) = (row for row in one["curves"] if row["series"] == "alphas = 0.6, D")
    assert [point["x"] for point in curve["points"]] == [400, 512, 640]
    assert curve["differences"] == {"features": [1000, 4000]}
    for point in curve["points"]:
        assert point["low_90"] < point["low_50"] < point["value"]
        assert point["value"] == pytest.approx(point["x"] ** -0.6, rel=0.1)


def test_a_curve_of_few_sizes_is_named_with_the_reason(place):
    rows = [row for row in made()[1][0]["curves"] if row["experiment"] == "sphere_kernels"]
    assert rows
    assert all(row["points"] == [] and "at least 6 are needed" in row["why"] for row in rows)


def test_the_same_results_give_the_same_bytes(place):
    made()
    first = stored().read_bytes()
    stored().unlink()
    made()
    assert stored().read_bytes() == first


def test_what_has_not_changed_is_not_added_again(place):
    made()
    first = stored().read_bytes()
    commit(place)
    said, entries = made()
    assert said == "nothing was changed since entry 1; none is added"
    assert len(entries) == 1
    assert stored().read_bytes() == first


def test_entries_are_added_and_never_replaced(place, tables):
    (first,) = made()[1]
    table = tables["digits_mlp"].copy()
    table["value"] *= 1.1
    store(place, "quick", {"digits_mlp": table})
    entries = made()[1]
    assert entries[0] == first
    assert [one["number"] for one in entries] == [1, 2]
    assert entries[1]["previous"] == first["digest"]
    assert entries[1]["inputs"] != first["inputs"]


def test_with_results_of_the_larger_scale_there_is_nothing_to_forecast(place):
    block = start_laptop(place)
    with pytest.raises(InputError, match=r"mnist_0\.parquet is there, so these would be no"):
        made()
    assert not stored().exists()
    block.unlink()
    assert len(made()[1]) == 1


def test_results_that_are_shipped_are_results_too(place):
    shipped = place / "results/reference/laptop/numbers.json"
    shipped.parent.mkdir(parents=True)
    shipped.write_text("{}")
    with pytest.raises(InputError, match=r"results/reference/laptop/numbers\.json is there"):
        made()


def test_a_late_entry_says_so(place):
    start_laptop(place)
    said, (one,) = made(late=True)
    assert one["written"] == "after"
    assert "written after results of laptop" in said


def test_what_is_promised_early_is_early_with_the_word_late_too(place):
    assert made(late=True)[1][0]["written"] == "before"


POINT = {"x": 2.0, "value": 0.5, "low_50": 0.4, "high_50": 0.6, "low_90": 0.3, "high_90": 0.7}
CURVE = {
    **{"paper": "bahri2021", "experiment": "digits_mlp", "series": "tasks = mnist, D"},
    **{"known": 6, "last": 1.0, "differences": {"steps": [1, 2]}, "points": [POINT]},
}


def two_entries():
    """Entries as they are made, of a curve each."""
    known = []
    for seed in (1, 2):
        head = {"from": "quick", "for": "laptop", "seed": seed, "look": 1, "inputs": {}}
        content = copy.deepcopy({**head, "curves": [CURVE]})
        known.append(station.entry(known, "before", "0" * 40, content))
    return known


def made_anew(one):
    """Another in its place, whole by itself."""
    content = {key: value for key, value in one.items() if key not in station.HEADS}
    return station.entry([], "before", "1" * 40, content)


def put(text):
    stored().parent.mkdir(parents=True)
    stored().write_text(text)


def test_entries_are_read_as_they_were_written(place):
    put(station.text_of(two_entries()))
    assert station.forecast_entries(*PAIR) == two_entries()
    record = two_entries()[0]["curves"][0]
    assert station.curve_record(station.prediction_of(record)) == record


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries[0]["curves"][0]["points"][0].update(value=0.51),
        lambda entries: entries[0]["curves"][0]["differences"].clear(),
        lambda entries: entries[0].update(written="after"),
        lambda entries: entries[1]["curves"].pop(),
        lambda entries: entries.pop(0),
        lambda entries: entries.reverse(),
        lambda entries: entries.insert(1, entries[1]),
        lambda entries: entries[0].update(number=3),
        lambda entries: entries.__setitem__(0, made_anew(entries[0])),
    ],
)
def test_a_record_edited_by_hand_is_refused(place, change):
    entries = two_entries()
    change(entries)
    put(station.text_of(entries))
    with pytest.raises(InputError, match="is not as it was made"):
        station.forecast_entries(*PAIR)


def test_another_pair_s_record_is_refused(place):
    put(station.text_of(two_entries()))
    stored().rename(station.forecast_file("laptop", "paper"))
    with pytest.raises(InputError, match="is not as it was made"):
        station.forecast_entries("laptop", "paper")


def test_nothing_is_added_to_an_edited_record(place):
    put(station.text_of(two_entries()).replace("0.5,", "0.6,", 1))
    edited = stored().read_bytes()
    with pytest.raises(InputError, match="entry 1 is not as it was made"):
        made()
    assert stored().read_bytes() == edited


@pytest.mark.parametrize(
    ("text", "named"),
    [("{", "is not JSON"), ("{}", "expected a list"), ('[{"number": 1}]', "lacks the key")],
)
def test_a_record_that_is_none_is_refused(place, text, named):
    put(text)
    with pytest.raises(InputError, match=named):
        made()


def test_code_or_configuration_that_is_not_committed_makes_no_forecast(place):
    (place / "config" / "new.yaml").write_text("a: 1")
    with pytest.raises(InputError, match=r"new\.yaml is not committed; a forecast names"):
        made()


def test_the_record_itself_need_not_be_committed_to_add_to_it(place, tables):
    made()
    table = tables["digits_mlp"].copy()
    table["value"] *= 1.1
    store(place, "quick", {"digits_mlp": table})
    assert len(made()[1]) == 2


def test_an_unfinished_scale_is_told_what_to_run(place):
    file = next((place / "results/quick/tables/bahri2021").glob("teacher_student.parquet"))
    file.unlink()
    with pytest.raises(InputError, match=r"teacher_student.parquet does not exist; make it with"):
        made()
    assert not stored().exists()


def test_results_of_other_sizes_are_refused(place, tables):
    plan, other = plan_of("quick"), plan_of("laptop")
    store(place, "laptop", {"digits_mlp": tables["digits_mlp"]})
    (place / other.table_file("digits_mlp")).rename(place / plan.table_file("digits_mlp"))
    with pytest.raises(InputError, match="was made with other sizes or another seed"):
        station.predicted(plan, other)


def test_a_smaller_scale_has_nothing_to_be_forecast(place):
    store(place, "laptop", tables_of("laptop"))
    (place / "results" / "quick").rename(place / "results" / "aside")
    with pytest.raises(InputError, match="scale quick runs no curve beyond the sizes of laptop"):
        station.register_forecasts("laptop", "quick")


def test_the_shell_refuses_in_a_sentence(capsys, place):
    assert_refused(capsys, ["register", "--late"], "--scale and --late are for --forecasts")
    assert_refused(capsys, ["register", "--scale", "quick"], "for --forecasts; expected it too")
    both = ["register", "--scale", "quick", "--forecasts"]
    assert_refused(capsys, [*both, "quick"], "both name quick; expected another scale")
    assert_refused(capsys, [*both, "huge"], "scale is 'huge'; expected one of")


def test_the_shell_writes_from_the_scale_of_the_configuration(capsys, place):
    from scalinglaws.shell.cli import verb_status

    assert verb_status(["register", "--forecasts", "laptop"]) == 0
    assert "quick_for_laptop.json, then run laptop" in capsys.readouterr().out
    assert stored().is_file()


def test_the_shipped_records_are_whole():
    for file in (CONFIG / "forecasts").glob("*.json"):
        own, _, larger = file.stem.partition("_for_")
        assert station.forecast_entries(own, larger)

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest

from scalinglaws.codedigest import ROOT, code_digest
from scalinglaws.columns import stack
from scalinglaws.errors import InputError
from scalinglaws.files import heed_umask, write_whole
from scalinglaws.storage import (
    FORMAT,
    merged_code,
    read_json,
    read_quantities,
    read_table,
    write_json,
    write_table,
)


def header(**changes):
    code = code_digest("scalinglaws.canonical")
    return {"format": FORMAT, "station": "runs", "name": "x", "code": code, **changes}


def rows():
    return {
        "member": np.array(["a", "b"]),
        "step": np.array([1, 2]),
        "value": np.array([0.5, np.nan]),
    }


def test_a_table_comes_back_with_its_header_and_its_nan(tmp_path):
    write_table(tmp_path / "t.parquet", rows(), header(settings={"L": 2}))
    frame, read = read_table(tmp_path / "t.parquet")
    assert list(frame["member"]) == ["a", "b"]
    assert np.isnan(frame["value"][1])
    assert read["settings"] == {"L": 2}


def test_the_same_rows_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_table(tmp_path / name, rows(), header())
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_result_of_other_code_is_refused_by_the_name_of_its_module(tmp_path):
    write_table(tmp_path / "t.parquet", rows(), header(code={"scalinglaws.canonical": "0" * 12}))
    with pytest.raises(InputError, match=r"made by other code: module scalinglaws\.canonical"):
        read_table(tmp_path / "t.parquet")


def test_a_result_of_code_that_is_gone_is_refused(tmp_path):
    write_json(tmp_path / "f.json", {}, header(code={"scalinglaws.vanished": "0" * 12}))
    with pytest.raises(InputError, match=r"scalinglaws\.vanished .* is gone now"):
        read_json(tmp_path / "f.json")


def test_a_truncated_table_is_called_damaged_and_says_what_to_run(tmp_path):
    path = tmp_path / "t.parquet"
    write_table(path, rows(), header())
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"damaged.*snakemake"):
        read_table(path)


def test_a_missing_table_says_what_makes_it(tmp_path):
    with pytest.raises(InputError, match="does not exist; make it with: snakemake"):
        read_table(tmp_path / "none.parquet")


def test_torn_json_is_called_damaged(tmp_path):
    (tmp_path / "f.json").write_text('{"quantities": {')
    with pytest.raises(InputError, match="damaged"):
        read_json(tmp_path / "f.json")


def test_a_failed_rename_leaves_the_old_file_whole_and_no_temporary(tmp_path, monkeypatch):
    path = tmp_path / "f"
    write_whole(path, b"old")

    def full_disk(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(InputError, match="No space left on device"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize(
    ("function", "number"),
    [("fsync", errno.ENOSPC), ("fsync", errno.EDQUOT), ("replace", errno.EROFS)],
)
def test_a_full_or_locked_disk_is_one_sentence_and_leaves_the_old_file(
    tmp_path, monkeypatch, function, number
):
    path = tmp_path / "f"
    write_whole(path, b"old")

    def fail(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(InputError, match=os.strerror(number)):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize("found", [0, FORMAT + 1, None])
def test_a_file_of_another_layout_is_refused_with_what_it_has(tmp_path, found):
    write_table(tmp_path / "t.parquet", rows(), header(format=found))
    write_json(tmp_path / "f.json", {}, header(format=found))
    for read, name in ((read_table, "t.parquet"), (read_json, "f.json")):
        with pytest.raises(InputError, match=f"expected format {FORMAT}, found {found}"):
            read(tmp_path / name)


def test_a_folder_that_is_a_file_is_one_sentence_not_a_traceback(tmp_path):
    (tmp_path / "results").write_text("in the way")
    with pytest.raises(InputError, match="could not be written"):
        write_whole(tmp_path / "results" / "f", b"x")


def test_json_refuses_nan_so_that_no_reader_meets_one(tmp_path):
    with pytest.raises(ValueError, match="Out of range"):
        write_json(tmp_path / "f.json", {"x": float("nan")})
    assert not Path(tmp_path / "f.json").exists()


def test_json_is_sorted_whatever_the_order_of_keys(tmp_path):
    write_json(tmp_path / "one", {"b": 1, "a": 2})
    write_json(tmp_path / "two", {"a": 2, "b": 1})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert json.loads((tmp_path / "one").read_text()) == {"a": 2, "b": 1}


def test_stack_repeats_scalars_within_a_group():
    columns = stack([{"P": 4, "value": np.array([1.0, 2.0])}, {"P": 8, "value": np.array([3.0])}])
    assert columns["P"].tolist() == [4, 4, 8]
    assert columns["value"].tolist() == [1.0, 2.0, 3.0]


def test_stack_refuses_groups_with_other_columns():
    with pytest.raises(ValueError, match="differ in columns"):
        stack([{"P": 4, "value": 1.0}, {"D": 8, "value": 1.0}])


def test_the_code_of_several_inputs_is_their_union():
    assert merged_code({"code": {"a": "1"}}, {"code": {"b": "2"}}) == {"a": "1", "b": "2"}


@pytest.mark.parametrize(("mask", "mode"), [(0o077, 0o600), (0o002, 0o664), (0o022, 0o644)])
def test_files_have_the_rights_that_the_umask_leaves(tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        write_whole(tmp_path / "f", b"x")
        (tmp_path / "downloaded").touch(mode=0o600)
        heed_umask(tmp_path / "downloaded")
    finally:
        os.umask(before)
    assert (tmp_path / "f").stat().st_mode & 0o777 == mode
    assert (tmp_path / "downloaded").stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("read", [read_json, read_table])
def test_a_file_that_cannot_be_read_is_not_called_damaged(tmp_path, read):
    with pytest.raises(InputError, match=r"could not be read \(Is a directory\)"):
        read(tmp_path)
    with pytest.raises(InputError, match=r"could not be read \(Input/output error\)"):
        read("/proc/self/mem")


@pytest.mark.parametrize("content", ["[]", "3", '{"header": []}', '{"header": {"format": 1}}'])
def test_json_of_another_kind_is_one_sentence(tmp_path, content):
    (tmp_path / "f.json").write_text(content)
    with pytest.raises(InputError, match="is damaged or another kind of file"):
        read_json(tmp_path / "f.json")


@pytest.mark.parametrize("content", ["{}", '{"quantities": []}', '{"quantities": {}}'])
def test_a_record_that_is_no_fit_is_one_sentence(tmp_path, content):
    (tmp_path / "f.json").write_text(content)
    with pytest.raises(InputError, match="expected a fit with its quantities"):
        read_quantities(tmp_path / "f.json")


RUNS = sorted(ROOT.glob("experiments/*/run*.py"))


@pytest.mark.parametrize("file", RUNS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_no_experiment_rests_on_how_results_are_stored(file):
    """Else an edit of a file's layout would train every network anew."""
    reached = code_digest(f"scalinglaws.experiments.{file.parent.name}.{file.stem}")
    assert "scalinglaws.columns" in reached
    assert not {"scalinglaws.storage", "scalinglaws.codedigest"} & set(reached)

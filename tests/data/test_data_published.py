import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest

from made_data import npy_holding
from released_arrays import RELEASED_SETS, convert, convert_released_sets, read_released
from scalinglaws.config import CONFIG, read_datasets
from scalinglaws.data.published import load_published
from scalinglaws.errors import InputError

FOLDER = CONFIG / "published" / "damico2025"
ORIGIN = {"repository": "https://example.org/curves", "commit": "0" * 40}


def released_bytes(record: dict) -> bytes:
    """The record as its authors saved theirs: numpy pickles an object array."""
    stream = io.BytesIO()
    np.save(stream, np.array(record, dtype=object), allow_pickle=True)
    return stream.getvalue()


@pytest.fixture
def record():
    return {
        "P_arr": np.array([10, 20]),
        "mean_val_error_arr": np.array([[0.5, np.nan], [0.25, 0.125]]),
        "k1": np.float64(0.75),
        "min_P": 6,
        "x_left_arr": np.array([None, 1.5], dtype=object),
    }


def test_reader_returns_what_numpy_would_unpickle(record):
    content = released_bytes(record)
    found = read_released(content, "made.npy")
    trusted = np.load(io.BytesIO(content), allow_pickle=True).item()
    assert list(found) == list(trusted)
    for key, value in trusted.items():
        np.testing.assert_array_equal(found[key], value)


def test_reader_accepts_names_of_numpy_1_and_2(record):
    new = npy_holding(record)
    old = new.replace(b"cnumpy._core.", b"cnumpy.core.")
    assert old != new
    np.testing.assert_array_equal(read_released(new, "made.npy")["P_arr"], [10, 20])
    np.testing.assert_array_equal(read_released(old, "made.npy")["P_arr"], [10, 20])


def test_converted_set_reads_back_with_nan_for_null(record, tmp_path):
    content = released_bytes(record)
    path = tmp_path / "made.json"
    path.write_bytes(convert(content, "made.npy", ORIGIN))
    assert "NaN" not in path.read_text()
    loaded = load_published(path)
    np.testing.assert_array_equal(loaded["mean_val_error_arr"], record["mean_val_error_arr"])
    np.testing.assert_array_equal(loaded["x_left_arr"], [np.nan, 1.5])
    assert loaded["P_arr"].dtype == np.int64
    assert loaded["k1"] == 0.75
    assert loaded["origin"]["sha256"] == hashlib.sha256(content).hexdigest()


def test_rows_of_a_three_dimensional_array_are_trimmed_and_come_back_whole(tmp_path):
    curves = np.full((2, 3, 7), np.nan)
    curves[0, 1, 2:6] = [0.5, np.nan, 0.25, 0.1]
    curves[1, 2] = 1 / np.arange(3, 10)
    path = tmp_path / "made.json"
    path.write_bytes(convert(released_bytes({"curves": curves}), "made.npy", ORIGIN))
    assert path.read_text().count("null") == 1
    np.testing.assert_array_equal(load_published(path)["curves"], curves)


def test_conversion_gives_the_same_bytes_twice(record):
    content = released_bytes(record)
    assert convert(content, "made.npy", ORIGIN) == convert(content, "made.npy", ORIGIN)


def test_released_sets_are_converted_from_a_mirror(record, tmp_path, monkeypatch):
    folder = tmp_path / "mirror" / "damico2025"
    folder.mkdir(parents=True)
    content = released_bytes(record)
    variant = {"exactness": "official", "sha256": hashlib.sha256(content).hexdigest()}
    for name in RELEASED_SETS:
        (folder / f"{name}.npy").write_bytes(content)
    files = [{"name": f"{name}.npy", "variants": [variant]} for name in RELEASED_SETS]
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(tmp_path / "mirror"))
    entry = ORIGIN | {"folder": "damico2025", "files": files}
    convert_released_sets("curves", entry, tmp_path, tmp_path / "out")
    assert len(list((tmp_path / "out").glob("*.json"))) == 17


@pytest.mark.parametrize("name", RELEASED_SETS)
def test_kept_set_names_the_registered_original_and_is_consistent(name):
    loaded = load_published(FOLDER / f"{name}.json")
    entry = read_datasets()["damico2025_curves"]
    sums = {file["name"]: file["variants"][0]["sha256"] for file in entry["files"]}
    assert loaded["origin"]["sha256"] == sums[f"{name}.npy"]
    assert loaded["origin"]["commit"] == entry["commit"]
    curves, sizes, grid = (loaded[key] for key in ("mean_val_error_arr", "P_arr", "log_x_grid"))
    assert curves.shape[-2:] == (len(sizes), len(grid))
    assert np.all(np.diff(sizes) > 0)
    assert np.all(np.diff(grid) > 0)
    finite = curves[np.isfinite(curves)]
    assert finite.size > 0
    assert finite.min() > 0
    assert finite.max() <= 1


def test_kept_sets_stay_small():
    assert sum(path.stat().st_size for path in FOLDER.glob("*.json")) < 1_000_000


def test_missing_converted_set_says_how_to_restore_it(tmp_path):
    with pytest.raises(InputError, match="restore it with: git checkout"):
        load_published(tmp_path / "absent.json")


def test_converted_set_that_is_no_record_is_refused(tmp_path):
    path = Path(tmp_path / "set.json")
    path.write_text(json.dumps({"P_arr": [1, 2]})[:-4])
    with pytest.raises(InputError, match=r"set\.json is missing or damaged"):
        load_published(path)

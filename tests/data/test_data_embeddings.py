import hashlib

import numpy as np
import pytest

from scalinglaws.config import read_datasets, validate
from scalinglaws.data.prepare import prepare
from scalinglaws.data.stored import load_dataset, save_dataset
from scalinglaws.errors import InputError

NAME = "cifar10_efficientnet_b5"


@pytest.fixture
def held(tmp_path, monkeypatch):
    folder = tmp_path / NAME
    folder.mkdir()
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(tmp_path))
    changes = {"image_shape": [5], "classes": 3, "images": 30, "test_images": 6}
    entry = read_datasets()[NAME] | changes
    validate({NAME: entry}, "datasets.schema", "test")
    return folder, entry


def arrays(**changes):
    stream = np.random.default_rng(0)
    made = {
        "train": stream.normal(size=(24, 5)).astype(np.float16),
        "train_labels": np.arange(24) % 3,
        "test": stream.normal(size=(6, 5)).astype(np.float16),
        "test_labels": np.arange(6) % 3,
    }
    return made | changes


def put(folder, **made):
    path = folder / "embeddings.npz"
    np.savez(path, **made)
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "SHA256SUMS").write_text(f"{checksum}  embeddings.npz\n")


def test_embeddings_become_a_data_set_that_survives_storage(held, tmp_path):
    folder, entry = held
    put(folder, **arrays())
    dataset = prepare(NAME, entry)
    assert dataset.train_images.dtype == np.float32
    np.testing.assert_array_equal(dataset.train_images, arrays()["train"].astype(np.float32))
    assert dataset.card["counts"] == {"train": 24, "test": 6}
    header = {"format": 1, "station": "data", "name": NAME, "settings": {}, "code": {}}
    save_dataset(tmp_path / "a.npz", tmp_path / "a.json", dataset, header)
    stored = load_dataset(tmp_path / "a.npz")
    np.testing.assert_array_equal(stored.test_images, dataset.test_images)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train": np.ones((24, 4))}, r"images of shape \(24, 4\)"),
        ({"train": np.ones((20, 5))}, "floating point .* with n labels"),
        ({"train": np.ones((24, 5), dtype=int)}, "floating point"),
        ({"train": np.full((24, 5), np.nan)}, "not finite"),
        ({"test": np.ones((7, 5)), "test_labels": np.zeros(7, int)}, "embeddings of 31 images, 7"),
        ({"test_labels": np.full(6, 7)}, "the test part has .* images per class"),
    ],
)
def test_a_file_of_other_contents_is_refused_in_one_sentence(held, changes, message):
    folder, entry = held
    put(folder, **arrays(**changes))
    with pytest.raises(InputError, match=message):
        prepare(NAME, entry)


def test_a_file_without_an_array_is_refused(held):
    folder, entry = held
    made = arrays()
    del made["test_labels"]
    put(folder, **made)
    with pytest.raises(InputError, match=r"embeddings\.npz is damaged.*test_labels"):
        prepare(NAME, entry)


def test_a_file_that_differs_from_its_record_is_refused(held):
    folder, entry = held
    put(folder, **arrays())
    (folder / "SHA256SUMS").write_text("0" * 64 + "  embeddings.npz\n")
    with pytest.raises(InputError, match=r"embeddings\.npz has sha256 .* its record"):
        prepare(NAME, entry)


def test_without_the_file_the_user_learns_where_it_belongs(held, tmp_path, monkeypatch):
    _, entry = held
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(tmp_path / "empty"))
    with pytest.raises(InputError, match=r"put embeddings\.npz and its SHA256SUMS"):
        prepare(NAME, entry)

import hashlib
import json

import numpy as np
import pytest

from made_data import (
    cifar_record,
    entry_for,
    idx_bytes,
    idx_contents,
    made_images,
    made_labels,
    write_mirror,
)
from scalinglaws.config import read_datasets
from scalinglaws.data.prepare import channel_moments, fetch, prepare, repeats, stratified_split
from scalinglaws.data.stored import load_dataset, save_dataset
from scalinglaws.errors import InputError


@pytest.fixture
def mirrored(tmp_path, monkeypatch):
    contents = idx_contents()
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(write_mirror(tmp_path / "mirror", contents)))
    return contents, entry_for(contents)


def test_prepared_set_holds_the_files_arrays_and_a_full_card(mirrored):
    _, entry = mirrored
    dataset = prepare("made", entry)
    assert np.array_equal(dataset.train_images, made_images(12, (4, 4), 1))
    assert np.array_equal(dataset.test_labels, made_labels(6, 3))
    assert dataset.test_labels.dtype == np.int64
    assert dataset.card["counts"] == {"train": 12, "test": 6}
    assert dataset.card["per_class"] == {"train": [4, 4, 4], "test": [2, 2, 2]}
    assert dataset.card["exactness"] == "official"
    assert dataset.card["sha256"] == {
        file["name"]: file["variants"][0]["sha256"] for file in entry["files"]
    }


def test_fetched_set_reads_back_equal(mirrored, tmp_path):
    _, entry = mirrored
    fetch("made", entry, tmp_path / "made.npz", tmp_path / "made.json")
    stored, direct = load_dataset(tmp_path / "made.npz"), prepare("made", entry)
    assert np.array_equal(stored.train_images, direct.train_images)
    assert np.array_equal(stored.test_images, direct.test_images)
    assert np.array_equal(stored.train_labels, direct.train_labels)
    assert stored.card == direct.card
    card = json.loads((tmp_path / "made.json").read_text())
    assert card["header"]["station"] == "data"
    assert card["licence"] == "none"


def test_fetching_twice_gives_the_same_bytes(mirrored, tmp_path):
    _, entry = mirrored
    for folder in ("one", "two"):
        fetch("made", entry, tmp_path / folder / "made.npz", tmp_path / folder / "made.json")
    for name in ("made.npz", "made.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_cifar_batches_are_joined_in_order_and_the_last_is_the_test_set(tmp_path, monkeypatch):
    images = made_images(6, (32, 32, 3), 0)
    batches = {
        f"batch_{k}": b"".join(cifar_record([row], images[2 * k + row]) for row in range(2))
        for k in range(3)
    }
    entry = entry_for(
        batches,
        layout="cifar10_binary",
        folder="cifar",
        image_shape=[32, 32, 3],
        per_class={"classes": 2, "train": 2, "test": 1},
    )
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(write_mirror(tmp_path, batches, "cifar")))
    dataset = prepare("made", entry)
    assert np.array_equal(dataset.train_images, images[:4])
    assert np.array_equal(dataset.test_images, images[4:])
    assert dataset.train_labels.tolist() == [0, 1, 0, 1]


def test_wrong_class_counts_are_refused(mirrored):
    _, entry = mirrored
    entry["per_class"] = {"classes": 3, "train": [5, 4, 3], "test": 2}
    with pytest.raises(InputError, match=r"train part has \[4, 4, 4\].*expected \[5, 4, 3\]"):
        prepare("made", entry)


def test_wrong_image_shape_is_refused(mirrored):
    _, entry = mirrored
    entry["image_shape"] = [4, 5]
    with pytest.raises(InputError, match=r"\(12, 4, 4\).*expected \(4, 5\)"):
        prepare("made", entry)


def test_unexpected_repeats_are_refused_and_counted_where_nothing_is_known(tmp_path, monkeypatch):
    contents = idx_contents()
    names = list(contents)
    train, test = made_images(12, (4, 4), 1), made_images(6, (4, 4), 2)
    train[11] = train[0]
    test[3] = train[5]
    contents[names[0]], contents[names[2]] = idx_bytes(train), idx_bytes(test)
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(write_mirror(tmp_path, contents)))
    with pytest.raises(InputError, match=r"1 repeated images \(train\), expected at most 0"):
        prepare("made", entry_for(contents))
    unknown = prepare("made", entry_for(contents, repeats_at_most=None))
    assert unknown.card["repeats"] == {"train": 1, "test": 0, "test_in_train": 1}


def test_three_equal_images_are_two_repeats():
    images = np.zeros((3, 2, 2), np.uint8)
    assert repeats(images, images[:1]) == {"train": 2, "test": 0, "test_in_train": 1}


def test_moments_equal_those_of_the_scaled_pixels():
    images = made_images(50, (5, 5, 3), 0)
    means, deviations = channel_moments(images)
    np.testing.assert_allclose(means, (images / 255).mean(axis=(0, 1, 2)), rtol=1e-9)
    np.testing.assert_allclose(deviations, (images / 255).std(axis=(0, 1, 2)), rtol=1e-9)


def test_released_arrays_are_no_image_set():
    entry = read_datasets()["damico2025_curves"]
    with pytest.raises(InputError, match="holds no images"):
        prepare("damico2025_curves", entry)


def test_stratified_split_is_disjoint_balanced_and_repeatable():
    labels = np.repeat(np.arange(4), 10)
    split = {"root": 0, "train_per_class": 6, "test_per_class": 3}
    train, test = stratified_split("made", labels, split)
    assert not set(train) & set(test)
    assert np.bincount(labels[train]).tolist() == [6] * 4
    assert np.bincount(labels[test]).tolist() == [3] * 4
    again, _ = stratified_split("made", labels, split)
    other, _ = stratified_split("made", labels, split | {"root": 1})
    assert np.array_equal(train, again)
    assert not np.array_equal(train, other)
    assert not np.array_equal(labels[train], np.sort(labels[train]))


def test_split_larger_than_a_class_is_refused():
    split = {"root": 0, "train_per_class": 6, "test_per_class": 5}
    with pytest.raises(InputError, match="class 0 has 10 images, expected at least 6 \\+ 5"):
        stratified_split("made", np.repeat(np.arange(2), 10), split)


def test_quick_scale_digits_come_with_the_environment(no_mirror):
    dataset = prepare("mnist5k", read_datasets()["mnist5k"])
    assert dataset.train_images.shape == (3000, 28, 28)
    assert dataset.test_images.shape == (2000, 28, 28)
    assert np.bincount(dataset.test_labels).tolist() == [200] * 10
    assert dataset.card["repeats"] == {"train": 0, "test": 0, "test_in_train": 0}
    # MNIST's own published mean and deviation, of which these digits are a sample.
    assert abs(dataset.card["mean"][0] - 0.1307) < 0.005
    assert abs(dataset.card["std"][0] - 0.3081) < 0.005


def test_every_entry_of_the_registry_declares_sums_that_fit_its_layout():
    for name, entry in read_datasets().items():
        if "sums" in entry:  # no published checksums: its holder records them
            continue
        sums = [variant["sha256"] for file in entry["files"] for variant in file["variants"]]
        assert len(set(sums)) == len(sums), name
        assert entry.get("package") or entry["addresses"], name


def test_card_is_written_even_for_a_hand_made_set(mirrored, tmp_path):
    _, entry = mirrored
    dataset = prepare("made", entry)
    header = {"format": 1, "station": "data", "name": "made", "settings": {}, "code": {}}
    save_dataset(tmp_path / "a.npz", tmp_path / "a.json", dataset, header)
    assert load_dataset(tmp_path / "a.npz").name == "made"


@pytest.fixture
def held(tmp_path, monkeypatch):
    """A set without published checksums, as its holder keeps it."""
    folder = tmp_path / "cifar5m"
    folder.mkdir()
    labels = made_labels(30, 3).astype(np.int64)
    np.savez(folder / "part0.npz", X=made_images(30, (4, 4, 3), 5), Y=labels)
    record(folder, hashlib.sha256((folder / "part0.npz").read_bytes()).hexdigest())
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(tmp_path))
    entry = read_datasets()["cifar5m"]
    changes = {"image_shape": [4, 4, 3], "classes": 3, "images": 30, "test_images": 6}
    return folder, entry | changes


def record(folder, checksum):
    (folder / "SHA256SUMS").write_text(f"{checksum}  part0.npz\n")


def test_a_set_without_published_checksums_is_held_against_its_holders_record(held):
    _, entry = held
    dataset = prepare("cifar5m", entry)
    assert dataset.train_images.shape == (24, 4, 4, 3)
    assert len(dataset.test_labels) == 6
    assert dataset.card["exactness"] == "as recorded by its holder"
    assert dataset.card["per_class"] == {"train": [8, 8, 8], "test": [2, 2, 2]}


def test_a_held_file_that_differs_from_its_record_is_refused(held):
    folder, entry = held
    record(folder, "0" * 64)
    with pytest.raises(
        InputError, match=r"part0\.npz has sha256 .* its record SHA256SUMS says 000"
    ):
        prepare("cifar5m", entry)


def test_a_held_file_of_another_length_is_refused(held):
    _, entry = held
    with pytest.raises(InputError, match="30 images in cifar5m, expected 31"):
        prepare("cifar5m", entry | {"images": 31})


def test_a_held_set_that_is_not_there_says_where_to_put_it(held, tmp_path, monkeypatch):
    _, entry = held
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(tmp_path / "empty"))
    with pytest.raises(InputError, match=r"put part0\.npz and its SHA256SUMS .* into the folder"):
        prepare("cifar5m", entry)

"""From official files to a checked data set with its card."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scalinglaws.codedigest import code_digest
from scalinglaws.data.dataset import Dataset
from scalinglaws.data.readers import (
    read_cifar,
    read_digits_csv,
    read_embeddings,
    read_idx,
    read_npz_part,
    read_svhn,
)
from scalinglaws.data.registry import Entry, class_counts, number_of_classes
from scalinglaws.data.sources import Sourced, collect
from scalinglaws.data.stored import save_dataset
from scalinglaws.errors import InputError
from scalinglaws.storage import FORMAT
from scalinglaws.streams import generator

Labelled = tuple[np.ndarray, np.ndarray]


def fetch(name: str, entry: Entry, out_npz: str | Path, out_card: str | Path) -> None:
    """Get, check and store one data set; downloads are kept beside the result.

    Raises InputError for anything wrong with the source, its files or their contents.
    """
    dataset = prepare(name, entry, Path(out_npz).parent / "downloads")
    header = {
        "format": FORMAT,
        "station": "data",
        "name": name,
        "settings": dict(entry),
        "code": code_digest("scalinglaws.data.prepare"),
    }
    save_dataset(out_npz, out_card, dataset, header)


def prepare(name: str, entry: Entry, downloads: str | Path = "results/data/downloads") -> Dataset:
    """One registry entry as a checked `Dataset`.

    Raises InputError when files cannot be had, or shapes, class counts or repeats are not those
    of the registry.
    """
    if entry["layout"] not in LAYOUTS:
        raise InputError(
            f"{name} holds no images (layout {entry['layout']}): expected one of "
            f"{', '.join(sorted(LAYOUTS))}; choose an image set of config/datasets.yaml."
        )
    sourced = collect(name, entry, downloads)
    train, test = LAYOUTS[entry["layout"]](name, entry, sourced)
    for part, (images, labels) in (("train", train), ("test", test)):
        check_part(name, part, images, labels, entry)
    card = describe(name, entry, sourced, train, test)
    check_repeats(name, card["repeats"], entry.get("repeats_at_most"))
    return Dataset(name, *train, *test, card)


def from_idx(name: str, entry: Entry, sourced: Sourced) -> tuple[Labelled, Labelled]:
    """Four files in the registry's order: training images and labels, test images and labels."""
    arrays = [read_idx(sourced.files[file["name"]], file["name"]) for file in entry["files"]]
    train_images, train_labels, test_images, test_labels = arrays
    return (
        (train_images, train_labels.astype(np.int64)),
        (test_images, test_labels.astype(np.int64)),
    )


def from_cifar(name: str, entry: Entry, sourced: Sourced) -> tuple[Labelled, Labelled]:
    """Batches in the registry's order; the last file is the test set."""
    label_bytes = 2 if entry["layout"] == "cifar100_binary" else 1
    parts = [
        read_cifar(sourced.files[file["name"]], file["name"], label_bytes)
        for file in entry["files"]
    ]
    images = np.concatenate([images for images, _ in parts[:-1]])
    return (images, np.concatenate([labels for _, labels in parts[:-1]])), parts[-1]


def from_svhn(name: str, entry: Entry, sourced: Sourced) -> tuple[Labelled, Labelled]:
    """Two files in the registry's order: training and test set."""
    train, test = (read_svhn(sourced.files[file["name"]], file["name"]) for file in entry["files"])
    return train, test


def from_digits_csv(name: str, entry: Entry, sourced: Sourced) -> tuple[Labelled, Labelled]:
    """One table of digits, cut into a stratified training and test set by a named stream."""
    file = entry["files"][0]["name"]
    images, labels = read_digits_csv(sourced.files[file], file)
    train, test = stratified_split(name, labels, entry["split"])
    return (images[train], labels[train]), (images[test], labels[test])


def from_npz_parts(name: str, entry: Entry, sourced: Sourced) -> tuple[Labelled, Labelled]:
    """Parts one after the other; the last images stand for a test set."""
    parts = [read_npz_part(sourced.files[file["name"]], file["name"]) for file in entry["files"]]
    # A single part of a million images is not copied just to be joined to nothing.
    images = np.concatenate([images for images, _ in parts]) if parts[1:] else parts[0][0]
    labels = np.concatenate([labels for _, labels in parts])
    if len(images) != entry["images"]:
        raise InputError(
            f"{name}: {len(images)} images in {entry['folder']}, expected {entry['images']}; get "
            "the files again, or correct images in config/datasets.yaml."
        )
    first = len(images) - entry["test_images"]
    return (images[:first], labels[:first]), (images[first:], labels[first:])


def from_embeddings(name: str, entry: Entry, sourced: Sourced) -> tuple[Labelled, Labelled]:
    """Features of a pretrained network in place of images, with the labels of the images."""
    file = entry["files"][0]["name"]
    arrays = read_embeddings(sourced.files[file], file)
    found = (len(arrays["train"]) + len(arrays["test"]), len(arrays["test"]))
    if found != (entry["images"], entry["test_images"]):
        raise InputError(
            f"{name}: {file} holds embeddings of {found[0]} images, {found[1]} of the test set; "
            f"expected {entry['images']} and {entry['test_images']}; make the file again."
        )
    return (arrays["train"], arrays["train_labels"]), (arrays["test"], arrays["test_labels"])


def stratified_split(name: str, labels: np.ndarray, split: Entry) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of the two parts: so many of each class, then each part in random order.

    The file is sorted by class, so without the second step its head would hold zeros only.
    labels: (n,). Raises InputError when a class has fewer rows than the split asks for.
    """
    # One stream per class: another size of the split leaves the order within every class as it was.
    take, leave = split["train_per_class"], split["test_per_class"]
    train, test = [], []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        if len(rows) < take + leave:
            raise InputError(
                f"{name}: class {label} has {len(rows)} images, expected at least {take} + {leave} "
                "for the split in config/datasets.yaml; make the split smaller."
            )
        stream = generator(split["root"], "data", name, {"label": int(label)}, "split")
        shuffled = stream.permutation(rows)
        train.append(shuffled[:take])
        test.append(shuffled[take : take + leave])
    order = generator(split["root"], "data", name, {}, "order")
    return order.permutation(np.concatenate(train)), order.permutation(np.concatenate(test))


LAYOUTS = {
    "idx": from_idx,
    "cifar10_binary": from_cifar,
    "cifar100_binary": from_cifar,
    "svhn_mat": from_svhn,
    "digits_csv": from_digits_csv,
    "npz_parts": from_npz_parts,
    "embeddings_npz": from_embeddings,
}


def check_part(name: str, part: str, images: np.ndarray, labels: np.ndarray, entry: Entry) -> None:
    """Raises InputError when shape or class counts differ from the registry's."""
    shape, classes = tuple(entry["image_shape"]), number_of_classes(entry)
    if images.shape[1:] != shape or len(images) != len(labels):
        raise InputError(
            f"{name}: the {part} part has images of shape {images.shape} and {len(labels)} labels, "
            f"expected {shape} each and as many labels; replace the files of {entry['folder']}."
        )
    found = np.bincount(labels, minlength=classes).tolist()
    counts = class_counts(entry, part) if "per_class" in entry else found[:classes]
    if found != counts:
        raise InputError(
            f"{name}: the {part} part has {found} images per class, expected {counts}; "
            f"replace the files of {entry['folder']}."
        )


def check_repeats(name: str, found: Mapping[str, int], allowed: Mapping[str, int] | None) -> None:
    """Raises InputError when more images repeat each other than the registry knows of (null:
    never counted, so nothing is known)."""
    if allowed is None:
        return
    for part, count in found.items():
        if count > allowed[part]:
            raise InputError(
                f"{name}: {count} repeated images ({part}), expected at most {allowed[part]}; "
                "replace the files, or correct repeats_at_most in config/datasets.yaml."
            )


def repeats(train: np.ndarray, test: np.ndarray) -> dict[str, int]:
    """Images that equal an earlier one byte by byte, within each part and from test to train.

    train, test: arrays whose first axis counts images. Keys: train, test, test_in_train.
    """
    train_keys = [image.tobytes() for image in train]
    test_keys = [image.tobytes() for image in test]
    seen, seen_test = set(train_keys), set(test_keys)
    return {
        "train": len(train_keys) - len(seen),
        "test": len(test_keys) - len(seen_test),
        "test_in_train": sum(key in seen for key in test_keys),
    }


def describe(
    name: str, entry: Entry, sourced: Sourced, train: Labelled, test: Labelled
) -> dict[str, Any]:
    """The card: everything a reader of a result must know about the data behind it."""
    grades = sorted(set(sourced.exactness.values()))
    classes = number_of_classes(entry)
    counted = {
        part: np.bincount(labels, minlength=classes).tolist()
        for part, (_, labels) in (("train", train), ("test", test))
    }
    return {
        "name": name,
        "title": entry["title"],
        "source": sourced.source,
        "sha256": sourced.sha256,
        "exactness": " and ".join(grades),
        "exactness_of_files": sourced.exactness,
        "licence": entry["licence"],
        "citation": entry["citation"],
        "notes": entry["notes"],
        "image_shape": list(entry["image_shape"]),
        "classes": classes,
        "counts": {"train": len(train[1]), "test": len(test[1])},
        "per_class": counted,
        # a million images are not held a second time to count repeats that nobody states
        "repeats": repeats(train[0], test[0]) if "repeats_at_most" in entry else {},
        "mean": moments(train[0])[0],
        "std": moments(train[0])[1],
    }


def moments(values: np.ndarray) -> tuple[list[float], list[float]]:
    """Means and standard deviations: per channel for images, over all values for embeddings."""
    if values.dtype == np.uint8:
        return channel_moments(values)
    whole = values.astype(np.float64)
    return [round(float(whole.mean()), 10)], [round(float(whole.std()), 10)]


def channel_moments(images: np.ndarray) -> tuple[list[float], list[float]]:
    """Mean and standard deviation per channel of pixels / 255, exact: from a histogram.

    images: uint8 (n, h, w) or (n, h, w, channels). Sums over 256 values do not depend on the order
    in which a library adds millions of pixels, so a card reads the same on every machine.
    """
    channels = images.reshape(*images.shape[:3], -1)
    values = np.arange(256) / 255
    means, deviations = [], []
    for channel in range(channels.shape[-1]):
        share = (
            np.bincount(channels[..., channel].reshape(-1), minlength=256) / channels[..., 0].size
        )
        mean = float(share @ values)
        means.append(round(mean, 10))
        deviations.append(round(float(np.sqrt(share @ (values - mean) ** 2)), 10))
    return means, deviations

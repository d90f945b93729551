"""What an entry of the registry of data sets, config/datasets.yaml, says of its images."""

from collections.abc import Mapping
from typing import Any

Entry = Mapping[str, Any]


def number_of_classes(entry: Entry) -> int:
    return int(entry["per_class"]["classes"] if "per_class" in entry else entry["classes"])


def class_counts(entry: Entry, part: str) -> list[int]:
    """Images per class; the registry writes one number where all classes have as many."""
    counts = entry["per_class"][part]
    return [counts] * entry["per_class"]["classes"] if isinstance(counts, int) else list(counts)


def image_counts(entry: Entry) -> tuple[int, int]:
    """(training images, test images)."""
    if "per_class" in entry:
        return sum(class_counts(entry, "train")), sum(class_counts(entry, "test"))
    return entry["images"] - entry["test_images"], entry["test_images"]


def image_layout(entry: Entry) -> tuple[int, int, int]:
    """(side, channels, classes); embeddings, which have no pixels, are channels of side 1."""
    shape = entry["image_shape"]
    side, channels = {1: (1, shape[0]), 2: (shape[0], 1), 3: (shape[0], shape[-1])}[len(shape)]
    return side, channels, number_of_classes(entry)

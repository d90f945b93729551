"""Small made-up data sets in the publishers' layouts, with registry entries that fit them."""

import gzip
import hashlib
import io
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np

from scalinglaws.data.dataset import Dataset

IDX_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def idx_bytes(array: np.ndarray) -> bytes:
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def made_images(count: int, shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def made_labels(count: int, classes: int) -> np.ndarray:
    return (np.arange(count) % classes).astype(np.uint8)


def made_digits(train: int, test: int) -> Dataset:
    """Random images in the shape of MNIST's, all ten classes alike."""
    images = made_images(train + test, (28, 28), 0)
    labels = np.arange(train + test) % 10
    parts = (images[:train], labels[:train], images[train:], labels[train:])
    return Dataset("mnist5k", *parts, {})


def idx_contents() -> dict[str, bytes]:
    arrays = (
        made_images(12, (4, 4), 1),
        made_labels(12, 3),
        made_images(6, (4, 4), 2),
        made_labels(6, 3),
    )
    return {name: idx_bytes(array) for name, array in zip(IDX_NAMES, arrays, strict=True)}


def entry_for(contents: dict[str, bytes], **changes: Any) -> dict[str, Any]:
    """A registry entry of the right checksums; by default for `idx_contents`."""
    entry = {
        "title": "made digits",
        "layout": "idx",
        "folder": "MNIST/raw",
        "addresses": ["http://127.0.0.1:9/"],
        "files": [
            {"name": name, "variants": [{"exactness": "official", "sha256": sha256(content)}]}
            for name, content in contents.items()
        ],
        "image_shape": [4, 4],
        "per_class": {"classes": 3, "train": 4, "test": 2},
        "repeats_at_most": {"train": 0, "test": 0, "test_in_train": 0},
        "licence": "none",
        "citation": "nobody",
        "notes": "",
    }
    return entry | changes


def write_mirror(
    root: Path, contents: dict[str, bytes], folder: str = "MNIST/raw", packed: bool = False
) -> Path:
    target = root / folder
    target.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        if packed:
            (target / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
        else:
            (target / name).write_bytes(content)
    return root


def cifar_record(labels: list[int], image: np.ndarray) -> bytes:
    """Label bytes, then planes, written pixel by pixel as the publisher describes it."""
    planes = [
        image[row, column, plane] for plane in range(3) for row in range(32) for column in range(32)
    ]
    return bytes(labels) + bytes(int(value) for value in planes)


def npy_holding(value: Any) -> bytes:
    """What numpy would read with allow_pickle=True as an array holding this value."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "|O", "fortran_order": False, "shape": ()}
    )
    array = np.empty((), dtype=object)
    array[()] = value
    pickle.dump(array, stream, protocol=3)
    return stream.getvalue()

"""Readers of the publishers' own binary layouts. Bytes in, arrays out; nothing is unpickled."""

import io
import struct

import numpy as np
import scipy.io

from scalinglaws.errors import InputError

CIFAR_PIXELS = 3 * 32 * 32
DIGIT_PIXELS = 28 * 28


def damaged(label: str, found: str, expected: str) -> InputError:
    """The error that a reader raises; `label` names the file."""
    return InputError(
        f"{label} is damaged: found {found}, expected {expected}; remove the file, then run the "
        "same command again to fetch it afresh."
    )


def read_idx(content: bytes, label: str) -> np.ndarray:
    """An IDX file of unsigned bytes (LeCun's layout): uint8 array of the shape in its header.

    `label` names the file in messages. Raises InputError for a foreign or truncated file.
    """
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise damaged(label, f"first bytes {content[:4].hex() or 'none'}", "IDX magic 000008..")
    # Magic: two zero bytes, 8 for unsigned bytes, the number of dimensions; sizes are big-endian.
    dimensions = content[3]
    offset = 4 + 4 * dimensions
    if len(content) < offset:
        raise damaged(label, f"{len(content)} bytes", f"a header of {offset} bytes")
    shape = struct.unpack(f">{dimensions}I", content[4:offset])
    # In 64 bits: a damaged header may claim sizes whose product overflows 32.
    size = offset + int(np.prod(shape, dtype=np.int64))
    if len(content) != size:
        raise damaged(label, f"{len(content)} bytes", f"{size} bytes for shape {shape}")
    return np.frombuffer(content, dtype=np.uint8, offset=offset).reshape(shape)


def read_cifar(content: bytes, label: str, label_bytes: int) -> tuple[np.ndarray, np.ndarray]:
    """CIFAR's binary version: label bytes, then the red, green and blue planes, row by row.

    Returns images (n, 32, 32, 3) uint8 and labels (n,) int64. CIFAR-100 has two label bytes
    (coarse, fine); the last one is returned. Raises InputError for a truncated file.
    """
    record = label_bytes + CIFAR_PIXELS
    if not content or len(content) % record:
        raise damaged(label, f"{len(content)} bytes", f"a multiple of {record} bytes")
    rows = np.frombuffer(content, dtype=np.uint8).reshape(-1, record)
    # Colours last as in every set here, in memory too.
    planes = rows[:, label_bytes:].reshape(-1, 3, 32, 32)
    images = np.ascontiguousarray(planes.transpose(0, 2, 3, 1))
    return images, rows[:, label_bytes - 1].astype(np.int64)


def read_digits_csv(content: bytes, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Lines of 784 pixels and a label: images (n, 28, 28) uint8 and labels (n,) int64.

    Raises InputError for a line with another number of values or a value that is no byte.
    """
    try:
        table = np.loadtxt(io.BytesIO(content), delimiter=",", dtype=np.uint8, ndmin=2)
    except (ValueError, OverflowError) as problem:
        raise damaged(label, str(problem), "lines of integers from 0 to 255") from problem
    if table.shape[1] != DIGIT_PIXELS + 1:
        raise damaged(label, f"{table.shape[1]} values a line", f"{DIGIT_PIXELS + 1}")
    images = np.ascontiguousarray(table[:, :DIGIT_PIXELS]).reshape(-1, 28, 28)
    return images, table[:, DIGIT_PIXELS].astype(np.int64)


def read_svhn(content: bytes, label: str) -> tuple[np.ndarray, np.ndarray]:
    """SVHN's cropped digits (MATLAB 5): images (n, 32, 32, 3) uint8 and labels (n,) int64.

    The file numbers the digit 0 as class 10. Raises InputError for a damaged file.
    """
    try:
        record = scipy.io.loadmat(io.BytesIO(content), variable_names=["X", "y"])
        pixels, labels = record["X"], record["y"]
    except Exception as problem:  # loadmat raises errors of many unrelated kinds
        raise damaged(label, repr(problem), "a MATLAB 5 file with X and y") from problem
    if pixels.shape[:3] != (32, 32, 3) or pixels.dtype != np.uint8:
        raise damaged(label, f"X of shape {pixels.shape}", "(32, 32, 3, n) bytes")
    images = np.ascontiguousarray(np.moveaxis(pixels, 3, 0))
    return images, labels.reshape(-1).astype(np.int64) % 10


def read_embeddings(content: bytes, label: str) -> dict[str, np.ndarray]:
    """Arrays train, train_labels, test, test_labels of an npz without pickles.

    Embeddings are float32 (n, features), labels int64 (n,). Raises InputError for a damaged file,
    missing arrays, other shapes or values that are not finite.
    """
    names = ("train", "train_labels", "test", "test_labels")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in names}
    except Exception as problem:  # zip, numpy and key errors alike
        raise damaged(
            label, repr(problem), f"an npz file with the arrays {', '.join(names)}"
        ) from (problem)
    for part in ("train", "test"):
        rows, classes = arrays[part], arrays[f"{part}_labels"]
        if rows.ndim != 2 or rows.dtype.kind != "f" or classes.shape != rows.shape[:1]:
            found = f"{part} {rows.dtype} {rows.shape} with labels {classes.shape}"
            raise damaged(label, found, "floating point (n, features) with n labels")
        if not np.isfinite(rows).all():
            raise damaged(label, f"values in {part} that are not finite", "finite numbers")
        arrays[part] = rows.astype(np.float32)
        arrays[f"{part}_labels"] = classes.astype(np.int64)
    return arrays


def read_npz_part(content: bytes, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Arrays X (n, h, w, 3) uint8 and Y (n,) of an npz without pickles; labels as int64.

    Raises InputError for a damaged file, missing arrays or other types.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            images, labels = archive["X"], archive["Y"]
    except Exception as problem:  # zip, numpy and key errors alike
        raise damaged(label, repr(problem), "an npz file with the arrays X and Y") from problem
    if images.dtype != np.uint8 or images.ndim != 4 or labels.ndim != 1:
        raise damaged(label, f"X {images.dtype} {images.shape}", "images as bytes, labels in a row")
    return images, labels.astype(np.int64)

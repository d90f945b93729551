"""Tasks made from raw image sets: scaling, pooling, nested subsets."""

import numpy as np

from scalinglaws.errors import InputError


def average_pool(images: np.ndarray, window: int) -> np.ndarray:
    """Means over disjoint `window` x `window` patches, as float32 in [0, 1].

    images: uint8, (n, h, w) or (n, h, w, channels); the result has sides h / window, w / window.
    Sums are taken in integers, so the result does not depend on summation order.
    Raises InputError when the window does not divide the sides.
    """
    count, height, width, *channels = images.shape
    if window < 1 or height % window or width % window:
        raise InputError(
            f"pooling window {window} does not fit images of {height} x {width} pixels: expected "
            "a common divisor of both sides; change the pooling in config/scales."
        )
    patches = images.reshape(count, height // window, window, width // window, window, *channels)
    total = patches.sum(axis=(2, 4), dtype=np.int64)
    return (total / (255 * window * window)).astype(np.float32)


def standardise(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Subtract the training mean and divide by the training standard deviation, over all pixels.

    float32 arrays (n, ...); statistics are taken in float64. The test set gets the training set's
    numbers: its own would be knowledge that a trained network does not have.
    """
    mean = np.float32(train.mean(dtype=np.float64))
    deviation = np.float32(train.std(dtype=np.float64))
    return (train - mean) / deviation, (test - mean) / deviation


def nested_subset(total: int, size: int, stream: np.random.Generator) -> np.ndarray:
    """Indices of `size` samples out of `total`: the head of one permutation, so that with the same
    stream smaller subsets lie inside larger ones. Returns (size,) int64.

    Raises InputError when more samples are asked for than there are.
    """
    if not 1 <= size <= total:
        raise InputError(
            f"a subset of {size} samples was asked for, expected between 1 and {total}, the size "
            "of the training set: change the sizes in config/scales."
        )
    return stream.permutation(total)[:size]

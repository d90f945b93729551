"""A labelled image set as it lies in memory: raw bytes, labels and the card that describes them."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Dataset:
    """Images as stored by their publishers; tasks (pooling, superclasses, noise) come later.

    - `train_images`, `test_images`: uint8, shape (n, height, width) for grey images,
      (n, height, width, 3) for colour.
      Sets of embeddings hold float32 features (n, features) instead.
    - `train_labels`, `test_labels`: int64, shape (n,), values 0 to classes - 1.
    - `card`: source, checksums, exactness, licence, citation, counts, mean and standard
      deviation of the training pixels divided by 255, per channel.
    """

    name: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    card: dict[str, Any]

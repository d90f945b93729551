"""Images on the device: small whole numbers that are normalised batch by batch.

A training set of CIFAR is 150 MB as bytes and 600 MB as float32; what a step reads from memory is
the bytes, and its normalisation costs less than a hundredth of the step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from scalinglaws.data.transforms import average_pool

LEVELS = 255  # the largest byte
CIFAR = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)  # the authors' programs


@dataclass(frozen=True)
class Images:
    """- `pixels`: (n, side, side, channels), uint8, or int16 where pixels were pooled.
    - `labels`: (n,) int64.
    - `scale`, `shift`: (channels,) float32; the network sees pixels * scale + shift. None where
      pixels are float32 as the network sees them (with noise of their own, say).
    """

    pixels: Tensor
    labels: Tensor
    scale: Tensor | None = None
    shift: Tensor | None = None

    @property
    def side(self) -> int:
        return self.pixels.shape[1]

    @property
    def channels(self) -> int:
        return self.pixels.shape[3]


def resident(
    images: np.ndarray,
    labels: np.ndarray,
    window: int,
    mean: Sequence[float],
    deviation: Sequence[float],
    device: str,
) -> Images:
    """Raw bytes (n, h, w) or (n, h, w, 3) as the sums over `window` x `window` patches.

    Pixels in [0, 1] (patch means) are normalised as (x - mean) / deviation, per channel.
    Raises InputError when the window does not divide the sides.
    """
    whole = images if window == 1 else patch_sums(images, window)
    pixels = torch.tensor(whole if whole.ndim == 4 else whole[..., None])
    spread = torch.tensor(deviation, dtype=torch.float64)
    scale = 1.0 / (spread * (LEVELS * window**2))
    shift = -torch.tensor(mean, dtype=torch.float64) / spread
    return Images(
        pixels.to(device),
        torch.tensor(labels).to(device),
        scale.float().to(device),
        shift.float().to(device),
    )


def as_seen(images: np.ndarray, labels: np.ndarray, device: str) -> Images:
    """Of images (n, channels, side, side) that the network sees as they stand.

    They keep their order in memory: of images with one channel torch chooses the convolution by
    the strides, and another adds up in another order.
    """
    pixels = torch.tensor(images, dtype=torch.float32).to(device)
    return Images(pixels.movedim(1, -1), torch.tensor(labels).to(device))


def head(images: Images, count: int) -> Images:
    """The first of them."""
    return replace(images, pixels=images.pixels[:count], labels=images.labels[:count])


def patch_sums(images: np.ndarray, window: int) -> np.ndarray:
    """int16 sums: means would lose digits as bytes and take twice the memory as float32."""
    means = average_pool(images, window)
    return np.rint(means * (LEVELS * window**2)).astype(np.int16)


def normalisation(name: str, card: Mapping[str, Any]) -> tuple[Sequence[float], Sequence[float]]:
    """Mean and deviation per channel.

    ``half`` is 0.5 and 0.5, ``channels`` the training set's own, ``cifar`` the authors' constants
    for both CIFARs, whose deviations are means of those within images, a fifth below the sets' own.
    """
    if name == "channels":
        return card["mean"], card["std"]
    return CIFAR if name == "cifar" else ([0.5], [0.5])


def normalised(images: Images, pixels: Tensor) -> Tensor:
    """Pixels (batch, side, side, channels) as float32 (batch, channels, side, side).

    The result is channels-last in memory, as the pixels are.
    """
    if images.scale is not None and images.shift is not None:
        pixels = torch.addcmul(images.shift, pixels.float(), images.scale)
    return pixels.movedim(-1, 1)

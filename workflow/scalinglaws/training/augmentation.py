"""Random transforms of images (n, side, side, channels), drawn first and applied batch by batch.

The two that the authors of arXiv:2505.13230 use: a random crop of the image padded with black and
a flip; and a random rotation with a random shift. Draws come from numpy streams of the epoch, so
that they are the same on every device and known without those of earlier epochs.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

PADDED = 1 / 8  # crop: black margin, as a part of the side (4 of 32 pixels)
SHIFT = 0.1  # affine: largest shift, as a part of the side
DEGREES = 10.0  # affine: largest rotation


@dataclass(frozen=True)
class Augmentation:
    """- `draw(stream, count, side)`: float32 (count, 3), one row per image.
    - `apply(pixels, rows)`: the transformed images, as many as rows, same dtype.
    """

    draw: Callable[[np.random.Generator, int, int], np.ndarray]
    apply: Callable[[Tensor, Tensor], Tensor]


def draw_crops(stream: np.random.Generator, count: int, side: int) -> np.ndarray:
    """Rows (top, left, flip): the crop's corner in the padded image, and 1 to mirror it."""
    margin = crop_margin(side)
    corners = stream.integers(0, 2 * margin + 1, (count, 2))
    return np.column_stack([corners, stream.integers(0, 2, count)]).astype(np.float32)


def crop_margin(side: int) -> int:
    return max(1, round(PADDED * side))


def crop(pixels: Tensor, rows: Tensor) -> Tensor:
    """Cut out at the drawn corners after padding with zeros; mirror left and right where drawn."""
    side = pixels.shape[1]
    margin = crop_margin(side)
    padded = F.pad(pixels, (0, 0, margin, margin, margin, margin))
    top, left, flip = rows.long().unbind(1)
    steps = torch.arange(side, device=pixels.device)
    across = torch.where(flip[:, None] == 1, side - 1 - steps, steps)
    which = torch.arange(len(pixels), device=pixels.device)[:, None, None]
    return padded[which, (top[:, None] + steps)[:, :, None], (left[:, None] + across)[:, None, :]]


def draw_affine(stream: np.random.Generator, count: int, side: int) -> np.ndarray:
    """Rows (angle in radians, shift to the right, shift downwards in whole pixels)."""
    angles = stream.uniform(-math.radians(DEGREES), math.radians(DEGREES), count)
    shifts = np.rint(stream.uniform(-SHIFT * side, SHIFT * side, (count, 2)))
    return np.column_stack([angles, shifts]).astype(np.float32)


def rotate_and_shift(pixels: Tensor, rows: Tensor) -> Tensor:
    """Rotate about the centre, then shift; nearest pixel, black from outside the image."""
    side = pixels.shape[1]
    angle, right, down = rows.unbind(1)
    # grid_sample asks where in the source, whose corners are -1 and 1, each pixel comes from.
    x, y = 2 * right / side, 2 * down / side
    cosine, sine = angle.cos(), angle.sin()
    inverse = torch.stack(
        [
            torch.stack([cosine, sine, -cosine * x - sine * y], 1),
            torch.stack([-sine, cosine, sine * x - cosine * y], 1),
        ],
        1,
    )
    source = pixels.movedim(-1, 1).float()
    grid = F.affine_grid(inverse, list(source.shape), align_corners=False)
    moved = F.grid_sample(source, grid, mode="nearest", align_corners=False)
    return moved.movedim(1, -1).to(pixels.dtype)


AUGMENTATIONS = {
    "crop_flip": Augmentation(draw_crops, crop),
    "affine": Augmentation(draw_affine, rotate_and_shift),
}

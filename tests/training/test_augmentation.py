import math

import numpy as np
import pytest
import torch
from torch import Tensor

from scalinglaws.training.augmentation import AUGMENTATIONS


def images(count: int, side: int, channels: int = 3, dtype: torch.dtype = torch.uint8) -> Tensor:
    source = torch.Generator().manual_seed(0)
    return torch.randint(1, 256, (count, side, side, channels), generator=source).to(dtype)


def drawn(kind: str, count: int, side: int, seed: int = 0) -> np.ndarray:
    return AUGMENTATIONS[kind].draw(np.random.default_rng(seed), count, side)


def applied(kind: str, pixels: Tensor, rows: list[list[float]] | np.ndarray) -> Tensor:
    return AUGMENTATIONS[kind].apply(pixels, torch.tensor(rows, dtype=torch.float32))


@pytest.mark.parametrize("side", [32, 16])
def test_crops_are_those_of_a_plain_loop(side: int) -> None:
    pixels, rows, margin = images(40, side), drawn("crop_flip", 40, side), side // 8
    cropped = applied("crop_flip", pixels, rows).numpy()
    for image, row, found in zip(pixels.numpy(), rows.astype(int), cropped, strict=True):
        top, left, flip = row
        padded = np.pad(image, ((margin, margin), (margin, margin), (0, 0)))
        expected = padded[top : top + side, left : left + side]
        np.testing.assert_array_equal(found, expected[:, ::-1] if flip else expected)


def test_all_corners_and_both_flips_are_equally_likely() -> None:
    rows = drawn("crop_flip", 81_000, 32)
    corners, counts = np.unique(rows[:, :2], axis=0, return_counts=True)
    assert len(corners) == 81
    assert corners.min() == 0
    assert corners.max() == 8
    assert np.abs(counts - 1000).max() < 5 * math.sqrt(1000)
    assert rows[:, 2].mean() == pytest.approx(0.5, abs=0.01)
    assert set(np.unique(rows[:, 2])) == {0.0, 1.0}


def test_rotations_and_shifts_are_uniform_within_ten_degrees_and_a_tenth_of_the_side() -> None:
    angle, right, down = drawn("affine", 100_000, 28).T
    for values, limit in ((np.degrees(angle), 10.0), (right, 2.8), (down, 2.8)):
        assert np.abs(values).max() <= math.ceil(limit)
        assert values.mean() == pytest.approx(0, abs=0.02 * limit)
        assert values.std() == pytest.approx(limit / math.sqrt(3), rel=0.06)
    assert set(np.unique(right)) == {-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0}  # whole pixels


@pytest.mark.parametrize("side", [28, 27])
def test_without_angle_images_are_moved_by_whole_pixels_into_black(side: int) -> None:
    pixels = images(2, side, 1)
    moved = applied("affine", pixels, [[0, 2, -1], [0, 0, 0]])
    assert torch.equal(moved[1], pixels[1])
    assert torch.equal(moved[0, :-1, 2:], pixels[0, 1:, :-2])
    assert not moved[0, -1].any()
    assert not moved[0, :, :2].any()


@pytest.mark.parametrize("side", [28, 27])
def test_a_quarter_turn_is_exact(side: int) -> None:
    pixels = images(1, side)
    turned = applied("affine", pixels, [[math.pi / 2, 0, 0]])[0].numpy()
    quarter = [np.rot90(pixels[0].numpy(), turns) for turns in (1, 3)]
    assert any(np.array_equal(turned, expected) for expected in quarter)


def test_small_rotations_take_the_pixel_nearest_to_the_point_turned_back() -> None:
    side, count = 28, 20
    pixels, rows = images(count, side, 1), drawn("affine", count, side, 3)
    moved = applied("affine", pixels, rows)
    wrong = 0
    for image, row, found in zip(pixels[..., 0], rows.astype(float), moved[..., 0], strict=True):
        for y in range(side):
            for x in range(side):
                # rotate about the centre, then shift: turn back what is left without the shift
                along, across = x - row[1] - (side - 1) / 2, y - row[2] - (side - 1) / 2
                cosine, sine = math.cos(row[0]), math.sin(row[0])
                column = round(cosine * along + sine * across + (side - 1) / 2)
                line = round(-sine * along + cosine * across + (side - 1) / 2)
                inside = 0 <= column < side and 0 <= line < side
                wrong += int(found[y, x]) != (int(image[line, column]) if inside else 0)
    assert wrong <= 2e-3 * count * side**2  # float32 decides points half-way between two pixels


@pytest.mark.parametrize("kind", ["crop_flip", "affine"])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.float32])
def test_pixels_keep_their_type_and_each_image_its_own_draw(kind: str, dtype: torch.dtype) -> None:
    pixels, rows = images(9, 16, 3, dtype), drawn(kind, 9, 16)
    batch = applied(kind, pixels, rows)
    assert batch.dtype == dtype
    assert batch.shape == pixels.shape
    for number in range(9):
        alone = applied(kind, pixels[number : number + 1], rows[number : number + 1])
        assert torch.equal(batch[number], alone[0])


@pytest.mark.parametrize("kind", ["crop_flip", "affine"])
def test_draws_belong_to_their_stream(kind: str) -> None:
    np.testing.assert_array_equal(drawn(kind, 50, 32, 1), drawn(kind, 50, 32, 1))
    assert not np.array_equal(drawn(kind, 50, 32, 1), drawn(kind, 50, 32, 2))

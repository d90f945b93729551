import numpy as np
import pytest
import torch

from scalinglaws.errors import InputError
from scalinglaws.training.images import normalisation, normalised, resident

CARD = {"mean": [0.49, 0.48, 0.45], "std": [0.25, 0.24, 0.26]}


def colour(count: int = 7, side: int = 8) -> np.ndarray:
    source = np.random.default_rng(0)
    return source.integers(0, 256, (count, side, side, 3)).astype(np.uint8)


@pytest.mark.parametrize("window", [1, 2, 4])
def test_normalising_batch_by_batch_equals_normalising_beforehand(window: int) -> None:
    pixels, labels = colour(), np.arange(7)
    images = resident(pixels, labels, window, *normalisation("channels", CARD), "cpu")
    side = 8 // window
    means = pixels.reshape(7, side, window, side, window, 3).mean((2, 4)) / 255
    expected = ((means - CARD["mean"]) / CARD["std"]).transpose(0, 3, 1, 2)
    batch = torch.tensor([5, 0, 5, 3])
    found = normalised(images, images.pixels[batch])
    np.testing.assert_allclose(found, expected[batch], atol=2e-6)
    assert found.dtype == torch.float32
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(images.labels, torch.arange(7))


@pytest.mark.parametrize(("window", "dtype"), [(1, torch.uint8), (2, torch.int16)])
def test_images_stay_small_whole_numbers(window: int, dtype: torch.dtype) -> None:
    images = resident(colour(), np.arange(7), window, [0.5], [0.5], "cpu")
    assert images.pixels.dtype == dtype
    assert (images.side, images.channels) == (8 // window, 3)


def test_grey_images_get_one_channel_between_minus_one_and_one() -> None:
    grey = np.array([[[0, 255], [255, 0]]], dtype=np.uint8)
    images = resident(grey, np.zeros(1, dtype=int), 1, *normalisation("half", {}), "cpu")
    found = normalised(images, images.pixels)
    np.testing.assert_allclose(found, [[[[-1, 1], [1, -1]]]], atol=1e-6)


def test_a_window_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="pooling window 3"):
        resident(colour(), np.arange(7), 3, [0.5], [0.5], "cpu")


def test_the_authors_constants_are_the_known_means_with_smaller_deviations():
    mean, deviation = normalisation("cifar", CARD)
    assert mean == pytest.approx((0.4914, 0.4822, 0.4465))
    assert np.divide((0.2470, 0.2435, 0.2616), deviation) == pytest.approx(1.25, abs=0.06)

import numpy as np
import pytest

from made_data import made_images
from scalinglaws.data.transforms import average_pool, nested_subset, standardise
from scalinglaws.errors import InputError


def unit_scale(images):
    return images.astype(np.float32) / np.float32(255)


@pytest.mark.parametrize("shape", [(8, 12), (8, 12, 3)])
def test_average_pool_equals_a_plain_loop(shape):
    images = made_images(3, shape, 0)
    pooled = average_pool(images, 4)
    assert pooled.shape == (3, 2, 3, *shape[2:])
    for row in range(2):
        for column in range(3):
            patch = images[:, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
            mean = patch.astype(float).mean(axis=(1, 2)) / 255
            np.testing.assert_allclose(pooled[:, row, column], mean, rtol=1e-6)


def test_pooling_by_one_only_rescales():
    images = made_images(2, (4, 4), 0)
    assert np.array_equal(average_pool(images, 1), unit_scale(images))
    assert average_pool(images, 1).dtype == np.float32


@pytest.mark.parametrize("window", [0, 3, 8])
def test_window_that_does_not_divide_the_sides_is_refused(window):
    with pytest.raises(InputError, match=f"window {window} .* 4 x 4"):
        average_pool(made_images(1, (4, 4), 0), window)


def test_standardised_training_set_has_mean_zero_and_unit_variance():
    train, test = unit_scale(made_images(40, (4, 4), 0)), unit_scale(made_images(9, (4, 4), 1))
    scaled, other = standardise(train, test)
    assert abs(scaled.mean(dtype=float)) < 1e-6
    assert abs(scaled.std(dtype=float) - 1) < 1e-5
    np.testing.assert_allclose(other * train.std() + train.mean(), test, atol=1e-6)


def test_smaller_subsets_lie_inside_larger_ones():
    small = nested_subset(50, 10, np.random.default_rng(3))
    large = nested_subset(50, 30, np.random.default_rng(3))
    assert np.array_equal(small, large[:10])
    assert len(set(large.tolist())) == 30


@pytest.mark.parametrize("size", [0, 51])
def test_subset_beyond_the_data_set_is_refused(size):
    with pytest.raises(InputError, match=f"subset of {size} samples .* between 1 and 50"):
        nested_subset(50, size, np.random.default_rng(3))

import gzip
import io

import numpy as np
import pytest
import scipy.io

from made_data import cifar_record, idx_bytes, made_images
from scalinglaws.data.readers import read_cifar, read_digits_csv, read_idx, read_svhn
from scalinglaws.errors import InputError


def test_idx_reader_returns_the_written_array():
    images = made_images(5, (28, 28), 0)
    assert np.array_equal(read_idx(idx_bytes(images), "images"), images)


def test_idx_reader_keeps_row_major_order():
    content = b"\x00\x00\x08\x02" + b"\x00\x00\x00\x02" + b"\x00\x00\x00\x03" + bytes(range(6))
    assert read_idx(content, "table").tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("cut", [0, 3, 7, 17, 40])
def test_truncated_idx_is_refused_with_both_sizes(cut):
    content = idx_bytes(made_images(2, (4, 4), 0))
    with pytest.raises(InputError, match=r"images is damaged: found .* expected"):
        read_idx(content[:cut], "images")


def test_idx_of_another_value_type_is_refused():
    content = bytearray(idx_bytes(made_images(2, (4, 4), 0)))
    content[2] = 0x0D
    with pytest.raises(InputError, match="00000d03"):
        read_idx(bytes(content), "floats")


def test_cifar10_reader_puts_planes_where_a_plain_loop_puts_them():
    images = made_images(3, (32, 32, 3), 4)
    content = b"".join(cifar_record([7 + k], image) for k, image in enumerate(images))
    found, labels = read_cifar(content, "batch", label_bytes=1)
    assert np.array_equal(found, images)
    assert labels.tolist() == [7, 8, 9]
    assert labels.dtype == np.int64


def test_cifar100_reader_returns_the_fine_label():
    image = made_images(1, (32, 32, 3), 4)[0]
    _, labels = read_cifar(cifar_record([19, 87], image), "train", label_bytes=2)
    assert labels.tolist() == [87]


@pytest.mark.parametrize("size", [0, 3072, 3074])
def test_truncated_cifar_is_refused(size):
    with pytest.raises(InputError, match="multiple of 3073"):
        read_cifar(bytes(size), "batch", label_bytes=1)


def test_digits_csv_reader_splits_pixels_and_label():
    rows = [[*range(256), *[0] * 528, 3], [*[9] * 784, 8]]
    text = "\n".join(",".join(map(str, row)) for row in rows) + "\n"
    images, labels = read_digits_csv(text.encode(), "digits")
    assert images.reshape(2, -1).tolist() == [row[:-1] for row in rows]
    assert labels.tolist() == [3, 8]


@pytest.mark.parametrize("text", ["1,2,3\n", ",".join(["300"] * 785), "a,b\n", "1,2\n1\n"])
def test_foreign_csv_is_refused(text):
    with pytest.raises(InputError, match="digits is damaged"):
        read_digits_csv(text.encode(), "digits")


def test_svhn_reader_moves_samples_first_and_makes_class_ten_zero():
    pixels = made_images(4, (32, 32, 3), 5)
    stream = io.BytesIO()
    scipy.io.savemat(
        stream, {"X": np.moveaxis(pixels, 0, 3), "y": np.array([[1], [10], [9], [10]])}
    )
    images, labels = read_svhn(stream.getvalue(), "train")
    assert np.array_equal(images, pixels)
    assert labels.tolist() == [1, 0, 9, 0]


def test_damaged_svhn_is_refused():
    with pytest.raises(InputError, match="train is damaged"):
        read_svhn(gzip.compress(b"no matlab"), "train")

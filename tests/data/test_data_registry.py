import copy

import pytest

from scalinglaws.config import read_datasets, validate
from scalinglaws.data.registry import image_counts, image_layout
from scalinglaws.errors import InputError


@pytest.fixture
def entries():
    return copy.deepcopy(read_datasets())


def test_registry_as_shipped_is_valid_and_holds_the_papers_sets(entries):
    validate(entries, "datasets.schema", "config/datasets.yaml")
    assert {"mnist5k", "mnist", "fashion_mnist", "cifar10", "cifar100", "svhn"} <= set(entries)
    assert len(entries["damico2025_curves"]["files"]) == 17


@pytest.mark.parametrize(
    ("name", "counts", "layout"),
    [
        ("mnist5k", (3000, 2000), (28, 1, 10)),
        ("mnist", (60000, 10000), (28, 1, 10)),
        ("cifar100", (50000, 10000), (32, 3, 100)),
        ("svhn", (73257, 26032), (32, 3, 10)),
        ("cifar5m", (990448, 10000), (32, 3, 10)),
        ("cifar10_efficientnet_b5", (50000, 10000), (1, 2048, 10)),
    ],
)
def test_images_and_their_layout_are_as_published(entries, name, counts, layout):
    assert image_counts(entries[name]) == counts
    assert image_layout(entries[name]) == layout


def test_unknown_key_is_refused(entries):
    entries["mnist"]["license"] = "none"
    with pytest.raises(InputError, match="unknown key 'license'"):
        validate(entries, "datasets.schema", "config/datasets.yaml")


@pytest.mark.parametrize("name", ["mnist", "damico2025_curves"])
def test_missing_key_is_refused(entries, name):
    del entries[name]["licence"]
    with pytest.raises(InputError, match=f"{name}.*licence"):
        validate(entries, "datasets.schema", "config/datasets.yaml")


def test_checksum_that_is_no_sha256_is_refused(entries):
    entries["cifar10"]["files"][0]["variants"][0]["sha256"] = "c32a1d4ab5d03f1284b67883e8d87530"
    with pytest.raises(InputError, match="c32a1d4ab5d03f1284b67883e8d87530"):
        validate(entries, "datasets.schema", "config/datasets.yaml")


def test_digits_without_a_split_are_refused(entries):
    del entries["mnist5k"]["split"]
    with pytest.raises(InputError, match="split"):
        validate(entries, "datasets.schema", "config/datasets.yaml")

import copy

import pytest

from scalinglaws.config import read_datasets, validate
from scalinglaws.data.registry import dataset_entry
from scalinglaws.errors import InputError


@pytest.fixture
def entries():
    return copy.deepcopy(read_datasets())


def test_registry_as_shipped_is_valid_and_holds_the_papers_sets(entries):
    validate(entries, "datasets.schema", "config/datasets.yaml")
    assert {"mnist5k", "mnist", "fashion_mnist", "cifar10", "cifar100", "svhn"} <= set(entries)
    assert len(entries["damico2025_curves"]["files"]) == 17


def test_unknown_set_is_refused_with_the_known_names(entries):
    with pytest.raises(InputError, match=r"data set minst is unknown: expected one of .*mnist5k"):
        dataset_entry("minst", entries)


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

"""Collected only where SCALINGLAWS_MIRROR names a mirror of the real files (tests/conftest.py)."""

import os
from pathlib import Path

import numpy as np
import pytest

from released_arrays import convert_released_sets, read_released
from scalinglaws.config import CONFIG, read_datasets
from scalinglaws.data.prepare import prepare
from scalinglaws.data.published import load_published
from scalinglaws.data.sources import collect

MIRROR = Path(os.environ["SCALINGLAWS_MIRROR"])
HELD = [
    name
    for name, entry in read_datasets().items()
    if "image_shape" in entry and (MIRROR / entry["folder"]).is_dir()
]
CURVES = read_datasets()["damico2025_curves"]
# Published means of the training pixels, to the digits their publishers and users quote.
MEANS = {
    "mnist": [0.1307],
    "fashion_mnist": [0.2860],
    "cifar10": [0.4914, 0.4822, 0.4465],
    "cifar100": [0.5071, 0.4865, 0.4409],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HELD)
def test_real_set_passes_every_check_and_has_the_published_mean(name, tmp_path):
    dataset = prepare(name, read_datasets()[name], tmp_path)
    np.testing.assert_allclose(dataset.card["mean"], MEANS[name], atol=1.5e-4)
    assert dataset.card["source"].startswith("mirror")


if (MIRROR / CURVES["folder"]).is_dir():

    def test_all_released_arrays_pass_the_allow_list(tmp_path):
        sourced = collect("damico2025_curves", CURVES, tmp_path)
        records = [read_released(content, name) for name, content in sourced.files.items()]
        assert len(records) == 17
        assert all("P_arr" in record for record in records)

    def test_kept_sets_hold_the_released_numbers_exactly(tmp_path):
        sourced = collect("damico2025_curves", CURVES, tmp_path)
        for name, content in sourced.files.items():
            kept = load_published(
                CONFIG / "published" / "damico2025" / Path(name).with_suffix(".json")
            )
            for key, value in read_released(content, name).items():
                numbers = np.asarray(value).astype(float)  # None becomes NaN
                np.testing.assert_array_equal(np.asarray(kept[key], dtype=float), numbers)

    def test_kept_sets_are_what_conversion_makes_now(tmp_path):
        convert_released_sets("damico2025_curves", CURVES, tmp_path, tmp_path / "out")
        for path in (tmp_path / "out").iterdir():
            kept = CONFIG / "published" / "damico2025" / path.name
            assert path.read_bytes() == kept.read_bytes()

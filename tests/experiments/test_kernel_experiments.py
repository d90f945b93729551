import importlib

import numpy as np
import pandas as pd
import pytest

from kernel_oracles import skeleton_loss
from made_data import made_digits
from planned_blocks import planned
from scalinglaws.data.dataset import Dataset
from scalinglaws.errors import InputError
from scalinglaws.experiments.kernels import run_pretrained as pretrained_features
from scalinglaws.experiments.kernels import run_random as random_features
from scalinglaws.experiments.kernels import run_spheres as sphere_kernels
from scalinglaws.experiments.kernels import run_theory as kernel_theory
from scalinglaws.experiments.kernels.settings import RandomFeatures
from scalinglaws.records import as_record
from scalinglaws.training import feature_extractor
from scalinglaws.training.session import Session
from small_runs import SETTINGS


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch):
    monkeypatch.setattr(feature_extractor, "CHUNK", 10)


@pytest.fixture(scope="module")
def data():
    return {"mnist5k": made_digits(80, 40)}


def test_kernel_theory_and_spheres_have_unique_finite_rows():
    theory = kernel_theory.run({"alphas": [0.5], "size": 50, "samples": [2, 8]}, {}, Session())
    settings = {"dimensions": [2], "sizes": [4, 8], "test_size": 5}
    settings |= {"seed": 5, "first_seed": 0, "seeds": 2}
    for columns in (theory, sphere_kernels.run(settings, {}, Session())):
        table = pd.DataFrame(columns)
        assert not table.duplicated(["member", "quantity"]).any()
        assert np.isfinite(table["value"]).all()


def test_recorded_losses_are_those_of_the_plain_formula(data):
    settings = {**SETTINGS["random_features"], "orders": 1, "seeds": 1, "pools": [7]}
    table = pd.DataFrame(random_features.run(settings, data, Session()))
    design = as_record(RandomFeatures, settings)
    images = data["mnist5k"].train_images
    identity = {"pool": 7, "seed": 0}
    chosen = random_features.stream(design, {"seed": 0}, "population").permutation(80)[:40]
    pooled = random_features.pooled(images[chosen], 7)
    features = random_features.random_features(pooled, 7, 0, design)
    for side in ("data", "parameters"):
        order = random_features.stream(design, identity, side).permutation(40)
        rows = table[table["quantity"] == f"loss_{side}"].set_index("size")["value"]
        for size in settings["sizes"]:
            picked = {"data": (order[:size], np.arange(40))}
            picked["parameters"] = (np.arange(40), order[:size])
            expected = skeleton_loss(features, *picked[side])
            assert rows[size] == pytest.approx(expected, rel=1e-6)


def test_embeddings_need_no_extractor(data):
    stream = np.random.default_rng(1)
    vectors = stream.normal(size=(120, 12)).astype(np.float32)
    labels = np.arange(120) % 10
    given = Dataset("given", vectors[:80], labels[:80], vectors[80:], labels[80:], {})
    settings = {**SETTINGS["pretrained_features"], "dataset": "given"}
    table = pd.DataFrame(pretrained_features.run(settings, {"given": given}, Session()))
    assert set(table["features"]) == {"learned", "nngp1", "nngp3", "ntk3"}
    assert np.isfinite(table["value"]).all()


@pytest.mark.parametrize(
    ("experiment", "changes", "message"),
    [
        ("kernel_theory", {"size": 100, "samples": [100]}, "samples asks for 100; .* at most 99"),
        ("gaussian_features", {"sizes": [10, 2000]}, "sizes asks for 2000; expected at most 1000"),
        ("gaussian_features", {"variance_sizes": [17, 64]}, "starts at 17; expected more than"),
        ("random_features", {"pools": [3]}, "holds 3, which does not divide the side 28"),
        ("random_features", {"population": 5000}, "population asks for 5000; .* at most 3000"),
        ("random_features", {"sizes": [32, 16]}, "expected increasing sizes"),
        ("pretrained_features", {"population": 1501}, "at most 1500, half the images of mnist5k"),
        ("pretrained_features", {"test_size": 1001}, "test_size asks for 2002"),
        ("pretrained_features", {"resonance": 63}, "resonance is 63; expected one of"),
        ("pretrained_features", {"variance_sizes": [100]}, "do not cover 1280 equally"),
        ("pretrained_features", {"hidden": 128}, "features asks for 256; expected at most 128"),
        ("pretrained_features", {"pool": 14}, "pool is 14"),
        ("sphere_kernels", {"sizes": [16, 8]}, "expected increasing sizes"),
    ],
)
def test_impossible_sizes_are_refused_at_plan_time(experiment, changes, message):
    with pytest.raises(InputError, match=message):
        planned(experiment, **changes)


@pytest.mark.parametrize("scale", ["quick", "laptop", "workstation", "paper"])
def test_planned_settings_are_what_the_experiment_reads(scale):
    random = ("gaussian_features", "random_features", "pretrained_features")
    for experiment in (*random, "kernel_theory", "sphere_kernels"):
        blocks = planned(experiment, scale)
        assert all(importlib.util.find_spec(block.module) for block in blocks)
        expected = set(SETTINGS.get(experiment, blocks[0].settings))
        assert set(blocks[0].settings) == expected

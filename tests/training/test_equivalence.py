import numpy as np
import pytest

from block_settings import SETTINGS
from gpu.equivalence import MARGIN, compared, judged
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.learning_curves import run_cnn as cnn_curves
from scalinglaws.training.session import Session


@pytest.mark.parametrize(
    ("shift", "verdict"), [(0.0, "equivalent"), (2 * MARGIN, "different"), (MARGIN, "undecided")]
)
def test_a_shift_is_judged_by_its_interval(shift, verdict):
    noise = np.random.default_rng(0).standard_normal(8)
    assert judged(shift + 0.01 * (noise - noise.mean()))["verdict"] == verdict


def test_noise_wider_than_the_margin_decides_nothing():
    assert judged(np.random.default_rng(0).standard_normal(5))["verdict"] == "undecided"


def test_two_different_populations_are_rarely_called_equivalent():
    # At the edge of the margin the error of the first kind is that of one test.
    draws = MARGIN + 0.02 * np.random.default_rng(1).standard_normal((4000, 6))
    wrong = np.mean([judged(row)["verdict"] == "equivalent" for row in draws])
    assert wrong == pytest.approx(0.05, abs=0.012)


def columns(values):
    steps = np.tile([1, 2], len(values))
    seeds = np.repeat(np.arange(len(values)), 2)
    return {
        "quantity": np.full(2 * len(values), "test_loss"),
        "step": steps,
        "seed": seeds,
        "value": np.asarray(values, dtype=float).ravel(),
    }


def test_members_are_paired_by_seed_and_losses_are_read_where_they_are_smallest():
    runs = {
        "float32": columns([[1.0, 5.0], [4.0, 2.0], [3.0, 9.0]]),
        "bf16": columns([[1.01, 9.0], [8.0, 2.02], [3.03, 3.5]]),
    }
    found = compared(runs.__getitem__, ["bf16"], ["test_loss"])["bf16"]["test_loss"]
    assert found["mean"] == pytest.approx(np.log(1.01))
    assert found["high"] - found["low"] < 1e-6
    assert found["verdict"] == "equivalent"


def test_short_factors_move_a_small_network_but_not_what_is_judged():
    source = np.random.default_rng(0)
    labels = np.arange(140) % 3
    images = source.integers(0, 80, (140, 12, 12))
    images[np.arange(140), 2 + 4 * labels] = 250
    parts = images[:80].astype(np.uint8), labels[:80], images[80:].astype(np.uint8), labels[80:]
    data = {"tiny": Dataset("tiny", *parts, {})}
    cell = {"panel": "A", "weight_decay": 0.0, "P": 40, "seeds": [0, 1, 2, 3]}

    def run(precision):
        settings = {**SETTINGS, "precision": precision, "ensembles": [cell]}
        return cnn_curves.run(settings, data, Session())

    found = compared(run, ["float32", "bf16"], ["test_loss", "frobenius_norm"])
    assert found["float32"]["test_loss"]["mean"] == 0
    assert found["bf16"]["frobenius_norm"]["mean"] != 0
    assert found["bf16"]["frobenius_norm"]["verdict"] == "equivalent"

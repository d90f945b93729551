import numpy as np
import pytest

from interruption import Killed
from made_data import made_digits
from meta_tensors import without_host
from planned_blocks import planned
from scalinglaws.config import read_scale
from scalinglaws.errors import InputError
from scalinglaws.experiments.variance import run_cnn as variance_limited_cnn
from scalinglaws.experiments.variance import run_mlp as variance_limited
from scalinglaws.experiments.variance import tasks as variance_tasks
from scalinglaws.networks import myrtle
from scalinglaws.training.groups import in_turn
from scalinglaws.training.session import Session
from small_runs import SETTINGS


@pytest.fixture(scope="module")
def data():
    return {"mnist5k": made_digits(80, 40)}


def test_a_convolutional_run_computes_on_its_device_and_returns_once_per_member(data, monkeypatch):
    returned = []

    def recorded(parameters, test):
        found = without_host(myrtle.outputs)(parameters, test.inputs)
        returned.append(found.device.type)
        return np.zeros(found.shape, np.float32)

    def zeros(outputs, targets, loss):
        assert outputs.device.type == targets.device.type == "meta"
        return {"excess": np.zeros(len(outputs) - 1)}

    monkeypatch.setattr(variance_limited_cnn, "descend", without_host(variance_limited_cnn.descend))
    monkeypatch.setattr(variance_limited_cnn, "test_outputs", recorded)
    monkeypatch.setattr(variance_limited_cnn, "quantities", zeros)
    settings = SETTINGS["variance_limited_cnn"]
    variance_limited_cnn.run(settings, data, Session(device="meta"))
    of_a_start = 1 + len(settings["data_sizes"]) * settings["sets"]
    assert returned == ["meta"] * (2 * 2 * of_a_start)


def test_soft_labels_are_probabilities_and_no_class_dominates():
    settings = {
        **{"task": "teacher_student", "input_dimension": 20, "classes": 4, "seed": 3},
        **{"teacher_width": 32, "teacher_sharpness": 2.0, "population": 2000, "test_size": 100},
    }
    population, test = variance_tasks.synthetic_examples(
        settings, lambda identity, purpose: variance_limited.stream(settings, identity, purpose)
    )
    assert population.targets.sum(0).numpy() == pytest.approx(np.ones(2000), abs=1e-5)
    assert 0.1 < population.targets.mean(1).min() < population.targets.mean(1).max() < 0.5
    assert test.inputs.shape == (20, 100)


def test_an_interrupted_group_is_handed_what_it_had_kept(tmp_path):
    def die(group, inner, keep):
        keep(lambda: {"half": np.array([group])}, 0.5)
        raise Killed

    with pytest.raises(Killed):
        in_turn([7], die, Session(tmp_path, "key", save_every=0))
    seen = []
    in_turn([7], lambda _, inner, keep: seen.append(inner) or {}, Session(tmp_path, "key"))
    assert seen[0]["half"].tolist() == [7]


@pytest.mark.parametrize("scale", ["quick", "laptop", "workstation", "paper"])
@pytest.mark.parametrize("experiment", ["variance_limited", "variance_limited_cnn"])
def test_blocks_of_every_scale_hold_each_seed_once(experiment, scale):
    sizes = read_scale(scale)["bahri2021"][experiment]
    blocks = planned(experiment, scale)
    assert len({block.name for block in blocks}) == len(blocks)
    lines = len(sizes["tasks"]) if "tasks" in sizes else 1
    assert sum(block.settings["seeds"] for block in blocks) == sizes["seeds"] * lines


@pytest.mark.parametrize(
    ("experiment", "changes", "word"),
    [
        ("variance_limited", {"population": 3001}, "cover"),
        ("variance_limited", {"population": 6000}, "3000 examples"),
        ("variance_limited", {"data_sizes": [1001]}, "multiple"),
        ("variance_limited", {"pooling": 3}, "divide"),
        ("variance_limited", {"width": 0}, "width is 0"),
        ("variance_limited", {"losses": ["hinge"]}, "losses"),
        ("variance_limited_cnn", {"data_sizes": [20001]}, "multiple"),
        ("variance_limited_cnn", {"pooling": 14}, "2 x 2 pixels"),
        ("variance_limited_cnn", {"channels": 0}, "channels is 0"),
        ("variance_limited_cnn", {"tasks": ["teacher_student"]}, "tasks"),
        ("variance_limited_cnn", {"population": 4000}, "3000 examples"),
    ],
)
def test_impossible_sizes_are_refused_when_planning(experiment, changes, word):
    with pytest.raises(InputError, match=word):
        planned(experiment, **changes)

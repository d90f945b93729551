"""Steps on tensors that have no numbers: whatever reads one back, or lies elsewhere, is found."""

from typing import Any

import numpy as np
import pytest
import torch

from gpu.cases import PANELS, SCANS, made_data, panel_case, scan_case
from meta_tensors import AllOn
from scalinglaws.experiments.image_scans import run as image_scan
from scalinglaws.experiments.image_scans.settings import Settings
from scalinglaws.experiments.learning_curves import curves
from scalinglaws.experiments.learning_curves import run_cnn as cnn_curves
from scalinglaws.experiments.learning_curves import run_resnet as resnet_curves
from scalinglaws.experiments.learning_curves import run_vit as vit_curves
from scalinglaws.records import as_record
from scalinglaws.training import image_epochs, image_steps, learners
from scalinglaws.training.engine import Plain
from scalinglaws.training.images import as_seen

ARCHITECTURES = {
    "CNN": cnn_curves.ARCHITECTURE,
    "ResNet": resnet_curves.ARCHITECTURE,
    "ViT": vit_curves.ARCHITECTURE,
}


@pytest.fixture(autouse=True)
def generators(monkeypatch: pytest.MonkeyPatch) -> None:
    # torch has no generator of its own for these tensors.
    for module in (learners, image_steps):
        monkeypatch.setattr(module, "device_generator", lambda device: torch.Generator())
    # Nor autocast: that of the CPU casts the same products.
    inside = learners.computing_in
    monkeypatch.setattr(learners, "computing_in", lambda name, _: inside(name, "cpu"))


@pytest.mark.parametrize("precision", ["float32", "bf16"])
@pytest.mark.parametrize("panel", PANELS)
def test_a_step_of_every_panel_stays_on_its_device(panel: str, precision: str) -> None:
    _, settings = panel_case(panel, precision, 40, test_images=20, batch_size=8)
    data = made_data(settings["dataset"])
    architecture = ARCHITECTURES[panel.partition("_")[0]]
    task = curves.task_of(settings, data, architecture, "meta")
    slot = image_epochs.slot_of(task, 40)
    identity = {"panel": panel, "P": 40, "seed": 0}
    member = image_epochs.start(task, slot, identity, 0.0)
    ((_, (step, _)),) = image_epochs.steps_of(task, slot, member).items()
    with AllOn("meta"):
        step()


@pytest.mark.parametrize("noise", [0.0, 1.0])
@pytest.mark.parametrize("network", [*SCANS, "mlp"])
def test_a_step_of_every_scan_stays_on_its_device(
    network: str, noise: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "WRN-10-1" if network == "mlp" else network
    _, settings = scan_case(name, "float32", 40, steps=1, batch=4)
    if network == "mlp":
        settings |= {"network": "mlp", "optimiser": "adam"}
    variant = {**settings["variants"][0], "width": 8, "noise": noise, "noise_kind": "resampled"}
    scan = as_record(Settings, {**settings, "variants": [variant]})
    group = image_scan.Group(scan.variants[0], 0, (40,))
    source = made_data("cifar10", 60, 20)
    task = image_scan.Task(
        source.train_images.transpose(0, 3, 1, 2), source.train_labels,
        source.test_images.transpose(0, 3, 1, 2), source.test_labels,
    )  # fmt: skip
    stream = image_scan.stream_of(group, scan)("network")
    learner = image_scan.learner_of(group, task, scan, stream, "meta")
    pool = as_seen(task.train, task.train_labels, "meta")
    course = image_scan.course_of(group, scan)
    stepped: list[Any] = []

    class Guarded(Plain):
        def run(self, step: Any, times: int, kind: Any) -> None:
            with AllOn("meta"):
                step()
            stepped.append(kind)
            raise Stepped

    class Stepped(Exception):
        pass

    monkeypatch.setattr(image_steps, "engine_for", lambda *_: Guarded())
    monkeypatch.setattr(image_steps, "measured", lambda *_: np.zeros((2, 1)))
    with pytest.raises(Stepped):
        image_steps.train(learner, (40,), pool, pool, course, {}, lambda *_: None)
    assert stepped == ["step"]

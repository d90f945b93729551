"""Recorded steps against plain ones, byte for byte, with a recorder that calls through."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from block_settings import MLP_SCAN, NETWORKS, PROTOCOL, SCAN, VARIANT
from interruption import resumed_after_saves, same_bytes
from scalinglaws.columns import Columns
from scalinglaws.data.dataset import Dataset
from scalinglaws.training import image_epochs, image_steps
from scalinglaws.training.engine import (
    WARM_UP,
    Captured,
    GraphRecorder,
    Plain,
    Recording,
    Step,
    engine_for,
)
from scalinglaws.training.session import Session


class CallThrough:
    """As a CUDA graph: recording takes steps of its own, and does not do what it records."""

    made = 0

    def __init__(self, step: Step, generators: Any) -> None:
        for _ in range(WARM_UP):
            step()
        self.replay = step
        CallThrough.made += 1


def recorded(device: str, state: Any, generators: Any) -> Captured:
    return Captured(state, generators, CallThrough)


@pytest.fixture
def captured(monkeypatch: pytest.MonkeyPatch) -> None:
    CallThrough.made = 0
    for module in (image_epochs, image_steps):
        monkeypatch.setattr(module, "engine_for", recorded)


@pytest.fixture(scope="module")
def data() -> dict[str, Dataset]:
    source = np.random.default_rng(0)
    labels = np.arange(140) % 10
    images = source.integers(0, 250, (140, 12, 12)).astype(np.uint8)
    made = images[:80], labels[:80], images[80:], labels[80:]
    return {name: Dataset(name, *made, {}) for name in ("tiny", "mnist5k")}


# P = 20 and 40 in batches of 16: other tails; two seeds and weight decays: other members.
ENSEMBLES = [
    *PROTOCOL["ensembles"],
    {"panel": "A", "weight_decay": 0.1, "P": 40, "seeds": [0]},
    {"panel": "A", "weight_decay": 0.0, "P": 32, "seeds": [0]},
]
RUNS: dict[str, tuple[str, dict[str, Any]]] = {
    **{
        f"{n}_curves": (f"learning_curves.run_{n}", {**s, "ensembles": ENSEMBLES})
        for n, s in NETWORKS.items()
    },
    "wide": ("image_scans.run", SCAN),
    "mlp": ("image_scans.run", MLP_SCAN),
    "cnn": ("image_scans.run", {**SCAN, "network": "cnn", "optimiser": "adam"}),
    "noisy": (
        "image_scans.run",
        {**SCAN, "variants": [{**VARIANT, "noise": 1.0, "noise_kind": "resampled"}]},
    ),
}


def run(name: str, data: dict[str, Dataset], session: Session) -> Columns:
    module, settings = RUNS[name]
    found: Columns = importlib.import_module(f"scalinglaws.experiments.{module}").run(
        settings, data, session
    )
    return found


@pytest.mark.parametrize("name", RUNS)
def test_recorded_steps_give_the_bytes_of_plain_ones(
    name: str, data: dict[str, Dataset], request: pytest.FixtureRequest
) -> None:
    plain = run(name, data, Session())
    request.getfixturevalue("captured")
    assert same_bytes(run(name, data, Session()), plain)
    assert CallThrough.made > 0


@pytest.mark.parametrize("name", ["cnn_curves", "noisy"])
def test_recorded_steps_resume_to_the_bytes_of_an_uninterrupted_plain_run(
    name: str, data: dict[str, Dataset], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    plain = run(name, data, Session())
    request.getfixturevalue("captured")
    resumed = resumed_after_saves(lambda session: run(name, data, session), tmp_path, 3)
    assert same_bytes(resumed, plain)


def test_recordings_serve_all_members_of_a_block(data: dict[str, Dataset], captured: None) -> None:
    run("vit_curves", data, Session())
    # Batches of 16 and tails of 4 and 8 without weight decay; 16 and 8 with it.
    assert CallThrough.made == 5


def test_a_recording_leaves_the_state_as_it_was() -> None:
    counter = torch.zeros(1)
    made = Captured([counter], [], CallThrough)
    made.prepare(lambda: counter.add_(1), "step")
    assert counter == 0
    made.run(lambda: None, 5, "step")  # what was recorded counts, not what is handed over
    assert counter == 5


def test_a_processor_runs_steps_as_they_stand_and_a_gpu_records_them() -> None:
    assert isinstance(engine_for("cpu", [], []), Plain)
    made = engine_for("cuda", [], [])
    assert isinstance(made, Captured)
    assert isinstance(made.recorder, GraphRecorder)


def test_a_recording_can_be_replayed() -> None:
    steps: list[int] = []
    recording: Recording = CallThrough(lambda: steps.append(1), [])
    recording.replay()
    assert len(steps) == WARM_UP + 1

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from block_settings import NETWORKS, PROTOCOL, SETTINGS
from interruption import resumed_after_saves, same_bytes
from scalinglaws.columns import Columns
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.learning_curves import curves
from scalinglaws.experiments.learning_curves import run_cnn as cnn_curves
from scalinglaws.measures.norms import network_norms
from scalinglaws.streams import generator
from scalinglaws.training import image_epochs
from scalinglaws.training.protocol import logged_epochs
from scalinglaws.training.session import Session


@pytest.fixture(scope="module")
def data() -> dict[str, Dataset]:
    source = np.random.default_rng(0)
    labels = source.integers(0, 3, 140)
    labels[:3] = [0, 1, 2]
    images = source.integers(0, 80, (140, 12, 12))
    images[np.arange(140), 2 + 4 * labels] = 250
    train, test = images[:80].astype(np.uint8), images[80:].astype(np.uint8)
    return {"tiny": Dataset("tiny", train, labels[:80], test, labels[80:], {})}


def run(name: str, settings: dict[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    module = importlib.import_module(f"scalinglaws.experiments.learning_curves.run_{name}")
    found: Columns = module.run(settings, data, session)
    return found


def values(columns: Columns, size: int, seed: int, quantity: str | None = None) -> np.ndarray:
    chosen = (columns["P"] == size) & (columns["seed"] == seed)
    if quantity:
        chosen &= columns["quantity"] == quantity
    return columns["value"][chosen]


def begun(
    task: image_epochs.Task, size: int, seed: int
) -> tuple[image_epochs.Slot, image_epochs.Member]:
    slot = image_epochs.slot_of(task, size)
    identity = {"panel": "A", "P": size, "seed": seed}
    return slot, image_epochs.start(task, slot, identity, 0.0)


def stream(size: int, seed: int, purpose: str) -> np.random.Generator:
    identity = {"panel": "A", "P": size, "seed": seed}
    return generator(7, "damico2025", "made", identity, purpose)


@pytest.mark.parametrize("name", ["cnn", "resnet", "vit"])
@pytest.mark.parametrize("saves", [3, 10])
def test_an_interrupted_run_resumes_to_the_same_bytes(
    name: str, saves: int, tmp_path: Path, data: dict[str, Dataset]
) -> None:
    whole = run(name, NETWORKS[name], data, Session())
    resumed = resumed_after_saves(
        lambda session: run(name, NETWORKS[name], data, session), tmp_path, saves
    )
    assert same_bytes(resumed, whole)


def test_a_member_does_not_depend_on_the_block_it_is_cut_into(data: dict[str, Dataset]) -> None:
    whole = run("cnn", NETWORKS["cnn"], data, Session())
    alone = {**NETWORKS["cnn"], "ensembles": [{**PROTOCOL["ensembles"][1], "seeds": [1]}]}
    np.testing.assert_array_equal(
        values(run("cnn", alone, data, Session()), 40, 1), values(whole, 40, 1)
    )
    assert not np.allclose(values(whole, 40, 0), values(whole, 40, 1))


def test_curves_equal_a_plain_training_loop_with_torch_modules(data: dict[str, Dataset]) -> None:
    columns = run("cnn", SETTINGS, data, Session())
    tiny = data["tiny"]
    images = (tiny.train_images.reshape(80, 6, 2, 6, 2).mean((2, 4)) / 255 - 0.5) / 0.5
    pixels = torch.tensor(images[:, None], dtype=torch.float32)
    chosen = stream(40, 1, "subset").permutation(80)[:40]
    model = nn.Sequential(
        *(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(36, 5), nn.ReLU(), nn.Linear(5, 3)),
    )
    draws = stream(40, 1, "initialisation")
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                bound, factor = parameter[0].numel() ** -0.5, 0.5
            else:
                factor = 1.0
            draw = draws.uniform(-bound, bound, tuple(parameter.shape)) * factor
            parameter.copy_(torch.tensor(draw, dtype=torch.float32))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01, foreach=False, fused=False)
    labels = torch.from_numpy(tiny.train_labels)
    for epoch in range(1, 7):
        order = chosen[stream(40, 1, f"order of epoch {epoch}").permutation(40)]
        for batch in (order[:16], order[16:32], order[32:]):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(pixels[batch]), labels[batch]).backward()
            optimiser.step()
    with torch.no_grad():
        outputs = model(pixels[chosen])
    loss = nn.functional.cross_entropy(outputs, labels[chosen])
    assert values(columns, 40, 1, "train_loss")[-1] == pytest.approx(float(loss), rel=1e-3)
    wrong = (outputs.argmax(1) != labels[chosen]).float().mean()
    found = values(columns, 40, 1, "train_error")[-1]
    assert found == pytest.approx(float(wrong), abs=0.026)  # one image of 40
    weights = [w.detach().flatten(1) for w in list(model.parameters())[::2]]
    product = np.prod([np.linalg.norm(weight, 2) for weight in weights])
    assert values(columns, 40, 1, "spectral_product")[-1] == pytest.approx(product, rel=1e-3)


def test_a_diverged_member_is_nan_from_there_on_and_alone(
    data: dict[str, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = run("cnn", SETTINGS, data, Session())
    original = image_epochs.one_epoch

    def poisoned(task: Any, slot: image_epochs.Slot, member: Any, steps: Any) -> None:
        original(task, slot, member, steps)
        if member.identity["seed"] == 1 and member.epoch == 4:
            slot.learner.parameters[0].data[0] = torch.nan

    monkeypatch.setattr(image_epochs, "one_epoch", poisoned)
    sick = run("cnn", SETTINGS, data, Session())
    late = sick["step"] >= 4
    assert np.isnan(sick["value"][(sick["seed"] == 1) & late]).all()
    untouched = (sick["seed"] == 0) | ~late
    np.testing.assert_array_equal(sick["value"][untouched], clean["value"][untouched])
    assert sick["member"].tolist() == clean["member"].tolist()


def test_members_that_differ_in_weight_decay_share_their_draws(data: dict[str, Dataset]) -> None:
    strengths = [{**PROTOCOL["ensembles"][1], "weight_decay": w} for w in (1.0, 0.0)]
    columns = run("cnn", {**SETTINGS, "ensembles": strengths}, data, Session())
    strong, none = (columns["weight_decay"] == w for w in (1.0, 0.0))
    norm = columns["quantity"] == "frobenius_norm"
    assert columns["value"][strong & norm][-1] < columns["value"][none & norm][-1]
    assert len(set(columns["member"])) == 4
    still = {**SETTINGS, "ensembles": strengths, "learning_rate": 0.0}
    resting = run("cnn", still, data, Session())
    np.testing.assert_array_equal(resting["value"][strong], resting["value"][none])


def test_test_images_are_augmented_anew_at_each_epoch_beside_the_plain_ones(
    data: dict[str, Dataset],
) -> None:
    settings = {**SETTINGS, "widths": [8, 8], "init_factor": 1.0, "augmentation": "affine"}
    task = curves.task_of(settings, data["tiny"], cnn_curves.ARCHITECTURE, "cpu")
    slot, member = begun(task, 40, 0)
    for _ in range(9):
        member.epoch += 1
        steps = image_epochs.steps_of(task, slot, member)
        image_epochs.one_epoch(task, slot, member, steps)
    found = []
    for member.epoch in range(1, 9):
        seen = image_epochs.measured(task, slot, member)
        found.append(dict(zip(task.names, seen, strict=False)))
    assert len({record["test_error"] for record in found}) == 1
    assert len({record["test_error_augmented"] for record in found}) > 2
    assert "test_error_augmented" not in run("cnn", SETTINGS, data, Session())["quantity"]


def test_norms_at_the_start_are_those_of_the_drawn_weights(data: dict[str, Dataset]) -> None:
    still = {**SETTINGS, "learning_rate": 0.0}
    columns = run("cnn", still, data, Session())
    task = curves.task_of(still, data["tiny"], cnn_curves.ARCHITECTURE, "cpu")
    drawn = cnn_curves.ARCHITECTURE.init(task.network, stream(20, 0, "initialisation"), 0.5)
    for name, value in network_norms(task.network, drawn).items():
        np.testing.assert_allclose(values(columns, 20, 0, name), value, rtol=1e-6)


def test_subsets_are_of_the_asked_size_and_differ_between_seeds_and_sizes(
    data: dict[str, Dataset],
) -> None:
    task = curves.task_of(SETTINGS, data["tiny"], cnn_curves.ARCHITECTURE, "cpu")
    chosen = {
        (size, seed): set(begun(task, size, seed)[1].subset.tolist())
        for size in (20, 40)
        for seed in (0, 1)
    }
    assert all(len(subset) == size for (size, _), subset in chosen.items())
    assert chosen[20, 0] != chosen[20, 1]
    assert not chosen[20, 0] <= chosen[40, 0]  # not nested: a subset of its own per P


def test_test_images_are_spread_evenly(data: dict[str, Dataset]) -> None:
    few = {**SETTINGS, "test_images": 20}
    task = curves.task_of(few, data["tiny"], cnn_curves.ARCHITECTURE, "cpu")
    assert torch.equal(task.test.labels, torch.from_numpy(data["tiny"].test_labels[::3]))


@pytest.mark.parametrize("pieces", [7, 60])
def test_errors_do_not_depend_on_the_size_of_evaluation_passes(
    pieces: int, data: dict[str, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = curves.task_of(SETTINGS, data["tiny"], cnn_curves.ARCHITECTURE, "cpu")
    slot, member = begun(task, 40, 0)
    whole = image_epochs.measured(task, slot, member)
    monkeypatch.setattr(image_epochs, "CHUNK", {"cpu": pieces})
    np.testing.assert_allclose(image_epochs.measured(task, slot, member), whole, rtol=1e-6)


@pytest.mark.parametrize(("epochs", "points"), [(60, 30), (1000, 50), (500, 50), (1, 2), (8, 8)])
def test_logged_epochs_run_from_one_to_the_last_without_repetition(
    epochs: int, points: int
) -> None:
    found = logged_epochs(epochs, points)
    assert (found[0], found[-1]) == (1, epochs)
    assert found == sorted(set(found))
    exact = np.logspace(0, np.log10(epochs), points)
    assert all(np.min(np.abs(exact - epoch)) < 1 for epoch in found)

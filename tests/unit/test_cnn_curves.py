from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from scalinglaws.data.dataset import Dataset
from scalinglaws.errors import InputError
from scalinglaws.experiments import cnn_curves
from scalinglaws.planning.experiments.cnn_curves import blocks, logged
from scalinglaws.storage import Columns
from scalinglaws.training.session import Session, State

SETTINGS: dict[str, Any] = {
    "dataset": "tiny",
    "pool": 2,
    "widths": [3, 4],
    "hidden": [5],
    "pool_every": 2,
    "init_factor": 0.5,
    "batch_size": 16,
    "learning_rate": 0.01,
    "weight_decay": 0.0,
    "epochs": 6,
    "log_epochs": 5,
    "seed": 7,
    "ensembles": [{"P": 20, "seeds": [0, 1]}, {"P": 40, "seeds": [0, 1]}],
}
SIZES: dict[str, Any] = {
    **{key: SETTINGS[key] for key in SETTINGS if key not in ("seed", "ensembles")},
    **{"dataset": "mnist5k", "training_sizes": [50, 100, 400], "seeds": 3, "stack": 2, "blocks": 2},
}


@pytest.fixture(scope="module")
def data() -> dict[str, Dataset]:
    source = np.random.default_rng(0)
    labels = source.integers(0, 3, 140)
    labels[:3] = [0, 1, 2]
    images = source.integers(0, 80, (140, 12, 12))
    images[np.arange(140), 2 + 4 * labels] = 250
    train, test = images[:80].astype(np.uint8), images[80:].astype(np.uint8)
    return {"tiny": Dataset("tiny", train, labels[:80], test, labels[80:], {})}


def values(columns: Columns, size: int, seed: int) -> np.ndarray:
    chosen = (columns["P"] == size) & (columns["seed"] == seed)
    return columns["value"][chosen]


class Killed(Exception):
    pass


class Mortal(Session):
    """A session whose process dies right after a given number of saved states."""

    lives: int = 0

    def save(self, state: State, force: bool = False) -> None:
        super().save(state, force)
        self.lives -= 1
        if self.lives == 0:
            raise Killed


@pytest.mark.parametrize("lives", [3, 8])
def test_an_interrupted_run_resumes_to_the_same_bytes(
    lives: int, tmp_path: Path, data: dict[str, Dataset]
) -> None:
    whole = cnn_curves.run(SETTINGS, data, Session())
    mortal = Mortal(tmp_path, "key", save_every=0)
    mortal.lives = lives
    with pytest.raises(Killed):
        cnn_curves.run(SETTINGS, data, mortal)
    resumed = cnn_curves.run(SETTINGS, data, Session(tmp_path, "key", save_every=0))
    for name, column in whole.items():
        assert column.tobytes() == resumed[name].tobytes(), name


def test_a_member_does_not_depend_on_the_block_it_is_cut_into(data: dict[str, Dataset]) -> None:
    whole = cnn_curves.run(SETTINGS, data, Session())
    alone = {**SETTINGS, "ensembles": [{"P": 40, "seeds": [1]}]}
    lonely = cnn_curves.run(alone, data, Session())
    np.testing.assert_allclose(values(lonely, 40, 1), values(whole, 40, 1), rtol=1e-6, atol=1e-9)
    assert not np.allclose(values(whole, 40, 0), values(whole, 40, 1))


def test_curves_equal_a_plain_training_loop_with_torch_modules(data: dict[str, Dataset]) -> None:
    columns = cnn_curves.run(SETTINGS, data, Session())
    tiny, identity = data["tiny"], {"P": 40, "seed": 1}
    images = (tiny.train_images.reshape(80, 6, 2, 6, 2).mean((2, 4)) / 255 - 0.5) / 0.5
    pixels = torch.tensor(images[:, None], dtype=torch.float32)
    chosen = cnn_curves.member_stream(SETTINGS, identity, "subset").permutation(80)[:40]
    model = torch.nn.Sequential(
        *(torch.nn.Conv2d(1, 3, 3, padding=1), torch.nn.ReLU()),
        *(torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)),
        *(torch.nn.Flatten(), torch.nn.Linear(36, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3)),
    )
    stream = cnn_curves.member_stream(SETTINGS, identity, "initialisation")
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                bound, factor = parameter[0].numel() ** -0.5, 0.5
            else:
                factor = 1.0
            draw = stream.uniform(-bound, bound, tuple(parameter.shape)) * factor
            parameter.copy_(torch.tensor(draw, dtype=torch.float32))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    labels = torch.from_numpy(tiny.train_labels)
    for epoch in range(1, 7):
        purpose = f"order of epoch {epoch}"
        order = chosen[cnn_curves.member_stream(SETTINGS, identity, purpose).permutation(40)]
        for batch in (order[:16], order[16:32], order[32:]):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(model(pixels[batch]), labels[batch]).backward()
            optimiser.step()
    with torch.no_grad():
        logits = model(pixels[chosen])
    rows = (columns["P"] == 40) & (columns["seed"] == 1) & (columns["step"] == 6)
    found = dict(zip(columns["quantity"][rows], columns["value"][rows], strict=True))
    loss = torch.nn.functional.cross_entropy(logits, labels[chosen])
    assert found["train_loss"] == pytest.approx(float(loss), rel=1e-3)
    wrong = (logits.argmax(1) != labels[chosen]).float().mean()
    assert found["train_error"] == pytest.approx(float(wrong), abs=0.026)  # one image of 40
    product = np.prod(
        [np.linalg.norm(w.detach().flatten(1), 2) for w in list(model.parameters())[::2]]
    )
    assert found["spectral_product"] == pytest.approx(product, rel=1e-3)


def test_a_diverged_member_is_nan_from_there_on_and_alone(
    data: dict[str, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = cnn_curves.run(SETTINGS, data, Session())
    original = cnn_curves.gradients

    def poisoned(network: Any, parameters: Any, *batch: Any) -> Any:
        result = original(network, parameters, *batch)
        result[0][1] = torch.nan
        return result

    monkeypatch.setattr(cnn_curves, "gradients", poisoned)
    sick = cnn_curves.run(SETTINGS, data, Session())
    assert np.isnan(values(sick, 20, 1)).all()
    np.testing.assert_array_equal(values(sick, 20, 0), values(clean, 20, 0))
    assert len(sick["value"]) == len(clean["value"])


def test_blocks_hold_every_member_once_and_cost_about_the_same() -> None:
    plan = blocks(SIZES, 0, "cpu")
    members = [
        (ensemble["P"], seed)
        for block in plan
        for ensemble in block.settings["ensembles"]
        for seed in ensemble["seeds"]
    ]
    assert sorted(members) == [(size, seed) for size in (50, 100, 400) for seed in range(3)]
    costs = [block.core_seconds for block in plan]
    assert max(costs) < 1.3 * min(costs)


def test_the_plan_knows_how_many_epochs_are_logged() -> None:
    for epochs, points in ((60, 30), (100, 50), (500, 50), (1, 2)):
        sizes = {**SIZES, "epochs": epochs, "log_epochs": points}
        steps = cnn_curves.logged_epochs(sizes)
        assert (steps[0], steps[-1]) == (1, epochs)
        assert abs(len(steps) - logged(sizes)) <= 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"training_sizes": [100, 3001]}, "3001 training images; expected between 1 and 3000"),
        ({"training_sizes": [0]}, "0 training images"),
        ({"training_sizes": []}, "at least one size"),
        ({"training_sizes": [10, 10]}, "none twice"),
        ({"dataset": "mnist6k"}, "'mnist6k' is unknown"),
        ({"pool": 3}, "pool is 3"),
        ({"pool": 28}, "pool is 28"),
    ],
)
def test_impossible_sizes_are_refused_when_planning(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        blocks({**SIZES, **change}, 0, "cpu")

import math
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from block_settings import MLP_SCAN, SCAN, VARIANT
from interruption import resumed_after_saves, same_bytes
from planned_blocks import cut
from scalinglaws.columns import Columns
from scalinglaws.data.dataset import Dataset
from scalinglaws.errors import InputError
from scalinglaws.experiments.image_scans import run as image_scan
from scalinglaws.experiments.image_scans.costs import multiply_adds
from scalinglaws.experiments.image_scans.settings import Training, Variant
from scalinglaws.networks import wide_resnet
from scalinglaws.networks.shapes import WideResNet
from scalinglaws.streams import generator
from scalinglaws.training import image_steps
from scalinglaws.training.groups import Arrays
from scalinglaws.training.image_steps import Course, augmented
from scalinglaws.training.images import Images
from scalinglaws.training.session import Session

SIZES: dict[str, Any] = {
    **{key: SCAN[key] for key in SCAN if key not in ("experiment", "seed", "first_seed")},
    **{"task": "mnist5k", "tasks": ["mnist5k"], "width": 8, "depth": 10, "seeds": 3},
    **{"variants_per_block": 2, "seeds_per_block": 1, "sizes_per_block": 1},
    **{"classes": [10, 5], "noises": [0.0, 1.0], "noise_kinds": ["fixed", "resampled"]},
    **{"widths": [4, 8], "depths": [10, 16], "data_sizes": [20, 60, 80]},
}


@pytest.fixture(scope="module")
def data() -> dict[str, Dataset]:
    source = np.random.default_rng(0)
    labels = np.arange(140) % 10
    images = source.integers(0, 80, (140, 12, 12))
    images[np.arange(140), labels] = 250
    train, test = images[:80].astype(np.uint8), images[80:].astype(np.uint8)
    return {"mnist5k": Dataset("mnist5k", train, labels[:80], test, labels[80:], {})}


def value(columns: Columns, size: int, seed: int, quantity: str, **chosen: Any) -> float:
    rows = (columns["D"] == size) & (columns["seed"] == seed) & (columns["quantity"] == quantity)
    for name, wanted in chosen.items():
        rows &= columns[name] == wanted
    assert rows.sum() == 1
    return float(columns["value"][rows][0])


@pytest.mark.parametrize(
    ("settings", "saves"),
    [
        (SCAN, 1),
        (SCAN, 5),
        (MLP_SCAN, 2),
        ({**SCAN, "network": "cnn", "optimiser": "adam", "learning_rate": 0.001}, 1),
        ({**SCAN, "variants": [{**VARIANT, "noise": 1.0, "noise_kind": "resampled"}]}, 4),
    ],
)
def test_an_interrupted_run_resumes_to_the_same_bytes(
    settings: dict[str, Any], saves: int, tmp_path: Path, data: dict[str, Dataset]
) -> None:
    whole = image_scan.run(settings, data, Session())
    resumed = resumed_after_saves(
        lambda session: image_scan.run(settings, data, session), tmp_path, saves
    )
    assert same_bytes(resumed, whole)


@pytest.mark.parametrize("settings", [SCAN, MLP_SCAN])
def test_a_member_does_not_depend_on_the_block_it_is_cut_into(
    settings: dict[str, Any], data: dict[str, Dataset]
) -> None:
    whole = image_scan.run(settings, data, Session())
    alone = {**settings, "first_seed": 1, "seeds": 1, "data_sizes": [60]}
    lonely = image_scan.run(alone, data, Session())
    for quantity in ("final_test_loss", "best_test_error", "final_train_loss"):
        found, expected = (value(columns, 60, 1, quantity) for columns in (lonely, whole))
        assert found == pytest.approx(expected, rel=1e-5)
    assert value(whole, 60, 0, "final_test_loss") != value(whole, 60, 1, "final_test_loss")


def test_training_equals_a_plain_loop_with_autograd_and_the_textbook_optimiser(
    data: dict[str, Dataset],
) -> None:
    settings = {**SCAN, "crop": 0, "flips": [], "steps": 40, "seeds": 1, "data_sizes": [60]}
    columns = image_scan.run(settings, data, Session())
    source, identity = data["mnist5k"], {"task": "mnist5k", "seed": 0}

    def stream(purpose: str) -> np.random.Generator:
        return generator(5, "bahri2021", "image_data_scan", identity, purpose)

    images = source.train_images.reshape(80, 1, 6, 2, 6, 2).mean((3, 5)) / 255
    chosen = stream("subset").permutation(80)[:60]
    pixels = torch.tensor((images - images.mean()) / images.std(), dtype=torch.float32)[chosen]
    labels = torch.tensor(source.train_labels)[chosen]
    network = WideResNet(10, 4, 1, 10)
    parameters = wide_resnet.init(network, stream("network"), 0.1)
    leaves = [tensor.contiguous().requires_grad_() for tensor in parameters]
    statistics = wide_resnet.initial_statistics(network)
    momenta = [torch.zeros_like(leaf) for leaf in leaves]
    order = (stream("minibatches 0").random((100, 8)) * 60).astype(int)
    for step in range(40):
        batch = order[step]
        logits = wide_resnet.ARCHITECTURE.logits(
            network, leaves, statistics, pixels[batch], training=True
        )
        gradients = torch.autograd.grad(F.cross_entropy(logits, labels[batch]), leaves)
        rate = 0.1 * 0.5 * (1 + math.cos(math.pi * step / 40))
        with torch.no_grad():
            for leaf, momentum, gradient in zip(leaves, momenta, gradients, strict=True):
                push = gradient + 5e-4 * leaf
                momentum.mul_(0.9).add_(push)
                leaf -= rate * (push + 0.9 * momentum)
    with torch.no_grad():
        seen = wide_resnet.ARCHITECTURE.logits(
            network, leaves, statistics, pixels[:30], training=False
        )
    expected = float(F.cross_entropy(seen, labels[:30]))
    assert value(columns, 60, 0, "final_train_loss") == pytest.approx(expected, rel=2e-3)


def test_a_diverged_member_is_nan_and_alone(
    data: dict[str, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = image_scan.run(MLP_SCAN, data, Session())
    original = image_steps.augmented

    def poisoned(*arguments: Any) -> Any:
        images = original(*arguments).clone()
        images[0] = torch.nan  # the largest training set comes first
        return images

    monkeypatch.setattr(image_steps, "augmented", poisoned)
    sick = image_scan.run(MLP_SCAN, data, Session())
    assert len(sick["value"]) == len(clean["value"])
    for quantity in ("final_test_loss", "best_test_error", "final_train_loss"):
        assert math.isnan(value(sick, 60, 0, quantity))
        assert value(sick, 20, 0, quantity) == value(clean, 20, 0, quantity)


def captured(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], data: dict[str, Dataset]
) -> list[tuple[Images, Images, Course]]:
    seen = []

    def instead(
        learner: Any, sizes: Any, pool: Images, test: Images, course: Course, *rest: Any
    ) -> Arrays:
        seen.append((pool, test, course))
        return {"final_test_loss": np.zeros(len(sizes))}

    monkeypatch.setattr(image_scan, "train", instead)
    image_scan.run(settings, data, Session())
    return seen


def test_noise_has_the_stated_deviation_on_training_and_test_images(
    data: dict[str, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    noisy = {**VARIANT, "noise": 0.7, "noise_kind": "fixed"}
    settings = {**SCAN, "embedded": 0, "seeds": 1, "variants": [VARIANT, noisy]}
    clean_large, clean, fixed_large, fixed = captured(monkeypatch, settings, data)
    for noised, plain in zip(fixed_large[:2], clean_large[:2], strict=True):
        assert isinstance(noised, Images)
        assert isinstance(plain, Images)
        added = (noised.pixels - plain.pixels).numpy()
        assert added.std() == pytest.approx(0.7, rel=0.06)
        assert abs(added.mean()) < 0.06
    assert fixed_large[2].noise == 0
    # The same noise on the same image in every subset, and the same test set for all.
    whole = fixed_large[0].pixels - clean_large[0].pixels
    torch.testing.assert_close(fixed[0].pixels - clean[0].pixels, whole[:20])
    torch.testing.assert_close(fixed[1].pixels, fixed_large[1].pixels)


def course_with(noise: float, crop: int = 0, flip: bool = False) -> Course:
    def stream(purpose: str) -> np.random.Generator:
        return generator(1, "bahri2021", "noise_scan", {"seed": 0}, purpose)

    return Course(200, 16, "sgd", 0.1, 0.0, 50, crop, flip, noise, stream)


def shown(padded: torch.Tensor, course: Course, chunk: int) -> Iterator[torch.Tensor]:
    """Images (batch, channels, side, side) of a chunk's steps, always the first of the pool."""
    draws = image_steps.empty_draws(course, 1, torch.device("cpu"))
    image_steps.fill(draws, course, [1], chunk)
    for _ in range(image_steps.CHUNK):
        yield augmented(padded, draws, course)[0]
        draws.row.add_(1)


def test_fixed_images_are_the_same_at_every_visit_and_resampled_noise_is_fresh() -> None:
    padded = torch.randn(30, 5, 5, 2, generator=torch.Generator().manual_seed(0))
    still = [next(shown(padded, course_with(0), chunk)) for chunk in (0, 1)]
    assert torch.equal(still[0], still[1])
    added = torch.stack(list(shown(padded, course_with(1.5), 0))) - still[0]
    assert float(added.std()) == pytest.approx(1.5, rel=0.02)
    assert not torch.equal(added[0], added[1])
    assert not torch.equal(added[0, 0], added[0, 1])
    again = torch.stack(list(shown(padded, course_with(1.5), 0))) - still[0]
    assert torch.equal(added, again)
    assert not torch.equal(added[0], next(shown(padded, course_with(1.5), 1)) - still[0])


def test_crops_shift_by_at_most_the_padding_and_flips_mirror_half() -> None:
    course = course_with(0, crop=1, flip=True)
    image = torch.arange(1.0, 26).reshape(1, 5, 5, 1)
    padded = F.pad(image, [0, 0, 1, 1, 1, 1])
    allowed = [padded[0, y : y + 5, x : x + 5, 0] for y in range(3) for x in range(3)]
    allowed += [crop.flip(-1) for crop in allowed]
    counts = np.zeros(18, dtype=int)
    for images in shown(padded, course, 0):
        for found in images[:, 0]:
            counts[[torch.equal(found, crop) for crop in allowed].index(True)] += 1
    assert counts.sum() == 1600
    assert (counts > 50).all()  # 89 expected each


def test_superclasses_share_images_minibatches_and_start(
    data: dict[str, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    variants = [VARIANT, {**VARIANT, "classes": 2}]
    settings = {**SCAN, "embedded": 0, "seeds": 1, "data_sizes": [60], "variants": variants}
    fine, coarse = captured(monkeypatch, settings, data)
    assert torch.equal(fine[0].pixels, coarse[0].pixels)
    assert torch.equal((fine[0].labels >= 4).long(), coarse[0].labels)
    chosen = []
    for _, _, course in (fine, coarse):
        draws = image_steps.empty_draws(course, 1, torch.device("cpu"))
        image_steps.fill(draws, course, [60], 3)
        chosen.append(draws.chosen)
    assert torch.equal(*chosen)


def test_blocks_hold_every_member_once() -> None:
    plans = {
        **{"image_data_scan": 1, "image_width_scan": 2, "superclass_scan": 2},
        **{"noise_scan": 3, "aspect_scan": 3},
    }
    for experiment, variants in plans.items():
        members = [
            (str(variant), size, seed)
            for block in cut(experiment, SIZES)
            for variant in block.settings["variants"]
            for size in block.settings["data_sizes"]
            for seed in range(
                block.settings["first_seed"],
                block.settings["first_seed"] + block.settings["seeds"],
            )
        ]
        assert len(members) == len(set(members)) == variants * 3 * 3, experiment


def test_dimensions_are_measured_at_the_largest_training_set_only(
    data: dict[str, Dataset],
) -> None:
    columns = image_scan.run({**SCAN, "steps": 2, "seeds": 1}, data, Session())
    measured = np.char.startswith(columns["quantity"].astype(str), "intrinsic_dimension")
    assert set(columns["D"][measured]) == {60}
    assert measured.sum() == 3
    for block in cut("image_data_scan", SIZES):
        assert (block.settings["embedded"] > 0) == (80 in block.settings["data_sizes"])


def test_the_cost_formula_counts_the_multiply_adds_of_the_network() -> None:
    network = WideResNet(16, 32, 3, 10)
    counted = 0
    original = F.conv2d

    def counting(images: torch.Tensor, weight: torch.Tensor, *rest: Any, **more: Any) -> Any:
        nonlocal counted
        result = original(images, weight, *rest, **more)
        counted += weight.numel() * result.shape[2] * result.shape[3]
        return result

    parameters = wide_resnet.init(network, np.random.default_rng(0))
    statistics = wide_resnet.initial_statistics(network)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(F, "conv2d", counting)
        wide_resnet.ARCHITECTURE.logits(
            network, parameters, statistics, torch.zeros(1, 3, 8, 8), training=False
        )
    variant = Variant(**{**VARIANT, "task": "cifar10", "width": 32, "depth": 16})
    sizes = {**SIZES, "pooling": 4}
    training = Training(**{field.name: sizes[field.name] for field in fields(Training)})
    counted += 4 * 32 * 10  # the linear layer
    assert multiply_adds(variant, training) == pytest.approx(counted, rel=1e-6)


@pytest.mark.parametrize(
    ("experiment", "change", "words"),
    [
        ("image_data_scan", {"data_sizes": [100, 3001]}, "3001 training images; expected between"),
        ("image_data_scan", {"width": 0}, "width is 0; expected at least 1"),
        ("image_data_scan", {"depth": 12}, r"depth is 12; a wide residual network has 6 n \+ 4"),
        ("image_data_scan", {"depth": 4}, r"6 n \+ 4 layers"),
        ("image_data_scan", {"tasks": ["mnist6k"]}, "'mnist6k' is unknown"),
        ("image_data_scan", {"pooling": 3}, "sides of 28; choose a divisor"),
        ("image_data_scan", {"test_size": 2001}, "mnist5k has 2000 test images"),
        ("image_width_scan", {"widths": [4, 0]}, "width is 0"),
        ("superclass_scan", {"classes": [10, 7]}, "has 7, but mnist5k is merged into 2, 5, 10"),
        ("noise_scan", {"noises": [0.0, -0.5]}, "noises has -0.5; expected"),
        ("aspect_scan", {"depths": [10, 17]}, r"depth is 17; a wide residual network has 6 n \+ 4"),
        ("aspect_scan", {"network": "mlp", "depths": [0]}, "depth is 0"),
    ],
)
def test_impossible_sizes_are_refused_when_planning(
    experiment: str, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        cut(experiment, {**SIZES, **change})

from collections.abc import Mapping
from typing import Any

import pytest

from scalinglaws.config import read_scale
from scalinglaws.errors import InputError
from scalinglaws.experiments.learning_curves.plan import blocks, panel_of
from scalinglaws.planning.blocks import Block, Request
from scalinglaws.planning.network_costs import parameter_count

SHARED: dict[str, Any] = {
    "pool": 2,
    "test_images": 500,
    "normalisation": "half",
    "augmentation": "none",
    "init_factor": 0.5,
    "optimiser": "adam",
    "learning_rate": 0.01,
    "weight_decay": 0.0,
    "batch_size": 16,
    "precision": "float32",
    "epochs": 6,
    "log_epochs": 5,
    "seeds": 3,
    "seeds_per_block": 3,
    "jobs": 2,
    "widths": [3, 4],
}
CNN: dict[str, Any] = {
    **{"dataset": "mnist5k", "training_sizes": [50, 100, 400], "hidden": [5]},
    **{"pool_every": 2, "dropout": 0.0},
}
VIT: dict[str, Any] = {**CNN, "patch": 7, "dim": 8, "depth": 1, "heads": 2}
RESNET: dict[str, Any] = {**CNN, "blocks_per_stage": [1, 1]}


def asked(experiment: str, sizes: Mapping[str, Any], device: str) -> Request:
    return Request("damico2025", "learning_curves", experiment, sizes, 5, device)


def planned(name: str = "CNN_MNIST", **panel: Any) -> list[Block]:
    sizes = {"shared": SHARED, "panels": {name: {**CNN, **panel}}}
    return blocks(asked("made", sizes, "cpu"))


def members(plan: list[Block]) -> list[tuple[float, int, int]]:
    return [
        (ensemble["weight_decay"], ensemble["P"], seed)
        for block in plan
        for ensemble in block.settings["ensembles"]
        for seed in ensemble["seeds"]
    ]


def test_blocks_hold_every_member_once_and_cost_about_the_same() -> None:
    plan = planned()
    expected = [(0.0, size, seed) for size in (50, 100, 400) for seed in range(3)]
    assert sorted(members(plan)) == expected
    assert sum(block.members for block in plan) == 9
    costs = [block.core_seconds for block in plan]
    assert max(costs) < 1.3 * min(costs)


def test_every_range_of_seeds_is_dealt_into_its_own_jobs() -> None:
    plan = planned(seeds=4, seeds_per_block=2)
    assert [block.name for block in plan] == [
        f"CNN_MNIST_seeds{first}_part{number}" for first in (0, 2) for number in (0, 1)
    ]
    for first, pair in ((0, plan[:2]), (2, plan[2:])):
        held = sorted((size, seed) for _, size, seed in members(pair))
        assert held == [(size, first + n) for size in (50, 100, 400) for n in (0, 1)]


def test_each_weight_decay_has_all_members() -> None:
    plan = planned(weight_decays=[0.1, 0.01])
    assert len(set(members(plan))) == 18
    assert {member[0] for member in members(plan)} == {0.1, 0.01}


def test_a_panel_overrides_what_is_shared_and_names_its_run_module() -> None:
    (first, _) = planned("CNN_CIFAR10_P400", epochs=9, dataset="cifar10")
    assert first.settings["epochs"] == 9
    assert first.settings["batch_size"] == 16
    assert first.settings["ensembles"][0]["panel"] == "CNN_CIFAR10"
    assert first.module == "scalinglaws.experiments.learning_curves.run_cnn"
    assert (
        planned("ViT_MNIST", **VIT)[0].module == "scalinglaws.experiments.learning_curves.run_vit"
    )
    assert (
        planned("ResNet_MNIST", **RESNET)[0].module
        == "scalinglaws.experiments.learning_curves.run_resnet"
    )


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("CNN_MNIST", {"training_sizes": [100, 3001]}, "3001 .* between 1 and 3000"),
        ("CNN_MNIST", {"training_sizes": [0]}, "0 training images"),
        ("CNN_MNIST", {"training_sizes": []}, "at least one size"),
        ("CNN_MNIST", {"training_sizes": [10, 10]}, "none twice"),
        ("CNN_MNIST", {"dataset": "mnist6k"}, "'mnist6k' is unknown"),
        ("CNN_MNIST", {"test_images": 2001}, "test_images is 2001; expected at most 2000"),
        ("CNN_MNIST", {"pool": 3}, "pool is 3; expected a divisor of 28"),
        ("CNN_MNIST", {"pool": 28}, "pool leaves 1 x 1 pixels"),
        ("CNN_MNIST", {"weight_decays": [0.1, 0.2]}, "expected falling values"),
        ("CNN_MNIST", {"seeds": 4}, "CNN_MNIST.seeds is 4; expected a multiple of .* = 3"),
        ("ResNet_MNIST", {"blocks_per_stage": [1]}, "differ in length"),
        ("ResNet_MNIST", {}, "lacks blocks_per_stage"),
        ("ViT_MNIST", {**VIT, "patch": 4}, "patch is 4; expected a divisor of the side 14"),
        ("ViT_MNIST", {**VIT, "heads": 3}, "heads is 3; expected a divisor of dim = 8"),
    ],
)
def test_impossible_sizes_are_refused_when_planning(
    name: str, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        planned(name, **change)


def test_the_paper_scale_has_the_authors_runs() -> None:
    sizes = read_scale("paper")["damico2025"]
    counts = {
        experiment: {
            panel: sum(
                block.members
                for block in blocks(
                    asked(experiment, {**sizes[experiment], "panels": {panel: own}}, "cuda")
                )
            )
            for panel, own in sizes[experiment]["panels"].items()
        }
        for experiment in ("cnn_curves", "resnet_curves", "vit_curves", "sgd_curves")
    }
    assert counts == {
        "cnn_curves": {"CNN_MNIST": 341, "CNN_CIFAR10": 360, "CNN_CIFAR100": 216},
        "resnet_curves": {"ResNet_MNIST": 377, "ResNet_CIFAR10": 108, "ResNet_CIFAR100": 45},
        "vit_curves": {"ViT_MNIST": 120, "ViT_CIFAR10": 270, "ViT_CIFAR100": 45},
        "sgd_curves": {"CNN_CIFAR10": 48, "CNN_CIFAR100": 48},
    }


def test_the_paper_scale_has_the_authors_networks() -> None:
    sizes = read_scale("paper")["damico2025"]
    stated = {
        "CNN_CIFAR10": 16_876_106,
        "CNN_MNIST": 12.9e6,
        "CNN_CIFAR100": 35.7e6,
        "ResNet_CIFAR10": 11.2e6,
        "ResNet_CIFAR100": 21.3e6,
        "ViT_MNIST": 0.80e6,
        "ViT_CIFAR10": 2.7e6,
        "ViT_CIFAR100": 4.8e6,
    }
    for name, count in stated.items():
        experiment = f"{name.split('_')[0].lower()}_curves"
        panel = panel_of(asked(experiment, sizes[experiment], "cuda"), name)
        assert parameter_count(panel.network) == pytest.approx(count, rel=0.01)

"""The networks of the papers as blocks of a few steps, on made images; needs no configuration.

Shared by check.py and the tests on the CPU. Settings come from config/scales/NAME.yaml, read as it
stands: a machine with a GPU may have neither snakemake nor jsonschema.
"""

import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from scalinglaws.data.dataset import Dataset

REPOSITORY = Path(__file__).resolve().parents[2]
SIDES = {
    **{"mnist": (28, 1, 10), "mnist5k": (28, 1, 10), "fashion_mnist": (28, 1, 10)},
    **{"cifar10": (32, 3, 10), "cifar100": (32, 3, 100)},
}
PANELS = {
    **{f"CNN_{data}": "cnn_curves" for data in ("MNIST", "CIFAR10", "CIFAR100")},
    **{f"ResNet_{data}": "resnet_curves" for data in ("MNIST", "CIFAR10", "CIFAR100")},
    **{f"ViT_{data}": "vit_curves" for data in ("MNIST", "CIFAR10", "CIFAR100")},
}
SHAPES = (
    *("widths", "hidden", "pool_every", "dropout", "blocks_per_stage"),
    *("patch", "dim", "depth", "heads"),
)
PROTOCOL = (
    *("dataset", "pool", "test_images", "normalisation", "augmentation", "init_factor"),
    *("optimiser", "learning_rate", "batch_size", "epochs", "log_epochs"),
)
SCANS = {  # name -> experiment of config/scales, and its variant
    "WRN-28-10": ("image_data_scan", {"width": 160, "depth": 28}),
    "WRN-16-4": ("image_data_scan", {"width": 64, "depth": 16}),
    "WRN-10-1": ("image_width_scan", {"width": 16, "depth": 10}),
    "CNN-4": ("cnn_data_scan", {"width": 50, "depth": 4}),
}
Case = tuple[str, dict[str, Any]]  # run module in experiments, and settings


@cache
def sizes_at(scale: str) -> dict[str, dict[str, Any]]:
    with (REPOSITORY / "config" / "scales" / f"{scale}.yaml").open(encoding="utf-8") as stream:
        found: dict[str, dict[str, Any]] = yaml.safe_load(stream)
    return found


def panel_case(name: str, precision: str, size: int, seeds: int = 1, **changes: Any) -> Case:
    """A panel of D'Amico et al. at `size` images; `changes` go before the scale's settings."""
    experiment = sizes_at("paper")["damico2025"][PANELS[name]]
    panel = {**experiment["shared"], **experiment["panels"][name], **changes}
    settings = {key: panel[key] for key in (*PROTOCOL, *SHAPES) if key in panel}
    cell = {"panel": name, "weight_decay": 0.0, "P": size, "seeds": list(range(seeds))}
    settings |= {"precision": precision, "experiment": PANELS[name], "seed": 1}
    module = f"learning_curves.run_{name.split('_')[0].lower()}"
    return module, {**settings, "ensembles": [cell]}


def scan_case(name: str, precision: str, size: int, seeds: int = 1, **changes: Any) -> Case:
    """A network of Bahri et al. on CIFAR-10 with `size` training images."""
    experiment, shape = SCANS[name]
    sizes = {**sizes_at("paper")["bahri2021"][experiment], **changes}
    variant = {"task": "cifar10", "classes": 10, "noise": 0.0, "noise_kind": "none", **shape}
    keys = (
        *("network", "pooling", "steps", "batch", "optimiser", "learning_rate", "weight_decay"),
        *("crop", "flips", "evaluate_every", "test_size"),
    )
    settings = {key: sizes[key] for key in keys}
    settings |= {"precision": precision, "experiment": experiment, "seed": 1, "first_seed": 0}
    settings |= {"embedded": 0, "data_sizes": [size], "seeds": seeds}
    return "image_scans.run", {**settings, "variants": [variant | changes.get("variant", {})]}


@cache
def made_data(name: str, train: int = 1300, test: int = 200) -> Dataset:
    """Images whose class is a pattern under noise: something to learn, nothing to download."""
    side, channels, classes = SIDES[name]
    stream = np.random.default_rng(0)
    patterns = stream.integers(40, 215, (classes, side, side, channels))
    labels = np.arange(train + test) % classes
    noise = stream.integers(-40, 41, (train + test, side, side, channels))
    images = (patterns[labels] + noise).astype(np.uint8)
    images = images[..., 0] if channels == 1 else images
    scaled = images[:train].reshape(-1, channels) / 255
    card = {"mean": scaled.mean(0).tolist(), "std": scaled.std(0).tolist(), "sha256": "made"}
    return Dataset(name, images[:train], labels[:train], images[train:], labels[train:], card)


def run_case(case: Case, session: Any, data: Mapping[str, Dataset] | None = None) -> Any:
    """The columns of a block, computed as rule train_block has it."""
    from scalinglaws.training.arithmetic import set_arithmetic

    module, settings = case
    if data is None:
        names = (
            [settings["dataset"]]
            if "dataset" in settings
            else [variant["task"] for variant in settings["variants"]]
        )
        data = {name: made_data(name) for name in names}
    experiment = importlib.import_module(f"scalinglaws.experiments.{module}")
    set_arithmetic(session.device, session.threads, settings["precision"])
    return experiment.run(settings, data, session)

"""A copy of the workflow with sizes so small that the whole DAG takes a minute."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "config", "envs", "paper", "workflow", "README.md")

# A panel of learning curves; more than what it changes stands in the scale file.
TINY_NETWORK: dict[str, Any] = {
    "dataset": "mnist5k",
    "pool": 4,
    "test_images": 200,
    "training_sizes": [32, 64, 128],
    "seeds": 2,
    "jobs": 1,
    "epochs": 8,
    "batch_size": 8,
    "learning_rate": 0.01,
}
TINY_CNN: dict[str, Any] = {"widths": [2, 4, 4], "hidden": [8]}

# Every experiment, seconds in all. Too small for the physics: intervals are wide or absent, and
# that must not stop the DAG.
TINY: dict[str, dict[str, dict[str, Any]]] = {
    "bahri2021": {
        "variance_limited": {
            "population": 200,
            "test_size": 100,
            "data_sizes": [200, 400, 800, 1600],
            "sets": 2,
            "seeds": 3,
            "seeds_per_block": 3,
            "steps": 10,
        },
        "variance_limited_cnn": {
            "population": 100,
            "test_size": 50,
            "data_sizes": [20000, 40000, 80000],
            "sets": 2,
            "seeds": 3,
            "seeds_per_block": 3,
            "steps": 2,
        },
        "variance_limited_width": {
            "train_size": 8,
            "test_size": 50,
            "widths": [16, 32, 128, 256],
            "seeds": 3,
            "seeds_per_block": 3,
            "steps": 10,
        },
        "variance_limited_centred": {
            "train_size": 8,
            "test_size": 50,
            "widths": [16, 32, 128, 256],
            "seeds": 3,
            "seeds_per_block": 3,
            "steps": 10,
        },
        "teacher_student": {
            "dimensions": [3],
            "data_sizes": [32, 64, 128],
            "seeds": 2,
            "seeds_per_block": 2,
            "steps": 100,
            "evaluate_every": 50,
            "student_width": 16,
            "test_size": 100,
            "validation_size": 50,
        },
        "model_size_scan": {
            "dimensions": [3],
            "widths": [2, 3, 4],
            "seeds": 2,
            "seeds_per_block": 2,
            "steps": 100,
            "evaluate_every": 50,
            "test_size": 100,
            "validation_size": 50,
        },
        "power_losses": {
            "powers": [1, 2],
            "widths": [2, 3, 4],
            "seeds": 2,
            "seeds_per_block": 2,
            "steps": 100,
            "evaluate_every": 50,
            "test_size": 100,
            "validation_size": 50,
        },
        "product_manifolds": {
            "factors": [[2, 2]],
            "widths": [2, 3, 4],
            "seeds": 2,
            "seeds_per_block": 2,
            "steps": 100,
            "evaluate_every": 50,
            "test_size": 100,
            "validation_size": 50,
        },
        "digits_mlp": {
            "data_sizes": [40, 80, 160],
            "seeds": 2,
            "seeds_per_block": 2,
            "steps": 50,
            "evaluate_every": 25,
            "width": 16,
            "test_size": 200,
            "validation_size": 100,
        },
        "image_data_scan": {
            "width": 2,
            "data_sizes": [20, 40, 80],
            "seeds": 2,
            "steps": 8,
            "evaluate_every": 4,
            "test_size": 100,
            "embedded": 50,
        },
        "image_width_scan": {
            "widths": [1, 2, 4],
            "data_sizes": [100],
            "seeds": 2,
            "steps": 8,
            "evaluate_every": 4,
            "test_size": 100,
        },
        "cnn_data_scan": {
            "pooling": 7,
            "data_sizes": [20, 40, 80],
            "seeds": 2,
            "steps": 8,
            "evaluate_every": 4,
            "test_size": 100,
            "embedded": 50,
        },
        "superclass_scan": {
            "width": 8,
            "data_sizes": [20, 40, 80],
            "seeds": 2,
            "steps": 8,
            "evaluate_every": 4,
            "test_size": 100,
        },
        "noise_scan": {
            "width": 8,
            "data_sizes": [20, 40, 80],
            "seeds": 2,
            "steps": 8,
            "evaluate_every": 4,
            "test_size": 100,
        },
        "aspect_scan": {
            "widths": [2, 4, 8],
            "depths": [1, 2],
            "width": 8,
            "data_sizes": [20, 40, 80],
            "seeds": 2,
            "steps": 8,
            "evaluate_every": 4,
            "test_size": 100,
        },
        "kernel_theory": {"size": 200, "samples": [10, 16, 24, 32, 64]},
        "gaussian_features": {
            "features": 200,
            "sizes": [10, 16, 24, 32, 64],
            "variance_sizes": [64, 128],
            "draws": 2,
            "seeds": 2,
            "seeds_per_block": 2,
        },
        "sphere_kernels": {"sizes": [64, 128, 192, 256], "test_size": 100, "seeds": 2},
        "random_features": {
            "pools": [4, 7],
            "population": 240,
            "hidden": 50,
            "sizes": [8, 16, 24, 30, 60],
            "orders": 2,
            "variance_sizes": [240, 960, 1920, 3840],
            "draws": 2,
            "seeds": 2,
            "seeds_per_block": 2,
        },
        "pretrained_features": {
            "pool": 4,
            "widths": [2],
            "hidden": 160,
            "features": 64,
            "steps": 20,
            "population": 128,
            "test_size": 60,
            "data_sizes": [16, 24, 32, 64, 128],
            "parameter_sizes": [16, 24, 32, 64],
            "resonance_sizes": [16, 32, 64],
            "variance_sizes": [64, 192, 320, 640],
            "sets": 2,
            "kernel_sizes": [16, 24, 32, 64],
            "spectrum_size": 128,
            "seeds": 2,
            "seeds_per_block": 2,
        },
    },
    "damico2025": {
        "perceptron_theory": {"alphas": [1.0, 5.0, 100.0, 1000.0], "lambda_points": 21},
        "perceptron_descent": {"weights": 40, "samples": 4, "iterations": 250, "records": 60},
        "perceptron_alphas": {
            "alphas": [2.0, 10.0, 20.0],
            "weights": [40, 20, 10],
            "iterations": [250, 300, 400],
            "samples": 4,
            "records": 60,
        },
        "perceptron_limits": {"lambda_points": 17, "ratio_points": 17},
        "perceptron_square": {"weights": 20, "samples": 4, "lambda_points": 9},
        **{
            f"{name}_curves": {"panels": {panel: TINY_NETWORK | shape | own}}
            for name, panel, shape, own in (
                ("cnn", "CNN_MNIST", TINY_CNN, {"jobs": 2}),
                ("resnet", "ResNet_MNIST", {"widths": [2, 4], "blocks_per_stage": [1, 1]}, {}),
                ("vit", "ViT_MNIST", {"patch": 14, "dim": 4, "depth": 1, "heads": 1}, {"pool": 1}),
                ("sgd", "CNN_MNIST", TINY_CNN, {}),
                ("decay", "CNN_MNIST", TINY_CNN, {"training_sizes": [32, 64, 96]}),
                ("protocol", "CNN_MNIST", TINY_CNN, {"training_sizes": [375]}),  # a released size
            )
        },
    },
    "worschech2024": {
        "committee_sgd": {
            "dimension": 64,
            "levels": [1, 8],
            "seeds": 2,
            "alpha_max": 300.0,
            "points": 60,
        },
        "committee_ode": {
            "dimension": 64,
            "levels": [1, 2, 4, 8],
            "seeds": 2,
            "alpha_max": 300.0,
            "points": 60,
        },
        "committee_reduced": {
            "dimension": 64,
            "levels": [1, 8],
            "seeds": 2,
            "alpha_max": 300.0,
            "points": 20,
        },
        "committee_reduced_ode": {
            "dimension": 64,
            "levels": [1, 8],
            "seeds": 2,
            "alpha_max": 300.0,
            "points": 20,
        },
        "near_teacher_sgd": {"dimension": 16, "seeds": 2, "alpha_max": 100.0, "points": 20},
        "asymptotic_theory": {
            "dimension": 16,
            "seeds": 2,
            "alpha_max": 100.0,
            "points": 20,
            "paper_levels": 64,
            "many_levels": 256,
            "window_points": 20,
            "many_points": 20,
        },
        "linear_theory": {"law_levels": 1024, "tail_dimensions": [256, 1024, 4096]},
        "linear_sgd": {"dimension": 64, "seeds": 2, "alpha_max": 30.0, "points": 20},
        "feature_scaling": {
            "dimension": 64,
            "trainable": [8, 16, 32, 64],
            "seeds": 2,
            "alpha_max": 100.0,
            "points": 20,
        },
        "image_features": {
            "pool": 4,
            "trainable": [8, 16, 32],
            "seeds": 2,
            "alpha_max": 100.0,
            "points": 20,
        },
        "plateau_theory": {
            "points": 60,
            "grid_hidden": [2],
            "grid_levels": [1],
            "scan_hidden": [8],
            "scan_levels": [16],
            "scan_levels_hidden": 8,
            "rates_hidden": [2],
            "rates": [0.1],
            "length_hidden": [2],
            "law_levels": [1],
            "length_levels": [1],
            "curve_hidden": [2],
            "curve_levels": [1],
        },
        "committee_overlaps": {
            "dimension": 64,
            "hidden": 2,
            "seeds": 2,
            "alpha_max": 300.0,
            "points": 60,
            "sgd_alpha_max": 20.0,
        },
    },
}


@dataclass(frozen=True)
class Repository:
    """A working copy to run Snakemake in."""

    path: Path

    def snakemake(self, *arguments: str, timeout: float = 1800) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "snakemake", *arguments]
        return self.run(command, timeout)

    def verb(self, *arguments: str, timeout: float = 1800) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "scalinglaws", *arguments]
        return self.run(command, timeout)

    def run(self, command: list[str], timeout: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.path,
            env=environment(self.path),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )

    def resize(self, sizes: dict[str, dict[str, dict[str, Any]]]) -> None:
        """Replace sizes of the quick scale: paper -> experiment -> key -> value."""
        path = self.path / "config" / "scales" / "quick.yaml"
        content = yaml.safe_load(path.read_text())
        for paper, experiments in sizes.items():
            for experiment, changes in experiments.items():
                unknown = set(changes) - set(content[paper][experiment])
                assert not unknown, f"{experiment} has no {unknown}"
                content[paper][experiment] |= changes
        path.write_text(yaml.safe_dump(content))

    def configure(self, **changes: Any) -> None:
        path = self.path / "config" / "config.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.path / file
        text = path.read_text()
        assert old in text, f"{file} does not contain {old!r}"
        path.write_text(text.replace(old, new, 1))

    def results(self, pattern: str) -> dict[str, bytes]:
        root = self.path / "results" / "quick"
        return {
            file.relative_to(root).as_posix(): file.read_bytes()
            for file in sorted(root.glob(pattern))
        }


def environment(path: Path) -> dict[str, str]:
    inherited = {key: os.environ[key] for key in os.environ if not key.startswith("PYTEST")}
    return inherited | {
        "PYTHONPATH": str(path / "workflow"),
        "XDG_CACHE_HOME": str(path / ".cache"),
    }


def copy_repository(target: Path) -> Repository:
    target.mkdir(parents=True)
    for part in PARTS:
        if (SOURCE / part).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(SOURCE / part, target / part, ignore=ignored)
        else:
            shutil.copy2(SOURCE / part, target / part)
    return Repository(target)

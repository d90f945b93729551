"""Runs of a second or two: settings of a small block of each experiment, and what computes it."""

from typing import Any

from scalinglaws.experiments.kernels import run_gaussian, run_pretrained, run_random
from scalinglaws.experiments.mlp_scans import run_digits, run_fixed_sets
from scalinglaws.experiments.variance import run_cnn, run_mlp

MODULES: dict[str, Any] = {
    "variance_limited": run_mlp,
    "variance_limited_cnn": run_cnn,
    "teacher_student": run_fixed_sets,
    "digits_mlp": run_digits,
    "gaussian_features": run_gaussian,
    "random_features": run_random,
    "pretrained_features": run_pretrained,
}
ADAM = {
    **{"steps": 60, "batch": 16, "learning_rate": 0.003, "evaluate_every": 20},
    **{"test_size": 30, "validation_size": 20, "seed": 5, "first_seed": 0, "seeds": 2},
}
SEEDS = {"seed": 5, "first_seed": 0, "seeds": 2}
SETTINGS: dict[str, dict[str, Any]] = {
    "variance_limited": {
        **{"task": "mnist5k", "losses": ["cross_entropy", "squared"], "population": 40},
        **{"test_size": 30, "pooling": 7, "width": 4, "hidden_layers": 2, "data_sizes": [20, 80]},
        **{"sets": 4, "steps": 5, "seed": 5, "first_seed": 0, "seeds": 2, "learning_rate": 0.2},
    },
    "variance_limited_cnn": {
        **{"task": "mnist5k", "losses": ["cross_entropy", "squared"], "population": 40},
        **{"test_size": 30, "pooling": 4, "channels": 4, "data_sizes": [20, 80], "sets": 4},
        **{"steps": 3, "seed": 5, "first_seed": 0, "seeds": 2, "learning_rate": 0.2},
    },
    "teacher_student": {
        **{**ADAM, "dimensions": [3], "data_sizes": [8, 32], "teacher_width": 16},
        **{"student_width": 24, "chord_points": 5},
    },
    "digits_mlp": {
        **{**ADAM, "task": "mnist5k", "pooling": 7, "data_sizes": [10, 40], "width": 12},
        "hidden_layers": 2,
    },
    "gaussian_features": {
        **{"alphas": [0.3, 1.0], "features": 40, "sizes": [4, 8, 12], "resonance": 8},
        **{"fixed": 3, "variance_sizes": [8, 20], "draws": 3, **SEEDS},
    },
    "random_features": {
        **{"dataset": "mnist5k", "pools": [4, 7], "population": 40, "hidden": 12, "fixed": 3},
        **{"sizes": [2, 4, 8], "orders": 2, "variance_sizes": [40, 80], "draws": 2, **SEEDS},
    },
    "pretrained_features": {
        **{"dataset": "mnist5k", "pool": 7, "widths": [2], "hidden": 24, "features": 8},
        **{"steps": 25, "batch": 8, "learning_rate": 0.01, "population": 32, "test_size": 16},
        **{"data_sizes": [4, 8, 32], "parameter_sizes": [2, 4, 8], "resonance": 4},
        **{"resonance_sizes": [2, 4, 8], "fixed": 2, "variance_sizes": [8, 16], "sets": 4},
        **{"kernel_sizes": [4, 8, 16], "spectrum_size": 16, **SEEDS},
    },
}

"""Settings of small blocks of networks on images, for the tests of several rooms."""

from typing import Any

PROTOCOL: dict[str, Any] = {
    "experiment": "made",
    "dataset": "tiny",
    "pool": 2,
    "test_images": 60,
    "normalisation": "half",
    "augmentation": "none",
    "init_factor": 0.5,
    "optimiser": "adam",
    "batch_size": 16,
    "precision": "float32",
    "learning_rate": 0.01,
    "epochs": 6,
    "log_epochs": 5,
    "seed": 7,
    "ensembles": [
        {"panel": "A", "weight_decay": 0.0, "P": 20, "seeds": [0, 1]},
        {"panel": "A", "weight_decay": 0.0, "P": 40, "seeds": [0, 1]},
    ],
}
CNN: dict[str, Any] = {"widths": [3, 4], "hidden": [5], "pool_every": 2, "dropout": 0.0}
SETTINGS = {**PROTOCOL, **CNN}
NETWORKS: dict[str, dict[str, Any]] = {
    "cnn": {**SETTINGS, "dropout": 0.1, "augmentation": "affine"},
    "resnet": {**PROTOCOL, "widths": [3, 4], "blocks_per_stage": [1, 1]}
    | {"augmentation": "crop_flip"},
    "vit": {**PROTOCOL, "patch": 2, "dim": 6, "depth": 2, "heads": 2, "optimiser": "adamw"},
}

VARIANT: dict[str, Any] = {
    **{"task": "mnist5k", "classes": 10, "width": 4, "depth": 10},
    **{"noise": 0.0, "noise_kind": "none"},
}
SCAN: dict[str, Any] = {
    **{"experiment": "image_data_scan", "network": "wrn", "pooling": 2, "steps": 150, "batch": 8},
    **{"optimiser": "sgd", "learning_rate": 0.1, "weight_decay": 5e-4, "evaluate_every": 60},
    "precision": "float32",
    **{"crop": 1, "flips": ["mnist5k"], "test_size": 30, "embedded": 20, "first_seed": 0},
    **{"seeds": 2, "seed": 5, "data_sizes": [20, 60], "variants": [VARIANT]},
}
MLP_SCAN: dict[str, Any] = {
    **SCAN,
    **{"network": "mlp", "optimiser": "adam", "learning_rate": 0.003, "crop": 0, "flips": []},
    "variants": [{**VARIANT, "width": 12, "depth": 2}],
}

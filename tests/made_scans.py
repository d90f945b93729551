"""Tables of bahri2021 at any scale's sizes, made of power laws with noise: nothing is trained."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.config import read_scale

Sizes = Mapping[str, Any]
LOSSES = ("best_test_loss", "final_test_loss", "best_test_error", "final_test_error")
CLASSES = {"cifar100": 100}


def made_tables(scale: str, seeds: int | None = None, noise: float = 0.1) -> dict[str, Any]:
    """Every table of the paper by experiment; `seeds` instead of the scale's own numbers."""
    sizes = read_scale(scale)["bahri2021"]
    if seeds is not None:
        sizes = {name: {**size, "seeds": seeds} for name, size in sizes.items()}
    draw = np.random.default_rng(7)
    makers = {
        **dict.fromkeys(("variance_limited", "variance_limited_cnn"), variance),
        **dict.fromkeys(("variance_limited_width", "variance_limited_centred"), widths),
        "teacher_student": teachers,
        "model_size_scan": growing,
        "power_losses": growing,
        "product_manifolds": growing,
        "digits_mlp": digits,
        "kernel_theory": theory,
        "gaussian_features": gaussian,
        "sphere_kernels": spheres,
        "random_features": random_features,
        "pretrained_features": pretrained,
    }
    tables = {}
    for name, size in sizes.items():
        rows = pd.DataFrame(makers.get(name, images)(size, name))
        scatter = noise * rows.pop("scatter") * draw.standard_normal(len(rows))
        rows["value"] = np.where(
            rows["quantity"].str.contains("excess"),
            rows["value"] * (1 + 4 * scatter),  # of either sign, as differences of losses are
            rows["value"] * np.exp(scatter),
        )
        tables[name] = rows
    return tables


def row(quantity: str, value: float, scatter: float = 1.0, **identity: Any) -> dict[str, Any]:
    return {**identity, "quantity": quantity, "value": value, "scatter": scatter}


def each(size: Sizes, *keys: Iterable[Any]) -> Iterable[Any]:
    return product(*keys, range(size["seeds"]))


def variance(size: Sizes, name: str) -> list[dict[str, Any]]:
    network = "convolutional" if name.endswith("cnn") else "fully connected"
    parameters = 1922 if name.endswith("cnn") else 276
    return [
        row(
            quantity, value / data, network=network, task=task, loss=loss, data_size=data,
            seed=seed, draw=drawn, step=size["steps"], parameters=parameters,
        )
        for task, loss, data, drawn, seed in each(
            size, size["tasks"], size["losses"], size["data_sizes"], range(size["sets"])
        )
        for quantity, value in (("excess", 4.0), ("deviation", 9.0), ("spread", 8.0))
    ]  # fmt: skip


def widths(size: Sizes, name: str) -> list[dict[str, Any]]:
    start = "centred" if name.endswith("centred") else "random"
    return [
        row(
            quantity, value / width, task=task, loss=loss, activation=activation, start=start,
            width=width, seed=seed, step=size["steps"], examples=size["train_size"],
        )
        for task, loss, activation, width, seed in each(
            size, size["tasks"], size["losses"], size["activations"], size["widths"]
        )
        for quantity, value in (("excess", 3.0), ("deviation", 5.0), ("deviation_limit", 5.0))
    ]  # fmt: skip


def teachers(size: Sizes, name: str) -> list[dict[str, Any]]:
    rows = []
    for d, data, seed in each(size, size["dimensions"], size["data_sizes"]):
        place = {"dimension": d, "data_size": data, "seed": seed, "parameters": 38000 + d}
        place |= {"step": size["steps"], "coordinate": np.nan}
        loss = 5.0 * data ** (-4 / d)
        rows += [row(f"test_loss_{kind}", loss, **place) for kind in ("best", "final", "selected")]
        rows += [row("train_loss", 0.001 * loss, **place), row("teachers_rejected", 0.0, **place)]
        for at in np.linspace(0, 1, 21):
            on = {**place, "coordinate": at}
            bump = np.sin(3 * np.pi * at) / data
            rows += [row("chord_teacher", 2 * at - 1, 0, **on)]
            rows += [row("chord_student", 2 * at - 1 + bump, 0, **on)]
    return rows


def growing(size: Sizes, name: str) -> list[dict[str, Any]]:
    factors = size.get("factors") or [[d] for d in size.get("dimensions", [size.get("dimension")])]
    rows = []
    for parts, power, width, seed in each(size, factors, size.get("powers", [2]), size["widths"]):
        parameters = width * (width + sum(parts) + 2) + 1
        place = {
            **{"target": "+".join(map(str, parts)), "power": float(power), "width": width},
            **{"dimension": max(parts), "parameters": parameters, "step": size["steps"]},
        }
        loss = parameters ** (-2 * power / max(parts))
        rows += [
            row(f"test_loss_{kind}", loss, **place, seed=seed)
            for kind in ("best", "final", "selected")
        ]
    return rows


def digits(size: Sizes, name: str) -> list[dict[str, Any]]:
    return [
        row(quantity, value * data**-0.45, task=task, data_size=data, seed=seed, step=size["steps"])
        for task, data, seed in each(size, size["tasks"], size["data_sizes"])
        for quantity, value in (
            *((f"test_loss_{kind}", 9.0) for kind in ("best", "final", "selected")),
            ("train_loss", 0.01),
        )
    ]


def images(size: Sizes, name: str) -> list[dict[str, Any]]:
    tasks = size.get("tasks", [size.get("task")])
    counts = size.get("classes", [None])
    noises = [(0.0, "none")]
    if "noises" in size:
        noises += list(product([n for n in size["noises"] if n], size["noise_kinds"]))
    width, depth = size.get("width", 50), size.get("depth", 4)
    shapes = dict.fromkeys(
        [*((w, depth) for w in size.get("widths", [width]))]
        + [(width, d) for d in size.get("depths", [depth])]
    )
    rows = []
    keys = (tasks, counts, noises, shapes, size["data_sizes"])
    for task, classes, (noise, kind), (w, d), data, seed in each(size, *keys):
        place = {
            **{"task": task, "width": w, "depth": d, "noise": noise, "noise_kind": kind},
            **{"classes": classes or CLASSES.get(task, 10), "D": data, "seed": seed},
            **{"network": size["network"], "step": size["steps"]},
            "visits": size["steps"] * size["batch"] / data,
        }
        exponent = (0.2 + 0.03 * np.log2(w)) / (1 + noise)
        level = 5.0 * np.log(place["classes"])
        scale = level * data**-exponent * w**-0.3
        rows += [row(metric, scale, **place) for metric in LOSSES]
        rows += [row("parameters", 80.0 * w**2 * d, 0, **place)]
        rows += [
            row(f"intrinsic_dimension_k{k}", 12.0 - 6 * (task == "mnist"), 0.1, **place)
            for k in (2, 3, 4)
        ]
    return rows


def theory(size: Sizes, name: str) -> list[dict[str, Any]]:
    return [
        row(quantity, factor * n**-alpha, 0, alpha_k=alpha, samples=n, eigenvalues=size["size"])
        for alpha in size["alphas"]
        for n in size["samples"]
        for quantity, factor in (
            *(("loss", 1.0), ("loss_infinite", 1.3), ("gamma", 0.5)),
            ("gamma_infinite", 0.6),
        )
    ]


def gaussian(size: Sizes, name: str) -> list[dict[str, Any]]:
    rows = []
    for alpha, side, seed in each(size, size["alphas"], ("data", "parameters")):
        place = {"alpha_k": alpha, "features": size["features"], "seed": seed}
        for n in size["sizes"]:
            loss = n**-alpha
            peak = 1e4 if n == size["resonance"] else 1.0
            on = {**place, "size": n}
            rows.append(row("loss", loss, 0.2, scan=side, **on))
            rows.append(row("loss_tuned", loss, 0.2, scan=f"{side}_resonance", **on))
            wild = 40 if peak > 1 else 1
            rows.append(row("loss_low", peak * loss, wild, scan=f"{side}_resonance", **on))
        for n in size["variance_sizes"]:
            on = {**place, "size": n, "scan": f"{side}_variance"}
            excess = size["fixed"] / (n - size["fixed"] - 1)
            rows += [row("excess", excess, 0.1, **on), row("limit", 1.0, 0, **on)]
    return rows


def spheres(size: Sizes, name: str) -> list[dict[str, Any]]:
    return [
        row("loss", n ** (-smooth / m), 0.2, dimension=m, kernel=kernel, size=n, seed=seed)
        for m, (kernel, smooth), n, seed in each(
            size, size["dimensions"], (("nngp", 3), ("ntk", 1)), size["sizes"]
        )
    ]


def random_features(size: Sizes, name: str) -> list[dict[str, Any]]:
    rows = []
    ranks = [*range(1, 17), *np.unique(np.geomspace(17, size["population"] / 2, 20).astype(int))]
    for pool, seed in each(size, size["pools"]):
        alpha = 0.3 + 0.1 * pool
        place = {"dataset": size["dataset"], "pool": pool, "population": size["population"]}
        place["seed"] = seed
        for n in ranks:
            rows.append(row("eigenvalue", float(n) ** (-1 - alpha), size=n, **place))
            rows.append(row("tail", float(n) ** -alpha, 0.1, size=n, **place))
        for n in size["sizes"]:
            for quantity in ("loss_data", "loss_parameters", "prediction"):
                rows.append(row(quantity, 0.5 * n**-alpha, 0.1, size=n, **place))
        for n in size["variance_sizes"]:
            for quantity in ("excess_data", "excess_parameters"):
                rows.append(row(quantity, pool / n, 0.1, size=n, **place))
    return rows


def pretrained(size: Sizes, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []

    def add(quantity: str, scan: str, sizes: Sequence[int], exponent: float, **place: Any) -> None:
        for n, seed in each(size, sizes):
            peak = 100.0 if place["ridge"] == "low" and n == at[scan] else 1.0
            identity = {"dataset": size["dataset"], "count": size["features"], "seed": seed}
            value = peak * float(n) ** -exponent
            rows.append(row(quantity, value, 0.5, size=float(n), scan=scan, **identity, **place))

    at = {"data": size["features"]}
    at |= dict.fromkeys(("data_resonance", "parameters_resonance"), size["resonance"])
    at |= dict.fromkeys(("kernel", "parameters", "data_variance", "parameters_variance"), -1)
    at["spectrum"] = -1
    for target, ridge in product(("real", "teacher"), ("low", "tuned")):
        place = {"features": "learned", "target": target, "ridge": ridge}
        add("loss", "data", size["data_sizes"], 0.3, **place)
        add("loss", "parameters", size["parameter_sizes"], 0.25, **place)
        for side in ("data", "parameters"):
            add("loss", f"{side}_resonance", size["resonance_sizes"], 0.3, **place)
            add("excess", f"{side}_variance", size["variance_sizes"], 1.0, **place)
    ranks = np.unique(np.geomspace(1, size["features"] - 10, 20).astype(int)).tolist()
    for kernel in ("learned", "random", "nngp1", "nngp3", "ntk3"):
        for target, ridge in (("real", "low"), ("real", "tuned"), ("teacher", "low")):
            place = {"features": kernel, "target": target, "ridge": ridge}
            add("loss", "kernel", size["kernel_sizes"], 0.2 + (target == "teacher"), **place)
        place = {"features": kernel, "target": "real", "ridge": "none"}
        add("eigenvalue", "spectrum", ranks, 1.4, **place)
        add("coefficient", "spectrum", ranks, -0.2, **place)
    return rows

"""Plans of all learning curves of networks in D'Amico et al. (arXiv:2505.13230).

A panel is one network on one data set with one protocol, named as the authors' released set
(architecture first). Its members (training size, seed) are dealt into jobs of about equal cost.
"""

import math
from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.networks.shapes import CNN, Network, ResNet, ViT
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.datasets import SHAPES, SIZES, check_training_sizes
from scalinglaws.planning.devices import check_precision
from scalinglaws.planning.gpu_work import Work, evaluation, gpu_memory_mb, training
from scalinglaws.planning.network_costs import (
    activations,
    footprint,
    multiply_adds,
    parameter_count,
)
from scalinglaws.training.log_epochs import logged_epochs

PROTOCOL = (  # handed to the training as they stand, for every architecture
    *("dataset", "pool", "test_images", "normalisation", "augmentation", "init_factor"),
    *("optimiser", "learning_rate", "batch_size", "precision", "epochs", "log_epochs"),
)
SHAPE = {
    "CNN": ("widths", "hidden", "pool_every", "dropout"),
    "ResNet": ("widths", "blocks_per_stage"),
    "ViT": ("patch", "dim", "depth", "heads"),
}
DEALING = ("training_sizes", "seeds", "jobs")
# Measured on one CPU thread beside another busy one. Per architecture: seconds per step (small
# tensors, the optimiser), per number that a layer writes for an image while training, and while
# evaluating; for all: seconds per multiply-add of a forward pass, likewise.
STEP_SECONDS = {"CNN": 0.9e-3, "ResNet": 2.0e-3, "ViT": 1.7e-3}
TRAINED_NUMBER = {"CNN": 5e-9, "ResNet": 3.5e-9, "ViT": 2e-9}
EVALUATED_NUMBER = {"CNN": 2.5e-9, "ResNet": 1.2e-9, "ViT": 0.6e-9}
TRAINED_PRODUCT, EVALUATED_PRODUCT = 3.5e-11, 1e-11
PARAMETER_SECONDS = 1.5e-9  # per parameter and step: the optimiser reads and writes five arrays
NORM_PRODUCT = 4e-11  # per multiply-add of the norms' products, float64
# Of the eigenvalues of a symmetric matrix on a GPU, which lets most of the card idle: estimates.
GPU_EIGEN_SECONDS, GPU_EIGEN_CUBED = 2e-3, 5e-11
START_UP = 4.0  # seconds: imports and data

Panel = Mapping[str, Any]
Member = tuple[float, int, int]  # weight decay, training size, seed


def curve_blocks(experiment: str, sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Blocks of all panels.

    Raises InputError for a panel that lacks a setting, for training sizes the data set does not
    have, for pooling, patches, shapes and orders of weight decays that do not fit, and for TF32 on
    a CPU.
    """
    return [
        block
        for name in sizes["panels"]
        for panel in [complete(experiment, name, sizes, device)]
        for block in panel_blocks(experiment, name, panel, seed, device)
    ]


def architecture_of(name: str) -> str:
    """CNN, ResNet or ViT: what a panel's name begins with."""
    return name.split("_")[0]


def complete(experiment: str, name: str, sizes: Mapping[str, Any], device: str) -> Panel:
    """Settings shared by all panels, and the panel's own, which go before them."""
    panel = {**sizes["shared"], **sizes["panels"][name]}
    decay = "weight_decays" if "weight_decays" in panel else "weight_decay"
    needed = {*PROTOCOL, *DEALING, *SHAPE[architecture_of(name)], decay}
    where = f"{experiment}.panels.{name}"
    if lacking := sorted(needed - set(panel)):
        raise InputError(
            f"{where} lacks {', '.join(lacking)}; expected here or under {experiment}.shared: add "
            "it in config/scales."
        )
    check_training_sizes(f"{where}.training_sizes", panel["training_sizes"], panel["dataset"])
    check_precision(where, panel["precision"], device)
    check_test_images(where, panel)
    check_pooling(where, panel)
    check_shape(where, network_of(name, panel))
    check_strengths(where, panel)
    return panel


def check_strengths(where: str, panel: Panel) -> None:
    found = panel.get("weight_decays", [])
    if sorted(set(found), reverse=True) != found:
        raise InputError(
            f"{where}.weight_decays is {found}; expected falling values, each once: reorder them "
            "in config/scales."
        )


def check_test_images(where: str, panel: Panel) -> None:
    available = SIZES[panel["dataset"]][1]
    if panel["test_images"] > available:
        raise InputError(
            f"{where}.test_images is {panel['test_images']}; expected at most {available}, the "
            f"test images of {panel['dataset']}: correct config/scales."
        )


def check_pooling(where: str, panel: Panel) -> None:
    side = SHAPES[panel["dataset"]][0]
    if side % panel["pool"]:
        raise InputError(
            f"{where}.pool is {panel['pool']}; expected a divisor of {side}, the side of the "
            f"images of {panel['dataset']}: change config/scales."
        )


def check_shape(where: str, network: Network) -> None:
    side = network.side
    if isinstance(network, CNN) and network.features < 1:
        problem = f"pool leaves {side} x {side} pixels; expected at least one after the max-pools"
    elif isinstance(network, ViT) and side % network.patch:
        problem = f"patch is {network.patch}; expected a divisor of the side {side}"
    elif isinstance(network, ViT) and network.dim % network.heads:
        problem = f"heads is {network.heads}; expected a divisor of dim = {network.dim}"
    elif isinstance(network, ResNet) and len(network.widths) != len(network.blocks_per_stage):
        problem = "widths and blocks_per_stage differ in length; expected one entry per stage each"
    else:
        return
    raise InputError(f"{where}.{problem}: change config/scales.")


def network_of(name: str, panel: Panel) -> Network:
    side, channels, classes = SHAPES[panel["dataset"]]
    side //= panel["pool"]
    if architecture_of(name) == "CNN":
        widths, hidden = tuple(panel["widths"]), tuple(panel["hidden"])
        return CNN(side, channels, widths, hidden, classes, panel["pool_every"], panel["dropout"])
    if architecture_of(name) == "ResNet":
        stages, widths = tuple(panel["blocks_per_stage"]), tuple(panel["widths"])
        return ResNet(side, channels, stages, widths, classes)
    shape = panel["patch"], panel["dim"], panel["depth"], panel["heads"]
    return ViT(side, channels, *shape, classes)


def panel_blocks(experiment: str, name: str, panel: Panel, seed: int, device: str) -> list[Block]:
    groups = dealt(name, panel)
    ending = {number: f"_part{number}" if len(groups) > 1 else "" for number in range(len(groups))}
    return [
        block(experiment, name, panel, group, f"{name}{ending[number]}", seed, device)
        for number, group in enumerate(groups)
    ]


def dealt(name: str, panel: Panel) -> list[list[Member]]:
    """Longest first, each to the job with the least so far."""
    costs = {size: cost(name, panel, size) for size in panel["training_sizes"]}
    longest_first = sorted(costs, key=lambda size: -costs[size])
    seeds = range(panel["seeds"])
    members = [(w, p, s) for p in longest_first for w in strengths(panel) for s in seeds]
    groups: list[list[Member]] = [[] for _ in range(min(panel["jobs"], len(members)))]
    load = [0.0] * len(groups)
    for member in members:
        lightest = load.index(min(load))
        groups[lightest].append(member)
        load[lightest] += costs[member[1]]
    return groups


def strengths(panel: Panel) -> list[float]:
    """The panel's weight decays: three in the experiment that varies them, else one."""
    return list(panel.get("weight_decays", [panel.get("weight_decay")]))


def block(
    experiment: str,
    name: str,
    panel: Panel,
    members: list[Member],
    block_name: str,
    seed: int,
    device: str,
) -> Block:
    architecture, cuda = architecture_of(name), device == "cuda"
    seconds = 0.0 if cuda else sum(cost(name, panel, size) for _, size, _ in members)
    shared = {key: panel[key] for key in (*PROTOCOL, *SHAPE[architecture])}
    groups = ensembles(shown_name(name), members)
    return Block(
        paper="damico2025",
        experiment=experiment,
        name=block_name,
        module=f"scalinglaws.experiments.learning_curves.run_{architecture.lower()}",
        settings={**shared, "experiment": experiment, "seed": seed, "ensembles": groups},
        members=len(members),
        core_seconds=START_UP + seconds,
        datasets=(panel["dataset"],),
        memory_mb=memory_mb(name, panel),
        gpu=cuda,
        kernel="convolutions",
        gpu_work=work(name, panel, [size for _, size, _ in members]) if cuda else (),
        gpu_memory_mb=memory_on_gpu(name, panel, members) if cuda else 0,
    )


def work(name: str, panel: Panel, sizes: list[int]) -> tuple[Work, ...]:
    """Training and evaluations of members of these sizes on a GPU."""
    network, precision = footprint(network_of(name, panel)), panel["precision"]
    steps = panel["epochs"] * sum(math.ceil(size / panel["batch_size"]) for size in sizes)
    trained = training(network, steps, panel["batch_size"], precision, panel["optimiser"])
    looks = [
        evaluation(network, sizes.count(size) * logs_of(panel), seen(panel, size), precision)
        for size in sorted(set(sizes))
    ]
    norms = norms_work(network_of(name, panel), len(sizes) * logs_of(panel), precision)
    return (trained, *looks, norms)


def norms_work(network: Network, count: int, precision: str) -> Work:
    """Eigenvalues of the matrices' Gram matrices in float64, one after the other."""
    matrices = [shape for shape in network.parameter_shapes if len(shape) > 1]
    shorter = [min(shape[0], math.prod(shape[1:])) for shape in matrices]
    seconds = sum(GPU_EIGEN_SECONDS + GPU_EIGEN_CUBED * side**3 for side in shorter)
    return Work(count, precision, 10 * len(matrices), (), 0.0, seconds)


def memory_on_gpu(name: str, panel: Panel, members: list[Member]) -> int:
    """With the largest training set and the test images resident as float32."""
    network, precision = network_of(name, panel), panel["precision"]
    images = max(size for _, size, _ in members) + panel["test_images"]
    resident = 4.0 * images * network.channels * network.side**2
    return gpu_memory_mb(
        footprint(network), panel["batch_size"], precision, panel["optimiser"], resident
    )


def logs_of(panel: Panel) -> int:
    return len(logged_epochs(panel["epochs"], panel["log_epochs"]))


def seen(panel: Panel, size: int) -> int:
    """Images of one evaluation: training images, and test images with and without augmentation."""
    passes = 1 if panel["augmentation"] == "none" else 2
    return int(min(size, panel["test_images"]) + passes * panel["test_images"])


def shown_name(name: str) -> str:
    """Without the ending that tells panels of one network and data set apart."""
    return "_".join(name.split("_")[:2])


def ensembles(panel: str, members: list[Member]) -> list[dict[str, Any]]:
    """The members as one record per weight decay and training size."""
    cells = dict.fromkeys((decay, size) for decay, size, _ in members)
    return [
        {
            "panel": panel,
            "weight_decay": decay,
            "P": size,
            "seeds": sorted(seed for *cell, seed in members if tuple(cell) == (decay, size)),
        }
        for decay, size in cells
    ]


def cost(name: str, panel: Panel, size: int) -> float:
    """Seconds of one member on one CPU thread: training, evaluations and norms."""
    architecture, network = architecture_of(name), network_of(name, panel)
    products, numbers = multiply_adds(network), activations(network)
    steps = panel["epochs"] * math.ceil(size / panel["batch_size"])
    step = STEP_SECONDS[architecture] + PARAMETER_SECONDS * parameter_count(network)
    image = products * TRAINED_PRODUCT + numbers * TRAINED_NUMBER[architecture]
    look = products * EVALUATED_PRODUCT + numbers * EVALUATED_NUMBER[architecture]
    steady = panel["epochs"] * size * image + steps * step
    return steady + logs_of(panel) * (seen(panel, size) * look + norm_seconds(network))


def norm_seconds(network: Network) -> float:
    """Of the Gram matrices from which singular values are taken, and of their eigenvalues."""
    total = 0.0
    for shape in network.parameter_shapes:
        if len(shape) > 1:
            rows, columns = shape[0], math.prod(shape[1:])
            short = min(rows, columns)
            total += rows * columns * short + 4 * short**3
    return 1e-3 + total * NORM_PRODUCT


def memory_mb(name: str, panel: Panel) -> int:
    """Libraries (measured 400 MB), raw and prepared images, weights with moments and gradients
    (and a copy while the state is saved), and the activations of a batch.
    """
    side, channels, _ = SHAPES[panel["dataset"]]
    network = network_of(name, panel)
    images = sum(SIZES[panel["dataset"]]) * side**2 * channels * (2 if panel["pool"] == 1 else 12)
    batch = max(panel["batch_size"], 250)
    numbers = 8 * parameter_count(network) + 3 * batch * activations(network)
    return 700 + int((images + 4 * numbers) / 1e6)

"""Plans of all learning curves of networks in D'Amico et al. (arXiv:2505.13230).

A panel is one network on one data set with one protocol, named as the authors' released set
(architecture first). Its members (training size, seed) of each range of seeds are dealt into jobs
of about equal cost.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.learning_curves.settings import (
    SHAPE,
    Ensemble,
    PanelProtocol,
    Settings,
    network_of,
)
from scalinglaws.networks.shapes import CNN, Network, ResNet, ViT
from scalinglaws.planning.blocks import Block, Request, seed_ranges
from scalinglaws.planning.datasets import SHAPES, SIZES, check_training_sizes
from scalinglaws.planning.devices import check_precision
from scalinglaws.planning.gpu_work import Work, evaluation, gpu_memory_mb, training
from scalinglaws.planning.network_costs import (
    activations,
    footprint,
    multiply_adds,
    parameter_count,
)

KINDS: Mapping[str, type[Network]] = {"CNN": CNN, "ResNet": ResNet, "ViT": ViT}
PROTOCOL = [field.name for field in fields(PanelProtocol)]
DEALING = ("training_sizes", "seeds", "seeds_per_block", "jobs")
# Measured on one CPU thread beside another busy one. Per architecture: seconds per step (small
# tensors, the optimiser), per number that a layer writes for an image while training, and while
# evaluating; for all: seconds per multiply-add of a forward pass, likewise.
STEP_SECONDS = {CNN: 0.9e-3, ResNet: 2.0e-3, ViT: 1.7e-3}
TRAINED_NUMBER = {CNN: 5e-9, ResNet: 3.5e-9, ViT: 2e-9}
EVALUATED_NUMBER = {CNN: 2.5e-9, ResNet: 1.2e-9, ViT: 0.6e-9}
TRAINED_PRODUCT, EVALUATED_PRODUCT = 3.5e-11, 1e-11
PARAMETER_SECONDS = 1.5e-9  # per parameter and step: the optimiser reads and writes five arrays
NORM_PRODUCT = 4e-11  # per multiply-add of the norms' products, float64
# Of the eigenvalues of a symmetric matrix on a GPU, which lets most of the card idle: estimates.
GPU_EIGEN_SECONDS, GPU_EIGEN_CUBED = 2e-3, 5e-11
START_UP = 4.0  # seconds: imports and data

Member = tuple[float, int, int]  # weight decay, training size, seed


@dataclass(frozen=True)
class Panel:
    """One network on one data set with one protocol."""

    name: str
    network: Network
    shape: Mapping[str, Any]  # the settings that the network is made of
    protocol: PanelProtocol
    weight_decays: tuple[float, ...]
    training_sizes: tuple[int, ...]
    seed_ranges: tuple[tuple[int, int], ...]  # first seed and number of seeds
    jobs: int  # of each range of seeds

    @property
    def shown_name(self) -> str:
        """Without the ending that tells panels of one network and data set apart."""
        return "_".join(self.name.split("_")[:2])


def blocks(request: Request) -> list[Block]:
    """Blocks of all panels.

    Raises InputError for a panel that lacks a setting, for training sizes the data set does not
    have, for pooling, patches, shapes and orders of weight decays that do not fit, for seeds that
    are no whole number of blocks, and for TF32 on a CPU.
    """
    panels = [panel_of(request, name) for name in request.sizes["panels"]]
    return [block for panel in panels for block in panel_blocks(request, panel)]


def panel_of(request: Request, name: str) -> Panel:
    """Settings shared by all panels, and the panel's own, which go before them."""
    given = {**request.sizes["shared"], **request.sizes["panels"][name]}
    kind = KINDS[name.split("_")[0]]
    decay = "weight_decays" if "weight_decays" in given else "weight_decay"
    where = f"{request.experiment}.panels.{name}"
    if lacking := sorted({*PROTOCOL, *DEALING, *SHAPE[kind], decay} - set(given)):
        raise InputError(
            f"{where} lacks {', '.join(lacking)}; expected here or under "
            f"{request.experiment}.shared: add it in config/scales."
        )
    protocol = PanelProtocol(**{key: given[key] for key in PROTOCOL})
    check_training_sizes(f"{where}.training_sizes", given["training_sizes"], protocol.dataset)
    check_precision(where, protocol.precision, request.device)
    check_test_images(where, protocol)
    check_pooling(where, protocol)
    check_strengths(where, given.get("weight_decays", []))
    side, channels, classes = SHAPES[protocol.dataset]
    network = network_of(kind, given, side // protocol.pool, channels, classes)
    check_shape(where, network)
    return Panel(
        name,
        network,
        {key: given[key] for key in SHAPE[kind]},
        protocol,
        tuple(given.get("weight_decays", [given.get("weight_decay")])),
        tuple(given["training_sizes"]),
        tuple(seed_ranges(where, given)),
        given["jobs"],
    )


def check_strengths(where: str, found: list[float]) -> None:
    if sorted(set(found), reverse=True) != found:
        raise InputError(
            f"{where}.weight_decays is {found}; expected falling values, each once: reorder them "
            "in config/scales."
        )


def check_test_images(where: str, protocol: PanelProtocol) -> None:
    available = SIZES[protocol.dataset][1]
    if protocol.test_images > available:
        raise InputError(
            f"{where}.test_images is {protocol.test_images}; expected at most {available}, the "
            f"test images of {protocol.dataset}: correct config/scales."
        )


def check_pooling(where: str, protocol: PanelProtocol) -> None:
    side = SHAPES[protocol.dataset][0]
    if side % protocol.pool:
        raise InputError(
            f"{where}.pool is {protocol.pool}; expected a divisor of {side}, the side of the "
            f"images of {protocol.dataset}: change config/scales."
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


def panel_blocks(request: Request, panel: Panel) -> list[Block]:
    return [
        panel_block(request, panel, group, f"{panel.name}_seeds{first}_part{number}")
        for first, seeds in panel.seed_ranges
        for number, group in enumerate(dealt(panel, range(first, first + seeds)))
    ]


def dealt(panel: Panel, seeds: range) -> list[list[Member]]:
    """Longest first, each to the job with the least so far."""
    costs = {size: cost(panel, size) for size in panel.training_sizes}
    longest_first = sorted(costs, key=lambda size: -costs[size])
    members = [
        (decay, size, seed)
        for size in longest_first
        for decay in panel.weight_decays
        for seed in seeds
    ]
    groups: list[list[Member]] = [[] for _ in range(min(panel.jobs, len(members)))]
    load = [0.0] * len(groups)
    for member in members:
        lightest = load.index(min(load))
        groups[lightest].append(member)
        load[lightest] += costs[member[1]]
    return groups


def panel_block(request: Request, panel: Panel, members: list[Member], name: str) -> Block:
    cuda, sizes = request.device == "cuda", [size for _, size, _ in members]
    settings = Settings(
        **asdict(panel.protocol),
        experiment=request.experiment,
        seed=request.seed,
        ensembles=ensembles(panel, members),
    )
    return request.block(
        name,
        {**asdict(settings), **panel.shape},
        run=f"run_{type(panel.network).__name__.lower()}",
        members=len(members),
        core_seconds=START_UP + (0.0 if cuda else sum(cost(panel, size) for size in sizes)),
        datasets=(panel.protocol.dataset,),
        memory_mb=memory_mb(panel),
        gpu=cuda,
        kernel="convolutions",
        gpu_work=work(panel, sizes) if cuda else (),
        gpu_memory_mb=memory_on_gpu(panel, max(sizes)) if cuda else 0,
    )


def ensembles(panel: Panel, members: list[Member]) -> tuple[Ensemble, ...]:
    """The members as one record per weight decay and training size."""
    seeds: dict[tuple[float, int], list[int]] = {}
    for decay, size, seed in members:
        seeds.setdefault((decay, size), []).append(seed)
    return tuple(
        Ensemble(panel.shown_name, *cell, tuple(sorted(found))) for cell, found in seeds.items()
    )


def work(panel: Panel, sizes: list[int]) -> tuple[Work, ...]:
    """Training and evaluations of members of these sizes on a GPU."""
    network, protocol = footprint(panel.network), panel.protocol
    batch, precision, logs = protocol.batch_size, protocol.precision, len(protocol.logged)
    steps = protocol.epochs * sum(math.ceil(size / batch) for size in sizes)
    looks = [
        evaluation(network, sizes.count(size) * logs, seen(protocol, size), precision)
        for size in sorted(set(sizes))
    ]
    norms = norms_work(panel.network, len(sizes) * logs, precision)
    return (training(network, steps, batch, precision, protocol.optimiser), *looks, norms)


def norms_work(network: Network, count: int, precision: str) -> Work:
    """Eigenvalues of the matrices' Gram matrices in float64, one after the other."""
    matrices = [shape for shape in network.parameter_shapes if len(shape) > 1]
    shorter = [min(shape[0], math.prod(shape[1:])) for shape in matrices]
    seconds = sum(GPU_EIGEN_SECONDS + GPU_EIGEN_CUBED * side**3 for side in shorter)
    return Work(count, precision, 10 * len(matrices), (), 0.0, seconds)


def memory_on_gpu(panel: Panel, largest: int) -> int:
    """With the largest training set and the test images resident as float32."""
    network, protocol = panel.network, panel.protocol
    images = largest + protocol.test_images
    resident = 4.0 * images * network.channels * network.side**2
    return gpu_memory_mb(
        footprint(network), protocol.batch_size, protocol.precision, protocol.optimiser, resident
    )


def seen(protocol: PanelProtocol, size: int) -> int:
    """Images of one evaluation: training images, and test images with and without augmentation."""
    passes = 1 if protocol.augmentation == "none" else 2
    return min(size, protocol.test_images) + passes * protocol.test_images


def cost(panel: Panel, size: int) -> float:
    """Seconds of one member on one CPU thread: training, evaluations and norms."""
    network, protocol, kind = panel.network, panel.protocol, type(panel.network)
    products, numbers = multiply_adds(network), activations(network)
    steps = protocol.epochs * math.ceil(size / protocol.batch_size)
    step = STEP_SECONDS[kind] + PARAMETER_SECONDS * parameter_count(network)
    image = products * TRAINED_PRODUCT + numbers * TRAINED_NUMBER[kind]
    look = products * EVALUATED_PRODUCT + numbers * EVALUATED_NUMBER[kind]
    steady = protocol.epochs * size * image + steps * step
    logs = len(protocol.logged)
    return steady + logs * (seen(protocol, size) * look + norm_seconds(network))


def norm_seconds(network: Network) -> float:
    """Of the Gram matrices from which singular values are taken, and of their eigenvalues."""
    total = 0.0
    for shape in network.parameter_shapes:
        if len(shape) > 1:
            rows, columns = shape[0], math.prod(shape[1:])
            short = min(rows, columns)
            total += rows * columns * short + 4 * short**3
    return 1e-3 + total * NORM_PRODUCT


def memory_mb(panel: Panel) -> int:
    """Libraries (measured 400 MB), raw and prepared images, weights with moments and gradients
    (and a copy while the state is saved), and the activations of a batch.
    """
    dataset, pool = panel.protocol.dataset, panel.protocol.pool
    side, channels, _ = SHAPES[dataset]
    images = sum(SIZES[dataset]) * side**2 * channels * (2 if pool == 1 else 12)
    batch = max(panel.protocol.batch_size, 250)
    numbers = 8 * parameter_count(panel.network) + 3 * batch * activations(panel.network)
    return 700 + int((images + 4 * numbers) / 1e6)

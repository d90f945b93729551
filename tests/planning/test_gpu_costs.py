import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from gpu import check
from scalinglaws.experiments.image_scans.costs import four_layer_footprint, wide_footprint
from scalinglaws.experiments.variance.costs import myrtle_footprint
from scalinglaws.networks import cnn, four_layer_cnn, myrtle, resnet, vit, wide_resnet
from scalinglaws.networks.architecture import Architecture
from scalinglaws.networks.shapes import (
    CNN,
    DESIGNS,
    SMALL,
    FourLayerCNN,
    Myrtle,
    ResNet,
    ViT,
    WideResNet,
    with_biases,
)
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.gpu_work import Footprint, Work, evaluation, gpu_memory_mb, training
from scalinglaws.planning.machine import assumed
from scalinglaws.planning.network_costs import footprint

Forward = Callable[[list[Tensor], Tensor], Tensor]
Case = tuple[Footprint, list[tuple[int, ...]], Forward, int, int]


def meta(shapes: list[tuple[int, ...]]) -> list[Tensor]:
    tensors = [torch.empty(shape, device="meta") for shape in shapes]
    return [t.contiguous(memory_format=torch.channels_last) if t.ndim == 4 else t for t in tensors]


def forward(architecture: Architecture, network: Any) -> Forward:
    statistics = [tensor.to("meta") for tensor in architecture.initial_statistics(network)]
    return lambda parameters, images: architecture.logits(
        network, parameters, statistics, images, training=True
    )


def wide(depth: int, width: int, side: int, channels: int, classes: int) -> Case:
    network = WideResNet(depth, width, channels, classes)
    run = forward(wide_resnet.ARCHITECTURE, network)
    return wide_footprint(network, side), network.parameter_shapes, run, side, channels


def four_layers(task: str, side: int, channels: int, classes: int) -> Case:
    network = FourLayerCNN(DESIGNS.get(task, SMALL), side, channels, classes)
    run = forward(four_layer_cnn.ARCHITECTURE, network)
    return four_layer_footprint(network), network.parameter_shapes, run, side, channels


def small_myrtle(side: int, channels: int, width: int) -> Case:
    network = Myrtle(channels, width, 10)
    shapes = with_biases(network.weight_shapes)
    return myrtle_footprint(network, side), shapes, myrtle.outputs, side, channels


def published(network: CNN | ResNet | ViT) -> Case:
    module: Any = {CNN: cnn, ResNet: resnet, ViT: vit}[type(network)]
    run = forward(module.ARCHITECTURE, network)
    return footprint(network), network.parameter_shapes, run, network.side, network.channels


CASES: dict[str, Case] = {
    "WRN-28-10": wide(28, 160, 32, 3, 10),
    "WRN-16-4": wide(16, 64, 32, 3, 100),
    "WRN-10, width 4, digits": wide(10, 4, 28, 1, 10),
    "four-layer CNN": four_layers("cifar10", 32, 3, 10),
    "four-layer CNN, street": four_layers("svhn", 32, 3, 10),
    "four-layer CNN, hundred": four_layers("cifar100", 32, 3, 100),
    "Myrtle": small_myrtle(32, 3, 8),
    "CNN": published(CNN(32, 3, (64, 128, 256, 512), (1024, 512), 100)),
    "ResNet-34": published(ResNet(32, 3, (3, 4, 6, 3), (64, 128, 256, 512), 100)),
    "ViT": published(ViT(32, 3, 4, 192, 6, 3, 10)),
}
cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


class Counted(TorchDispatchMode):
    """How many operations that compute something reach the device."""

    VIEWS = (
        *("view", "_unsafe_view", "t", "transpose", "expand", "detach", "alias", "permute"),
        *("slice", "select", "unsqueeze", "squeeze", "split", "as_strided", "reshape", "empty"),
        *("unbind", "split_with_sizes", "empty_like", "new_empty", "empty_strided"),
    )

    # Moments, running moments, result; sums, gradient. One gradient each of images and weights.
    SEVERAL: ClassVar = {
        **{"native_batch_norm": 3, "native_batch_norm_backward": 2, "convolution_backward": 2}
    }

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        self.count += 0 if name in self.VIEWS else self.SEVERAL.get(name, 1)
        return func(*args, **(kwargs or {}))


@cases
def test_operations_are_what_torch_counts(case: Case) -> None:
    counted, shapes, forward, side, channels = case
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        forward(meta(shapes), torch.empty((2, channels, side, side), device="meta"))
    images = 2
    assert 2 * images * sum(n for _, n in counted.products) == counter.get_total_flops()


@cases
def test_parameters_are_those_of_the_network(case: Case) -> None:
    counted, shapes, *_ = case
    assert counted.parameters == sum(tensor.numel() for tensor in meta(shapes))


@cases
def test_a_convolutional_network_has_a_product_per_weight(case: Case) -> None:
    counted, shapes, *_ = case
    if CASES["ViT"] is not case:  # whose products are gathered by kind
        assert len(counted.products) == sum(len(shape) > 1 for shape in shapes)


@cases
def test_kernels_are_what_reaches_the_device_within_a_third(case: Case) -> None:
    counted, shapes, forward, side, channels = case
    parameters = [tensor.requires_grad_() for tensor in meta(shapes)]
    images = torch.empty((2, channels, side, side), device="meta")
    # The fused kernel of attention reaches GPUs as one, not as the products on this device.
    with Counted() as counter, sdpa_kernel(SDPBackend.MATH):
        torch.autograd.grad(forward(parameters, images).sum(), parameters)
    assert counted.kernels == pytest.approx(counter.count, rel=0.34)


@cases
def test_the_numbers_that_layers_write_bound_what_the_backward_pass_keeps(case: Case) -> None:
    counted, shapes, forward, side, channels = case
    parameters = [tensor.requires_grad_() for tensor in meta(shapes)]
    own = {tensor.untyped_storage()._cdata for tensor in parameters}
    held: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        held.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        forward(parameters, torch.empty((2, channels, side, side), device="meta"))
    sizes = {t.untyped_storage()._cdata: t.untyped_storage().nbytes() for t in held}
    kept = sum(size for storage, size in sizes.items() if storage not in own) / 4 / 2
    assert 0.3 * kept <= counted.numbers
    assert 2 * counted.numbers >= kept  # as planning.gpu_work.gpu_memory_mb assumes


SMALL_NETWORK = Footprint(((8, 1e6),), 1e4, 1000, 50)
LARGE_NETWORK = Footprint(20 * ((160, 2.5e8),), 8e6, 36_000_000, 300)


def test_small_networks_cost_their_launches_and_large_ones_their_arithmetic() -> None:
    gpu = assumed().gpu
    small = training(SMALL_NETWORK, 1, 1, "float32", "sgd")
    assert gpu.seconds(small) == small.launches * gpu.replayed_launch
    large = training(LARGE_NETWORK, 1, 128, "tf32", "sgd")
    arithmetic = 6 * 5e9 * 128 * (1 + gpu.half_widths["tf32"] / 160) / gpu.rates["tf32"]
    assert gpu.seconds(large) == pytest.approx(arithmetic + large.traffic / gpu.bandwidth)
    assert gpu.seconds(large) > 10 * large.launches * gpu.replayed_launch


def test_shorter_factors_are_faster() -> None:
    gpu = assumed().gpu
    float32, tf32, bf16 = (
        gpu.seconds(training(LARGE_NETWORK, 10, 128, precision, "adam"))
        for precision in ("float32", "tf32", "bf16")
    )
    assert float32 > 1.5 * tf32 > 1.5 * bf16


def test_what_the_host_draws_bounds_a_step_from_below() -> None:
    work = Work(10, "float32", 1, (), 0.0, fixed_seconds=0.25)
    assert assumed().gpu.seconds(work) == 2.5


def test_an_evaluation_costs_a_third_of_the_operations_of_training() -> None:
    seen = evaluation(LARGE_NETWORK, 1, 128, "float32")
    trained = training(LARGE_NETWORK, 1, 128, "float32", "sgd")
    assert 3 * seen.products[0][1] == trained.products[0][1]


def test_what_learns_in_bf16_is_measured_at_the_price_of_tf32() -> None:
    seen = {name: evaluation(LARGE_NETWORK, 1, 128, name) for name in ("tf32", "bf16")}
    assert seen["bf16"] == seen["tf32"]


def test_the_variance_limited_networks_cost_what_a_card_took() -> None:
    gpu = assumed().gpu
    taken = json.loads((Path(check.__file__).parent / "h200" / "check_again.json").read_text())
    for name, found in taken["variance"].items():
        short, long = (variance_block(name, steps) for steps in (20, 60))
        spans = [sum(map(gpu.seconds, block.gpu_work)) for block in (short, long)]
        assert 1e3 * (spans[1] - spans[0]) / 40 / short.members == pytest.approx(
            found["milliseconds"], rel=0.2
        )


def variance_block(name: str, steps: int) -> Block:
    found = check.variance_block(name, steps, Namespace(small=False, device="cuda"))
    assert isinstance(found, Block)
    return found


def test_memory_grows_with_batch_moments_and_what_is_resident() -> None:
    def needed(batch: int = 64, optimiser: str = "sgd", resident: float = 0.0) -> int:
        return gpu_memory_mb(LARGE_NETWORK, batch, "tf32", optimiser, resident)

    assert needed(batch=256) > 1.8 * needed(batch=128)
    assert needed(optimiser="adam") - needed() == pytest.approx(1.2 * 4 * 36, abs=2)
    assert needed(resident=1e9) - needed() == pytest.approx(1200, abs=2)

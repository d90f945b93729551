"""Verb calibrate: what this machine's processor and card reach, for the plan and the time left.

Three short kernels stand for what blocks spend processor time in (config/devices.yaml says what
they take on the assumed machine): stacked matrix products, small convolutions, and numpy with
small arrays, where the interpreter counts. Processor time is measured, not wall time: what else
runs must not look like a slow machine. On a card: products, bandwidth, launches, replayed graphs.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from scalinglaws.files import write_whole
from scalinglaws.planning.devices import visible_gpus
from scalinglaws.planning.machine import CALIBRATION, PRECISIONS, assumed, this_machine
from scalinglaws.training.arithmetic import set_arithmetic

REPEATS = 7  # the fastest counts: nothing makes a machine faster than it is
SIDE = 8192  # of the matrices that a card multiplies
IMAGES, CHANNELS = 128, 256  # of the convolution
COPIED = 2**28  # float32 numbers, 1 GB: beyond any cache
LAUNCHES = 2000


def calibrate(as_json: bool) -> None:
    """Measure, store for later plans, and say what came out; takes well below a minute.

    Raises InputError when the repository cannot be written.
    """
    measured = {"processor": processor(), "gpu": card() if visible_gpus() else None}
    text = json.dumps(measured, indent=1, sort_keys=True)
    write_whole(CALIBRATION, f"{text}\n".encode())
    print(text if as_json else summary(measured))


def summary(measured: dict[str, Any]) -> str:
    lines = [f"{name}: {1e3 * value:.1f} ms" for name, value in measured["processor"].items()]
    if measured["gpu"]:
        lines += [f"{name}: {shown(value)}" for name, value in measured["gpu"].items()]
    else:
        lines.append("no GPU is visible; plans keep the assumed one")
    return "\n".join([*lines, this_machine().told, f"stored in {CALIBRATION.name}"])


def shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {shown(item)}" for name, item in value.items())
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def processor() -> dict[str, float]:
    """Processor seconds of each kernel on one thread."""
    set_arithmetic("cpu", 1)
    kernels = {"products": products, "convolutions": convolutions, "numpy": small_arrays}
    return {name: fastest(kernel) for name, kernel in kernels.items()}


def fastest(kernel: Callable[[], None]) -> float:
    kernel()
    times = []
    for _ in range(REPEATS):
        began = time.process_time()
        kernel()
        times.append(time.process_time() - began)
    return min(times)


def products() -> None:
    """20 steps of 3 stacked networks 4-192-192-1 with batches of 64: forward, backward, Adam."""
    torch.manual_seed(0)
    weights = [torch.randn(3, o, i) * 0.1 for o, i in ((192, 4), (192, 192), (1, 192))]
    moments = [[torch.zeros_like(weight) for weight in weights] for _ in range(2)]
    inputs, targets = torch.randn(3, 4, 64), torch.randn(3, 1, 64)
    for _ in range(20):
        hidden = [inputs]
        for weight in weights[:-1]:
            hidden.append(torch.baddbmm(torch.zeros(1), weight, hidden[-1]).clamp_(min=0))
        signal = weights[-1] @ hidden[-1] - targets
        for layer in reversed(range(3)):
            gradient = signal @ hidden[layer].transpose(1, 2)
            signal = (weights[layer].transpose(1, 2) @ signal) * (hidden[layer] > 0)
            first, second = moments[0][layer], moments[1][layer]
            first.lerp_(gradient, 0.1)
            second.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
            weights[layer].addcdiv_(first, second.sqrt() + 1e-8, value=-1e-3)


def convolutions() -> None:
    """10 training steps of four 3 x 3 convolutions with BatchNorm, 16 channels, 32 images 8 x 8."""
    torch.manual_seed(0)
    weights = [torch.randn(16, 16, 3, 3) * 0.1 for _ in range(4)]
    weights = [w.contiguous(memory_format=torch.channels_last).requires_grad_() for w in weights]
    images = torch.randn(32, 16, 8, 8).contiguous(memory_format=torch.channels_last)
    for _ in range(10):
        signal = images
        for weight in weights:
            signal = F.conv2d(signal, weight, padding=1)
            signal = F.relu(F.batch_norm(signal, None, None, training=True))
        gradients = torch.autograd.grad(signal.mean(), weights)
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients, strict=True):
                weight.sub_(gradient, alpha=0.1)


def small_arrays() -> None:
    """2,000 updates of vectors of 64 numbers, a draw of normals and a product of 300 x 300."""
    stream = np.random.default_rng(0)
    state, rates = np.ones(64), stream.random(64)
    for _ in range(2000):
        state = state - 1e-3 * rates * np.tanh(state) * state.sum()
    matrix = stream.standard_normal((300, 300))
    np.linalg.eigvalsh(matrix @ matrix.T)


def card() -> dict[str, Any]:
    """Operations and bytes per second, and seconds per kernel, of the first visible card."""
    properties = torch.cuda.get_device_properties(0)
    half_widths = assumed().gpu.half_widths
    return {
        "name": properties.name,
        "memory_mb": properties.total_memory // 2**20,
        "launch": launched(),
        "replayed_launch": replayed(),
        "bandwidth": copied(),
        "products": {name: multiplied("cuda", name, SIDE) for name in PRECISIONS},
        # What layers without narrow sides would reach, as the plan's constants are meant.
        "convolutions": {
            name: convolved("cuda", name, IMAGES, CHANNELS) * (1 + half_widths[name] / CHANNELS)
            for name in PRECISIONS
        },
    }


def multiplied(device: str, precision: str, side: int) -> float:
    """Operations per second of a product of square matrices."""
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    left, right = (torch.randn(side, side, device=device, dtype=kind) for _ in range(2))
    set_arithmetic(device, 1, precision)
    return 2.0 * side**3 / span(lambda: left @ right, device)


def convolved(device: str, precision: str, images: int, channels: int) -> float:
    """Operations per second of a 3 x 3 convolution's forward and backward pass, 16 x 16 pixels."""
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    order = torch.channels_last
    shapes = ((images, channels, 16, 16), (channels, channels, 3, 3))
    signal, weight = (
        torch.randn(shape, device=device, dtype=kind).contiguous(memory_format=order)
        for shape in shapes
    )
    signal.requires_grad_()
    weight.requires_grad_()
    set_arithmetic(device, 1, precision)

    def once() -> None:
        output = F.conv2d(signal, weight, padding=1)
        torch.autograd.grad(output, [signal, weight], torch.ones_like(output))

    return 6.0 * 9 * channels**2 * 16**2 * images / span(once, device)


def copied() -> float:
    """Bytes per second, read and written."""
    source = torch.ones(COPIED, device="cuda")
    target = torch.empty_like(source)
    return 8.0 * COPIED / span(lambda: target.copy_(source), "cuda")


def launched() -> float:
    """Seconds per kernel that the host starts one by one."""
    small = torch.ones(256, device="cuda")

    def many() -> None:
        for _ in range(LAUNCHES):
            small.add_(1.0)

    return span(many, "cuda") / LAUNCHES


def replayed() -> float:
    """Seconds per kernel of a replayed graph of dependent small kernels."""
    small, graph = torch.ones(256, device="cuda"), torch.cuda.CUDAGraph()
    small.add_(1.0)
    torch.cuda.synchronize()
    with torch.cuda.graph(graph):
        for _ in range(LAUNCHES):
            small.add_(1.0)
    return span(graph.replay, "cuda") / LAUNCHES


def span(action: Callable[[], object], device: str) -> float:
    """Seconds of an action, the fastest of some; waits for the card before and after."""
    action()
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    times = []
    for _ in range(REPEATS):
        wait()
        began = time.perf_counter()
        action()
        wait()
        times.append(time.perf_counter() - began)
    return min(times)

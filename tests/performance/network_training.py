"""Speed of training the authors' CNN against this machine's own peak, measured in the same run.

    python tests/performance/network_training.py [--cores 2]

The CIFAR-10 network of D'Amico et al. (16.9 million parameters), batches of 128, float32, through
the engine that the experiments use, as the workflow runs it: one thread per block, a block on each
core at once. Peak: the largest rate of multiply-adds among a square matrix product and the
network's own convolutions and first fully connected layer. Times are processor time; all take
turns, so that a machine that slows down slows all of them. Training counts with its median turn,
the peak with its best. Exit status 1 if a bound is missed.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict

import numpy as np
import torch
import torch.nn.functional as F

from scalinglaws.config import read_scale
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.learning_curves import curves
from scalinglaws.experiments.learning_curves.plan import Panel, panel_of
from scalinglaws.experiments.learning_curves.run_cnn import ARCHITECTURE
from scalinglaws.networks.shapes import CNN
from scalinglaws.planning.blocks import Request
from scalinglaws.planning.network_costs import multiply_adds
from scalinglaws.training import image_epochs
from scalinglaws.training.arithmetic import set_arithmetic
from scalinglaws.training.memory import keep_freed_memory

TURNS, IMAGES, BATCH = 5, 512, 128
Work = tuple[Callable[[], object], float]  # something to do, and its multiply-adds


def made_data() -> Dataset:
    source = np.random.default_rng(0)
    images = source.integers(0, 256, (2 * IMAGES, 32, 32, 3)).astype(np.uint8)
    labels = np.arange(2 * IMAGES) % 10
    card = {"mean": [0.49, 0.48, 0.45], "std": [0.25, 0.24, 0.26]}
    halves = slice(None, IMAGES), slice(IMAGES, None)
    parts = [part[half] for half in halves for part in (images, labels)]
    return Dataset("made", *parts, card)


def panel() -> Panel:
    """The authors' CNN on CIFAR-10 at scale paper."""
    sizes = read_scale("paper")["damico2025"]["cnn_curves"]
    asked = Request("damico2025", "learning_curves", "cnn_curves", sizes, 0, "cuda")
    return panel_of(asked, "CNN_CIFAR10")


Engine = tuple[image_epochs.Task, image_epochs.Slot, image_epochs.Member]


def engine(panel: Panel) -> Engine:
    settings = {**asdict(panel.protocol), **panel.shape, "ensembles": []}
    settings |= {"experiment": "speed", "seed": 0, "test_images": IMAGES, "precision": "float32"}
    task = curves.task_of(settings, made_data(), ARCHITECTURE, "cpu")
    identity = {"panel": "CNN_CIFAR10", "P": IMAGES, "seed": 0}
    slot = image_epochs.slot_of(task, IMAGES)
    return task, slot, image_epochs.start(task, slot, identity, 0.0)


def peak_candidates(network: CNN) -> dict[str, Work]:
    square = torch.randn(1024, 1024)
    found: dict[str, Work] = {"matrix product": (lambda: square @ square, 1024.0**3)}
    side = network.side
    for number, shape in enumerate(network.weight_shapes, start=1):
        weight = torch.randn(shape)
        if len(shape) == 4:
            weight = weight.contiguous(memory_format=torch.channels_last)
            images = torch.randn(BATCH, side, side, shape[1]).movedim(-1, 1)
            found[f"convolution {number}"] = convolution(images, weight)
            side = side // 2 if number % network.pool_every == 0 else side
        elif shape[0] > network.classes:
            inputs = torch.randn(BATCH, shape[1])
            found["fully connected"] = product(inputs, weight)
    return found


def convolution(images: torch.Tensor, weight: torch.Tensor) -> Work:
    amount = images.shape[0] * images.shape[2] ** 2 * weight.numel()
    return lambda: F.conv2d(images, weight, padding=1), float(amount)


def product(inputs: torch.Tensor, weight: torch.Tensor) -> Work:
    return lambda: F.linear(inputs, weight), float(inputs.shape[0] * weight.numel())


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def measuring_share(times: dict[str, float], size: int) -> float:
    """Part of a run's time that goes to evaluations and norms, at scale paper."""
    protocol = panel().protocol
    epochs, tests, logs = protocol.epochs, protocol.test_images, len(protocol.logged)
    training = epochs * size * times["an epoch"] / IMAGES
    seen = min(size, tests) + tests
    measuring = logs * (seen * times["an evaluation"] / IMAGES + times["all norms"])
    return measuring / (training + measuring)


def trained_products(network: CNN) -> float:
    """Forward, gradients of weights, gradients of signals; the image needs none of the last."""
    first = network.side**2 * float(np.prod(network.weight_shapes[0]))
    return 3 * multiply_adds(network) - first


def measured(_: int) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of each piece of work (median turn), and multiply-adds per second of the peak's
    candidates (best turn), on one thread.
    """
    set_arithmetic("cpu", 1)
    keep_freed_memory()
    task, slot, member = engine(panel())
    steps = image_epochs.steps_of(task, slot, member)
    every = torch.arange(IMAGES)
    candidates = peak_candidates(task.network)
    jobs: dict[str, Callable[[], object]] = {
        "an epoch": lambda: image_epochs.one_epoch(task, slot, member, steps),
        "an evaluation": torch.no_grad()(
            lambda: image_epochs.error_and_loss(task, slot, task.test, every, None)
        ),
        "all norms": lambda: task.norms(task.network, slot.learner.parameters)(),
        **{name: work for name, (work, _) in candidates.items()},
    }
    for job in jobs.values():
        job()
    turns = [{name: seconds(job) for name, job in jobs.items()} for _ in range(TURNS)]
    times = {name: statistics.median(turn[name] for turn in turns) for name in jobs}
    best = {name: min(turn[name] for turn in turns) for name in candidates}
    return times, {name: amount / best[name] for name, (_, amount) in candidates.items()}


def mean(records: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.mean(record[name] for record in records) for name in records[0]}


def main() -> int:
    parser = argparse.ArgumentParser(description="Speed of training the authors' CNN.")
    parser.add_argument("--cores", type=int, default=min(2, os.cpu_count() or 1))
    cores = parser.parse_args().cores
    with ProcessPoolExecutor(cores) as pool:
        found = list(pool.map(measured, range(cores)))
    times, rates = mean([times for times, _ in found]), mean([rates for _, rates in found])
    network = panel().network
    assert isinstance(network, CNN)
    rate, peak = trained_products(network) * IMAGES / times["an epoch"], max(rates.values())
    print(f"{cores} cores at once; each:")
    print(f"{IMAGES / times['an epoch']:.0f} training images per second, ", end="")
    print(
        f"{IMAGES / times['an evaluation']:.0f} evaluated, all norms in {times['all norms']:.2f} s"
    )
    for name, value in rates.items():
        print(f"{name}: {value / 1e9:.0f} GMAC/s")
    share, shares = rate / peak, {size: measuring_share(times, size) for size in (4000, 48000)}
    checks = {
        f"training: {rate / 1e9:.0f} GMAC/s, {share:.0%} of the peak (at least 50 %)": share >= 0.5
    }
    for size, part in shares.items():
        checks[f"evaluation and norms at P = {size}: {part:.1%} of a run (at most 15 %)"] = (
            part <= 0.15
        )
    for name, kept in checks.items():
        print(f"{name}: {'kept' if kept else 'MISSED'}")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

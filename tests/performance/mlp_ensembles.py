"""Speed of ensembles of fully connected networks, as ratios measured in one run on two cores.

    python tests/performance/mlp_ensembles.py

64 students 4-192-192-1, batches of 64, Adam with cosine decay; both sides have two threads.

- Ensemble: as blocks run, two at a time, each training half of the members in stacks that fit the
  cache, one thread each.
- Plain loop: one module, one autograd graph and one torch.optim.Adam per member, members in turn,
  two threads inside PyTorch's operations; a sample of the members stands for all.
- Peak: a square product of 2048 x 2048 in single precision on two threads.

Work of a member and step: the three products with the 192 x 192 matrix and those with the first and
last, forward and backward. Sides take turns, each counts with its median turn, in wall time: the
machine should be idle otherwise. Exit status 1 if a bound is missed.
"""

import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import torch

from scalinglaws.networks.mlp import he_normal
from scalinglaws.training import minibatch
from scalinglaws.training.losses import SQUARED

MEMBERS, WIDTH, BATCH, FEATURES, EXAMPLES = 64, 192, 64, 4, 1024
LAYERS = [FEATURES, WIDTH, WIDTH, 1]
TURNS, ENSEMBLE_STEPS, PLAIN_STEPS, PLAIN_MEMBERS, CORES = 7, 500, 250, 4, 2
LEAST_GAIN, LEAST_SHARE = 12.0, 0.40
# Forward and weight gradients everywhere; the first layer needs no gradient of its inputs.
FLOPS = 2 * BATCH * (2 * FEATURES * WIDTH + 3 * WIDTH * WIDTH + 3 * WIDTH)


def split(seed: int, count: int) -> minibatch.Split:
    draws = torch.Generator().manual_seed(seed)
    inputs = 2.0 * torch.rand(count, FEATURES, generator=draws) - 1.0
    return minibatch.Split(inputs, inputs.prod(1, keepdim=True))


def ensemble_half(steps: int) -> float:
    """Seconds in which one process trains half of the members, after a few steps to warm up."""
    torch.set_num_threads(1)
    train, held_out = split(0, EXAMPLES), {"test": split(1, 64), "validation": split(2, 64)}
    start = he_normal(LAYERS, [np.random.default_rng(0)])

    def course(count: int) -> minibatch.Course:
        return minibatch.Course(
            SQUARED, count, BATCH, 0.003, count, 250, lambda chunk: np.random.default_rng(chunk)
        )

    sizes = [EXAMPLES] * (MEMBERS // CORES)
    minibatch.trained_nested(start, sizes[:4], train, held_out, course(20), {}, lambda *_: None)
    began = time.perf_counter()
    minibatch.trained_nested(start, sizes, train, held_out, course(steps), {}, lambda *_: None)
    return time.perf_counter() - began


def ensemble(pool: ProcessPoolExecutor) -> float:
    """Seconds per member and step, both cores at work: the slower half counts."""
    return max(pool.map(ensemble_half, [ENSEMBLE_STEPS] * CORES)) / (MEMBERS * ENSEMBLE_STEPS)


def plain_member(seed: int) -> None:
    """What a user would write for one member."""
    train = split(0, EXAMPLES)
    torch.manual_seed(seed)
    model = torch.nn.Sequential(
        torch.nn.Linear(FEATURES, WIDTH),
        torch.nn.ReLU(),
        torch.nn.Linear(WIDTH, WIDTH),
        torch.nn.ReLU(),
        torch.nn.Linear(WIDTH, 1),
    )
    optimiser = torch.optim.Adam(model.parameters(), lr=0.003)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, PLAIN_STEPS)
    for _ in range(PLAIN_STEPS):
        chosen = torch.randint(EXAMPLES, (BATCH,))
        loss = torch.nn.functional.mse_loss(model(train.inputs[chosen]), train.targets[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def plain_loop() -> float:
    torch.set_num_threads(CORES)
    began = time.perf_counter()
    for seed in range(PLAIN_MEMBERS):
        plain_member(seed)
    return (time.perf_counter() - began) / (PLAIN_MEMBERS * PLAIN_STEPS)


def peak() -> float:
    """Floating-point operations per second of a large product on all cores."""
    torch.set_num_threads(CORES)
    first, second, product = torch.rand(3, 2048, 2048)
    torch.mm(first, second, out=product)
    began = time.perf_counter()
    for _ in range(4):
        torch.mm(first, second, out=product)
    return 4 * 2 * 2048**3 / (time.perf_counter() - began)


def main() -> int:
    found: dict[str, list[float]] = {"ensemble": [], "plain": [], "peak": []}
    # Spawned: a fork would inherit threads that only the parent has.
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        ensemble(pool)
        plain_member(0)
        for _ in range(TURNS):
            found["ensemble"].append(ensemble(pool))
            found["plain"].append(plain_loop())
            found["peak"].append(peak())
    middle = {name: statistics.median(values) for name, values in found.items()}
    gain = middle["plain"] / middle["ensemble"]
    share = FLOPS / middle["ensemble"] / middle["peak"]
    print(f"ensemble: {1e6 * middle['ensemble']:.0f} us per member and step on two cores")
    print(f"plain loop: {1e6 * middle['plain']:.0f} us")
    print(f"peak: {middle['peak'] / 1e9:.0f} GFLOP/s, {FLOPS / 1e6:.1f} MFLOP per member and step")
    checks = {
        f"plain loop over ensemble: {gain:.1f} (at least {LEAST_GAIN:g})": gain >= LEAST_GAIN,
        f"share of the peak: {share:.2f} (at least {LEAST_SHARE:g})": share >= LEAST_SHARE,
    }
    for name, kept in checks.items():
        print(f"{name}: {'kept' if kept else 'MISSED'}")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

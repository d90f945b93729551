"""Speed of the committee machine's simulators, as ratios measured in one run on one core.

    python tests/performance/committee_simulators.py

K = M = 2. Exit status 1 if a bound is missed. Times are processor time; simulators take turns, so
that a machine that slows down slows all of them, and each counts with its median turn.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from scalinglaws.theory.power_law_spectrum import input_variances
from scalinglaws.training import committee_descent, reduced_committee
from scalinglaws.training.compiled_draws import first_state

TURNS = 9
DIRECT_STEPS, REDUCED_STEPS, SLAB = 12_800, 128_000, 256
ETA, BETA = 0.1, 1.0
Turn = Callable[[], float]


def weights(dimension: int) -> tuple[np.ndarray, np.ndarray]:
    normals = np.random.default_rng(0).standard_normal((2, 2, dimension))
    return 0.01 * normals[0], normals[1]


def direct(dimension: int, levels: int) -> Turn:
    """A function that takes steps and returns seconds per step."""
    student, teacher = weights(dimension)
    scale = np.sqrt(input_variances(levels, dimension, BETA) / dimension)
    stream = np.random.Generator(np.random.Philox(1))
    slab = np.empty((committee_descent.PACE.slab, dimension), dtype=np.float32)

    def turn() -> float:
        began = time.process_time()
        for _ in range(DIRECT_STEPS // committee_descent.PACE.slab):
            stream.standard_normal(out=slab, dtype=np.float32)
            committee_descent.learn(student, teacher, scale, slab, ETA)
        return (time.process_time() - began) / DIRECT_STEPS

    return turn


def reduced(dimension: int, levels: int) -> Turn:
    """The same for the reduced dynamics."""
    student, teacher = reduced_committee.coordinates(*weights(dimension), levels=levels)
    axes = student.shape[1]
    freedom = dimension // levels - axes
    room = reduced_committee.room(SLAB, axes, levels, freedom)
    bits, normals, lengths = room
    state = first_state(np.random.SeedSequence(1))
    scale = reduced_committee.input_scales(levels, BETA)
    rate = ETA * levels / dimension

    def turn() -> float:
        began = time.process_time()
        for _ in range(REDUCED_STEPS // SLAB):
            reduced_committee.draw_inputs(state, bits, freedom, normals, lengths)
            reduced_committee.learn_in_frames(student, teacher, scale, normals, lengths, rate)
        return (time.process_time() - began) / REDUCED_STEPS

    return turn


def main() -> int:
    turns = {
        "direct, N = 1024": direct(1024, 8),
        "reduced, N = 1024": reduced(1024, 8),
        "reduced, N = 1000": reduced(1000, 8),
        "reduced, N = 1000000": reduced(1_000_000, 8),
    }
    for turn in turns.values():
        turn()  # compiles
    found: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(TURNS):
        for name, turn in turns.items():
            found[name].append(turn())
    medians = {name: statistics.median(times) for name, times in found.items()}
    for name, seconds in medians.items():
        print(f"{name}: {1e6 * seconds:.3f} us per step")
    sides = zip(found["direct, N = 1024"], found["reduced, N = 1024"], strict=True)
    large = zip(found["reduced, N = 1000000"], found["reduced, N = 1000"], strict=True)
    gain = statistics.median(slow / fast for slow, fast in sides)
    growth = statistics.median(first / second for first, second in large)
    checks = {
        f"direct over reduced: {gain:.1f} (at least 20)": gain >= 20,
        f"reduced, N = 10^6 over 10^3: {growth:.3f} (0.9 to 1.1)": abs(growth - 1) <= 0.1,
        "direct: at most 25 us per step": medians["direct, N = 1024"] <= 25e-6,
    }
    for name, kept in checks.items():
        print(f"{name}: {'kept' if kept else 'MISSED'}")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

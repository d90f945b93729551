"""Speed of the order-parameter equations, measured in one run on one core.

    python tests/performance/committee_theory.py [--large]

Figure 1's setting: K = M = 2, beta = 1, eta = 0.1, alpha <= 1500, relative tolerance 1e-9. Exit
status 1 if a bound is missed. Times are processor time, best of a few turns, after compilation,
which is shown by itself: it is paid once per process and number of padded levels, whatever M, L,
beta and eta. --large adds L = 256 and 1024.
"""

import os
import sys
import time
from collections.abc import Callable

# Before jax loads.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import numpy as np

from scalinglaws.theory import committee, committee_symmetric

BETA, ETA, SIGMA_J, DIMENSION = 1.0, 0.1, 0.01, 1024
ALPHAS = np.append(np.geomspace(0.3, 1400, 299), 1500.0)
LEVELS, LARGE = (8, 64), (256, 1024)
BOUND_AT_64 = 0.3  # seconds of processor time
# Loose: steps and the cost of each grow with L, M costs nothing but more steps.
MOST_OF_MANY_UNITS = 4.0
Turn = Callable[[], object]


def block_form(levels: int) -> Turn:
    start = committee.typical_start(levels, BETA, SIGMA_J, DIMENSION, 2, 2)
    return lambda: committee.solve(start, ALPHAS, beta=BETA, eta=ETA)


def symmetric(levels: int, units: int = 2) -> Turn:
    start = committee_symmetric.typical_start(levels, BETA, SIGMA_J, DIMENSION)
    machine = {"units": units, "levels": levels, "beta": BETA, "eta": ETA}
    return lambda: committee_symmetric.solve(start, ALPHAS, **machine)


def seconds(turn: Turn, turns: int) -> tuple[float, float]:
    """First turn, which compiles, and the best of the others."""
    times = []
    for _ in range(turns + 1):
        began = time.process_time()
        turn()
        times.append(time.process_time() - began)
    return times[0], min(times[1:])


def main() -> int:
    levels = LEVELS + (LARGE if "--large" in sys.argv[1:] else ())
    best: dict[str, float] = {}
    print(f"{'equations':24} {'first turn':>11} {'after':>9}")
    for n in levels:
        turns = 5 if n <= 64 else 1
        cases = {
            f"block form L={n}": block_form(n),
            f"symmetric L={n}": symmetric(n),
            f"symmetric L={n} M=40": symmetric(n, 40),
        }
        for name, turn in cases.items():
            first, best[name] = seconds(turn, turns)
            print(f"{name:24} {first:9.2f} s {best[name]:7.3f} s")
        ratio = best[f"block form L={n}"] / best[f"symmetric L={n}"]
        print(f"{'block form / symmetric':24} {ratio:21.1f}")
    units = best["symmetric L=64 M=40"] / best["symmetric L=64"]
    print(f"{'M = 40 / M = 2, L = 64':24} {units:21.2f}")
    missed = [name for name in ("block form L=64", "symmetric L=64") if best[name] > BOUND_AT_64]
    if units > MOST_OF_MANY_UNITS:
        missed.append("M = 40 costs more than M = 2")
    print("bounds met" if not missed else f"bounds missed: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

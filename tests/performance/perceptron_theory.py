"""Speed of the perceptron's replica-symmetric theory, in processor time on one core.

    python tests/performance/perceptron_theory.py

Exit status 1 if a bound is missed: 0.1 s per point of a curve (the slowest of all), 30 s for the
curves of alpha = 0.5 to 1000 with optimum and limits, 121 lambdas each.
"""

import sys
import time

import numpy as np

from scalinglaws.experiments.perceptron.run_theory import rows_of
from scalinglaws.theory import perceptron, perceptron_scaling

ALPHAS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 100.0, 1000.0)
LAMBDAS = np.geomspace(1e-3, 100.0, 121)
RATIOS = np.geomspace(0.01, 100.0, 81)
POINT_BOUND, ALL_BOUND = 0.1, 30.0


def seconds_of_curves() -> dict[str, float]:
    """Seconds per point of each curve, and of the universal scaling function."""
    found = {}
    for alpha in ALPHAS:
        began = time.process_time()
        perceptron.fixed_norm_error(alpha, LAMBDAS)
        found[f"alpha = {alpha:g}"] = (time.process_time() - began) / len(LAMBDAS)
    began = time.process_time()
    perceptron_scaling.scaling_function(RATIOS)
    found["alpha -> infinity"] = (time.process_time() - began) / len(RATIOS)
    return found


def seconds_of_all() -> float:
    began = time.process_time()
    for alpha in ALPHAS:
        rows_of(alpha, LAMBDAS)
    return time.process_time() - began


def main() -> int:
    each = seconds_of_curves()
    for name, seconds in each.items():
        print(f"{name:18} {1e3 * seconds:6.2f} ms per point")
    slowest, everything = max(each.values()), seconds_of_all()
    checks = {
        f"slowest curve: {slowest:.4f} s per point (at most {POINT_BOUND})": slowest <= POINT_BOUND,
        f"alpha = 0.5 to 1000: {everything:.1f} s (at most {ALL_BOUND:g})": everything <= ALL_BOUND,
    }
    for name, kept in checks.items():
        print(f"{name}: {'kept' if kept else 'MISSED'}")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

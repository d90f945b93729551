"""What all simulated perceptrons share when they are planned: checks, costs, cutting of samples."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from scalinglaws.errors import InputError

# The paper gives none of these three; the results do not depend on them beyond 0.3 %.
INITIAL_NORM = 0.001  # lambda at the start: so small that the Hebb plateau comes first
CURVATURE_STEP = 1.0  # step in units of 1 / largest curvature
NORM_CHANGE = 0.05  # largest relative change of the weights in one step
# Measured on one core, N = 20 to 400 and alpha = 2 to 1000: seconds per iteration and entry of the
# P x N patterns, per iteration and example, and per multiply-add of the Hessian.
SECONDS_PER_ENTRY, SECONDS_PER_EXAMPLE, SECONDS_PER_NEWTON_FLOP = 1.3e-9, 3e-8, 4.5e-11
NEWTON_STEPS, SECONDS_PER_NEWTON_EXAMPLE = 7, 1.4e-7
SECONDS_PER_BLOCK = 240.0


def check_alphas(where: str, alphas: Sequence[float], least: float = 0.0) -> None:
    """Raises InputError for an empty list or an alpha not above `least`."""
    if not alphas or not min(alphas) > least or len(set(alphas)) != len(alphas):
        raise InputError(
            f"{where}.alphas is {list(alphas)}; expected at least one value, all different and "
            f"above {least:g} (examples per weight): mend the list in config/scales."
        )


def check_weights(where: str, weights: int) -> None:
    """Raises InputError for N < 10."""
    if weights < 10:
        raise InputError(
            f"{where}.weights is {weights}; expected 10 or more, below which self-averaging means "
            "nothing: set it in config/scales."
        )


def check_counts(where: str, **counts: int) -> None:
    """Raises InputError unless all are 1 or more."""
    if min(counts.values()) < 1:
        raise InputError(
            f"{where}: {', '.join(counts)} are {', '.join(map(str, counts.values()))}; expected 1 "
            "or more of each: set them in config/scales."
        )


def check_lambdas(where: str, lambdas: Sequence[float]) -> None:
    """Raises InputError for an empty or unordered grid of lambdas."""
    if not lambdas or min(lambdas) <= 0 or sorted(set(lambdas)) != list(lambdas):
        raise InputError(
            f"{where}.fixed_norm_lambdas is {list(lambdas)}; expected at least one value, all "
            "above 0 and increasing: mend the list in config/scales."
        )


def sample_seconds(alpha: float, weights: int, iterations: int, lambdas: int) -> float:
    """Expected core seconds of one sample: gradient descent and fixed-norm minimisers."""
    examples = alpha * weights
    entries = examples * weights
    descent = iterations * (SECONDS_PER_ENTRY * entries + SECONDS_PER_EXAMPLE * examples)
    step = SECONDS_PER_NEWTON_FLOP * entries * weights + SECONDS_PER_NEWTON_EXAMPLE * examples
    return float(descent + NEWTON_STEPS * lambdas * step)


def cuts(samples: int, seconds: float) -> list[tuple[int, int]]:
    """(first sample, number) of blocks of consecutive samples, `seconds` each, of fair length."""
    pieces = min(samples, max(1, math.ceil(samples * seconds / SECONDS_PER_BLOCK)))
    borders = [samples * piece // pieces for piece in range(pieces + 1)]
    return [(first, last - first) for first, last in pairwise(borders)]


def descent_settings(sizes: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """What does not depend on alpha or on the block."""
    return {
        "records": sizes["records"],
        "fixed_norm_lambdas": [float(lam) for lam in sizes["fixed_norm_lambdas"]],
        "initial_norm": INITIAL_NORM,
        "curvature_step": CURVATURE_STEP,
        "norm_change": NORM_CHANGE,
        "seed": seed,
    }


def memory_mb(samples: int, alpha: float, weights: int) -> int:
    """Patterns of all samples of a block side by side, and their temporaries."""
    return 500 + int(samples * alpha * weights**2 * 24 / 1e6)

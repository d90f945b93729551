"""Perceptrons of finite size: blocks of consecutive samples, each with its own data set."""

import itertools
import math
from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block

WHERE = "damico2025.perceptron_descent"
# The paper gives none of these three; the results do not depend on them beyond 0.3 %.
INITIAL_NORM = 0.001  # lambda at the start: so small that the Hebb plateau comes first
CURVATURE_STEP = 1.0  # step in units of 1 / largest curvature
NORM_CHANGE = 0.05  # largest relative change of the weights in one step
# Measured at N = 400, P = 2000: 1.1 ms per iteration and 0.8 s for 8 fixed-norm minimisers.
SECONDS_PER_ENTRY_ITERATION = 1.4e-9
SECONDS_PER_NEWTON_FLOP = 4.5e-11
NEWTON_STEPS = 7
SECONDS_PER_BLOCK = 240.0


def check(sizes: Mapping[str, Any]) -> None:
    """Raises InputError for alpha <= 0, N < 10, or an empty or unordered grid of lambdas."""
    alpha, weights, lambdas = sizes["alpha"], sizes["weights"], sizes["fixed_norm_lambdas"]
    if not alpha > 0:
        raise InputError(
            f"{WHERE}.alpha is {alpha}; expected examples per weight above 0: set it in "
            "config/scales."
        )
    if weights < 10:
        raise InputError(
            f"{WHERE}.weights is {weights}; expected 10 or more, below which self-averaging means "
            "nothing: set it in config/scales."
        )
    if not lambdas or min(lambdas) <= 0 or sorted(set(lambdas)) != list(lambdas):
        raise InputError(
            f"{WHERE}.fixed_norm_lambdas is {lambdas}; expected at least one value, all above 0 "
            "and increasing: mend the list in config/scales."
        )
    if min(sizes["samples"], sizes["iterations"], sizes["records"]) < 1:
        raise InputError(
            f"{WHERE}: samples, iterations and records are {sizes['samples']}, "
            f"{sizes['iterations']} and {sizes['records']}; expected 1 or more of each: set them "
            "in config/scales."
        )


def sample_seconds(sizes: Mapping[str, Any]) -> float:
    """Expected core seconds of one sample."""
    weights = sizes["weights"]
    entries = sizes["alpha"] * weights**2
    newton = NEWTON_STEPS * len(sizes["fixed_norm_lambdas"]) * entries * weights
    return float(
        SECONDS_PER_ENTRY_ITERATION * entries * sizes["iterations"]
        + SECONDS_PER_NEWTON_FLOP * newton
    )


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """At least two blocks if there are two samples; more where blocks would get long."""
    check(sizes)
    samples, seconds = sizes["samples"], sample_seconds(sizes)
    pieces = min(samples, max(2, math.ceil(samples * seconds / SECONDS_PER_BLOCK)))
    borders = [samples * piece // pieces for piece in range(pieces + 1)]
    return [
        block(sizes, seed, first, last - first, seconds)
        for first, last in itertools.pairwise(borders)
    ]


def block(sizes: Mapping[str, Any], seed: int, first: int, samples: int, seconds: float) -> Block:
    settings = {
        "alpha": float(sizes["alpha"]),
        "weights": sizes["weights"],
        "first_sample": first,
        "samples": samples,
        "iterations": sizes["iterations"],
        "records": sizes["records"],
        "fixed_norm_lambdas": [float(lam) for lam in sizes["fixed_norm_lambdas"]],
        "initial_norm": INITIAL_NORM,
        "curvature_step": CURVATURE_STEP,
        "norm_change": NORM_CHANGE,
        "seed": seed,
    }
    entries = samples * sizes["alpha"] * sizes["weights"] ** 2
    return Block(
        paper="damico2025",
        experiment="perceptron_descent",
        name=f"samples{first}to{first + samples - 1}",
        module="scalinglaws.experiments.perceptron_descent",
        settings=settings,
        members=samples,
        core_seconds=1.0 + samples * seconds,
        memory_mb=500 + int(entries * 24 / 1e6),
    )

"""Perceptrons with the square loss: blocks of consecutive samples, all alpha in each."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.perceptron.plan import (
    check_alphas,
    check_counts,
    check_weights,
    cuts,
    memory_mb,
)
from scalinglaws.planning.blocks import Block

WHERE = "damico2025.perceptron_square"
# Measured: drawing and squaring the patterns, the eigenvalue problem, the multiplier per lambda.
SECONDS_PER_ENTRY, SECONDS_PER_CUBE, SECONDS_PER_FLOP, SECONDS_PER_POINT = 2e-8, 1.5e-9, 5e-11, 3e-4


def check(sizes: Mapping[str, Any]) -> None:
    """Raises InputError for alpha <= 1, N < 10 or an empty range of lambda."""
    check_alphas(WHERE, sizes["alphas"], least=1.0)
    check_weights(WHERE, sizes["weights"])
    check_counts(WHERE, samples=sizes["samples"])
    low, high, points = sizes["lambda_low"], sizes["lambda_high"], sizes["lambda_points"]
    if not 0 < low < high or points < 2:
        raise InputError(
            f"{WHERE}: the grid of {points} lambdas from lambda_low = {low} to lambda_high = "
            f"{high} is empty; expected 0 < lambda_low < lambda_high and 2 points or more in "
            "config/scales."
        )


def sample_seconds(sizes: Mapping[str, Any]) -> float:
    """Expected core seconds of one sample of every alpha."""
    weights, count = sizes["weights"], len(sizes["alphas"])
    entries = sum(sizes["alphas"]) * weights**2
    products = SECONDS_PER_ENTRY * entries + SECONDS_PER_FLOP * entries * weights
    solved = SECONDS_PER_CUBE * weights**3 + SECONDS_PER_POINT * sizes["lambda_points"]
    return float(products + count * solved)


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """One block, more where it would get long. Raises InputError."""
    check(sizes)
    seconds = sample_seconds(sizes)
    return [
        block(sizes, seed, first, samples, seconds)
        for first, samples in cuts(sizes["samples"], seconds)
    ]


def block(sizes: Mapping[str, Any], seed: int, first: int, samples: int, seconds: float) -> Block:
    alphas = [float(alpha) for alpha in sizes["alphas"]]
    settings = {
        "alphas": alphas,
        "weights": sizes["weights"],
        "first_sample": first,
        "samples": samples,
        "lambda_low": float(sizes["lambda_low"]),
        "lambda_high": float(sizes["lambda_high"]),
        "lambda_points": sizes["lambda_points"],
        "seed": seed,
    }
    return Block(
        paper="damico2025",
        experiment="perceptron_square",
        name=f"samples{first}to{first + samples - 1}",
        module="scalinglaws.experiments.perceptron.run_square",
        settings=settings,
        members=samples * len(alphas),
        core_seconds=1.0 + samples * seconds,
        memory_mb=memory_mb(1, max(alphas), sizes["weights"]),
    )

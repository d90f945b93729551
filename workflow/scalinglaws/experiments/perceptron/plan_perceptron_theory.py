"""Replica-symmetric perceptron: one block that holds the curve and the limits of every alpha."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block

WHERE = "damico2025.perceptron_theory"
# Measured: 0.0025 s per point of a curve, 0.1 s for optimum and limits of one alpha.
SECONDS_PER_POINT, SECONDS_PER_ALPHA, SECONDS_TO_START = 0.003, 0.1, 1.0


def check(sizes: Mapping[str, Any]) -> None:
    """Raises InputError for an empty grid, alpha <= 0 or a reversed range of lambda."""
    alphas, low, high = sizes["alphas"], sizes["lambda_low"], sizes["lambda_high"]
    if not alphas or min(alphas) <= 0:
        raise InputError(
            f"{WHERE}.alphas is {alphas}; expected at least one value, all above 0: mend the list "
            "in config/scales."
        )
    if not 0 < low < high or sizes["lambda_points"] < 2:
        raise InputError(
            f"{WHERE}: the grid of {sizes['lambda_points']} lambdas from {low} to {high} is empty; "
            "expected 0 < lambda_low < lambda_high and lambda_points of 2 or more in config/scales."
        )


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """The single block of this experiment; nothing in it is random. Raises InputError."""
    check(sizes)
    alphas = [float(alpha) for alpha in sizes["alphas"]]
    each = SECONDS_PER_ALPHA + SECONDS_PER_POINT * sizes["lambda_points"]
    settings = {
        "alphas": alphas,
        "lambda_low": float(sizes["lambda_low"]),
        "lambda_high": float(sizes["lambda_high"]),
        "lambda_points": sizes["lambda_points"],
        "seed": seed,
    }
    return [
        Block(
            paper="damico2025",
            experiment="perceptron_theory",
            name="all",
            module="scalinglaws.experiments.perceptron.run_theory",
            settings=settings,
            members=len(alphas),
            core_seconds=SECONDS_TO_START + each * len(alphas),
            station="theory",
            memory_mb=500,
        )
    ]

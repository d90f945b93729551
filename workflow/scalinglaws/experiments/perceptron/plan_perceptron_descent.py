"""Perceptrons of finite size: blocks of consecutive samples, each with its own data set."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.perceptron.plan import (
    check_counts,
    check_lambdas,
    check_weights,
    cuts,
    descent_settings,
    memory_mb,
    sample_seconds,
)
from scalinglaws.planning.blocks import Block

WHERE = "damico2025.perceptron_descent"


def check(sizes: Mapping[str, Any]) -> None:
    """Raises InputError for alpha <= 0, N < 10, or an empty or unordered grid of lambdas."""
    if not sizes["alpha"] > 0:
        raise InputError(
            f"{WHERE}.alpha is {sizes['alpha']}; expected examples per weight above 0: set it in "
            "config/scales."
        )
    check_weights(WHERE, sizes["weights"])
    check_lambdas(WHERE, sizes["fixed_norm_lambdas"])
    check_counts(WHERE, **{name: sizes[name] for name in ("samples", "iterations", "records")})


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """One block, more where it would get long. Raises InputError."""
    check(sizes)
    size = (sizes["alpha"], sizes["weights"])
    seconds = sample_seconds(*size, sizes["iterations"], len(sizes["fixed_norm_lambdas"]))
    return [
        block(sizes, seed, first, samples, seconds)
        for first, samples in cuts(sizes["samples"], seconds)
    ]


def block(sizes: Mapping[str, Any], seed: int, first: int, samples: int, seconds: float) -> Block:
    settings = {
        "alpha": float(sizes["alpha"]),
        "weights": sizes["weights"],
        "first_sample": first,
        "samples": samples,
        "iterations": sizes["iterations"],
        **descent_settings(sizes, seed),
    }
    return Block(
        paper="damico2025",
        experiment="perceptron_descent",
        name=f"samples{first}to{first + samples - 1}",
        module="scalinglaws.experiments.perceptron.run_descent",
        settings=settings,
        members=samples,
        core_seconds=1.0 + samples * seconds,
        memory_mb=memory_mb(samples, sizes["alpha"], sizes["weights"]),
    )

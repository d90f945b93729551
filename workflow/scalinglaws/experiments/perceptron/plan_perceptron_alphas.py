"""Perceptrons of finite size at several alpha: one block if it is short, else one or more each."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.perceptron.plan import (
    SECONDS_PER_BLOCK,
    check_alphas,
    check_counts,
    check_lambdas,
    check_weights,
    cuts,
    descent_settings,
    memory_mb,
    sample_seconds,
)
from scalinglaws.planning.blocks import Block

WHERE = "damico2025.perceptron_alphas"
PER_ALPHA = ("alphas", "weights", "iterations")


def check(sizes: Mapping[str, Any]) -> None:
    """Raises InputError for lists of unequal length and for impossible sizes."""
    check_alphas(WHERE, sizes["alphas"])
    lengths = [len(sizes[name]) for name in PER_ALPHA]
    if len(set(lengths)) > 1:
        raise InputError(
            f"{WHERE}: alphas, weights and iterations have {lengths[0]}, {lengths[1]} and "
            f"{lengths[2]} values; expected one of each per alpha: mend the lists in config/scales."
        )
    check_weights(WHERE, min(sizes["weights"]))
    check_lambdas(WHERE, sizes["fixed_norm_lambdas"])
    counts = {name: sizes[name] for name in ("samples", "records")}
    check_counts(WHERE, iterations=min(sizes["iterations"]), **counts)


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Cut so that no block takes much longer than SECONDS_PER_BLOCK. Raises InputError."""
    check(sizes)
    every, samples = list(range(len(sizes["alphas"]))), sizes["samples"]
    if samples * sum(seconds_of(sizes, place) for place in every) <= SECONDS_PER_BLOCK:
        return [block(sizes, seed, "all", every, 0, samples)]
    return [
        block(sizes, seed, f"alpha{sizes['alphas'][place]:g}from{first}", [place], first, count)
        for place in every
        for first, count in cuts(samples, seconds_of(sizes, place))
    ]


def seconds_of(sizes: Mapping[str, Any], place: int) -> float:
    alpha, weights, iterations = (sizes[name][place] for name in PER_ALPHA)
    return sample_seconds(alpha, weights, iterations, len(sizes["fixed_norm_lambdas"]))


def block(
    sizes: Mapping[str, Any], seed: int, name: str, places: list[int], first: int, samples: int
) -> Block:
    settings = {
        "alphas": [float(sizes["alphas"][place]) for place in places],
        "weights": [sizes["weights"][place] for place in places],
        "iterations": [sizes["iterations"][place] for place in places],
        "first_sample": first,
        "samples": samples,
        **descent_settings(sizes, seed),
    }
    largest = max(
        memory_mb(samples, sizes["alphas"][place], sizes["weights"][place]) for place in places
    )
    return Block(
        paper="damico2025",
        experiment="perceptron_alphas",
        name=name,
        module="scalinglaws.experiments.perceptron.run_alphas",
        settings=settings,
        members=samples * len(places),
        core_seconds=1.0 + samples * sum(seconds_of(sizes, place) for place in places),
        memory_mb=largest,
    )

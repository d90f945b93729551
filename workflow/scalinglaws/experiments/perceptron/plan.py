"""Blocks of the perceptron's experiments: samples are cut into blocks, theory is one block each."""

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import pairwise

from scalinglaws.errors import InputError
from scalinglaws.experiments.perceptron.settings import (
    Descent,
    Descents,
    Grid,
    Limits,
    Square,
    Theory,
    descents,
)
from scalinglaws.planning.blocks import Block, Request

SECONDS_PER_BLOCK = 240.0
# Measured on one core, N = 20 to 400 and alpha = 2 to 1000: seconds per iteration and entry of the
# P x N patterns, per iteration and example, and per multiply-add of the Hessian.
SECONDS_PER_ENTRY, SECONDS_PER_EXAMPLE, SECONDS_PER_NEWTON_FLOP = 1.3e-9, 3e-8, 4.5e-11
NEWTON_STEPS, SECONDS_PER_NEWTON_EXAMPLE = 7, 1.4e-7
# Square loss, measured: drawing and squaring the patterns, the eigenvalue problem, per multiply-add
# of the products, the multiplier per lambda.
SQUARE_PER_ENTRY, SQUARE_PER_CUBE, SQUARE_PER_FLOP, SQUARE_PER_POINT = 2e-8, 1.5e-9, 5e-11, 3e-4
# Theory, measured: 0.0025 s per point of a curve, 0.1 s for optimum and limits of one alpha.
THEORY_PER_POINT, THEORY_PER_ALPHA, THEORY_AT_START = 0.003, 0.1, 1.0
LIMITS_PER_POINT, LIMITS_AT_START = 0.006, 1.5  # measured: points of the finite-alpha curves


def blocks(request: Request) -> list[Block]:
    """Raises InputError for sizes with which nothing could be computed."""
    cutters = {
        "perceptron_alphas": alphas_blocks,
        "perceptron_descent": descent_blocks,
        "perceptron_square": square_blocks,
        "perceptron_limits": limits_blocks,
        "perceptron_theory": theory_blocks,
    }
    return cutters[request.experiment](request)


def descent_blocks(request: Request) -> list[Block]:
    """One block for each range of samples, more where it would get long."""
    own, where = request.settings(Descent), where_of(request)
    if not own.alpha > 0:
        raise InputError(
            f"{where}.alpha is {own.alpha}; expected examples per weight above 0: set it in "
            "config/scales."
        )
    check_descents(where, [own])
    return [
        descent_block(request, samples_name(first, samples), own, first, samples)
        for first, samples in cuts(request, sample_seconds(own))
    ]


def alphas_blocks(request: Request) -> list[Block]:
    """One block for each range of samples if it is short, else one or more for each alpha."""
    own, where = request.settings(Descents), where_of(request)
    check_alphas(where, own.alphas)
    lengths = [len(values) for values in (own.alphas, own.weights, own.iterations)]
    if len(set(lengths)) > 1:
        raise InputError(
            f"{where}: alphas, weights and iterations have {lengths[0]}, {lengths[1]} and "
            f"{lengths[2]} values; expected one of each per alpha: mend the lists in config/scales."
        )
    parts = descents(asdict(own))
    check_descents(where, parts)
    ranges = request.seed_ranges("samples")
    if ranges[0][1] * sum(map(sample_seconds, parts)) <= SECONDS_PER_BLOCK:
        return [descent_block(request, samples_name(*each), own, *each) for each in ranges]
    return [
        descent_block(request, f"alpha{part.alpha:g}from{first}", alone(own, part), first, samples)
        for part in parts
        for first, samples in cuts(request, sample_seconds(part))
    ]


def alone(own: Descents, part: Descent) -> Descents:
    return replace(
        own, alphas=(part.alpha,), weights=(part.weights,), iterations=(part.iterations,)
    )


def descent_block(
    request: Request, name: str, whole: Descent | Descents, first: int, samples: int
) -> Block:
    own = replace(whole, first_sample=first, samples=samples)
    parts = descents(asdict(own))
    return request.block(
        name,
        own,
        run="run_descent",
        members=samples * len(parts),
        core_seconds=1.0 + samples * sum(map(sample_seconds, parts)),
        memory_mb=max(memory_mb(samples, part.alpha, part.weights) for part in parts),
    )


def square_blocks(request: Request) -> list[Block]:
    """One block for each range of samples, more where it would get long; all alpha in each."""
    own, where = request.settings(Square), where_of(request)
    # With fewer examples a long student fits all of them exactly and is not unique.
    check_alphas(where, own.alphas, least=1.0)
    check_weights(where, own.weights)
    check_counts(where, samples=own.samples)
    check_grid(where, "lambda", own.lambda_grid)
    seconds = square_seconds(own)
    return [
        request.block(
            samples_name(first, samples),
            replace(own, first_sample=first, samples=samples),
            run="run_square",
            members=samples * len(own.alphas),
            core_seconds=1.0 + samples * seconds,
            memory_mb=memory_mb(1, max(own.alphas), own.weights),
        )
        for first, samples in cuts(request, seconds)
    ]


def limits_blocks(request: Request) -> list[Block]:
    own, where = request.settings(Limits), where_of(request)
    check_grid(where, "lambda", own.lambda_grid)
    check_grid(where, "ratio", own.ratio_grid)
    check_alphas(f"{where}.collapse", own.collapse_alphas)
    check_alphas(f"{where}.square", own.square_alphas, least=1.0)
    curves = len(own.collapse_alphas) + 1
    return [
        request.block(
            "all",
            own,
            run="run_limits",
            members=1 + len({*own.collapse_alphas, *own.square_alphas}),
            core_seconds=LIMITS_AT_START + LIMITS_PER_POINT * own.ratio_points * curves,
            station="theory",
            memory_mb=500,
        )
    ]


def theory_blocks(request: Request) -> list[Block]:
    own, where = request.settings(Theory), where_of(request)
    check_alphas(where, own.alphas)
    check_grid(where, "lambda", own.lambda_grid)
    each = THEORY_PER_ALPHA + THEORY_PER_POINT * own.lambda_points
    return [
        request.block(
            "all",
            own,
            run="run_theory",
            members=len(own.alphas),
            core_seconds=THEORY_AT_START + each * len(own.alphas),
            station="theory",
            memory_mb=500,
        )
    ]


def where_of(request: Request) -> str:
    return f"{request.paper}.{request.experiment}"


def samples_name(first: int, samples: int) -> str:
    return f"samples{first}to{first + samples - 1}"


def cuts(request: Request, seconds: float) -> list[tuple[int, int]]:
    """(first sample, number) of blocks of consecutive samples, `seconds` each, of fair length.

    Every range of samples_per_block is cut for itself: more samples leave its blocks as they are.
    """
    return [
        (first + begin, end - begin)
        for first, samples in request.seed_ranges("samples")
        for begin, end in pairwise(borders(samples, seconds))
    ]


def borders(samples: int, seconds: float) -> list[int]:
    pieces = min(samples, max(1, math.ceil(samples * seconds / SECONDS_PER_BLOCK)))
    return [samples * piece // pieces for piece in range(pieces + 1)]


def sample_seconds(own: Descent) -> float:
    """Expected core seconds of one sample: gradient descent and fixed-norm minimisers."""
    examples = own.alpha * own.weights
    entries = examples * own.weights
    descent = own.iterations * (SECONDS_PER_ENTRY * entries + SECONDS_PER_EXAMPLE * examples)
    step = SECONDS_PER_NEWTON_FLOP * entries * own.weights + SECONDS_PER_NEWTON_EXAMPLE * examples
    return float(descent + NEWTON_STEPS * len(own.fixed_norm_lambdas) * step)


def square_seconds(own: Square) -> float:
    """Expected core seconds of one sample of every alpha."""
    weights, count = own.weights, len(own.alphas)
    entries = sum(own.alphas) * weights**2
    products = SQUARE_PER_ENTRY * entries + SQUARE_PER_FLOP * entries * weights
    solved = SQUARE_PER_CUBE * weights**3 + SQUARE_PER_POINT * own.lambda_points
    return float(products + count * solved)


def memory_mb(samples: int, alpha: float, weights: int) -> int:
    """Patterns of all samples of a block side by side, and their temporaries."""
    return 500 + int(samples * alpha * weights**2 * 24 / 1e6)


def check_descents(where: str, parts: Sequence[Descent]) -> None:
    """Raises InputError for N < 10, an empty or unordered grid of lambdas, or counts below 1."""
    check_weights(where, min(part.weights for part in parts))
    lambdas, iterations = parts[0].fixed_norm_lambdas, min(part.iterations for part in parts)
    if not lambdas or min(lambdas) <= 0 or sorted(set(lambdas)) != list(lambdas):
        raise InputError(
            f"{where}.fixed_norm_lambdas is {list(lambdas)}; expected at least one value, all "
            "above 0 and increasing: mend the list in config/scales."
        )
    check_counts(where, iterations=iterations, samples=parts[0].samples, records=parts[0].records)


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


def check_grid(where: str, name: str, grid: Grid) -> None:
    """Raises InputError for a reversed range, or one of fewer than 2 points."""
    low, high, points = grid
    if not 0 < low < high or points < 2:
        raise InputError(
            f"{where}: the grid of {points} values from {name}_low = {low} to {name}_high = "
            f"{high} is empty; expected 0 < {name}_low < {name}_high and 2 points or more in "
            "config/scales."
        )

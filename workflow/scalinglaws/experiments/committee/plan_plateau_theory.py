"""Blocks of plateau and escape: members of all kinds are dealt out, so that costs even out."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block

# Measured on one core: the explicit solver takes eta lambda_1 alpha steps, and alpha is about
# 10 escape times M^2 / (eta L), or what the slowest block of L needs to settle.
SECONDS_AT_START = 8.0
SECONDS_PER_UNITS_SQUARED = 1e-3
SECONDS_PER_LEVELS_SQUARED = 1e-4
POSITIVE = ("eta", "sigma_j", "scan_beta", "curve_alpha_min")
LEVELS = ("grid_levels", "scan_levels", "law_levels", "length_levels", "curve_levels")
UNITS = ("grid_hidden", "scan_hidden", "rates_hidden", "length_hidden", "curve_hidden")
SETTINGS = (
    *("dimension", "sigma_j", "eta", "betas", "scan_beta", "points"),
    *LEVELS,
    *UNITS,
    *("scan_levels_hidden", "rates", "length_dimensions", "length_sigmas"),
    *("curve_alpha_min", "curve_alpha_max"),
)


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Raises InputError when a physical parameter is not positive or a range is empty."""
    check(sizes)
    return [block(sizes, seed, part) for part in range(sizes["blocks"])]


def block(sizes: Mapping[str, Any], seed: int, part: int) -> Block:
    parts = sizes["blocks"]
    place = {"part": part, "parts": parts, "seed": seed}
    return Block(
        paper="worschech2024",
        experiment="plateau_theory",
        name=f"part{part}",
        module="scalinglaws.experiments.committee.run_plateau",
        settings={**{key: sizes[key] for key in SETTINGS}, **place},
        members=-(-members(sizes) // parts),
        core_seconds=SECONDS_AT_START + seconds(sizes) / parts,
        station="theory",
        memory_mb=1000,
    )


def members(sizes: Mapping[str, Any]) -> int:
    """At most: members that two scans share are integrated once."""
    count = {key: len(sizes[key]) for key in (*LEVELS, *UNITS, "betas", "rates")}
    starts = len(sizes["length_dimensions"]) + len(sizes["length_sigmas"])
    growth = count["grid_hidden"] * count["grid_levels"] * count["betas"] + count["scan_hidden"]
    growth += count["scan_levels"] * count["betas"] + 2 * count["rates_hidden"] * count["rates"]
    length = count["law_levels"] * starts + count["length_levels"] * count["betas"]
    return growth + count["length_hidden"] * length + count["curve_hidden"] * count["curve_levels"]


def seconds(sizes: Mapping[str, Any]) -> float:
    wide = sum(units**2 for units in sizes["scan_hidden"])
    deep = sum(levels**2 for levels in sizes["scan_levels"]) * len(sizes["betas"])
    scans = SECONDS_PER_UNITS_SQUARED * wide + SECONDS_PER_LEVELS_SQUARED * deep
    return scans + 0.05 * members(sizes)


def check(sizes: Mapping[str, Any]) -> None:
    for key in POSITIVE:
        require(sizes, key, sizes[key] > 0, "a number above 0")
    for key in ("betas", "rates", "length_sigmas"):
        require(sizes, key, min(sizes[key]) > 0, "numbers above 0")
    # One hidden unit has no symmetry to break, so there is no plateau.
    for key in UNITS:
        require(sizes, key, min(sizes[key]) >= 2, "2 or more hidden units")
    longer = sizes["curve_alpha_max"] > sizes["curve_alpha_min"]
    require(sizes, "curve_alpha_max", longer, "more than curve_alpha_min")


def require(sizes: Mapping[str, Any], key: str, holds: bool, expected: str) -> None:
    if not holds:
        raise InputError(
            f"plateau_theory.{key} is {sizes[key]}; expected {expected}: correct it in "
            "config/scales."
        )

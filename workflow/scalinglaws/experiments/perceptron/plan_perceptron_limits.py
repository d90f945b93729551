"""Limits of the perceptron's theory: one block; nothing in it is random."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.perceptron.plan import check_alphas
from scalinglaws.planning.blocks import Block

WHERE = "damico2025.perceptron_limits"
SECONDS_PER_POINT, SECONDS_TO_START = 0.006, 1.5  # measured: points of the finite-alpha curves
GRIDS = ("lambda", "ratio")


def check(sizes: Mapping[str, Any]) -> None:
    """Raises InputError for empty lists, alpha out of range or reversed ranges."""
    for name in GRIDS:
        low, high, points = (sizes[f"{name}_{part}"] for part in ("low", "high", "points"))
        if not 0 < low < high or points < 2:
            raise InputError(
                f"{WHERE}: the grid of {points} values from {name}_low = {low} to {name}_high = "
                f"{high} is empty; expected 0 < low < high and 2 points or more in config/scales."
            )
    check_alphas(f"{WHERE}.collapse", sizes["collapse_alphas"])
    # Below, a long student fits all examples exactly and is not unique.
    check_alphas(f"{WHERE}.square", sizes["square_alphas"], least=1.0)


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """The single block of this experiment. Raises InputError."""
    check(sizes)
    settings: dict[str, Any] = {
        f"{name}_{part}": float(sizes[f"{name}_{part}"])
        for name in GRIDS
        for part in ("low", "high")
    }
    settings |= {f"{name}_points": sizes[f"{name}_points"] for name in GRIDS}
    for name in ("collapse_alphas", "square_alphas"):
        settings[name] = [float(alpha) for alpha in sizes[name]]
    curves = len(settings["collapse_alphas"]) + 1
    return [
        Block(
            paper="damico2025",
            experiment="perceptron_limits",
            name="all",
            module="scalinglaws.experiments.perceptron.run_limits",
            settings={**settings, "seed": seed},
            members=1 + len({*settings["collapse_alphas"], *settings["square_alphas"]}),
            core_seconds=SECONDS_TO_START + SECONDS_PER_POINT * sizes["ratio_points"] * curves,
            station="theory",
            memory_mb=500,
        )
    ]

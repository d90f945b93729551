"""Blocks of the theory of the specialised phase: one, it takes seconds."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.specialised.plan_near_teacher_sgd import SHARED, check_near_teacher
from scalinglaws.planning.blocks import Block

# Measured on one 2.5 GHz core.
SECONDS_AT_START = 2.0
SECONDS_PER_LEVEL_AND_POINT = 2.5e-8  # two exponential sums
SECONDS_PER_CUBED_LEVEL = 2e-9  # eigenvectors of the noisy system
SECONDS_PER_WEIGHT = 1.2e-4  # recursion of a realised start
OWN = (
    *("betas", "simulated_betas", "paper_units", "paper_levels"),
    *("many_levels", "window_points", "many_points"),
)


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Raises InputError when a parameter is not positive or the learning rate is unstable."""
    check_near_teacher("asymptotic_theory", sizes, sizes["betas"])
    if not set(sizes["simulated_betas"]) <= set(sizes["betas"]):
        raise InputError(
            f"asymptotic_theory.simulated_betas is {sizes['simulated_betas']}; expected some of "
            f"betas = {sizes['betas']}: correct it in config/scales."
        )
    realised = len(sizes["simulated_betas"]) * sizes["seeds"]
    settings = {key: sizes[key] for key in (*SHARED, *OWN)}
    return [
        Block(
            paper="worschech2024",
            experiment="asymptotic_theory",
            name="all",
            module="scalinglaws.experiments.specialised.run_theory",
            settings={**settings, "seeds": list(range(sizes["seeds"])), "seed": seed},
            members=4 * len(sizes["betas"]) + realised,
            core_seconds=SECONDS_AT_START + seconds(sizes, realised),
            station="theory",
            memory_mb=1500,
        )
    ]


def seconds(sizes: Mapping[str, Any], realised: int) -> float:
    sums = sizes["many_levels"] * sizes["many_points"]
    sums += (sizes["paper_levels"] + sizes["dimension"]) * sizes["window_points"]
    per_beta = SECONDS_PER_LEVEL_AND_POINT * sums
    per_beta += SECONDS_PER_CUBED_LEVEL * sizes["dimension"] ** 3
    weights = sizes["hidden"] * sizes["dimension"]
    return float(len(sizes["betas"]) * per_beta + SECONDS_PER_WEIGHT * weights * realised)

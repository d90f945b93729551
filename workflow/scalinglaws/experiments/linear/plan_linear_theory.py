"""The block of the linear network's closed forms."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.experiments.linear.checks import (
    check_alphas,
    check_positive,
    check_simulated_rate,
    check_theory_rate,
    check_trainable,
)
from scalinglaws.planning.blocks import Block

EXPERIMENT = "linear_theory"
SECONDS = 3.0  # measured, imports included; no size of any scale changes it much


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """The single block; nothing in it is random. Raises InputError."""
    check(sizes)
    return [
        Block(
            paper="worschech2024",
            experiment=EXPERIMENT,
            name="all",
            module="scalinglaws.experiments.linear.run_theory",
            settings={**sizes, "seed": seed},
            members=1 + 1 + 2 * len(sizes["betas"]) + tail_members(sizes) + critical_members(sizes),
            core_seconds=SECONDS,
            station="theory",
            memory_mb=600,
        )
    ]


def tail_members(sizes: Mapping[str, Any]) -> int:
    return len(sizes["tail_dimensions"]) * len(sizes["tail_betas"]) * len(sizes["tail_trainable"])


def critical_members(sizes: Mapping[str, Any]) -> int:
    different = set(sizes["critical_levels"]) | set(sizes["critical_dimensions"])
    return len(sizes["critical_betas"]) * len(different)


def check(sizes: Mapping[str, Any]) -> None:
    for part in ("any_eta", "scaling"):
        where = f"{EXPERIMENT}.{part}"
        check_positive(where, sizes[part], "beta", "eta", "sigma_j")
        check_alphas(where, sizes[part])
    check_positive(f"{EXPERIMENT}.law", sizes["law"], "eta", "sigma_j")
    # The exact mean at finite N is drawn beside the theory, so its own limit binds here.
    check_simulated_rate(f"{EXPERIMENT}.any_eta", sizes["any_eta"])
    check_theory_rate(f"{EXPERIMENT}.scaling.eta", sizes["scaling"]["eta"])
    for key in ("betas", "tail_betas", "critical_betas"):
        if min(sizes[key]) <= 0:
            raise InputError(
                f"{EXPERIMENT}.{key} holds {min(sizes[key])}; expected numbers above 0: correct "
                "them in config/scales."
            )
    check_trainable(f"{EXPERIMENT}.tail", sizes["tail_trainable"], min(sizes["tail_dimensions"]))
    if not all(factor > 0 for factor in sizes["law"]["window"]):
        raise InputError(
            f"{EXPERIMENT}.law.window is {sizes['law']['window']}; expected two factors above 0: "
            "correct it in config/scales."
        )

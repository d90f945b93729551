"""Made network curves with known laws, in the columns of the tables of network experiments."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from planned_blocks import cut
from scalinglaws.columns import stack
from scalinglaws.experiments.released import run as released_curves
from scalinglaws.training.session import Session

NORMS = (
    "spectral_complexity",
    "spectral_complexity_bartlett",
    "spectral_complexity_complete",
    "spectral_product",
    "l1_norm",
    "frobenius_norm",
    "two_one_norm",
)
SIZES = (100, 200, 400, 800, 1600)


def made_table(
    panels: Sequence[str],
    *,
    gamma_1: float = 0.4,
    gamma_2: float = 1.2,
    noise: float = 0.0,
    seeds: int = 4,
    sizes: Sequence[int] = SIZES,
    decays: Sequence[float] = (0.0,),
) -> pd.DataFrame:
    """Error 0.5 (norm / smallest norm)^-gamma_1 up to the optimum at P^gamma_2, rising behind it.

    All sizes share the early branch. Every norm is the same power of time for all sizes, but the
    step at which a norm is reached grows with P: epochs do not order the curves.
    """
    source = np.random.default_rng(5)
    steps = np.arange(1, 61)
    parts = []
    for panel, decay, size, seed in (
        (panel, decay, size, seed)
        for panel in panels
        for decay in decays
        for size in sizes
        for seed in range(seeds)
    ):
        optimum = 1e3 * size**gamma_2
        norms = optimum * np.logspace(-4, 1, len(steps))
        factor = np.exp(noise * source.standard_normal())
        errors = 0.5 * factor * np.minimum(norms, optimum**2 / norms) ** -gamma_1
        row = {
            "member": f"{panel} {decay} {size} {seed}",
            "panel": panel,
            "weight_decay": decay,
            "P": size,
            "seed": seed,
            "step": steps,
        }
        values = {"test_error": errors, "test_error_augmented": 1.1 * errors}
        values |= {name: norms**power for name, power in zip(NORMS, POWERS, strict=True)}
        parts += [{**row, "quantity": name, "value": value} for name, value in values.items()]
    return pd.DataFrame(stack(parts))


POWERS = (1.0, 0.5, 0.6, 0.8, 0.3, 0.25, 0.3)


def released_table(*sets: str) -> pd.DataFrame:
    (block,) = cut("released_curves", {"sets": list(sets)})
    return pd.DataFrame(released_curves.run(block.settings, {}, Session()))

"""One block of learning curves of power-law kernels, from their spectra."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.experiments.kernels.plan import PAPER, check_at_most
from scalinglaws.planning.blocks import Block

EXPERIMENT = "kernel_theory"


def blocks(sizes: Mapping[str, Any], seed: int, device: str) -> list[Block]:
    """Raises InputError for more examples than eigenvalues."""
    largest, count = max(sizes["samples"]), sizes["size"]
    check_at_most(EXPERIMENT, "samples", largest, count - 1, "fewer than there are eigenvalues")
    solutions = len(sizes["alphas"]) * len(sizes["samples"])
    return [
        Block(
            paper=PAPER,
            experiment=EXPERIMENT,
            name="curves",
            module="scalinglaws.experiments.kernels.run_theory",
            settings=dict(sizes),
            members=solutions,
            # 30 evaluations of a sum over all eigenvalues for each solution.
            core_seconds=1.0 + 1e-7 * solutions * count,
            station="theory",
            memory_mb=600 + int(count * 5e-5),
        )
    ]

"""A block: the unit of work of the DAG, one process that computes an ensemble of members."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scalinglaws.canonical import canonical_json, digest
from scalinglaws.planning.gpu_work import Work


@dataclass(frozen=True)
class Block:
    """One job's worth of members.

    ``settings`` holds everything that determines the numbers, the root seed included; the cost
    figures are expectations and determine nothing. ``core_seconds`` is what one core of the assumed
    machine takes beside what ``gpu_work`` leaves to a GPU; `planning.machine` prices both.
    """

    paper: str
    experiment: str
    name: str
    module: str  # dotted module with run(settings, data, session) -> columns
    settings: Mapping[str, Any]
    members: int
    core_seconds: float
    station: str = "runs"  # or "theory": closed forms and integrations, nothing is trained
    datasets: tuple[str, ...] = ()
    memory_mb: int = 1500
    threads: int = 1
    gpu: bool = False
    kernel: str = "numpy"  # or "products", "convolutions": what the core spends its time in
    gpu_work: tuple[Work, ...] = ()
    gpu_memory_mb: int = 0

    @property
    def spec(self) -> str:
        """Canonical JSON of the settings, as passed on the job's command line."""
        return canonical_json(self.settings)

    @property
    def digest(self) -> str:
        """Names the block's resumable state: a change in what is computed changes it."""
        return digest([self.paper, self.experiment, self.module, self.settings])


def cut(items: list[Any], pieces: int) -> list[list[Any]]:
    """Deal items into at most ``pieces`` lists, round-robin, so that costs even out."""
    return [items[start::pieces] for start in range(min(pieces, len(items)))]

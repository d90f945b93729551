"""How long targets take on this machine: the plan's work shared among its cores and cards.

What the plan assumes of a processor and a card stands in config/devices.yaml; after
`python -m scalinglaws calibrate` it is what this machine was measured to do.
"""

from collections.abc import Sequence
from typing import NamedTuple

from scalinglaws.planning.blocks import Block
from scalinglaws.planning.machine import Machine
from scalinglaws.planning.plan import Plan
from scalinglaws.planning.table import duration, total_cost

OVERHEAD = 2.0  # core seconds of a job that is not a block: start, imports, a little work
UNMEASURED = "as assumed; 'python -m scalinglaws calibrate' measures yours"


class Span(NamedTuple):
    """Seconds from start to end; without a card that the blocks need, the hours of one card."""

    seconds: float
    gpu_hours: float = 0.0

    def text(self) -> str:
        return f"{self.gpu_hours:.0f} GPU hours" if self.gpu_hours else duration(self.seconds)


def span(machine: Machine, blocks: Sequence[Block], jobs: int, cores: int, gpus: int) -> Span:
    """Of blocks among `jobs` jobs in all: the cores or the cards, whichever take longer.

    Shared evenly, but never less than the longest block takes on its own.
    """
    trained = [machine.wall_seconds(block) for block in blocks if block.gpu]
    if trained and not gpus:
        return Span(0.0, sum(trained) / 3600)
    on_cores = [machine.wall_seconds(block) * block.threads for block in blocks if not block.gpu]
    alone = max((machine.wall_seconds(block) for block in blocks), default=0.0)
    shared = (sum(on_cores) + OVERHEAD * jobs) / cores
    return Span(max(alone, shared, sum(trained) / max(gpus, 1)))


def target_span(plan: Plan, targets: Sequence[str], cores: int, gpus: int) -> Span:
    """Of figures and papers, or of everything without names, from nothing."""
    blocks = plan.blocks_for(targets) if targets else list(plan.blocks)
    return span(plan.machine, blocks, total_cost(plan, targets).jobs, cores, gpus)


def on_what(machine: Machine, cores: int, gpus: int) -> str:
    """The machine that times hold for, in words."""
    counted = f"{cores} core{'s' * (cores != 1)}" + (
        f", {gpus} GPU{'s' * (gpus != 1)}" if gpus else ""
    )
    return f"{counted}, {'as calibrated' if machine.told else UNMEASURED}"


def span_lines(plans: Sequence[Plan], cores: int, gpus: int) -> list[str]:
    """How long each command takes: every scale, then papers and figures of the first."""
    first = plans[0]
    scale = first.config["scale"]
    lines = [
        (f"make reproduce SCALE={plan.config['scale']}", target_span(plan, (), cores, gpus).text())
        for plan in plans
    ]
    lines += [
        (f"snakemake --cores all {paper}", target_span(first, [paper], cores, gpus).text())
        for paper in first.papers
    ]
    figures = {name: target_span(first, [name], cores, gpus) for name in first.figures()}
    quick, slow = min(figures, key=figures.__getitem__), max(figures, key=figures.__getitem__)
    width = max(len(command) for command, _ in lines)
    return [
        f"by the plan, on {on_what(first.machine, cores, gpus)}:",
        *(f"  {command:{width}s}  {time}" for command, time in lines),
        f"one figure at scale {scale}, of itself: {figures[quick].text()} ({quick})",
        f"  to {figures[slow].text()} ({slow}), by: snakemake --cores all {slow}",
    ]

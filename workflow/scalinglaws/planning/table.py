"""The plan as a record for the PDF and as tables for the terminal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scalinglaws.config import base_of, read_departures
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.machine import Machine
from scalinglaws.planning.plan import Plan, core_hours, gpu_hours, paper_of

FIXED_JOBS = 8  # plan, environment, ledger page, numbers, PDF, manifest, crate, all
WIDTH = 80
COLUMNS = ("blocks", "members", "core time", "GPU time", "MB", "GPU MB")


@dataclass(frozen=True)
class Cost:
    """Of some blocks: hours in all, and the most memory that one of them takes."""

    jobs: int
    submissions: int  # of the jobs, those that a cluster's scheduler sees: blocks, and no others
    core_hours: float
    gpu_hours: float
    memory_mb: int
    gpu_memory_mb: int


def cost_of(machine: Machine, blocks: Sequence[Block], jobs: int) -> Cost:
    return Cost(
        jobs,
        len(blocks),
        core_hours(machine, blocks),
        gpu_hours(machine, blocks),
        max((block.memory_mb for block in blocks), default=0),
        max((block.gpu_memory_mb for block in blocks), default=0),
    )


def total_cost(plan: Plan, targets: Sequence[str] = ()) -> Cost:
    """Of the whole plan, or of what figures and papers of these names rest on."""
    if not targets:
        return cost_of(plan.machine, plan.blocks, job_count(plan))
    figures = plan.figures_of(targets)
    return cost_of(plan.machine, plan.blocks_for(figures), jobs_for(plan, figures))


def job_count(plan: Plan) -> int:
    """Jobs of a cold run: blocks, tables, fits, figures, ledgers, data and the fixed ones."""
    fits = sum(len(plan.fit_files(paper)) for paper in plan.papers)
    figures = len(plan.figures())
    return (
        len(plan.shipped_tables())
        + fits
        + figures
        + len(plan.papers)
        + len(plan.used_datasets())
        + FIXED_JOBS
    )


def jobs_for(plan: Plan, figures: Sequence[str]) -> int:
    """Jobs of a cold run of some figures: each is drawn, and is a target."""
    blocks = plan.blocks_for(figures)
    counts = [[block.experiment for block in blocks].count(name) for name in needed(plan, figures)]
    tables = sum(count > 1 for count in counts)
    data = {name for block in blocks for name in block.datasets}
    fits = {(paper_of(name), fit) for name in figures for fit in plan.figure(name)["fits"]}
    return len(blocks) + tables + len(data) + len(fits) + 2 * len(figures)


def needed(plan: Plan, figures: Iterable[str]) -> set[str]:
    return set().union(*map(plan.needed_experiments, figures))


def plan_record(plan: Plan) -> dict[str, Any]:
    """Everything that is known before anything runs."""
    total = total_cost(plan)
    return {
        "scale": plan.config["scale"],
        "seed": plan.config["seed"],
        "device": plan.config["device"],
        "jobs": total.jobs,
        "core_hours": total.core_hours,
        "gpu_hours": total.gpu_hours,
        "members": sum(block.members for block in plan.blocks),
        "peak_memory_mb": total.memory_mb,
        "peak_gpu_memory_mb": total.gpu_memory_mb,
        "sizes": {name: dict(request.sizes) for name, request in plan.requests.items()},
        "blocks": [block_record(plan, block) for block in plan.blocks],
    }


def block_record(plan: Plan, block: Block) -> dict[str, Any]:
    names = "paper experiment name station members memory_mb gpu_memory_mb threads gpu digest"
    return {
        **{name: getattr(block, name) for name in names.split()},
        "core_seconds": plan.machine.core_seconds(block),
        "gpu_seconds": plan.machine.gpu_seconds(block),
    }


def cost_record(plan: Plan, targets: Sequence[str] = ()) -> dict[str, Any]:
    """What a plan costs, in all and per figure; figures share what they rest on.

    Raises InputError for a target that is no figure and no paper.
    """
    return {
        "scale": plan.config["scale"],
        "device": plan.config["device"],
        "machine": plan.machine.told or "as config/devices.yaml assumes it",
        "total": vars(total_cost(plan, targets)),
        "figures": {name: vars(total_cost(plan, [name])) for name in plan.figures_of(targets)},
        "departures": {entry["id"]: entry["what"] for entry in departures(plan, targets)},
    }


def departures(plan: Plan, targets: Sequence[str] = ()) -> list[Mapping[str, Any]]:
    """Entries of the register that hold at this scale, of the papers asked for."""
    papers = {paper_of(name) for name in plan.figures_of(targets)}
    scale = base_of(plan.config["scale"])
    return [
        entry
        for entry in read_departures()
        if scale in entry["scales"] and entry["paper"] in papers
    ]


def plan_table(plan: Plan, targets: Sequence[str] = ()) -> str:
    """A line per figure where some are named, a line per experiment, the sum."""
    figures = plan.figures_of(targets)
    chosen = needed(plan, figures) if targets else set(plan.experiments())
    lines = figure_lines(plan, figures) if targets else []
    head = row("experiment", *COLUMNS)
    lines += [head, "-" * len(head)]
    paper = ""
    for experiment in plan.experiments():
        if experiment in chosen:
            own = plan.of_experiment(experiment)
            lines += [own[0].paper] if own[0].paper != paper else []
            paper = own[0].paper
            lines.append(experiment_line(plan.machine, experiment, own))
    return "\n".join([*lines, "-" * len(head), *summary(plan, targets)])


def figure_lines(plan: Plan, figures: Sequence[str]) -> list[str]:
    head = row("figure", "jobs", "", "core time", "GPU time", "MB", "GPU MB")
    return [head, "-" * len(head), *(figure_line(plan, name) for name in figures), ""]


def figure_line(plan: Plan, figure: str) -> str:
    cost = total_cost(plan, [figure])
    return row(figure, cost.jobs, "", *cost_cells(cost))


def experiment_line(machine: Machine, experiment: str, blocks: Sequence[Block]) -> str:
    members = sum(block.members for block in blocks)
    cost = cost_of(machine, blocks, 0)
    return row(f" {experiment}", len(blocks), members, *cost_cells(cost))


def cost_cells(cost: Cost) -> list[str]:
    gpu = [duration(3600 * cost.gpu_hours), str(cost.gpu_memory_mb)] if cost.gpu_hours else ["", ""]
    return [duration(3600 * cost.core_hours), gpu[0], str(cost.memory_mb), gpu[1]]


def summary(plan: Plan, targets: Sequence[str]) -> list[str]:
    cost = total_cost(plan, targets)
    what = f"scale {plan.config['scale']}: about {cost.jobs} jobs, "
    what += f"{duration(3600 * cost.core_hours)} of core time"
    if cost.gpu_hours:
        what += f", {duration(3600 * cost.gpu_hours)} of GPU time"
    submitted = f"on a cluster {cost.submissions} submissions"
    return [what, submitted, *([plan.machine.told] if plan.machine.told else [])]


def departure_lines(plan: Plan, targets: Sequence[str] = ()) -> list[str]:
    """A line per departure from the papers at this scale: its name and how it begins."""
    found = departures(plan, targets)
    head = f"departures from the papers at this scale ({len(found)}, config/departures.yaml):"
    lines = [f"{entry['id']:5s} {entry['what']}" for entry in found]
    return [head, *(line if len(line) <= WIDTH else f"{line[: WIDTH - 4]} ..." for line in lines)]


def row(name: str, *cells: object) -> str:
    widths = (6, 8, 10, 9, 7, 7)
    texts = (f" {cell!s:>{width}s}" for cell, width in zip(cells, widths, strict=True))
    return (f"{name:26s}" + "".join(texts)).rstrip()


def duration(seconds: float) -> str:
    """A time span as a person says it: 42 s, 7.5 min, 3.2 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"

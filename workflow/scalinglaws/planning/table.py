"""The plan as a record for the PDF and as a table for the terminal."""

from collections import Counter
from typing import Any

from scalinglaws.planning.blocks import Block
from scalinglaws.planning.plan import Plan, core_hours

FIXED_JOBS = 8  # plan, environment, ledger page, numbers, PDF, manifest, all, report


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


def plan_record(plan: Plan) -> dict[str, Any]:
    """Everything that is known before anything runs."""
    return {
        "scale": plan.config["scale"],
        "seed": plan.config["seed"],
        "device": plan.config["device"],
        "jobs": job_count(plan),
        "core_hours": core_hours(plan),
        "members": sum(block.members for block in plan.blocks),
        "peak_memory_mb": max((block.memory_mb for block in plan.blocks), default=0),
        "blocks": [block_record(block) for block in plan.blocks],
    }


def block_record(block: Block) -> dict[str, Any]:
    names = "paper experiment name station members core_seconds memory_mb threads gpu digest"
    return {name: getattr(block, name) for name in names.split()}


def plan_table(plan: Plan) -> str:
    """A line per experiment: blocks, members, expected core time and memory."""
    head = table_row("paper", "experiment", "blocks", "members", "core time", "MB")
    blocks = Counter((block.paper, block.experiment) for block in plan.blocks)
    lines = [head, "-" * len(head)]
    for (paper, experiment), count in blocks.items():
        own = plan.of_experiment(experiment)
        members = sum(block.members for block in own)
        time = duration(sum(block.core_seconds for block in own))
        memory = max(block.memory_mb for block in own)
        lines.append(
            f"{paper:14s} {experiment:24s} {count:6d} {members:8d} {time:>10s} {memory:7d}"
        )
    total = duration(core_hours(plan) * 3600)
    gpus = sum(block.gpu for block in plan.blocks)
    lines.append("-" * len(head))
    lines.append(
        f"scale {plan.config['scale']}: about {job_count(plan)} jobs, {total} of core time"
        + (f", {gpus} blocks on a GPU" if gpus else "")
    )
    return "\n".join(lines)


def table_row(paper: str, experiment: str, *rest: object) -> str:
    return f"{paper:14s} {experiment:24s}" + "".join(f" {value!s:>10s}" for value in rest)


def duration(seconds: float) -> str:
    """A time span as a person says it: 42 s, 7.5 min, 3.2 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"

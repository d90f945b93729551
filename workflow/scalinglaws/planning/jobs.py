"""What Snakemake needs to know about jobs: environment, time limits, command-line values."""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scalinglaws.canonical import canonical_json
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.devices import check_gpu_present, visible_gpus
from scalinglaws.planning.plan import Plan, paper_of
from scalinglaws.spelling import readable


def prepare_environment(repository: Path) -> None:
    """Jobs find this package and the interpreter that runs Snakemake, activated or not.

    A conda environment activated by a job comes later and wins.
    """
    interpreter_folder = str(Path(sys.executable).parent)
    prepend("PATH", interpreter_folder)
    prepend("PYTHONPATH", str(repository / "workflow"))
    # Byte-stable results must not depend on hash order.
    os.environ["PYTHONHASHSEED"] = "0"


def prepend(variable: str, folder: str) -> None:
    folders = os.environ.get(variable, "").split(os.pathsep)
    if folders[0] != folder:
        os.environ[variable] = os.pathsep.join([folder, *filter(None, folders)])


def minutes(plan: Plan, block: Block) -> int:
    """Time limit for schedulers: five times the expectation, at least ten minutes."""
    return max(10, round(5 * plan.machine.wall_seconds(block) / 60))


def device_of(block: Block) -> str:
    """Blocks that do not train on a GPU must not wait for one."""
    return "cuda" if block.gpu else "cpu"


def waiting_blocks(plan: Plan, jobs: Iterable[Any]) -> list[Block]:
    """Blocks of the jobs that Snakemake is about to run."""
    wildcards = [job.wildcards for job in jobs if job.rule.name == "train_block"]
    return [plan.block(each) for each in wildcards]


def prepare_gpus(plan: Plan, workflow: Any) -> None:
    """Before the first job of a run on this machine: as many GPU blocks at once as it has cards.

    Other executors run elsewhere, on nodes whose schedulers count their cards. Raises InputError
    when blocks need a card and there is none.
    """
    if not (workflow.is_main_process and workflow.local_exec):
        return
    blocks = waiting_blocks(plan, workflow.dag.needrun_jobs())
    if not any(block.gpu for block in blocks):
        return
    gpus = visible_gpus()
    check_gpu_present(blocks, gpus)
    for resources in (workflow.scheduler.global_resources, workflow.scheduler.resources):
        resources.setdefault("gpu", len(gpus))  # --resources gpu=N goes before


def as_json(record: Mapping[str, Any]) -> str:
    return canonical_json(record)


def report_subcategory(plan: Plan, figure: str) -> str:
    """Under which paper the HTML report lists a figure."""
    slug = paper_of(figure)
    return f"{plan.papers[slug]['authors']} ({slug})"


def report_labels(plan: Plan, figure: str) -> dict[str, str]:
    """How the HTML report names a figure.

    One label only: with several, the report page takes any that has two values for a switch, and
    fails where not every combination of values exists.
    """
    title = readable(plan.figure(figure)["title"])
    return {"figure": f"{figure.partition('_')[2]}: {title}"}

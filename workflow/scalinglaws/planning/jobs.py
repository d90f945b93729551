"""What Snakemake needs to know about jobs: environment, time limits, command-line values."""

import gc
import json
import math
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scalinglaws.canonical import canonical_json
from scalinglaws.codedigest import code_digest, named_code
from scalinglaws.files import read_bytes
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.devices import check_gpu_present, visible_gpus
from scalinglaws.planning.plan import Plan, paper_of
from scalinglaws.spelling import readable

CODE = "SCALINGLAWS_CODE"  # module -> digest of its code as planned; jobs inherit it
BLOCK_RULES = ("train_block", "compute_theory")


def prepare_environment(repository: Path, is_main_process: bool) -> None:
    """Jobs find this package and the interpreter that runs Snakemake, activated or not.

    A conda environment activated by a job comes later and wins. The main process may itself be a
    job of another run, whose plan is not its own.
    """
    if is_main_process:
        os.environ.pop(CODE, None)
        # A plan of a thousand jobs is a million objects that all live to its end: at Python's own
        # threshold, reading them again and again takes a seventh of a dry run.
        gc.set_threshold(50_000, 20, 50)
    interpreter_folder = str(Path(sys.executable).parent)
    prepend("PATH", interpreter_folder)
    prepend("PYTHONPATH", str(repository / "workflow"))
    # Byte-stable results must not depend on hash order.
    os.environ["PYTHONHASHSEED"] = "0"


def prepend(variable: str, folder: str) -> None:
    folders = os.environ.get(variable, "").split(os.pathsep)
    if folders[0] != folder:
        os.environ[variable] = os.pathsep.join([folder, *filter(None, folders)])


def minutes(plan: Plan, block: Block, attempt: int = 1) -> int:
    """Time limit for schedulers: five times the expectation, at least ten minutes, per attempt.

    A machine half as fast keeps it with a queue's worth to spare; what a limit ends all the same
    goes on from its saved state with a longer one.
    """
    return attempt * max(10, math.ceil(5 * plan.machine.wall_seconds(block) / 60))


def memory_mb(block: Block, attempt: int = 1) -> int:
    """Memory limit for schedulers: as planned, and half as much again with every further attempt.

    Not doubled: with four attempts the last one would fit few nodes.
    """
    return math.ceil(block.memory_mb * (1 + attempt) / 2)


def gpus_of(block: Block) -> int | None:
    """None leaves the resource out: asked for 0 GPUs, some executors choose a node with GPUs."""
    return 1 if block.gpu else None


def announce_code(plan: Plan, workflow: Any) -> None:
    """Before the first job: which code all blocks of this run must have.

    A cluster's jobs read the workflow anew, hours after it was planned.
    """
    if workflow.is_main_process:
        waiting = waiting_blocks(plan, workflow.dag.needrun_jobs())
        os.environ[CODE] = canonical_json({one.module: digest_of_code(one) for one in waiting})


def planned_code(block: Block) -> str:
    """What the main process announced, and in the main process itself what it read first."""
    told: dict[str, str] = json.loads(os.environ.get(CODE, "{}"))
    return told.get(block.module) or digest_of_code(block)


def digest_of_code(block: Block) -> str:
    return named_code(code_digest(*block.code_modules))


def device_of(block: Block) -> str:
    """Blocks that do not train on a GPU must not wait for one."""
    return "cuda" if block.gpu else "cpu"


def waiting_blocks(plan: Plan, jobs: Iterable[Any]) -> list[Block]:
    """Blocks of the jobs that Snakemake is about to run."""
    wildcards = [job.wildcards for job in jobs if job.rule.name in BLOCK_RULES]
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


class CaptionFile(str):
    """The path of a figure's caption, whose text a template of the HTML report can ask for.

    Read when the report is written: a rule's parameters are known before its files are.
    """

    @property
    def text(self) -> str:
        """The caption in reStructuredText, its signs as they are."""
        caption = str(json.loads(read_bytes(self))["caption"])
        return re.sub(r"([\\*_`|<>])", r"\\\1", readable(caption))


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

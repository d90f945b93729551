"""What Snakemake needs to know about jobs: environment, time limits, command-line values."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scalinglaws.canonical import canonical_json
from scalinglaws.planning.blocks import Block
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


def minutes(block: Block) -> int:
    """Time limit for schedulers: five times the expectation, at least ten minutes."""
    return max(10, round(5 * block.core_seconds / block.threads / 60))


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

"""Rules gather_numbers and compile_paper: the replication paper from result files alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scalinglaws.config import read_departures, read_paper, read_scale
from scalinglaws.document.compile import compile_pdf
from scalinglaws.document.figures import picture_size
from scalinglaws.document.numbers import gather_numbers
from scalinglaws.planning.left_out import drawn_figures
from scalinglaws.storage import read_json, write_json


def write_numbers(
    results: Path, papers: Sequence[str], cards: Sequence[Path], output: str | Path
) -> None:
    """Read every result the prose may quote and write them as one record."""
    plan = read_json(results / "plan" / "plan.json")
    records = {slug: read_paper(slug) for slug in papers}
    fits = {
        slug: {
            fit: read_json(results / "fits" / slug / f"{fit}.json")["quantities"]
            for fit in record["fits"]
        }
        for slug, record in records.items()
    }
    figures = {
        name: figure_file(results / "figures" / name)
        for record in records.values()
        for name in drawn_figures(record, plan["scale"])
    }
    ledgers = {slug: read_json(results / "ledger" / f"{slug}.json") for slug in papers}
    registered = [ledger["header"].get("registration") for ledger in ledgers.values()]
    numbers = gather_numbers(
        fits,
        {slug: ledger["claims"] for slug, ledger in ledgers.items()},
        scale=plan["scale"],
        papers=records,
        figures=figures,
        departures=read_departures(),
        plan=plan,
        cards=[read_json(card) for card in cards],
        environment=read_json(results / "environment.json"),
        findings=read_json(results / "findings" / "findings.json"),
        sizes=read_scale(plan["scale"]),
        registration=registered[0],
    )
    write_json(output, numbers)


def figure_file(stem: Path) -> dict[str, Any]:
    """What a drawing wrote of itself, with the size of its picture in points."""
    width, height = picture_size(stem.with_suffix(".pdf"))
    return {**read_json(stem.with_suffix(".json")), "width": width, "height": height}


def compile_paper(source: Path, results: Path, output: Path) -> None:
    """Typeset the paper; results are named by absolute path because typst's root is ``/``."""
    inputs = {
        "numbers": str((results / "numbers.json").resolve()),
        "figures": str((results / "figures").resolve()),
        "findings": str((results / "findings").resolve()),
    }
    compile_pdf(source, inputs, output)

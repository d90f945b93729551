"""Rule write_findings: what came out, as json, as text and as one picture."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scalinglaws.claims.findings import findings
from scalinglaws.claims.summary import markdown, terminal_findings
from scalinglaws.claims.templates import read_findings
from scalinglaws.codedigest import code_digest
from scalinglaws.config import read_ladder, read_paper
from scalinglaws.errors import InputError
from scalinglaws.figures.forest import draw_forest, save_forest
from scalinglaws.files import write_whole
from scalinglaws.stations.ledger import SPECIAL, UNKNOWN_WIDTH, can_encode, read_ledger
from scalinglaws.storage import (
    FORMAT,
    broken,
    merged_code,
    read_json,
    read_quantities,
    write_json,
)

WIDEST = 100  # columns of a sentence; beyond, the eye loses the line


def terminal_text(path: str | Path) -> str:
    """The findings of a finished run, fitted to standard output. Raises InputError."""
    found = read_json(path)
    if found.get("header", {}).get("station") != "findings":
        raise InputError(broken(path, "the findings of a run"))
    width = min(shutil.get_terminal_size((UNKNOWN_WIDTH, 24)).columns, WIDEST)
    return terminal_findings(found, width=width, ascii_only=not can_encode(SPECIAL))


def write_findings(ledgers: Sequence[str], fits: Sequence[str], scale: str, output: Path) -> None:
    """Write findings.json, findings.md, forest.pdf and forest.png into the folder ``output``.

    Raises InputError for files of other code or another kind, and for templates that name what
    the ledger or the fits do not have.
    """
    judged = dict(read_ledger(file) for file in ledgers)
    rows = {paper: ledger["claims"] for paper, ledger in judged.items()}
    headers = [ledger["header"] for ledger in judged.values()]
    read = [(Path(file), read_quantities(file)) for file in fits]
    quantities: dict[str, dict[str, dict[str, Any]]] = {paper: {} for paper in rows}
    for path, content in read:
        quantities[path.parent.name][path.stem] = content["quantities"]
    found = findings(
        rows,
        quantities,
        {paper: read_findings(paper) for paper in rows},
        {paper: read_paper(paper) for paper in rows},
        scale,
        share=read_ladder()[headers[0]["settings"]["look"] - 1]["share"],
        registration=headers[0].get("registration"),
    )
    own = {"code": code_digest("scalinglaws.stations.findings")}
    header = {
        "format": FORMAT,
        "station": "findings",
        "name": "findings",
        "settings": {"scale": scale},
        "code": merged_code(own, *headers, *(content["header"] for _, content in read)),
    }
    write_json(output / "findings.json", found, header)
    write_whole(output / "findings.md", markdown(found).encode())
    titles = {one["slug"]: one["authors"] for one in found["papers"]}
    picture = draw_forest(found["forest"], titles)
    save_forest(picture, output / "forest.pdf", output / "forest.png")

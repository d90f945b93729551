"""Rule write_ledger and the verb verdicts: what rule judge_claims wrote, as page and as table."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scalinglaws.claims.page import ledger_html
from scalinglaws.claims.table import verdict_table
from scalinglaws.config import PAPERS, read_departures, read_paper
from scalinglaws.errors import InputError
from scalinglaws.files import read_bytes, write_whole
from scalinglaws.storage import check_code, read_json

UNKNOWN_WIDTH = 80  # of an output that is no terminal
SPECIAL = "±−×≥α"  # stands for all letters and signs that the table may use


def read_rows(
    ledgers: Sequence[str | Path],
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, Any] | None]:
    """paper -> claims, and the registration they stand under, from the files of rule judge_claims,
    whatever they are called.

    Raises InputError for a file of another kind and for two ledgers of one paper.
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    registration = None
    for file in ledgers:
        paper, ledger = read_ledger(file)
        registration = ledger["header"].get("registration")
        if paper in rows:
            raise InputError(
                f"{file} is a second ledger of {paper}; give one of each paper, of one scale."
            )
        rows[paper] = ledger["claims"]
    return rows, registration


def read_ledger(path: str | Path) -> tuple[str, dict[str, Any]]:
    """The paper and the whole file, made by today's code. Raises InputError."""
    paper, ledger = ledger_of_any_code(path)
    check_code(path, ledger["header"])
    return paper, ledger


def ledger_of_any_code(path: str | Path) -> tuple[str, dict[str, Any]]:
    """The paper and the whole file, whichever version of the code made it. Raises InputError."""
    try:
        content = json.loads(read_bytes(path))
        paper, station = (content["header"][key] for key in ("name", "station"))
        known = station == "ledger" and paper in PAPERS and isinstance(content["claims"], list)
    except (ValueError, TypeError, KeyError, IndexError):
        known = False
    if not known:
        raise InputError(
            f"{path} is not the ledger of a paper; expected files as make reproduce writes them: "
            "results/SCALE/ledger/*.json"
        )
    return paper, content


def write_ledger(
    ledgers: Sequence[str], scale: str, output: str | Path, findings: str | Path | None = None
) -> None:
    """One self-contained HTML page with every verdict, below the findings if they are given."""
    rows, registration = read_rows(ledgers)
    papers = {slug: read_paper(slug) for slug in rows}
    meta = {
        "scale": scale,
        "papers": papers,
        "departures": read_departures(),
        "registration": registration,
        "findings": None if findings is None else read_json(findings),
    }
    write_whole(output, ledger_html(rows, meta).encode())


def terminal_table(ledgers: Sequence[str | Path]) -> str:
    """All verdicts, fitted to standard output: its width, its encoding, colour on a terminal."""
    papers, registration = read_rows(ledgers)
    return verdict_table(
        [row for claims in papers.values() for row in claims],
        titles={slug: read_paper(slug)["title"] for slug in papers},
        width=shutil.get_terminal_size((UNKNOWN_WIDTH, 24)).columns,
        colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ,
        ascii_only=not can_encode(SPECIAL),
        registration=registration,
    )


def can_encode(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True

"""Rules judge_claims and write_ledger: verdicts per paper, and the one page that shows them."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scalinglaws.claims.ledger import judge_paper, ledger_html, verdict_table
from scalinglaws.codedigest import code_digest
from scalinglaws.config import read_claims, read_departures, read_paper
from scalinglaws.storage import FORMAT, merged_code, read_json, write_json, write_whole

UNKNOWN_WIDTH = 80  # of an output that is no terminal
SPECIAL = "±−×≥α"  # stands for all letters and signs that the table may use


def judge_claims(paper: str, fits: Sequence[str], output: str | Path) -> None:
    """Judge one paper's claims and write ``{"header", "claims"}``."""
    read = {Path(file).stem: read_json(file) for file in fits}
    quantities = {name: content["quantities"] for name, content in read.items()}
    rows = judge_paper(read_claims(paper), quantities, read_departures())
    own = {"code": code_digest("scalinglaws.stations.ledger")}
    header = {
        "format": FORMAT,
        "station": "ledger",
        "name": paper,
        "settings": {"claims": f"config/claims/{paper}.yaml"},
        "code": merged_code(own, *(content["header"] for content in read.values())),
    }
    write_json(output, {"claims": rows}, header)


def read_rows(ledgers: Sequence[str | Path]) -> dict[str, list[dict[str, Any]]]:
    """paper -> claims, from the files of rule judge_claims."""
    return {Path(file).stem: read_json(file)["claims"] for file in ledgers}


def write_ledger(ledgers: Sequence[str], scale: str, output: str | Path) -> None:
    """One self-contained HTML page with every verdict."""
    papers = {slug: read_paper(slug) for slug in (Path(file).stem for file in ledgers)}
    meta = {"scale": scale, "papers": papers, "departures": read_departures()}
    write_whole(output, ledger_html(read_rows(ledgers), meta).encode())


def terminal_table(ledgers: Sequence[str | Path]) -> str:
    """All verdicts, fitted to standard output: its width, its encoding, colour on a terminal."""
    papers = read_rows(ledgers)
    return verdict_table(
        [row for claims in papers.values() for row in claims],
        titles={slug: read_paper(slug)["title"] for slug in papers},
        width=shutil.get_terminal_size((UNKNOWN_WIDTH, 24)).columns,
        colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ,
        ascii_only=not can_encode(SPECIAL),
    )


def can_encode(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True

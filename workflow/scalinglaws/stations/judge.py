"""Rule judge_claims: the verdicts of one paper, from its fits. Imports nothing that shows them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scalinglaws.claims.ledger import judge_paper
from scalinglaws.codedigest import code_digest
from scalinglaws.config import read_claims, read_departures
from scalinglaws.storage import FORMAT, merged_code, read_quantities, write_json


def judge_claims(
    paper: str,
    fits: Sequence[str],
    claims: str | Path,
    departures: str | Path,
    output: str | Path,
) -> None:
    """Judge one paper's claims and write ``{"header", "claims"}``."""
    read = read_fits(fits)
    rows = judged_rows(paper, read, claims, departures)
    own = {"code": code_digest("scalinglaws.stations.judge")}
    header = {
        "format": FORMAT,
        "station": "ledger",
        "name": paper,
        "settings": {"claims": str(claims)},
        "code": merged_code(own, *(content["header"] for content in read.values())),
    }
    write_json(output, {"claims": rows}, header)


def read_fits(fits: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Fit name -> its file of rule fit_curves."""
    return {Path(file).stem: read_quantities(file) for file in fits}


def judged_rows(
    paper: str,
    fits: Mapping[str, Mapping[str, Any]],
    claims: str | Path | None = None,
    departures: str | Path | None = None,
) -> list[dict[str, Any]]:
    """The claims of a paper, judged by its fits; claims and departures are config's by default."""
    quantities = {name: content["quantities"] for name, content in fits.items()}
    return judge_paper(read_claims(paper, claims), quantities, read_departures(departures))

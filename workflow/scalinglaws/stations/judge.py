"""Rule judge_claims: the verdicts of one paper, from its fits. Imports nothing that shows them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scalinglaws.claims.ledger import judge_paper
from scalinglaws.codedigest import code_digest
from scalinglaws.config import read_claims, read_departures, read_ladder
from scalinglaws.stations.registration import (
    exploratory_claims,
    out_of_reach,
    registration_of,
    registrations,
)
from scalinglaws.storage import FORMAT, merged_code, read_quantities, write_json


def judge_claims(
    paper: str,
    fits: Sequence[str],
    claims: str | Path,
    departures: str | Path,
    run: Mapping[str, Any],
    output: str | Path,
) -> None:
    """Judge one paper's claims and write ``{"header", "claims"}``.

    - ``run``: the configuration judged, resolved: ``scale``, ``seed``, ``look``
    """
    read = read_fits(fits)
    rows = judged_rows(paper, read, run, claims, departures)
    own = {"code": code_digest("scalinglaws.stations.judge")}
    header = {
        "format": FORMAT,
        "station": "ledger",
        "name": paper,
        "settings": {"claims": str(claims), "look": run["look"]},
        "registration": registration_record(run["seed"]),
        "code": merged_code(own, *(content["header"] for content in read.values())),
    }
    write_json(output, {"claims": rows}, header)


def read_fits(fits: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Fit name -> its file of rule fit_curves."""
    return {Path(file).stem: read_quantities(file) for file in fits}


def judged_rows(
    paper: str,
    fits: Mapping[str, Mapping[str, Any]],
    run: Mapping[str, Any],
    claims: str | Path | None = None,
    departures: str | Path | None = None,
) -> list[dict[str, Any]]:
    """The claims of a paper, judged by its fits; claims and departures are config's by default."""
    quantities = {name: content["quantities"] for name, content in fits.items()}
    asked = read_claims(paper, claims)
    return judge_paper(
        asked,
        quantities,
        read_departures(departures),
        share=read_ladder()[run["look"] - 1]["share"],
        exploratory=exploratory_claims(paper, asked, run),
        out_of_reach=out_of_reach(run),
    )


def registration_record(seed: int) -> dict[str, Any] | None:
    """What a run of this root seed stands under: number, date, commit and root seed of its
    registration, and the number of registrations by then.
    """
    found = registration_of(seed)
    if found is None:
        return None
    named = {key: found[key] for key in ("number", "date", "commit", "seed")}
    return {**named, "of": len(registrations())}

"""Findings: what came out, in sentences; one source for terminal, page, PDF and report.

Sentences are written in config/findings by people who know the papers; every number in them is
filled from the ledger and the fits. What differs and what is undecided is said claim by claim.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.claims.forest import forest_rows
from scalinglaws.claims.needs import needs_text
from scalinglaws.claims.templates import Evidence, filled, sentence, texts_of
from scalinglaws.claims.verdict import DIFFERS, NOT_RUN, REPRODUCED, UNDECIDED
from scalinglaws.claims.wording import (
    by_kind,
    of_paper,
    ours_text,
    published_text,
    verdict_counts,
)

Record = Mapping[str, Any]
Rows = Mapping[str, Sequence[Record]]


def findings(
    rows: Rows,
    fits: Mapping[str, Mapping[str, Mapping[str, Record]]],
    templates: Mapping[str, Record],
    papers: Mapping[str, Record],
    scale: str,
) -> dict[str, Any]:
    """The record that everything that tells findings reads.

    Arguments:
    - `rows`: paper -> claims as ``judge_paper`` judges them
    - `fits`: paper -> fit -> quantity name -> Quantity
    - `templates`: paper -> its file in config/findings
    - `papers`: paper -> its record in config/papers
    """
    every = [row for judged in rows.values() for row in judged]
    return {
        "scale": scale,
        "headline": headline(of_paper(every), scale),
        "papers": [
            paper_findings(slug, judged, fits[slug], templates[slug], papers[slug])
            for slug, judged in rows.items()
        ],
        "forest": forest_rows(of_paper(every)),
    }


def headline(rows: Sequence[Record], scale: str) -> str:
    """One sentence about all claims that say something of a paper."""
    counts = verdict_counts(rows)
    primary = verdict_counts([row for row in rows if row["primary"]])
    return (
        f"At scale {scale}, of {len(rows)} claims {counts[REPRODUCED]} are reproduced, "
        f"{counts[DIFFERS]} differ, {counts[UNDECIDED]} are undecided and {counts[NOT_RUN]} not "
        f"run; of the {sum(primary.values())} that the papers stand for, {primary[REPRODUCED]} are "
        f"reproduced and {primary[DIFFERS]} differ."
    )


def paper_findings(
    slug: str,
    rows: Sequence[Record],
    fits: Mapping[str, Mapping[str, Record]],
    template: Record,
    paper: Record,
) -> dict[str, Any]:
    evidence = Evidence(
        rows={short(row): row for row in rows},
        quantities={
            f"{fit}.{name}": quantity for fit, named in fits.items() for name, quantity in
            named.items()
        },
        names=template.get("names", {}),
    )  # fmt: skip
    counted = of_paper(rows)
    return {
        "slug": slug,
        "title": paper["title"],
        "authors": paper["authors"],
        "counts": {kind: verdict_counts(own) for kind, own in by_kind(rows).items()},
        "sentences": [
            {"text": text, "claims": claims_of(one, slug), "figure": one["figure"]}
            for one in template["sentences"]
            if (text := sentence(one, evidence))
        ],
        "differs": [
            differing(row, evidence, texts_of(template["reasons"].get(short(row))))
            for row in counted
            if row["verdict"] == DIFFERS
        ],
        "undecided": [open_claim(row) for row in counted if row["verdict"] == UNDECIDED],
    }


def short(row: Record) -> str:
    """A claim's name without its paper."""
    return str(row["id"]).partition("_")[2]


def claims_of(template: Record, slug: str) -> list[str]:
    """All claims that a sentence stands on, its clauses' too."""
    named = [*template["claims"]]
    for clause in template.get("clauses", {}).values():
        named += clause["claims"]
    return [f"{slug}_{name}" for name in dict.fromkeys(named)]


def differing(row: Record, evidence: Evidence, reasons: Sequence[str]) -> dict[str, Any]:
    """What differs, by how much, and why as far as it is known."""
    known = [text for reason in reasons if (text := filled(reason, evidence, {}))]
    return {
        "text": " ".join([against(row, DIFFERS), *known[:1]]),
        "claim": row["id"],
        "figure": row["figure"],
    }


def open_claim(row: Record) -> dict[str, Any]:
    return {
        "text": against(row, REPRODUCED, other=True),
        "claim": row["id"],
        "figure": row["figure"],
        "needs": needs_text(row),
    }


def against(row: Record, verdict: str, *, other: bool = False) -> str:
    """The statement, and ours with that verdict (or any other) against what is published."""
    picked = [one for one in row["judged"] if (one["verdict"] == verdict) != other]
    ours = ", ".join(ours_text(one) for one in picked or row["judged"])
    return f"{row['statement'].rstrip('.')}: ours {ours}, published {published_text(row)}."

"""Findings: what came out, in sentences; one source for terminal, page, PDF and report.

Sentences are written in config/findings by people who know the papers; every number in them is
filled from the ledger and the fits. What differs and what is undecided is said claim by claim.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.claims.forest import forest_rows
from scalinglaws.claims.needs import Need, needs
from scalinglaws.claims.templates import (
    Evidence,
    filled,
    joined,
    names_of,
    sentence,
    texts_of,
    told,
    value_text,
    without_paper,
)
from scalinglaws.claims.verdict import (
    DIFFERS,
    NOT_RUN,
    REPRODUCED,
    UNDECIDED,
    VERDICTS,
    Band,
    band_of,
)
from scalinglaws.claims.wording import (
    beyond_reach,
    by_kind,
    facts_text,
    of_paper,
    published_text,
    registration_text,
    verdict_counts,
)

Record = Mapping[str, Any]
Rows = Mapping[str, Sequence[Record]]
Fits = Mapping[str, Mapping[str, Record]]
MOST_INTERVALS = 2  # quantities told with their intervals; of more the estimates


def findings(
    rows: Rows,
    fits: Mapping[str, Fits],
    templates: Mapping[str, Record],
    papers: Mapping[str, Record],
    scale: str,
    *,
    share: float = 1.0,
    registration: Record | None = None,
) -> dict[str, Any]:
    """The record that everything that tells findings reads.

    Arguments:
    - `rows`: paper -> claims as ``judge_paper`` judges them
    - `fits`: paper -> fit -> quantity name -> Quantity
    - `templates`: paper -> its file in config/findings
    - `papers`: paper -> its record in config/papers
    - `share`: of the error rate that this look may spend
    - `registration`: the one that the verdicts stand under, or None

    Raises InputError for a blank about a quantity that no fit provides.
    """
    every = [row for judged in rows.values() for row in judged]
    return {
        "scale": scale,
        "headline": headline(of_paper(every), scale),
        "facts": facts_text(of_paper(every)),
        "registration": registration_text(registration),
        "papers": [
            paper_findings(slug, judged, fits[slug], templates[slug], papers[slug], share)
            for slug, judged in rows.items()
        ],
        "forest": forest_rows(of_paper(every)),
    }


def headline(rows: Sequence[Record], scale: str) -> str:
    """One sentence about all claims that say something of a paper."""
    counts, primary = verdict_counts(rows), [row for row in rows if row["primary"]]
    own = verdict_counts(primary)
    text = (
        f"At scale {scale}, of {len(rows)} claims {are(counts[REPRODUCED], 'reproduced')}, "
        f"{differ(counts[DIFFERS])}, {are(counts[UNDECIDED], 'undecided')} and "
        f"{are(counts[NOT_RUN], 'not run')}"
    )
    if beyond := len(beyond_reach(rows)):
        text += f", {beyond} of these shown but beyond its reach"
    if not primary:
        return f"{text}."
    return (
        f"{text}; of the {len(primary)} primary ones, which the papers stand for, "
        f"{are(own[REPRODUCED], 'reproduced')} and {differ(own[DIFFERS])}."
    )


def are(count: int, what: str) -> str:
    return f"{count} {'is' if count == 1 else 'are'} {what}"


def differ(count: int) -> str:
    return f"{count} {'differs' if count == 1 else 'differ'}"


def paper_findings(
    slug: str,
    rows: Sequence[Record],
    fits: Fits,
    template: Record,
    paper: Record,
    share: float,
) -> dict[str, Any]:
    evidence = Evidence(
        rows={without_paper(row["id"]): row for row in rows},
        quantities={
            f"{fit}.{name}": one for fit, named in fits.items() for name, one in named.items()
        },
        names=template.get("names", {}),
    )
    counted = of_paper(rows)
    needed = needs(rows, share)
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
            differing(row, evidence, texts_of(template["reasons"].get(without_paper(row["id"]))))
            for row in counted
            if row["verdict"] == DIFFERS
        ],
        "undecided": [
            open_claim(row, evidence, needed[row["id"]])
            for row in counted
            if row["verdict"] == UNDECIDED
        ],
        "beyond": [
            {**told_claim(row, evidence, row["judged"]), "why": row["out_of_reach"]}
            for row in beyond_reach(counted)
        ],
    }


def claims_of(template: Record, slug: str) -> list[str]:
    """All claims that a sentence stands on, its clauses' too."""
    parts = [template, *template.get("clauses", {}).values()]
    named = [name for part in parts for name in part["claims"]]
    return [f"{slug}_{name}" for name in dict.fromkeys(named)]


def differing(row: Record, evidence: Evidence, reasons: Sequence[str]) -> dict[str, Any]:
    """What differs, by how much, and why as far as it is known."""
    outside = [one for one in row["judged"] if one["verdict"] == DIFFERS] or row["judged"]
    known = [text for reason in reasons if (text := filled(reason, evidence, {}))]
    if not known and row["departures"]:
        known = [f"Departures from the paper that bear on it: {joined(row['departures'])}."]
    text = f"{against(row, evidence, outside)}, {distance_text(row, outside)}."
    return {
        "text": " ".join([f"{row['statement'].rstrip('.')}: {text}", *known[:1]]),
        "claim": row["id"],
        "figure": row["figure"],
    }


def open_claim(row: Record, evidence: Evidence, needed: Need) -> dict[str, Any]:
    open_ones = [one for one in row["judged"] if one["verdict"] != REPRODUCED] or row["judged"]
    told = told_claim(row, evidence, open_ones)
    return {**told, "needs": needed.text, "obstacle": needed.obstacle}


def told_claim(row: Record, evidence: Evidence, picked: Sequence[Record]) -> dict[str, Any]:
    """A claim without a decision, with these of its estimates."""
    return {
        "text": f"{row['statement'].rstrip('.')}: {against(row, evidence, picked)}.",
        "claim": row["id"],
        "figure": row["figure"],
    }


def against(row: Record, evidence: Evidence, picked: Sequence[Record]) -> str:
    """Our estimates of these quantities, what the others do, and what is published."""
    names = names_of(row, evidence) if len(row["judged"]) > 1 else {}
    found = [one for one in picked if one["estimate"] is not None]
    text = told if len(found) <= MOST_INTERVALS else value_text
    parts = [
        text(one) + (f" ({names[one['name']]})" if names.get(one["name"]) else "") for one in found
    ]
    missing = [names.get(one["name"], "") for one in picked if one["estimate"] is None]
    if missing:
        of = f" of {joined(missing)}" if all(missing) else ""
        parts.append(f"no estimate{of}")
    return f"ours {joined(parts)}{others_text(row, picked)}; published {published_text(row)}"


def others_text(row: Record, picked: Sequence[Record]) -> str:
    """How the quantities that are not told in full stand."""
    others = [one for one in row["judged"] if one not in picked]
    counts = {verdict: sum(one["verdict"] == verdict for one in others) for verdict in VERDICTS}
    parts = [
        f"{count} {'other' if count == 1 else 'others'} {verdict}"
        for verdict, count in counts.items()
        if count
    ]
    return "".join(f", {part}" for part in parts)


def distance_text(row: Record, outside: Sequence[Record]) -> str:
    """On which side of the band, and how far from it in margins where there is one."""
    band = band_of(row, row["margin"])
    gaps = [gap(one, band) for one in outside]
    sides = {"below" if low else "above" for low, _ in gaps}
    side = sides.pop() if len(sides) == 1 else "on either side"
    if not row["margin"]:
        return f"{side} the bound" if side != "on either side" else "beyond the bounds"
    lengths = sorted(length / row["margin"] for _, length in gaps)
    ends = list(dict.fromkeys(f"{length:.2g}" for length in (lengths[0], lengths[-1])))
    margins = "margin" if ends == ["1"] else "margins"
    where = side if side == "on either side" else f"{side} it"
    return f"the interval {' to '.join(ends)} {margins} outside the band, {where}"


def gap(one: Record, band: Band) -> tuple[bool, float]:
    """Whether an interval lies below the band, and its distance from it."""
    low, high = one["interval"] or (one["estimate"], one["estimate"])
    return (True, band.low - high) if high < band.low else (False, low - band.high)

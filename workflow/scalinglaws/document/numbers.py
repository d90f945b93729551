"""Everything the PDF prints, gathered into one record: texts rounded here, raw values beside them.

The typst source only sets type. Whatever is a number on paper comes from a result file through
this module, so prose and results cannot disagree.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.claims.wording import (
    KINDS,
    by_kind,
    facts_text,
    flips_by_choice,
    flips_text,
    fragility_text,
    of_paper,
    registration_text,
    verdict_counts,
    without_estimate,
)
from scalinglaws.config import SCALES
from scalinglaws.document.figures import figure_record, short_authors
from scalinglaws.document.findings import findings_record
from scalinglaws.document.products import products_text
from scalinglaws.document.quantities import fits_record, significant
from scalinglaws.document.sizes import sizes_record
from scalinglaws.planning.left_out import why_left_out
from scalinglaws.planning.table import duration
from scalinglaws.rounding import quantity_text, rounded
from scalinglaws.spelling import distinct_names, readable

Record = Mapping[str, Any]
MANY = 6  # claims that are listed one by one
NOTHING: Record = {"sentences": (), "differs": (), "undecided": (), "beyond": ()}
RELATIONS = {"equals": "=", "at_least": "≥", "at_most": "≤", "within": ""}


def gather_numbers(
    fits: Mapping[str, Mapping[str, Mapping[str, Record]]],
    rows: Mapping[str, Sequence[Record]],
    *,
    scale: str,
    papers: Mapping[str, Record],
    figures: Mapping[str, Record],
    departures: Sequence[Record],
    plan: Record,
    cards: Sequence[Record],
    environment: Record,
    findings: Record,
    sizes: Mapping[str, Mapping[str, Record]],
    registration: Record | None = None,
) -> dict[str, Any]:
    """The record that paper/main.typ reads.

    - ``fits``: paper -> fit -> quantity name -> Quantity.
    - ``rows``: paper -> judged claims, in ledger order.
    - ``papers``: paper -> its record in config/papers (title, authors, arxiv, words of figures).
    - ``figures``: figure target -> {title, caption, paper, departures, width, height}, in printing
      order; the picture's size in points.
    - ``departures``: the register; only entries of the papers at hand are kept.
    - ``plan``, ``cards``, ``environment``, ``findings``: the files of those names.
    - ``sizes``: paper -> experiment -> sizes of the scale.
    - ``registration``: the one that the verdicts stand under, or None.
    """
    every_row = [row for claims in rows.values() for row in claims]
    counted = of_paper(every_row)
    told = {paper["slug"]: paper for paper in findings["papers"]}
    quantities = [q for named in fits.values() for fit in named.values() for q in fit.values()]
    return {
        "scale": scale,
        "headline": readable(findings["headline"]),
        "levels": sorted({f"{100 * quantity['level']:g} %" for quantity in quantities}),
        "verdicts": counts_record(counted),
        "claims": len(counted),
        "self_checks": len(every_row) - len(counted),
        "kinds": [
            {"kind": kind, "text": KINDS[kind], "verdicts": counts_record(own)}
            for kind, own in by_kind(every_row).items()
        ],
        "facts": facts_text(counted),
        "registration": registration_text(registration),
        "fragility": [
            {"choice": choice, "text": f"{flips} of {number}"}
            for choice, (flips, number) in flips_by_choice(counted).items()
        ],
        "without_estimate": without_estimate(counted),
        "figures": len(figures),
        "papers": [
            {
                **paper_record(slug, paper, fits.get(slug, {}), rows.get(slug, ()), figures),
                "findings": findings_record(told.get(slug, NOTHING), rows.get(slug, ())),
                "sizes": sizes_record(sizes.get(slug, {})),
                "left_out": left_out_records(paper["figures"], scale),
            }
            for slug, paper in papers.items()
        ],
        "departures": [departure_record(entry) for entry in departures if entry["paper"] in papers],
        "data": [card_record(card) for card in cards],
        "cost": cost_record(plan, papers),
        "environment": environment_rows(environment),
    }


def paper_record(
    slug: str,
    paper: Record,
    fits: Mapping[str, Mapping[str, Record]],
    rows: Sequence[Record],
    figures: Mapping[str, Record],
) -> dict[str, Any]:
    """One paper's chapter: its claims with their verdicts, figures, claims left unjudged, fits."""
    return {
        "slug": slug,
        "title": paper["title"],
        "authors": paper["authors"],
        "short": short_authors(paper["authors"]),
        "arxiv": paper["arxiv"],
        "verdicts": counts_record(of_paper(rows)),
        "claims": [claim_record(row, paper["arxiv"]) for row in rows],
        "figures": [
            figure_record(target, figure, paper["figures"][target], paper["authors"])
            for target, figure in figures.items()
            if figure["paper"] == slug
        ],
        "unjudged": [readable(entry) for entry in paper.get("unjudged", ())],
        **fits_record(fits),
    }


def left_out_records(figures: Mapping[str, Record], scale: str) -> list[dict[str, str]]:
    """Figures that this scale does not draw, each with the reason."""
    return [
        {"target": target, "title": readable(figure["title"]), "why": readable(reason)}
        for target, figure in figures.items()
        if (reason := why_left_out(figure, scale))
    ]


def counts_record(rows: Sequence[Record]) -> list[dict[str, Any]]:
    """How many claims got each verdict, in the order of ``VERDICTS``."""
    return [{"verdict": name, "count": count} for name, count in verdict_counts(rows).items()]


def claim_record(row: Record, arxiv: str) -> dict[str, Any]:
    """One line of a claims table: the published value, ours, and the verdict.

    The source loses the paper's own number, which stands above the table.
    """
    names = distinct_names([one["name"] for one in row["judged"]])
    return {
        "id": row["id"],
        "statement": readable(row["statement"]),
        "source": readable(row["source"].removeprefix(f"arXiv {arxiv}, ")),
        "published": published_text(row),
        "margin": f"± {significant(row['margin'], 3)}" if row["margin"] else "",
        "margin_reason": readable(row["margin_reason"]),
        "ours": [
            {"name": name, "text": quantity_text(one)}
            for name, one in zip(names, row["judged"], strict=True)
        ],
        "raw": [[one["estimate"], one["interval"]] for one in row["judged"]],
        "verdict": row["verdict"],
        "kind": KINDS[row["provenance"]],
        "primary": row["primary"],
        "self_check": row["provenance"] == "ours",
        "exploratory": row["exploratory"],
        "fragility": fragility_text(row),
        "flips": flips_text(row),
        "why": why_text(row),
        "figure": row["figure"],
        "departures": list(row["departures"]),
    }


def why_text(row: Record) -> str:
    """Said only where the intervals on the page would suggest another verdict."""
    if row["verdict"] == row["interval_verdict"]:
        return ""
    return f"{row['interval_verdict']} before {row['correction']}'s correction"


def published_text(row: Record) -> str:
    """For example ``= 1.02 ± 0.03``, ``≥ 1``; as many decimals as the authors printed."""
    decimals = row["published_decimals"]
    values = [row["published"], row["published_error"]]
    texts = [
        significant(value) if decimals is None else rounded(value, decimals)
        for value in values
        if value is not None
    ]
    upper = f" to {significant(row['upper'])}" if row["kind"] == "within" else ""
    return f"{RELATIONS[row['kind']]} {' ± '.join(texts)}{upper}".strip()


def departure_record(entry: Record) -> dict[str, Any]:
    """One entry of the register; its claims lose the paper's name, under which they are listed.

    Dozens of claims that are named alike are told as products.
    """
    prefix = f"{entry['paper']}_"
    names = [claim.removeprefix(prefix) for claim in entry["claims"]]
    many = products_text([name.replace("_", " ") for name in names])
    return {
        **readable(entry),
        "claims": many if len(names) > MANY else ", ".join(names),
        "scales": "all" if len(entry["scales"]) == len(SCALES) else ", ".join(entry["scales"]),
    }


def card_record(card: Record) -> dict[str, Any]:
    """One data set: where it comes from and how many images (training + test) of which shape."""
    counts = card["counts"]
    return {
        **{key: card[key] for key in ("name", "title", "exactness", "licence", "citation")},
        "source": str(card["source"]),
        "notes": card["notes"],
        "counts": f"{counts['train']:,} + {counts['test']:,}",
        "shape": " × ".join(str(length) for length in card["image_shape"]),
        "classes": card["classes"],
    }


def cost_record(plan: Record, papers: Mapping[str, Record]) -> dict[str, Any]:
    """Expected cost per experiment (blocks summed, in plan order), per paper and in all."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for block in plan["blocks"]:
        groups.setdefault((block["paper"], block["experiment"]), []).append(block)
    return {
        "rows": [
            {
                "paper": paper,
                "experiment": name,
                "about": readable(about_text(papers, paper, name)),
                **block_totals(blocks),
            }
            for (paper, name), blocks in groups.items()
        ],
        "papers": [
            {"paper": paper, **block_totals([b for b in plan["blocks"] if b["paper"] == paper])}
            for paper in dict.fromkeys(block["paper"] for block in plan["blocks"])
        ],
        "total": block_totals(plan["blocks"]),
        "jobs": plan["jobs"],
    }


def about_text(papers: Mapping[str, Record], paper: str, experiment: str) -> str:
    """What config/papers says of an experiment; a planned one may have left the configuration."""
    known = papers.get(paper, {}).get("experiments", {})
    return str(known.get(experiment, {}).get("about", ""))


def block_totals(blocks: Sequence[Record]) -> dict[str, Any]:
    """Members and core time add up; memory does not, blocks being run in turn: the largest."""
    return {
        "blocks": len(blocks),
        "members": f"{sum(block['members'] for block in blocks):,}",
        "time": duration(sum(block["core_seconds"] for block in blocks)),
        "memory": f"{max((block['memory_mb'] for block in blocks), default=0):,} MB",
        "device": gpu_text(blocks),
    }


def gpu_text(blocks: Sequence[Record]) -> str:
    """For how long blocks hold a GPU."""
    if not any(block["gpu"] for block in blocks):
        return "CPU"
    return f"GPU, {duration(sum(block['gpu_seconds'] for block in blocks))}"


def environment_rows(environment: Record) -> list[list[str]]:
    """Name and text of each entry; a nested record becomes one line of names and values."""
    return [
        [name, ", ".join(f"{key} {item}" for key, item in value.items())]
        if isinstance(value, Mapping)
        else [name, str(value)]
        for name, value in environment.items()
        if name != "header"
    ]

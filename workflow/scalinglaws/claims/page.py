"""The ledger as one HTML page: no scripts, no external resources, readable by screen readers."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from scalinglaws.claims.strip import strip
from scalinglaws.claims.verdict import VERDICTS
from scalinglaws.claims.wording import (
    counts_text,
    ours_text,
    p_text,
    percent,
    published_text,
    verdict_counts,
)

Record = Mapping[str, Any]

STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --faint: #5b5b5b; --paper: #ffffff;
  --line: #d0d0d0; --band: #bfe3d0; --mark: #b5442e; --ours: #0b5fa5;
  --reproduced: #14663f; --differs: #a32a16; --undecided: #6b5300; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececec; --faint: #b4b4b4;
  --paper: #161616; --line: #444444; --band: #24503c; --mark: #ff9b85; --ours: #7cc0ff;
  --reproduced: #7fd8a8; --differs: #ff9b85; --undecided: #e6c65c; } }
body { margin: 0 auto; max-width: 78rem; padding: 1.5rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1, h2 { line-height: 1.2; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--faint); padding-bottom: .5rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0;
  border-top: 1px solid var(--line); font-weight: normal; }
thead th, tbody th, dt { font-weight: 600; }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.faint, small { color: var(--faint); }
.reproduced { color: var(--reproduced); } .differs { color: var(--differs); }
.undecided { color: var(--undecided); } strong { white-space: nowrap; }
.counts { display: flex; flex-wrap: wrap; gap: 2rem; list-style: none; padding: 0; }
.counts b { display: block; font-size: 2rem; line-height: 1.1; }
svg .band { fill: var(--band); } svg .published { stroke: var(--mark); stroke-width: 1.5; }
svg line.ours { stroke: var(--ours); stroke-width: 2; } svg circle.ours { fill: var(--ours); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0; }
dd { margin: 0; } summary { cursor: pointer; color: var(--faint); }
:focus-visible { outline: 2px solid var(--ours); outline-offset: 2px; }
"""

HOW_TO_READ = """
<p>Each claim sets a band: the published value with a margin fixed before any result was seen, the
largest of the authors' own error, half of their last printed digit, and a practical margin whose
reason is given. <strong class="reproduced">reproduced</strong> means that our 95 % interval lies
inside the band, <strong class="differs">differs</strong> that it lies wholly outside,
<strong class="undecided">undecided</strong> anything else: too little data never reproduce a
claim. Inequalities have a band that is open on one side.</p>
<p>Within a paper, verdicts about quantities with sampling error are corrected for their number by
Holm's method, separately for the two kinds of decision. The power is the probability that the
interval would have fallen inside the band, had the published value been exactly true; it comes
from the precision that was reached. Numbers without sampling error (closed forms, integrations)
carry their numerical error as interval and need no correction.</p>
<p>In the drawings the shaded area is the band, the vertical line the published value, the dot with
its bar our estimate with its interval; each has a scale of its own.</p>
"""


def ledger_html(papers: Mapping[str, Sequence[Record]], meta: Mapping[str, Any]) -> str:
    """The page.

    Arguments:
    - `papers`: slug -> rows of ``judge_paper``.
    - `meta`: ``scale``; ``papers``, slug -> {title, authors, arxiv}; ``departures``, the register.
    """
    rows = [row for judged in papers.values() for row in judged]
    register = {entry["id"]: entry for entry in meta.get("departures", ())}
    sections = [
        paper_section(slug, judged, meta.get("papers", {}).get(slug, {}), register)
        for slug, judged in papers.items()
    ]
    title = f"Claims ledger, scale {meta['scale']}"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<header>\n<h1>{escape(title)}</h1>\n{counts_list(rows)}\n</header>\n<main>\n"
        f"{''.join(sections)}{departures_section(register, papers)}"
        f'<section aria-labelledby="how">\n<h2 id="how">How to read verdicts</h2>{HOW_TO_READ}'
        "</section>\n</main>\n</body>\n</html>\n"
    )


def counts_list(rows: Sequence[Record]) -> str:
    counts = verdict_counts(rows)
    items = [f'<li class="{name}"><b>{counts[name]}</b> {name}</li>' for name in VERDICTS]
    return f'<ul class="counts" aria-label="{escape(counts_text(rows))}">{"".join(items)}</ul>'


def paper_section(slug: str, rows: Sequence[Record], paper: Record, register: Record) -> str:
    title = paper.get("title", slug)
    origin = ", ".join(
        part
        for part in (paper.get("authors"), f"arXiv {paper['arxiv']}" if paper else None)
        if part
    )
    headings = ("Claim", "Statement", "Ours [95 %]", "Published", "Against the band", "Verdict")
    head = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    body = "\n".join(claim_row(row, register) for row in rows)
    return (
        f'<section aria-labelledby="{slug}">\n<h2 id="{slug}">{escape(title)}</h2>\n'
        f'<p class="faint">{escape(origin)}</p>\n<div class="scroll" role="region" tabindex="0" '
        f'aria-labelledby="{slug}">\n<table>\n<caption>{escape(counts_text(rows))}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>\n</section>\n"
    )


def claim_row(row: Record, register: Record) -> str:
    ours = "<br>".join(escape(ours_text(judged)) for judged in row["judged"])
    why = f"<br><small>{escape(row['why'])}</small>" if row["why"] else ""
    return (
        f'<tr id="{escape(row["id"])}"><th scope="row">{escape(row["id"])}</th>'
        f"<td>{escape(row['statement'])}{details(row, register)}</td>"
        f'<td class="number">{ours}</td><td class="number">{escape(published_text(row))}</td>'
        f'<td>{strip(row)}</td><td><strong class="{row["verdict"]}">{row["verdict"]}</strong>'
        f"{why}</td></tr>"
    )


def details(row: Record, register: Record) -> str:
    """All that led to the verdict, folded away."""
    facts = [
        ("source", row["source"]),
        ("margin", f"{row['margin']:.3g}: {row['margin_reason']}"),
        ("figure", row["figure"]),
        ("intervals alone", row["interval_verdict"]),
        ("power", percent(row["power"])),
        ("p, equivalence", with_holm(row, "p_equivalence")),
        ("p, difference", with_holm(row, "p_difference")),
        *((judged["name"], evidence(judged)) for judged in row["judged"]),
        *((key, departure_text(register.get(key))) for key in row["departures"]),
    ]
    items = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts if v)
    return f"<details><summary>evidence of {escape(row['id'])}</summary><dl>{items}</dl></details>"


def with_holm(row: Record, key: str) -> str:
    if row[key] is None:
        return p_text(None)
    return f"{p_text(row[key])} ({p_text(row[f'{key}_holm'])} with Holm's correction)"


def evidence(judged: Record) -> str:
    """One sentence about where an estimate comes from."""
    parts = [ours_text(judged), judged["interval_kind"]]
    names = [name for name in ("points", "seeds", "masked") if judged[f"n_{name}"]]
    parts += [f"{judged[f'n_{name}']} {name}" for name in names]
    if judged["window"]:
        parts.append("window {:.4g} to {:.4g}".format(*judged["window"]))
    if judged["rule"]:
        parts.append(f"rule: {judged['rule']}")
    if judged["scan"]:
        parts.append("over all windows {:.4g} to {:.4g}".format(*judged["scan"]))
    if judged["why"]:
        parts.append(judged["why"])
    return "; ".join(parts)


def departure_text(entry: Record | None) -> str:
    return "" if entry is None else f"{entry['what']} Reason: {entry['why']}"


def departures_section(register: Record, papers: Mapping[str, Any]) -> str:
    entries = [entry for entry in register.values() if entry["paper"] in papers]
    if not entries:
        return ""
    items = "\n".join(map(departure_item, entries))
    return (
        '<section aria-labelledby="departures">\n<h2 id="departures">Departures from the papers'
        f"</h2>\n<dl>\n{items}\n</dl>\n</section>\n"
    )


def departure_item(entry: Record) -> str:
    key = escape(entry["id"])
    scope = escape(f"{entry['paper']}; scales {', '.join(entry['scales'])}")
    text = escape(departure_text(entry))
    return f'<dt id="departure-{key}">{key}</dt><dd>{text}<br><small>{scope}</small></dd>'

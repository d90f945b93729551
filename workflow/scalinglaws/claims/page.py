"""The ledger as one HTML page: no scripts, no external resources, readable by screen readers."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from scalinglaws.claims.strip import strip
from scalinglaws.claims.verdict import STRADDLES, VERDICTS
from scalinglaws.claims.wording import (
    KINDS,
    by_kind,
    counts_text,
    facts_text,
    flips_by_choice,
    flips_text,
    fragility_text,
    of_paper,
    ours_text,
    p_text,
    percent,
    published_text,
    registration_text,
    verdict_counts,
)
from scalinglaws.rounding import MINUS, with_interval
from scalinglaws.spelling import distinct_names, quantity_name, readable

Record = Mapping[str, Any]

STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --faint: #5b6372; --paper: #ffffff;
  --card: #f6f7f9; --line: #dcdfe5; --band: #cfe8dc; --mark: #b5442e; --ours: #0b5fa5;
  --reproduced: #0d6647; --differs: #a32a16; --undecided: #6b5300; --unrun: #5b6372; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaee; --faint: #a9b0bd;
  --paper: #14161a; --card: #1d2026; --line: #363b45; --band: #24503c; --mark: #ff9b85;
  --ours: #7cc0ff; --reproduced: #7fd8a8; --differs: #ff9b85; --undecided: #e6c65c;
  --unrun: #a9b0bd; } }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.5rem 4rem; background: var(--paper);
  color: var(--ink); font: 0.95rem/1.45 system-ui, sans-serif; }
h1 { font-size: 1.9rem; margin: 0 0 1rem; } h1, h2 { line-height: 1.2; text-wrap: balance; }
h2 { font-size: 1.35rem; margin: 3rem 0 .3rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .3rem; } h2 + p { margin: 0 0 1rem; }
p { max-width: 46rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; min-width: 60rem; }
caption { text-align: left; color: var(--faint); padding-bottom: .5rem; }
th, td { text-align: left; vertical-align: top; padding: .6rem 1rem .5rem 0;
  border-top: 1px solid var(--line); font-weight: normal; }
thead th { border-top: 0; border-bottom: 2px solid var(--ink); padding-bottom: .3rem; }
thead th, tbody th, dt { font-weight: 600; white-space: nowrap; }
tbody th, tbody td { padding-bottom: .1rem; }
.evidence td { border-top: 0; padding: 0 0 .45rem; }
td:last-child, th:last-child { padding-right: 0; }
.ours { font-variant-numeric: tabular-nums; } .value { white-space: nowrap; }
.ours small { margin-right: .5rem; }
.published { white-space: nowrap; }
.faint, small { color: var(--faint); }
td > small { display: block; } .ours > small { display: inline; }
sub, sup { line-height: 0; font-size: .75em; }
.verdict { border: 1px solid currentcolor; border-radius: .3rem; padding: .05rem .45rem .1rem;
  font-weight: 600; white-space: nowrap; background: var(--card); }
.reproduced { color: var(--reproduced); } .differs { color: var(--differs); }
.undecided { color: var(--undecided); } .not-run { color: var(--unrun); }
.counts { min-width: 0; max-width: 46rem; } .counts td { font-variant-numeric: tabular-nums; }
.counts b { font-size: 1.3rem; } .counts .apart th, .counts .apart td { color: var(--faint); }
.primary { color: var(--mark); } .exploratory { white-space: nowrap; }
svg { display: block; }
svg .band { fill: var(--band); } svg .published { stroke: var(--mark); stroke-width: 1.5; }
svg line.ours { stroke: var(--ours); stroke-width: 2; } svg circle.ours { fill: var(--ours); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: .5rem 0; }
dd { margin: 0; max-width: 60rem; }
summary { cursor: pointer; color: var(--faint); font-size: .85em; width: max-content; }
details dl { background: var(--card); border-radius: .4rem; padding: .6rem .8rem;
  font-size: .85em; margin: .3rem 0 .6rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
:focus-visible { outline: 2px solid var(--ours); outline-offset: 2px; }
"""
EXPONENT = r"\^(\([^()]+\)|[−-]?\d+(?:[./]\d+)?|[a-z]\b)"
SIGNS = {"reproduced": "✓", "differs": "✗", "undecided": "?", "not run": "–"}

HOW_TO_READ = """
<p>Each claim sets a band: the published value with a margin fixed before any result was seen, the
largest of the authors' own error, half of their last printed digit, and a practical margin whose
reason is given. <b class="reproduced">reproduced</b> means that our 95 % interval lies
inside the band, <b class="differs">differs</b> that it lies wholly outside,
<b class="undecided">undecided</b> anything else: too little data never reproduce a
claim. Inequalities have a band that is open on one side.</p>
<p>Each claim says whose number it is held against: one the authors printed, a law or constant of
their text, a sign or inequality, another paper's, or our own. The last are self-checks: they test
our computation, say nothing about the paper, and are counted apart. What a scale does not run is
<b class="not-run">not run</b> and gets no verdict.</p>
<p>Within a paper, verdicts about quantities with sampling error are corrected for their number:
<b>primary</b> claims (the few that the paper stands for, marked ★, fixed beforehand) by Holm's
method, all others by that of Benjamini and Hochberg, self-checks apart; separately for the two
kinds of decision. The power is the probability that the interval would have fallen inside the
band, had the published value been exactly true; it comes from the precision that was reached.
Numbers without sampling error (closed forms, integrations) carry their numerical error as interval
and need no correction.</p>
<p>Claims, windows, margins, seeds and the number of looks were registered before the results were
computed, and the root seed was drawn from that registration. A claim that was changed afterwards is
marked <b>exploratory</b>. <b>Fragility</b> counts in how many of the choices made otherwise (half
and twice the margin, the window moved by a point, one seed left out, another estimator) the verdict
stays what it is.</p>
<p>In the drawings the shaded area is the band, the vertical line the published value, the dot with
its bar our estimate with its interval; each has a scale of its own.</p>
"""


def ledger_html(papers: Mapping[str, Sequence[Record]], meta: Mapping[str, Any]) -> str:
    """The page.

    Arguments:
    - `papers`: slug -> rows of ``judge_paper``.
    - `meta`: ``scale``; ``papers``, slug -> {title, authors, arxiv}; ``departures``, the register;
      ``registration`` that the verdicts stand under, or null.
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
        f"<header>\n<h1>{escape(title)}</h1>\n{counts_table(rows)}\n"
        f"<p>{escape(facts_text(of_paper(rows)))}. "
        f"{escape(registration_text(meta.get('registration')))}</p>\n</header>\n<main>\n"
        f"{''.join(sections)}{fragility_section(rows)}{departures_section(register, papers)}"
        f'<section aria-labelledby="how">\n<h2 id="how">How to read verdicts</h2>{HOW_TO_READ}'
        "</section>\n</main>\n</body>\n</html>\n"
    )


def counts_table(rows: Sequence[Record]) -> str:
    """A line per kind of claim; self-checks apart from what says something about the papers."""
    head = "".join(f'<th scope="col" class="{css(name)}">{name}</th>' for name in VERDICTS)
    body = "\n".join(kind_row(kind, own) for kind, own in by_kind(rows).items())
    return (
        '<div class="scroll" role="region" tabindex="0" aria-labelledby="counts">\n'
        f'<table class="counts">\n<caption id="counts">{escape(counts_text(of_paper(rows)))} '
        "(without self-checks)</caption>\n"
        f'<thead><tr><th scope="col">claims</th>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n'
        "</table>\n</div>"
    )


def kind_row(kind: str, rows: Sequence[Record]) -> str:
    counts = verdict_counts(rows)
    cells = "".join(f'<td class="{css(name)}"><b>{counts[name]}</b></td>' for name in VERDICTS)
    apart = ' class="apart"' if kind == "ours" else ""
    return f'<tr{apart}><th scope="row">{escape(KINDS[kind])}</th>{cells}</tr>'


def css(verdict: str) -> str:
    return verdict.replace(" ", "-")


def paper_section(slug: str, rows: Sequence[Record], paper: Record, register: Record) -> str:
    title = paper.get("title", slug)
    origin = ", ".join(
        part
        for part in (paper.get("authors"), f"arXiv {paper['arxiv']}" if paper else None)
        if part
    )
    headings = (
        *("Claim", "Verdict", "Statement", "Ours [95 %]", "Published", "Against the band"),
        "Fragility",
    )
    head = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    body = "\n".join(claim_row(row, register) for row in rows)
    return (
        f'<section aria-labelledby="{slug}">\n<h2 id="{slug}">{escape(title)}</h2>\n'
        f'<p class="faint">{escape(origin)}</p>\n<div class="scroll" role="region" tabindex="0" '
        f'aria-labelledby="{slug}">\n<table>\n<caption>{escape(paper_counts(rows))}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>\n"
        f"{unjudged_list(paper.get('unjudged', ()))}</section>\n"
    )


def paper_counts(rows: Sequence[Record]) -> str:
    return "; ".join(f"{KINDS[kind]}, {counts_text(own)}" for kind, own in by_kind(rows).items())


def unjudged_list(entries: Sequence[Record]) -> str:
    """Statements of the paper that get no verdict, why, and the tests that stand in."""
    if not entries:
        return ""
    items = "\n".join(
        f"<dt>{escape(entry['claim'])}</dt><dd>{markup(entry['statement'])} "
        f"<small>{markup(entry['why'])}{escape(''.join(f' {file}' for file in entry['tests']))}"
        "</small></dd>"
        for entry in entries
    )
    return f"<h3>Without a verdict</h3>\n<dl>\n{items}\n</dl>\n"


def claim_row(row: Record, register: Record) -> str:
    names = distinct_names([judged["name"] for judged in row["judged"]])
    ours = "<br>".join(
        (f"<small>{markup(name)}</small> " if name else "")
        + f'<span class="value">{markup(ours_text(judged))}</span>'
        for name, judged in zip(names, row["judged"], strict=True)
    )
    verdict = row["verdict"]
    why = row["why"] if row["why"] != STRADDLES else None
    number = row["id"].partition("_")[2]
    primary = ' <span class="primary" title="primary">★</span>' if row["primary"] else ""
    exploratory = '<small class="exploratory">exploratory</small>' if row["exploratory"] else ""
    return (
        f'<tr id="{escape(row["id"])}"><th scope="row">{escape(number)}{primary}</th>'
        f'<td><span class="verdict {css(verdict)}">'
        f'<span aria-hidden="true">{SIGNS[verdict]} </span>{verdict}</span>{exploratory}</td>'
        f"<td>{markup(row['statement'])}{f'<small>{markup(why)}</small>' if why else ''}</td>"
        f'<td class="ours">{ours}</td>'
        f'<td class="published">{markup(published_text(row))}</td><td>{strip(row)}</td>'
        f'<td class="ours">{escape(fragility_text(row))}</td></tr>\n'
        '<tr class="evidence"><td colspan="2"></td>'
        f'<td colspan="5">{details(row, register)}</td></tr>'
    )


def markup(text: str) -> str:
    """HTML of a sentence: Greek letters, their indices, and exponents, as people write them."""
    html = escape(readable(text))
    html = re.sub(r"([α-ω])_(\w+)", r"<i>\1</i><sub>\2</sub>", html)
    exponent = re.sub(EXPONENT, lambda found: f"<sup>{found[1].strip('()')}</sup>", html)
    return exponent.replace("<sup>-", f"<sup>{MINUS}")


def details(row: Record, register: Record) -> str:
    """All that led to the verdict, folded away."""
    facts = [
        ("source", row["source"]),
        ("kind", KINDS[row["provenance"]] + ("; primary" if row["primary"] else "")),
        ("exploratory", "; ".join(row["exploratory_why"])),
        ("why undecided", STRADDLES if row["why"] == STRADDLES else None),
        ("margin", f"{row['margin']:.3g}: {row['margin_reason']}"),
        ("figure", row["figure"]),
        ("intervals alone", row["interval_verdict"]),
        ("power", percent(row["power"])),
        ("p, equivalence", with_correction(row, "p_equivalence")),
        ("p, difference", with_correction(row, "p_difference")),
        ("flips", flips_text(row)),
        *((fact_name(judged["name"]), evidence(judged)) for judged in row["judged"]),
        *((key, departure_text(register.get(key))) for key in row["departures"]),
    ]
    items = "".join(f"<dt>{markup(k)}</dt><dd>{markup(v)}</dd>" for k, v in facts if v)
    hidden = f'<span class="hidden"> of {escape(row["id"])}</span>'
    return f"<details><summary>evidence{hidden}</summary><dl>{items}</dl></details>"


def fact_name(name: str) -> str:
    """``laws.slope_d3`` as ``slope d3 (laws)``."""
    fit, _, key = name.partition(".")
    return f"{quantity_name(key)} ({fit})"


def with_correction(row: Record, key: str) -> str:
    if row[key] is None:
        return p_text(None)
    return (
        f"{p_text(row[key])} ({p_text(row[f'{key}_adjusted'])} with {row['correction']}'s "
        f"correction among the {row['family']} claims)"
    )


def evidence(judged: Record) -> str:
    """One sentence about where an estimate comes from."""
    parts = [ours_text(judged), judged["interval_kind"], judged.get("target", "")]
    parts += bend_texts(judged)
    parts = [part for part in parts if part]
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


def bend_texts(judged: Record) -> list[str]:
    """Of a law that bends inside its window: both slopes, and the interval over seeds alone."""
    bend = judged.get("bend")
    if not bend or not bend["bent"]:
        return []
    slopes = ", ".join(
        f"{half} {with_interval(bend[half][0], bend[half][1:])}" for half in ("early", "late")
    )
    seeds = judged.get("seed_interval")
    alone = f"; over seeds alone {with_interval(judged['estimate'], seeds)}" if seeds else ""
    return [f"bent: the slope is {slopes}{alone}"]


def fragility_section(rows: Sequence[Record]) -> str:
    """How many verdicts hang on each choice, and which."""
    counts = flips_by_choice(of_paper(rows))
    if not counts:
        return ""
    body = "\n".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{flips} of {number}</td></tr>'
        for name, (flips, number) in counts.items()
    )
    fragile = [row for row in of_paper(rows) if flips_text(row) not in ("", "none")]
    items = "\n".join(
        f"<dt>{escape(row['id'])}</dt><dd>{row['verdict']}; {escape(flips_text(row))}</dd>"
        for row in fragile
    )
    return (
        '<section aria-labelledby="fragility">\n<h2 id="fragility">How fragile verdicts are</h2>\n'
        '<table class="counts">\n<caption>Verdicts that change when a choice is made otherwise, '
        "of those it bears on (without self-checks)</caption>\n<thead><tr>"
        '<th scope="col">choice made otherwise</th><th scope="col">verdicts that change</th></tr>'
        f"</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n<h3>Claim by claim</h3>\n"
        f"<dl>\n{items}\n</dl>\n</section>\n"
    )


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
    text = markup(departure_text(entry))
    return f'<dt id="departure-{key}">{key}</dt><dd>{text}<br><small>{scope}</small></dd>'

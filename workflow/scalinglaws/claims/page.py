"""The ledger as one HTML page: nothing is fetched, everything is readable without its script."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from scalinglaws.claims.entry import claim_entry, css
from scalinglaws.claims.markup import markup
from scalinglaws.claims.summary import BEYOND
from scalinglaws.claims.verdict import DIFFERS, NOT_RUN, REPRODUCED, UNDECIDED, VERDICTS
from scalinglaws.claims.wording import (
    KINDS,
    by_kind,
    counts_text,
    facts_text,
    flips_by_choice,
    flips_text,
    of_paper,
    registration_text,
    verdict_counts,
)
from scalinglaws.planning.left_out import why_left_out

Record = Mapping[str, Any]

STYLE, SCRIPT = Path(__file__).with_name("page.css"), Path(__file__).with_name("page.js")
# Nothing may be asked of a network, whatever a page contains.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
ORDER = (DIFFERS, UNDECIDED, REPRODUCED, NOT_RUN)  # what a reader looks for first

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
<b class="not-run">not run</b> and gets no verdict. Neither does what it runs but cannot decide,
where a pilot with another root seed said so and the registration names it: it is shown, not
judged.</p>
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
its bar our estimate with its interval; each has a scale of its own. The distance in margins is that
of the quantity which decides the claim: above 1 it lies outside the band. Within a paper, what
differs comes first, then what is undecided, reproduced, and not run.</p>
"""


def ledger_html(papers: Mapping[str, Sequence[Record]], meta: Mapping[str, Any]) -> str:
    """The page.

    Arguments:
    - `papers`: slug -> rows of ``judge_paper``.
    - `meta`: ``scale``; ``papers``, slug -> {title, authors, arxiv}; ``departures``, the register;
      ``registration`` that the verdicts stand under, or null; ``findings``, the content of
      findings.json, or null.
    """
    rows = [row for judged in papers.values() for row in judged]
    register = {entry["id"]: entry for entry in meta.get("departures", ())}
    found = meta.get("findings")
    title = f"Claims ledger, scale {meta['scale']}"
    sections = "".join(
        paper_section(slug, judged, meta.get("papers", {}).get(slug, {}), register, meta["scale"])
        for slug, judged in papers.items()
    )
    below = fragility_section(rows) + departures_section(register, papers) + how_section()
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE.read_text('utf-8')}</style>\n</head>\n"
        '<body>\n<a class="skip" href="#claims">to the claims</a>\n'
        f"<header>\n<h1>{escape(title)}</h1>\n{headline(found)}"
        f'<div class="summary">\n{counts_table(rows)}\n<div>\n'
        f"<p>{escape(facts_text(of_paper(rows)))}. "
        f"{escape(registration_text(meta.get('registration')))}</p>\n"
        f"{contents(found, papers, below)}</div>\n</div>\n</header>\n<main>\n"
        f'{findings_section(found)}<div id="claims">\n{controls(rows)}{sections}</div>\n'
        f"{below}</main>\n"
        f"<script>\n{SCRIPT.read_text('utf-8')}</script>\n</body>\n</html>\n"
    )
    return unlinked(page, cardless(meta))


def cardless(meta: Mapping[str, Any]) -> list[str]:
    """Figures that the scale leaves out."""
    return [
        name
        for paper in meta.get("papers", {}).values()
        for name, figure in paper.get("figures", {}).items()
        if why_left_out(figure, meta["scale"])
    ]


def unlinked(page: str, figures: Sequence[str]) -> str:
    """Links to the cards of these figures become plain names: there are no such cards."""
    for name in figures:
        page = re.sub(rf'<a href="figures/{re.escape(name)}\.html">([^<]*)</a>', r"\1", page)
    return page


def how_section() -> str:
    """The definitions behind every word above."""
    heading = '<h2 id="how">How to read verdicts</h2>'
    return f'<section aria-labelledby="how">\n{heading}{HOW_TO_READ}</section>\n'


def contents(found: Record | None, papers: Mapping[str, Any], below: str) -> str:
    """Links to the parts of the page that there are."""
    parts = {"findings": bool(found), **dict.fromkeys(papers, True)}
    parts |= {key: f'id="{key}"' in below for key in ("fragility", "departures")}
    names = {"how": "how to read verdicts"}
    items = "".join(
        f'<li><a href="#{key}">{names.get(key, key)}</a></li>'
        for key, there in {**parts, "how": True}.items()
        if there
    )
    return f'<nav aria-label="parts of the page"><ul>{items}</ul></nav>\n'


def headline(found: Record | None) -> str:
    return f'<p class="headline">{markup(found["headline"])}</p>\n' if found else ""


def counts_table(rows: Sequence[Record]) -> str:
    """A line per kind of claim; self-checks apart from what says something about the papers."""
    head = "".join(f'<th scope="col" class="{css(name)}">{name}</th>' for name in VERDICTS)
    body = "\n".join(kind_row(kind, own) for kind, own in by_kind(rows).items())
    return (
        f'<table class="counts">\n<caption id="counts">{escape(counts_text(of_paper(rows)))} '
        "(without self-checks)</caption>\n"
        f'<thead><tr><th scope="col">claims</th>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n'
        "</table>"
    )


def kind_row(kind: str, rows: Sequence[Record]) -> str:
    counts = verdict_counts(rows)
    cells = "".join(
        f'<td class="{css(name)}" data-kind="{kind}" data-verdict="{name}">'
        f"<b>{counts[name]}</b></td>"
        for name in VERDICTS
    )
    apart = ' class="apart"' if kind == "ours" else ""
    return f'<tr{apart}><th scope="row">{escape(KINDS[kind])}</th>{cells}</tr>'


def findings_section(found: Record | None) -> str:
    """What a scientist would say, per paper; each sentence leads to its claims."""
    if not found:
        return ""
    papers = "".join(map(paper_findings, found["papers"]))
    forest = (
        '<p>All claims in units of their margin, on one sheet: <a href="findings/forest.pdf">'
        "forest.pdf</a>.</p>\n"
    )
    return (
        '<section aria-labelledby="findings">\n<h2 id="findings">Findings</h2>\n'
        f'<div class="findings">\n{papers}</div>\n{forest}</section>\n'
    )


def paper_findings(paper: Record) -> str:
    told = "".join(f"<li>{finding(one, one['claims'])}</li>" for one in paper["sentences"])
    differs = [finding(one, [one["claim"]]) for one in paper["differs"]]
    undecided = [
        f"{finding(one, [one['claim']])} Needed: {markup(one['needs'])}."
        for one in paper["undecided"]
    ]
    beyond = [
        f"{finding(one, [one['claim']])} Why: {markup(one['why'])}." for one in paper["beyond"]
    ]
    return (
        f'<section class="paper">\n<h3>{escape(paper["title"])}</h3>\n'
        f'<p class="faint">{escape(paper["authors"])}</p>\n<ul>{told}</ul>\n'
        f"{folded('What differs, and why', differs)}"
        f"{folded('What is undecided, and what it would take', undecided)}"
        f"{folded(BEYOND, beyond)}</section>\n"
    )


def finding(one: Record, claims: Sequence[str]) -> str:
    """Its claims and its figure by their names within the paper."""
    links = [f'<a href="#{escape(claim)}">{escape(within(claim))}</a>' for claim in claims]
    figure = one.get("figure")
    if figure:
        links.append(f'<a href="figures/{escape(figure)}.html">{escape(within(figure))}</a>')
    return f'{markup(one["text"])} <small class="leads">{" ".join(links)}</small>'


def within(name: str) -> str:
    """``bahri2021_C1_teacher`` as ``C1_teacher``."""
    return name.partition("_")[2]


def folded(heading: str, items: Sequence[str]) -> str:
    if not items:
        return ""
    listed = "".join(f"<li>{item}</li>" for item in items)
    return f"<details><summary>{heading} ({len(items)})</summary><ul>{listed}</ul></details>\n"


def claim_link(claim: str) -> str:
    return f'<a href="#{escape(claim)}">{escape(claim)}</a>'


def controls(rows: Sequence[Record]) -> str:
    """Filters, search and order; the script shows them, for without it they would do nothing."""
    verdicts = "".join(
        f'<label class="chip {css(name)}"><input type="checkbox" name="verdict" value="{name}">'
        f"<span>{name}</span></label>"
        for name in ORDER
    )
    papers = dict.fromkeys(str(row["id"]).partition("_")[0] for row in rows)
    figures = sorted({row["figure"] for row in rows})
    orders = {"": "by paper, differs first", "number": "by paper, as registered"}
    orders |= {"off": "by distance in margins"}
    return (
        '<form class="controls" role="search" aria-label="claims" hidden>\n'
        f'<fieldset><legend class="hidden">verdict</legend>{verdicts}</fieldset>\n'
        f"{select('paper', 'all papers', {slug: slug for slug in papers})}"
        f"{select('kind', 'all kinds', {kind: KINDS[kind] for kind in by_kind(rows)})}"
        f"{select('figure', 'all figures', {name: name for name in figures})}"
        '<label class="chip"><input type="checkbox" name="primary" value="yes">'
        '<span><i class="primary" aria-hidden="true">★</i> primary</span></label>\n'
        '<label><span class="hidden">search</span><input type="search" name="search" '
        'placeholder="search" autocomplete="off" spellcheck="false"></label>\n'
        f'<label>order <select name="order">{options(orders)}</select></label>\n'
        '<button type="reset">show all</button>\n<output aria-live="polite"></output>\n</form>\n'
        '<p class="nothing" hidden>No claim is like that.</p>\n'
        '<section class="flat" aria-label="claims of all papers" hidden></section>\n'
    )


def select(name: str, every: str, named: Mapping[str, str]) -> str:
    return (
        f'<label><span class="hidden">{name}</span><select name="{name}">'
        f"{options({'': every, **named})}</select></label>\n"
    )


def options(named: Mapping[str, str]) -> str:
    return "".join(
        f'<option value="{escape(key)}">{escape(name)}</option>' for key, name in named.items()
    )


def paper_section(
    slug: str, rows: Sequence[Record], paper: Record, register: Record, scale: str
) -> str:
    title = paper.get("title", slug)
    origin = ", ".join(
        part
        for part in (paper.get("authors"), f"arXiv {paper['arxiv']}" if paper else None)
        if part
    )
    ordered = sorted(enumerate(rows), key=lambda pair: ORDER.index(pair[1]["verdict"]))
    entries = "\n".join(claim_entry(row, register, scale, number) for number, row in ordered)
    return (
        f'<section class="of-paper" aria-labelledby="{slug}">\n'
        f'<h2 id="{slug}">{escape(title)}</h2>\n<p class="faint">{escape(origin)}</p>\n'
        f'<p class="faint">{escape(paper_counts(rows))}</p>\n'
        f'<div class="claims">\n{entries}\n</div>\n'
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
        f"<dt>{claim_link(row['id'])}</dt><dd>{row['verdict']}; {escape(flips_text(row))}</dd>"
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
    text = markup(f"{entry['what']} Reason: {entry['why']}")
    return f'<dt id="departure-{key}">{key}</dt><dd>{text}<br><small>{scope}</small></dd>'

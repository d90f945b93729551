"""All figures of a run at a glance, each a link to its card."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from scalinglaws.cards.card import Card, page, target
from scalinglaws.claims.markup import markup
from scalinglaws.claims.wording import verdict_counts

Record = Mapping[str, Any]


def gallery_html(cards: Sequence[Card], scale: str, style: str) -> str:
    """The page; papers and figures in the order of `cards`."""
    title = f"Figures, scale {scale}"
    sections = "".join(
        paper_section(slug, list(own)) for slug, own in groupby(cards, key=lambda card: card.slug)
    )
    body = (
        '<nav aria-label="pages of this run">\n<a href="../ledger.html">ledger</a>\n'
        '<a href="../replication.pdf">replication paper</a>\n</nav>\n'
        f"<main>\n<h1>{escape(title)}</h1>\n<p>Each leads to its card: caption, verdicts, command, "
        "code, data, and where exponents were fitted, the fit window to move by hand.</p>\n"
        f"{sections}</main>\n"
    )
    return page(title, body, style)


def paper_section(slug: str, cards: Sequence[Card]) -> str:
    paper = cards[0].paper
    items = "\n".join(map(gallery_item, cards))
    return (
        f'<section aria-labelledby="{slug}">\n<h2 id="{slug}">{markup(paper["title"])}</h2>\n'
        f'<p class="faint">{markup(paper["authors"])}, arXiv {escape(paper["arxiv"])}</p>\n'
        f'<ul class="gallery">\n{items}\n</ul>\n</section>\n'
    )


def gallery_item(card: Card) -> str:
    name = escape(card.name)
    original = card.record.get("original")
    lead = f"{markup(original)}: " if original else f"{escape(target(card))}: "
    return (
        f'<li><a href="{name}.html"><img src="{name}.png" alt="" loading="lazy">'
        f'<span class="title">{lead}{markup(card.record["title"])}</span>'
        f'<span class="counts">{escape(counts(card.resting))}</span></a></li>'
    )


def counts(rows: Sequence[Record]) -> str:
    found = [f"{number} {name}" for name, number in verdict_counts(rows).items() if number]
    return ", ".join(found) or "no claim rests on it"

"""A figure's page: picture, verdicts, command, code, data, seeds, environment, cost, departures.

One file without network; links lead to files beside it and, relatively, into the repository.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from scalinglaws.cards.explorer import formula_section, window_section
from scalinglaws.cards.formulas import Formula
from scalinglaws.cards.lines import Line
from scalinglaws.claims.entry import badge
from scalinglaws.claims.markup import markup
from scalinglaws.claims.wording import KINDS, counts_text, ours_text, published_text
from scalinglaws.planning.table import duration
from scalinglaws.spelling import distinct_names, quantity_name

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Experiment:
    """One experiment that a figure rests on.

    - `seeds`: as people write it; `modules`: what runs it
    - `core_seconds`, `gpu_seconds`: as planned, in all
    - `measured`: folder of what its blocks took on this machine, relative to the card, or empty
    """

    name: str
    about: str
    seeds: str
    modules: tuple[str, ...]
    core_seconds: float
    gpu_seconds: float
    measured: str


@dataclass(frozen=True)
class Card:
    """All that a card says.

    - `record`: the figure in config/papers; `paper`: that file's head
    - `caption`: the figure's own file; `claims`: judged claims of the whole paper
    - `modules`: of figure, fits and experiments as paths in the repository
    - `root`: the repository, relative to the card; `source`: its commit, as in the manifest
    """

    name: str
    scale: str
    record: Record
    paper: Record
    caption: Record
    claims: Sequence[Record]
    experiments: Sequence[Experiment]
    modules: Sequence[str]
    root: str
    source: Record
    seed: int
    environment: Record
    departures: Sequence[Record]
    lines: Sequence[Line] = ()
    formula: Formula | None = None
    terms: Record | None = None
    scripts: Mapping[str, str] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        return self.name.partition("_")[0]

    @property
    def resting(self) -> list[Record]:
        """The claims that rest on this figure."""
        return [row for row in self.claims if row["figure"] == self.name]


def card_html(card: Card) -> str:
    """The page of one figure."""
    title = f"{target(card)}: {card.record['title']}"
    body = (
        navigation(card)
        + f"<main>\n<h1>{markup(card.record['title'])}</h1>\n{origin(card)}{picture(card)}"
        + f"{claims_section(card)}{command_section(card)}"
        + window_section(card.lines, card.claims, card.caption.get("axes", {}))
        + formula_section(card.formula, card.terms)
        + f"{facts_section(card)}{departures_section(card)}</main>\n"
    )
    return page(title, body, card.scripts["style.css"], scripts_of(card))


def target(card: Card) -> str:
    return card.name.partition("_")[2]


def page(title: str, body: str, style: str, scripts: str = "") -> str:
    """A whole document."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{markup_free(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"{body}{scripts}</body>\n</html>\n"
    )


def markup_free(text: str) -> str:
    return escape(" ".join(text.split()))


def scripts_of(card: Card) -> str:
    """Only what this card needs."""
    names = ["copy.js"]
    names += ["plot.js"] if card.lines or card.formula else []
    names += ["laws.js", "explorer.js"] if card.lines else []
    names += ["formulas.js"] if card.formula else []
    return "".join(f"<script>\n{card.scripts[name]}</script>\n" for name in names)


def navigation(card: Card) -> str:
    return (
        '<nav aria-label="pages of this run">\n<a href="index.html">all figures</a>\n'
        f'<a href="../ledger.html#{card.slug}">ledger</a>\n'
        '<a href="../replication.pdf">replication paper</a>\n'
        f"<span>scale {escape(card.scale)}</span>\n</nav>\n"
    )


def origin(card: Card) -> str:
    """Which figure of which paper this one is made after."""
    paper = f"{markup(card.paper['authors'])}, “{markup(card.paper['title'])}”"
    link = f'<a href="https://arxiv.org/abs/{card.paper["arxiv"]}">arXiv {card.paper["arxiv"]}</a>'
    original = card.record.get("original")
    made = f"Made after {markup(original)} of {paper}" if original else f"For {paper}"
    return f'<p class="origin">{made}, {link}.</p>\n'


def picture(card: Card) -> str:
    name = escape(card.name)
    brief = card.record.get("brief")
    lead = f"<p><strong>{markup(brief)}</strong></p>" if brief else ""
    return (
        f'<figure>\n<a href="{name}.png"><img src="{name}.png" alt="{escape(alternative(card))}">'
        f"</a>\n<figcaption>{lead}<p>{markup(card.caption['caption'])}</p></figcaption>\n"
        f'</figure>\n<p>The same as <a href="{name}.pdf">PDF</a>, its numbers as '
        f'<a href="{name}.csv">csv</a>.</p>\n'
    )


def alternative(card: Card) -> str:
    """What stands for the picture: its title and the verdicts that rest on it."""
    counts = f"; {counts_text(card.resting)}" if card.resting else ""
    return f"{card.record['title']}{counts}. The caption below says what is drawn."


def claims_section(card: Card) -> str:
    heading = '<h2 id="verdicts">Verdicts that rest on this figure</h2>\n'
    if not card.resting:
        return f"{heading}<p>No claim rests on this figure alone.</p>\n"
    items = "\n".join(claim_item(row) for row in card.resting)
    return (
        f'{heading}<p class="faint">{escape(counts_text(card.resting))}</p>\n'
        f'<ul class="claims">\n{items}\n</ul>\n'
    )


def claim_item(row: Record) -> str:
    names = distinct_names([judged["name"] for judged in row["judged"]])
    ours = "; ".join(
        (f"<small>{markup(name)}</small> " if name else "") + markup(ours_text(judged))
        for name, judged in zip(names, row["judged"], strict=True)
    )
    primary = ' <span class="primary" title="primary">★</span>' if row["primary"] else ""
    exploratory = " <small>exploratory</small>" if row["exploratory"] else ""
    number = escape(row["id"].partition("_")[2])
    return (
        f"<li>{badge(row['verdict'])}{exploratory} "
        f'<a href="../ledger.html#{escape(row["id"])}">{number}</a>{primary}\n'
        f"<p>{markup(row['statement'])}</p>\n"
        f'<div class="numbers value"><span>ours {ours}</span>'
        f"<span>published {markup(published_text(row))}</span>"
        f"<small>{escape(KINDS[row['provenance']])}</small></div></li>"
    )


def command_section(card: Card) -> str:
    command = f"snakemake --cores all {card.name} --config scale={card.scale}"
    return (
        '<h2 id="command">Make it again</h2>\n'
        f'<div class="command"><code>{escape(command)}</code>'
        '<button type="button" data-copy hidden>copy</button></div>\n'
        "<p>It makes this figure and only what it needs; what is there already is kept.</p>\n"
    )


def facts_section(card: Card) -> str:
    facts = [
        ("code", code_list(card)),
        ("commit", commit_text(card.source)),
        ("fits", fits_list(card)),
        ("data and seeds", experiments_list(card)),
        ("root seed", f"{card.seed}"),
        ("planned cost", cost_text(card.experiments)),
        ("environment", environment_text(card.environment)),
    ]
    items = "\n".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in facts if text)
    return f'<h2 id="origin">Where it comes from</h2>\n<dl>\n{items}\n</dl>\n'


def code_list(card: Card) -> str:
    return listed(
        f'<a href="{escape(card.root)}/{escape(path)}"><code>{escape(path)}</code></a>'
        for path in card.modules
    )


def listed(items: Any) -> str:
    return '<ul class="plain">' + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def commit_text(source: Record) -> str:
    if source["commit"] is None:
        return "unknown: this is no checkout of the repository"
    modified = ", with changes that are in no commit" if source["modified"] else ""
    return f"<code>{escape(source['commit'])}</code>{modified}"


def fits_list(card: Card) -> str:
    if not card.record["fits"]:
        return ""
    return listed(
        f'<a href="../fits/{card.slug}/{escape(fit)}.json">{escape(quantity_name(fit))}</a>'
        for fit in card.record["fits"]
    )


def experiments_list(card: Card) -> str:
    return listed(
        f"<code>{escape(one.name)}</code>: {markup(one.about)}; {markup(one.seeds)}"
        + (f'; <a href="{escape(one.measured)}/">what it took here</a>' if one.measured else "")
        for one in card.experiments
    )


def cost_text(experiments: Sequence[Experiment]) -> str:
    core = sum(one.core_seconds for one in experiments)
    gpu = sum(one.gpu_seconds for one in experiments)
    parts = [f"{one.name} {duration(one.core_seconds)}" for one in experiments]
    detail = f" <small>({escape(', '.join(parts))})</small>" if len(parts) > 1 else ""
    held = f", {duration(gpu)} of a GPU" if gpu else ""
    return f"{duration(core)} of one core{held}{detail}"


def environment_text(environment: Record) -> str:
    packages = environment.get("packages", {})
    parts = [f"Python {environment['python']}"] if "python" in environment else []
    parts += [f"{name} {version}" for name, version in packages.items()]
    parts += [str(environment[key]) for key in ("system", "processor") if environment.get(key)]
    parts += [str(gpu) for gpu in environment.get("gpus", ())]
    return escape(", ".join(parts))


def departures_section(card: Card) -> str:
    if not card.departures:
        return ""
    items = "\n".join(
        f"<dt>{escape(entry['id'])}</dt><dd>{markup(entry['what'])} "
        f"<small>{markup(entry['why'])}</small></dd>"
        for entry in card.departures
    )
    return f'<h2 id="departures">Departures from the paper</h2>\n<dl>\n{items}\n</dl>\n'

"""Findings as text: within the columns of a terminal, and as Markdown that a README can include."""

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from scalinglaws.claims.needs import OBSTACLES
from scalinglaws.claims.verdict import VERDICTS
from scalinglaws.claims.wording import KINDS
from scalinglaws.spelling import plain, readable

Record = Mapping[str, Any]
Spelling = Callable[[str], str]
BEYOND = "What this scale cannot decide, by a pilot and as registered before the run"
INDENT, BULLET, GAP = "    ", "  - ", "  "
GLUE = "\N{NO-BREAK SPACE}"
# An interval with its estimate, a relation or a ratio, a number with its unit.
TOGETHER = r"\S+ \[\S+ \S+\]|\S+(?: [/=×±−] \S+)+|[≥≤] \S+|\S+ %|\( ?\w = \S+\)"


def terminal_findings(found: Record, *, width: int = 80, ascii_only: bool = False) -> str:
    """Per paper its findings and what differs, then headline and counts, within ``width`` columns.

    Lines are broken between words, but not inside a formula or an interval. What is undecided is
    counted by what would decide it; every claim is in findings.md and in the ledger.

    - ``ascii_only``: for output that cannot encode Greek letters and signs
    """
    spelt: Spelling = (lambda text: plain(readable(text))) if ascii_only else readable
    lines: list[str] = []
    for paper in found["papers"]:
        lines += ["", *wrapped(spelt(f"{paper['slug']}: {paper['title']}"), width, "")]
        told = [spelt(one["text"]) for one in paper["sentences"]]
        lines += bulleted(told, width)
        if paper["differs"]:
            lines.append("  differs:")
        told = [spelt(f"{short(one['claim'])}: {one['text']}") for one in paper["differs"]]
        lines += bulleted(told, width)
        lines += wrapped(spelt(undecided_text(paper)), width, INDENT, "  ")
        lines += wrapped(beyond_text(paper), width, INDENT, "  ")
    lines += ["", *counts_lines(found["papers"]), ""]
    for text in (found["headline"], f"{found['facts']}.", found["registration"]):
        lines += wrapped(spelt(text), width, "")
    return "\n".join(lines)


def bulleted(texts: Sequence[str], width: int) -> list[str]:
    return [line for text in texts for line in wrapped(text, width, INDENT, BULLET)]


def wrapped(text: str, width: int, indent: str, first: str | None = None) -> list[str]:
    """Lines of a text; what belongs together, like ``4 / d`` or an interval, stays on one line."""
    whole = re.sub(TOGETHER, lambda found: found[0].replace(" ", GLUE), text)
    lines = textwrap.wrap(
        whole,
        width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    # What is longer than a line is broken after all.
    return [part for line in lines for part in unglued(line, width, indent)]


def unglued(line: str, width: int, indent: str) -> list[str]:
    plain_line = line.replace(GLUE, " ")
    if len(plain_line) <= width:
        return [plain_line]
    start = plain_line[: len(plain_line) - len(plain_line.lstrip())]
    return textwrap.wrap(
        plain_line, width, initial_indent=start, subsequent_indent=indent, drop_whitespace=True
    )


def short(claim: str) -> str:
    return claim.partition("_")[2]


def undecided_text(paper: Record) -> str:
    """How many claims are undecided, by what would decide them."""
    counts = obstacle_counts(paper["undecided"])
    parts = [f"{OBSTACLES[name]} ({count})" for name, count in counts.items()]
    return f"undecided: {len(paper['undecided'])}, in need of {'; '.join(parts)}" if parts else ""


def beyond_text(paper: Record) -> str:
    """How many claims the scale cannot decide, as a pilot told beforehand."""
    count = len(paper["beyond"])
    return f"beyond this scale's reach, shown but not judged: {count}" if count else ""


def obstacle_counts(undecided: Sequence[Record]) -> dict[str, int]:
    counts = {name: sum(one["obstacle"] == name for one in undecided) for name in OBSTACLES}
    return {name: count for name, count in counts.items() if count}


def counts_of(papers: Sequence[Record]) -> dict[str, list[int]]:
    """Kind -> number of claims per verdict, over all papers; kinds without any are left out."""
    found = {
        kind: [
            sum(paper["counts"].get(kind, {}).get(verdict, 0) for paper in papers)
            for verdict in VERDICTS
        ]
        for kind in KINDS
    }
    return {kind: counts for kind, counts in found.items() if any(counts)}


def counts_lines(papers: Sequence[Record]) -> Iterator[str]:
    """A line per kind of claim; the table is as wide as its longest name needs."""
    head = "".join(f"{GAP}{verdict}" for verdict in VERDICTS)
    room = max(map(len, KINDS.values()))
    yield f"{'claims':{room}}{head}"
    for kind, counts in counts_of(papers).items():
        cells = (
            f"{GAP}{count:>{len(verdict)}}" for count, verdict in zip(counts, VERDICTS, strict=True)
        )
        yield f"{KINDS[kind]:{room}}{''.join(cells)}"


def markdown(found: Record) -> str:
    """Headline and counts, and per paper what is found, differs and is undecided.

    It begins with a paragraph and its headings are of the third level, so that it can stand inside
    another text.
    """
    blocks = [readable(found["headline"]), counts_table(found["papers"])]
    blocks.append(f"{found['facts']}. {found['registration']}")
    for paper in found["papers"]:
        blocks.append(f"### {paper['title']} ({paper['authors']})")
        blocks.append(bullets([one["text"] for one in paper["sentences"]]))
        if paper["differs"]:
            told = [f"**{short(one['claim'])}** {one['text']}" for one in paper["differs"]]
            blocks += ["What differs, and why:", bullets(told)]
        if paper["undecided"]:
            told = [
                f"**{short(one['claim'])}** {one['text']} Needed: {one['needs']}."
                for one in paper["undecided"]
            ]
            blocks += ["What is undecided, and what it would take:", bullets(told)]
        if paper["beyond"]:
            told = [
                f"**{short(one['claim'])}** {one['text']} Why: {one['why']}."
                for one in paper["beyond"]
            ]
            blocks += [f"{BEYOND}:", bullets(told)]
    return "\n\n".join(blocks) + "\n"


def bullets(texts: Sequence[str]) -> str:
    return "\n".join(f"- {escaped(readable(text))}" for text in texts)


def escaped(text: str) -> str:
    """Markdown shows ``*`` and ``_`` inside words as they are, ``<`` and ``|`` not."""
    return text.replace("<", "&lt;").replace("|", "\\|")


def counts_table(papers: Sequence[Record]) -> str:
    lines = [f"| claims | {' | '.join(VERDICTS)} |", f"|---{'|---:' * len(VERDICTS)}|"]
    for kind, counts in counts_of(papers).items():
        lines.append(f"| {KINDS[kind]} | {' | '.join(map(str, counts))} |")
    return "\n".join(lines)

"""Findings as text: for the terminal within its columns, and as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.claims.verdict import VERDICTS
from scalinglaws.claims.wording import KINDS
from scalinglaws.spelling import readable

Record = Mapping[str, Any]


def markdown(found: Record) -> str:
    """The headline, a table of counts, and per paper what is found, differs and is undecided."""
    blocks = [readable(found["headline"]), counts_table(found["papers"])]
    for paper in found["papers"]:
        blocks.append(f"### {paper['title']} ({paper['authors']})")
        blocks.append(bullets([one["text"] for one in paper["sentences"]]))
        if paper["differs"]:
            blocks += ["What differs, and why:", bullets([one["text"] for one in paper["differs"]])]
        if paper["undecided"]:
            told = [f"{one['text']} Needed: {one['needs']}." for one in paper["undecided"]]
            blocks += ["What is undecided, and what it would take:", bullets(told)]
    return "\n\n".join(blocks) + "\n"


def bullets(texts: Sequence[str]) -> str:
    return "\n".join(f"- {readable(text)}" for text in texts)


def counts_table(papers: Sequence[Record]) -> str:
    head = ["claims", *VERDICTS]
    lines = [f"| {' | '.join(head)} |", f"|---{'|---:' * len(VERDICTS)}|"]
    for kind, name in KINDS.items():
        counts = [
            sum(paper["counts"].get(kind, {}).get(verdict, 0) for paper in papers)
            for verdict in VERDICTS
        ]
        if any(counts):
            lines.append(f"| {name} | {' | '.join(map(str, counts))} |")
    return "\n".join(lines)

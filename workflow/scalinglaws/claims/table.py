"""The ledger on a terminal: papers as headings, a few short lines per claim."""

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, zip_longest
from typing import Any

from scalinglaws.claims.verdict import DIFFERS, NOT_RUN, REPRODUCED, UNDECIDED
from scalinglaws.claims.wording import (
    KINDS,
    by_kind,
    counts_text,
    facts_text,
    of_paper,
    ours_text,
    published_text,
    registration_text,
)
from scalinglaws.spelling import plain, readable

Row = Mapping[str, Any]
Spelling = Callable[[str], str]

ANSI = {REPRODUCED: "\033[32m", DIFFERS: "\033[31m", UNDECIDED: "\033[33m", NOT_RUN: "\033[2m"}
HEADINGS = ("claim", "statement", "ours [95 %]", "published ± margin", "verdict")
GAP, INDENT = "  ", "    "
WIDEST = 160  # beyond, the eye loses the line
STATEMENT_LINES = 6  # beside the other columns
LEAST_STATEMENT = 36  # columns; with fewer, statements stand above the numbers
WHOLE_STATEMENT = 240  # letters: a claim's name and statement in the configuration are shorter
OURS = 27  # columns within which estimate, interval and "(+1 more)" share a line
SEVERITY = (DIFFERS, NOT_RUN, UNDECIDED, REPRODUCED)


def verdict_table(
    rows: Sequence[Row],
    *,
    titles: Mapping[str, str] | None = None,
    width: int = 120,
    colour: bool = False,
    ascii_only: bool = False,
    registration: Row | None = None,
) -> str:
    """Rows of any number of papers (a claim's id begins with its paper's name), counts below.

    Primary claims are marked by *, exploratory ones by e.

    - `titles`: paper -> title, for its heading.
    - `width`: columns of the terminal; statements take what the other columns leave, and where
      that is little, they stand above the numbers and take all.
    - `colour`: ANSI colours on the verdicts, whose words say the same.
    - `ascii_only`: for output that cannot encode Greek letters and signs.
    """
    spelt = plain if ascii_only else str
    width, dots = min(width, WIDEST), spelt(" …")
    pieces = {row["id"]: cells_of(row, spelt) for row in rows}
    heads = [[spelt(text)] for text in HEADINGS]
    widths = column_widths([heads, *pieces.values()], width)
    if widths[1] >= LEAST_STATEMENT:
        place = 0  # of the row's line that the verdict ends
        length = sum(widths) + len(GAP) * (len(widths) - 1)
        head = list(in_columns(heads, widths, dots))[:1]
        laid_out = {name: list(in_columns(cells, widths, dots)) for name, cells in pieces.items()}
    else:
        length, place, head = width, -1, list(stacked(heads, width, dots))
        laid_out = {name: list(stacked(cells, width, dots)) for name, cells in pieces.items()}
    lines = [*head, "-" * length]
    for slug, claims in groupby(rows, key=slug_of):
        lines += heading_lines(slug, titles or {}, length, spelt)
        for row in claims:
            shown = laid_out[row["id"]]
            if colour:
                shown[place] = painted(shown[place], row["verdict"])
            lines += shown
        lines.append("-" * length)
    closing = [*kind_lines(rows), facts_text(of_paper(rows)), registration_text(registration)]
    closing += ["* primary, e exploratory: changed since its registration"]
    return "\n".join([*lines, *(line for text in closing for line in wrapped(spelt(text), width))])


def kind_lines(rows: Sequence[Row]) -> list[str]:
    """The counts, of each kind of claim apart."""
    return [f"{KINDS[kind]}, {counts_text(own)}" for kind, own in by_kind(rows).items()]


def wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=INDENT)


def slug_of(row: Row) -> str:
    return str(row["id"]).partition("_")[0]


def heading_lines(slug: str, titles: Mapping[str, str], width: int, spelt: Spelling) -> list[str]:
    title = f"{slug}: {titles[slug]}" if slug in titles else slug
    return textwrap.wrap(spelt(title), width)


def cells_of(row: Row, spelt: Spelling) -> list[list[str]]:
    """Per column the pieces that stand below each other; the statement is one piece."""
    number = row["id"].removeprefix(f"{slug_of(row)}_")
    number += " *" if row["primary"] else ""
    number += " e" if row["exploratory"] else ""
    cells = [
        [number],
        [readable(row["statement"])],
        joined(ours_pieces(row), OURS),
        [published_text(row)],
        [row["verdict"]],
    ]
    return [[spelt(piece) for piece in cell] for cell in cells]


def ours_pieces(row: Row) -> list[str]:
    """Estimate and interval of the quantity that decides; how many others there are."""
    decisive = ours_text(worst(row))
    power = re.fullmatch(r"\((\S+) (\[.*\])\)( × .*)", decisive)
    pieces = (
        [f"{power[1]}{power[3]}", f"{power[2]}{power[3]}"]
        if power
        else decisive.replace(" [", "\n[").split("\n")
    )
    others = len(row["judged"]) - 1
    return [*pieces, f"(+{others} more)"] if others else pieces


def worst(row: Row) -> Row:
    """The quantity with the weakest verdict; among equals the one closest to leaving the band."""
    return min(
        row["judged"], key=lambda one: (SEVERITY.index(one["verdict"]), room(one, row["band"]))
    )


def room(judged: Row, band: Sequence[float | None]) -> float:
    """Distance of the interval's ends from the band's, negative beyond; missing is worst."""
    if judged["interval"] is None:
        return float("-inf")
    (low, high), (lowest, highest) = judged["interval"], band
    below = float("inf") if lowest is None else low - lowest
    above = float("inf") if highest is None else highest - high
    return float(min(below, above))


def joined(pieces: Sequence[str], width: int, gap: str = " ") -> list[str]:
    """Pieces put on one line as long as it is not longer than ``width``."""
    lines = [pieces[0]]
    for piece in pieces[1:]:
        together = f"{lines[-1]}{gap}{piece}"
        lines[-1:] = [together] if len(together) <= width else [lines[-1], piece]
    return lines


def column_widths(table: Sequence[Sequence[Sequence[str]]], width: int) -> list[int]:
    """As wide as the longest piece, but the statement gets what is left, if anything is."""
    widths = [max(len(piece) for row in table for piece in row[n]) for n in range(len(HEADINGS))]
    widths[1] = width - sum(widths) + widths[1] - len(GAP) * (len(HEADINGS) - 1)
    return widths


def in_columns(cells: Sequence[Sequence[str]], widths: Sequence[int], dots: str) -> Iterator[str]:
    """Lines of one row."""
    most = max(STATEMENT_LINES, *map(len, cells))
    statement = textwrap.wrap(cells[1][0], widths[1], max_lines=most, placeholder=dots)
    for texts in zip_longest(cells[0], statement, *cells[2:], fillvalue=""):
        columns = (text.ljust(width) for text, width in zip(texts, widths, strict=True))
        yield GAP.join(columns).rstrip()


def stacked(cells: Sequence[Sequence[str]], width: int, dots: str) -> Iterator[str]:
    """Lines of one row on a narrow terminal: the statement after its claim, numbers below."""
    (name, *_), (statement, *_), ours, published, verdict = cells
    most = -(-WHOLE_STATEMENT // max(width - len(INDENT), 1))
    yield from textwrap.wrap(
        f"{name}{GAP}{statement}",
        width,
        subsequent_indent=INDENT,
        max_lines=most,
        placeholder=dots,
    )
    for line in joined([*ours, *published, *verdict], width - len(INDENT), GAP):
        yield from textwrap.wrap(line, width, initial_indent=INDENT, subsequent_indent=INDENT)


def painted(line: str, verdict: str) -> str:
    """Colour the verdict, which ends its line."""
    return line.removesuffix(verdict) + f"{ANSI[verdict]}{verdict}\033[0m"

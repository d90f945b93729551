"""The ledger on a terminal: papers as headings, a few short lines per claim."""

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, zip_longest
from typing import Any

from scalinglaws.claims.verdict import DIFFERS, REPRODUCED, UNDECIDED
from scalinglaws.claims.wording import counts_text, ours_text, published_text
from scalinglaws.spelling import plain, readable

Row = Mapping[str, Any]
Spelling = Callable[[str], str]

ANSI = {REPRODUCED: "\033[32m", DIFFERS: "\033[31m", UNDECIDED: "\033[33m"}
HEADINGS = ("claim", "statement", "ours [95 %]", "published ± margin", "verdict")
STATEMENT_LINES = 2
NARROW = 100  # below so many columns, numbers are broken into their parts
WIDEST = 160  # beyond, the eye loses the line
NUMBER = 24  # a narrow column of numbers
OURS = 27  # columns within which estimate, interval and "(+1 more)" share a line
SEVERITY = (DIFFERS, UNDECIDED, REPRODUCED)


def verdict_table(
    rows: Sequence[Row],
    *,
    titles: Mapping[str, str] | None = None,
    width: int = 120,
    colour: bool = False,
    ascii_only: bool = False,
) -> str:
    """Rows of any number of papers (a claim's id begins with its paper's name), counts below.

    - `titles`: paper -> title, for its heading.
    - `width`: columns of the terminal; statements take what the other columns leave.
    - `colour`: ANSI colours on the verdicts, whose words say the same.
    - `ascii_only`: for output that cannot encode Greek letters and signs.
    """
    spelt = plain if ascii_only else str
    width, narrow = min(width, WIDEST), width < NARROW
    gap, dots = " " * (1 if narrow else 2), spelt(" …")
    pieces = {row["id"]: cells_of(row, narrow, spelt) for row in rows}
    heads = [[spelt(part) for part in split_off("±", text, narrow)] for text in HEADINGS]
    widths = column_widths([heads, *pieces.values()], width, len(gap))
    rule = "-" * (sum(widths) + len(gap) * (len(widths) - 1))
    lines = [*laid_out(heads, widths, gap, dots), rule]
    for slug, claims in groupby(rows, key=slug_of):
        lines += heading_lines(slug, titles or {}, len(rule), spelt)
        for row in claims:
            cells = laid_out(pieces[row["id"]], widths, gap, dots)
            lines += [painted(next(cells), row["verdict"]) if colour else next(cells), *cells]
        lines.append(rule)
    return "\n".join([*lines, counts_text(rows)])


def slug_of(row: Row) -> str:
    return str(row["id"]).partition("_")[0]


def heading_lines(slug: str, titles: Mapping[str, str], width: int, spelt: Spelling) -> list[str]:
    title = f"{slug}: {titles[slug]}" if slug in titles else slug
    return textwrap.wrap(spelt(title), width)


def cells_of(row: Row, narrow: bool, spelt: Spelling) -> list[list[str]]:
    """Per column the pieces that stand below each other; the statement is one piece."""
    number = row["id"].removeprefix(f"{slug_of(row)}_")
    ours = ours_pieces(row)
    cells = [
        [number],
        [readable(row["statement"])],
        [part for piece in ours for part in split_off("×", piece, narrow and len(piece) > NUMBER)],
        split_off("±", published_text(row), narrow),
        [row["verdict"]],
    ]
    if not narrow:
        cells[2] = joined(ours, OURS)
    return [[spelt(piece) for piece in cell] for cell in cells]


def split_off(sign: str, text: str, narrow: bool) -> list[str]:
    """In a narrow table what begins with the sign gets a line of its own."""
    return re.sub(rf" (?={re.escape(sign)})", "\n", text).split("\n") if narrow else [text]


def ours_pieces(row: Row) -> list[str]:
    """Estimate and interval of the quantity that decides; how many others there are."""
    decisive = ours_text(worst(row))
    power = re.fullmatch(r"\((\S+) (\[.*\])\)( × .*)", decisive)
    pieces = (
        [f"{power[1]}{power[3]}", f"{power[2]}{power[3]}"]
        if power
        else split_off("[", decisive, narrow=True)
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


def joined(pieces: Sequence[str], width: int) -> list[str]:
    """Pieces put on one line as long as it is not longer than ``width``."""
    lines = [pieces[0]]
    for piece in pieces[1:]:
        together = f"{lines[-1]} {piece}"
        lines[-1:] = [together] if len(together) <= width else [lines[-1], piece]
    return lines


def column_widths(table: Sequence[Sequence[Sequence[str]]], width: int, gap: int) -> list[int]:
    """As wide as the longest piece, but the statement gets what is left."""
    widths = [max(len(piece) for row in table for piece in row[n]) for n in range(len(HEADINGS))]
    widths[1] = max(18, width - sum(widths) + widths[1] - gap * (len(HEADINGS) - 1))
    return widths


def laid_out(
    cells: Sequence[Sequence[str]], widths: Sequence[int], gap: str, dots: str
) -> Iterator[str]:
    """Lines of one row; the statement may use as many as the others, and two in any case."""
    most = max(STATEMENT_LINES, *map(len, cells))
    statement = textwrap.wrap(cells[1][0], widths[1], max_lines=most, placeholder=dots)
    for texts in zip_longest(cells[0], statement, *cells[2:], fillvalue=""):
        columns = (text.ljust(width) for text, width in zip(texts, widths, strict=True))
        yield gap.join(columns).rstrip()


def painted(line: str, verdict: str) -> str:
    """Colour the verdict, which ends its line."""
    return line.removesuffix(verdict) + f"{ANSI[verdict]}{verdict}\033[0m"

"""The ledger on a terminal: fixed widths, one line per quantity."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.claims.verdict import DIFFERS, REPRODUCED, UNDECIDED
from scalinglaws.claims.wording import counts_text, ours_text, published_text

ANSI = {REPRODUCED: "\033[32m", DIFFERS: "\033[31m", UNDECIDED: "\033[33m"}
HEADINGS = ("claim", "statement", "ours [95 %]", "published ± margin", "verdict")


def verdict_table(
    rows: Sequence[Mapping[str, Any]], *, width: int = 120, colour: bool = False
) -> str:
    """Rows of any number of papers (a claim's id begins with its paper's name), counts below.

    - `width`: columns of the whole table; the statement is shortened to what is left over.
    - `colour`: ANSI colours on the verdicts, whose words say the same.
    """
    cells = [line for row in rows for line in lines_of(row)]
    table = [list(HEADINGS), *([line[key] for key in HEADINGS] for line in cells)]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADINGS))]
    widths[1] = max(12, width - sum(widths) + widths[1] - 2 * (len(HEADINGS) - 1))
    texts = [format_line(line, widths) for line in table]
    if colour:
        texts[1:] = [
            paint(text, line[HEADINGS[-1]]) for text, line in zip(texts[1:], cells, strict=True)
        ]
    rule = "-" * (sum(widths) + 2 * (len(HEADINGS) - 1))
    return "\n".join([texts[0], rule, *texts[1:], rule, counts_text(rows)])


def lines_of(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """The claim on the first line; further quantities below it, with nothing repeated."""
    first = [row["id"], row["statement"], "", published_text(row), row["verdict"]]
    lines = []
    for number, judged in enumerate(row["judged"]):
        texts = first if number == 0 else [""] * len(HEADINGS)
        lines.append({**dict(zip(HEADINGS, texts, strict=True)), HEADINGS[2]: ours_text(judged)})
    return lines


def format_line(texts: Sequence[str], widths: Sequence[int]) -> str:
    shortened = list(texts)
    shortened[1] = textwrap.shorten(texts[1], widths[1], placeholder="…")
    return "  ".join(
        text.ljust(width) for text, width in zip(shortened, widths, strict=True)
    ).rstrip()


def paint(text: str, verdict: str) -> str:
    """Colour the verdict, which ends its line."""
    if not verdict:
        return text
    return text.removesuffix(verdict) + f"{ANSI[verdict]}{verdict}\033[0m"

"""Figures as the PDF sets them: natural size, what they are made after, where their card is."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.spelling import readable

Record = Mapping[str, Any]
NUMBER = rb"\s*([0-9.+-]+)"
MEDIA_BOX = re.compile(rb"/MediaBox\s*\[" + NUMBER * 4 + rb"\s*\]")


def figure_record(target: str, drawn: Record, words: Record, authors: str) -> dict[str, Any]:
    """One figure of a paper.

    - ``drawn``: what the drawing wrote beside its picture (title, caption, departures, a sheet),
      with the picture's ``width`` and ``height`` in points.
    - ``words``: its entry in config/papers, of which ``original`` and ``brief`` are set.
    - ``authors``: as in config/papers.
    """
    return {
        "target": target,
        **readable(drawn),
        "after": f"After {words['original']} of {short_authors(authors).removesuffix('.')}.",
        "brief": readable(words["brief"]),
        "card": f"figures/{target}.html",
    }


def short_authors(authors: str) -> str:
    """``Bahri et al.`` for five of them, ``Worschech and Rosenow`` for two."""
    names = authors.split(", ")
    return " and ".join(names) if len(names) < 3 else f"{names[0]} et al."


def picture_size(pdf: Path) -> tuple[float, float]:
    """Width and height of a one-page PDF in points. Raises InputError for another file."""
    found = MEDIA_BOX.search(pdf.read_bytes())
    if not found:
        raise InputError(
            f"{pdf} names no size of its page; expected a figure as draw_figure writes it: make it "
            f"again with snakemake --force {pdf}."
        )
    left, bottom, right, top = map(float, found.groups())
    return right - left, top - bottom

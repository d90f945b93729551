"""One claim's estimates drawn against its band, as a small inline SVG."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from scalinglaws.claims.wording import ours_text, published_text

WIDTH, EDGE = 220.0, 8.0
LANE = 24.0  # one line of text on the page (page.css), so that dots stand beside their numbers


def strip(row: Mapping[str, Any]) -> str:
    """Band shaded, published value as a line, each quantity a dot with its interval, in lanes below
    that of the published value.

    Widths are linear in the quantity and differ from row to row; the text says the same.
    """
    span = domain(row)
    height = LANE * (1 + len(row["judged"]))
    shapes = [band_shape(row, span, height)]
    shapes += [lane(judged, span, LANE * (n + 1.5)) for n, judged in enumerate(row["judged"])]
    label = f"published {published_text(row)}; ours " + ", ".join(map(ours_text, row["judged"]))
    return (
        f'<svg role="img" aria-label="{escape(label)}" viewBox="0 0 {WIDTH:g} {height:g}" '
        f'width="{WIDTH:g}" height="{height:g}">{"".join(shapes)}</svg>'
    )


def domain(row: Mapping[str, Any]) -> tuple[float, float]:
    """Everything finite that is drawn, with a margin of a twelfth on both sides."""
    values = [row["published"], *row["band"]]
    for judged in row["judged"]:
        values += [judged["estimate"], *(judged["interval"] or ())]
    drawn = [value for value in values if value is not None]
    low, high = min(drawn), max(drawn)
    pad = (high - low) / 12 or max(abs(high), 1e-12) / 12
    return low - pad, high + pad


def place(value: float | None, span: Sequence[float], otherwise: float) -> float:
    """Horizontal position in the drawing; infinite ends of a band go to its edge."""
    if value is None or not math.isfinite(value):
        return otherwise
    return EDGE + (WIDTH - 2 * EDGE) * (value - span[0]) / (span[1] - span[0])


def band_shape(row: Mapping[str, Any], span: Sequence[float], height: float) -> str:
    left = place(row["band"][0], span, 0.0)
    right = place(row["band"][1], span, WIDTH)
    centre = place(row["published"], span, 0.0)
    return (
        f'<rect class="band" x="{left:.2f}" y="0" width="{max(right - left, 1):.2f}" '
        f'height="{height:g}"/>'
        f'<line class="published" x1="{centre:.2f}" x2="{centre:.2f}" y1="0" y2="{height:g}"/>'
    )


def lane(judged: Mapping[str, Any], span: Sequence[float], y: float) -> str:
    """One quantity; nothing is drawn for what could not be estimated."""
    if judged["estimate"] is None:
        return ""
    x = place(judged["estimate"], span, 0.0)
    dot = f'<circle class="ours" cx="{x:.2f}" cy="{y:g}" r="3"/>'
    if judged["interval"] is None:
        return dot
    low, high = (place(end, span, 0.0) for end in judged["interval"])
    return f'<line class="ours" x1="{low:.2f}" x2="{high:.2f}" y1="{y:g}" y2="{y:g}"/>{dot}'

"""One claim's estimates drawn against its band, as small inline SVGs, one beside each number."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

EDGE = 3.5  # per cent of the width kept free on both sides


def strips(row: Mapping[str, Any]) -> list[str]:
    """The published value, then each quantity as a dot with its interval, all on the shaded band.

    Lengths are per cent of the width that the page gives, so that a drawing fits every screen.
    They are linear in the quantity and differ from claim to claim; the text beside them says the
    same, so that they are kept from screen readers.
    """
    span = domain(row)
    band = band_shape(row, span)
    return [drawn(band), *(drawn(band + dot(judged, span)) for judged in row["judged"])]


def drawn(shapes: str) -> str:
    return f'<svg aria-hidden="true">{shapes}</svg>'


def domain(row: Mapping[str, Any]) -> tuple[float, float]:
    """Everything finite that is drawn, with a margin of a twelfth on both sides."""
    values = [row["published"], *row["band"]]
    for judged in row["judged"]:
        values += [judged["estimate"], *(judged["interval"] or ())]
    finite = [value for value in values if value is not None]
    low, high = min(finite), max(finite)
    pad = (high - low) / 12 or max(abs(high), 1e-12) / 12
    return low - pad, high + pad


def place(value: float | None, span: Sequence[float], otherwise: float) -> float:
    """Horizontal position in per cent; infinite ends of a band go to its edge."""
    if value is None or not math.isfinite(value):
        return otherwise
    return EDGE + (100 - 2 * EDGE) * (value - span[0]) / (span[1] - span[0])


def band_shape(row: Mapping[str, Any], span: Sequence[float]) -> str:
    left = place(row["band"][0], span, 0.0)
    right = place(row["band"][1], span, 100.0)
    centre = place(row["published"], span, 0.0)
    return (
        f'<rect class="band" x="{left:.2f}%" width="{max(right - left, 0.5):.2f}%" height="100%"/>'
        f'<rect class="published" x="{centre:.2f}%" width="1.5" height="100%"/>'
    )


def dot(judged: Mapping[str, Any], span: Sequence[float]) -> str:
    """One quantity; nothing is drawn for what could not be estimated."""
    if judged["estimate"] is None:
        return ""
    x = place(judged["estimate"], span, 0.0)
    shape = f'<circle cx="{x:.2f}%" cy="50%" r="3"/>'
    if judged["interval"] is None:
        return shape
    low, high = (place(end, span, 0.0) for end in judged["interval"])
    return f'<line x1="{low:.2f}%" x2="{high:.2f}%" y1="50%" y2="50%"/>{shape}'

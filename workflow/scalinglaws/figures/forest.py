"""One page of all claims in units of their margin."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from scalinglaws.figures.style import apply_style
from scalinglaws.files import write_whole

Record = Mapping[str, Any]


def draw_forest(rows: Sequence[Record]) -> Figure:
    apply_style()
    figure = Figure(figsize=(8.0, 11.0), layout="constrained")
    axes = figure.subplots()
    for place, row in enumerate(rows):
        if row["centre"] is not None:
            axes.plot(row["centre"], -place, "o")
    axes.set_xlim(-4, 4)
    return figure


def save_forest(figure: Figure, pdf: Path, png: Path) -> None:
    dateless = {"pdf": ("CreationDate", "Creator", "Producer"), "png": ("Software",)}
    for kind, path in (("pdf", pdf), ("png", png)):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, metadata=dict.fromkeys(dateless[kind]))
        write_whole(path, buffer.getvalue())

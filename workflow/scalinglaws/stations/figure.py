"""Rule draw_figure: pdf, png, the plotted numbers as csv, and the caption as json."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scalinglaws.canonical import digest
from scalinglaws.codedigest import code_digest
from scalinglaws.figures.style import axis_names, bends_somewhere, save_drawing
from scalinglaws.stations.table import Tables, blocks_by_table
from scalinglaws.storage import FORMAT, Header, merged_code, read_quantities, write_json

BENT = "Of laws that bend the interval is that over seeds; the ledger judges a longer one."


def draw_figure(
    figure: str,
    tables: Tables,
    fits: Sequence[str],
    record: Mapping[str, Any],
    scale: str,
    output_stem: Path,
) -> None:
    """Draw one figure from tables and fits and write its four files."""
    module = importlib.import_module(f"scalinglaws.figures.{figure}")
    quantities = {Path(file).stem: read_quantities(file) for file in fits}
    drawing = module.draw(
        {name: frame for name, (frame, _) in tables.items()},
        {name: content["quantities"] for name, content in quantities.items()},
        record["settings"],
    )
    bends = bends_somewhere(drawing.figure)
    save_drawing(drawing, *(output_stem.with_suffix(end) for end in (".pdf", ".png", ".csv")))
    headers = [header for _, header in tables.values()]
    headers += [content["header"] for content in quantities.values()]
    own = {"code": code_digest("scalinglaws.stations.figure", module.__name__)}
    header = {
        "format": FORMAT,
        "station": "figures",
        "name": figure,
        "settings": record,
        "tables": blocks_by_table(tables),
        "fits": {name: made_from(content["header"]) for name, content in quantities.items()},
        "code": merged_code(own, *headers),
    }
    caption = {
        "title": record["title"],
        "caption": full_caption(drawing.caption, scale, tables, record, bends=bends),
        "paper": figure.split("_", 1)[0],
        "departures": record["departures"],
        "axes": axis_names(drawing.figure),
        **({"sheet": asdict(drawing.sheet)} if drawing.sheet else {}),
    }
    write_json(output_stem.with_suffix(".json"), caption, header)


def made_from(fit: Header) -> dict[str, Any]:
    """What a fit's numbers follow from, beside code."""
    return {"settings": digest(fit["settings"]), "tables": fit["tables"]}


def full_caption(
    text: str, scale: str, tables: Tables, record: Mapping[str, Any], *, bends: bool = False
) -> str:
    """The drawing's own caption and what every caption adds: scale, bent laws, data, departures."""
    datasets = sorted({name for _, header in tables.values() for name in header["datasets"]})
    diverged = [member for _, header in tables.values() for member in header["diverged"]]
    parts = [text.strip(), f"Scale: {scale}."]
    if bends:
        parts.append(BENT)
    if datasets:
        parts.append(f"Data: {', '.join(datasets)}.")
    if diverged:
        parts.append(f"Diverged and masked members: {len(diverged)} ({'; '.join(diverged)}).")
    if record["departures"]:
        parts.append(f"Departures: {', '.join(record['departures'])}.")
    return " ".join(parts)

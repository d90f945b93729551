"""Rule estimate_quantities: one module of scalinglaws.estimates turns tables into quantities."""

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scalinglaws.codedigest import code_digest
from scalinglaws.storage import FORMAT, merged_code, read_table, write_json


def estimate_quantities(
    fit: str, tables: Sequence[str], settings: Mapping[str, Any], output: str | Path
) -> None:
    """Estimate and write ``{"header", "quantities"}``."""
    module = importlib.import_module(f"scalinglaws.estimates.{fit}")
    read = {Path(file).stem: read_table(file) for file in tables}
    frames = {name: frame for name, (frame, _) in read.items()}
    headers = [header for _, header in read.values()]
    own = {"code": code_digest("scalinglaws.stations.fit", module.__name__)}
    header = {
        "format": FORMAT,
        "station": "fits",
        "name": fit,
        "settings": settings,
        "diverged": {name: header["diverged"] for name, (_, header) in read.items()},
        "code": merged_code(own, *headers),
    }
    quantities = module.estimate(frames, settings)
    write_json(output, {"quantities": quantities}, header)

"""Rule fit_curves: one module of scalinglaws.fits turns tables into quantities."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scalinglaws.codedigest import code_digest
from scalinglaws.stations.table import Tables, blocks_by_table
from scalinglaws.storage import FORMAT, merged_code, write_json


def fit_curves(fit: str, tables: Tables, settings: Mapping[str, Any], output: str | Path) -> None:
    """Fit and write ``{"header", "quantities"}``."""
    module = importlib.import_module(f"scalinglaws.fits.{fit}")
    frames = {name: frame for name, (frame, _) in tables.items()}
    headers = [header for _, header in tables.values()]
    own = {"code": code_digest("scalinglaws.stations.fit", module.__name__)}
    header = {
        "format": FORMAT,
        "station": "fits",
        "name": fit,
        "settings": settings,
        "tables": blocks_by_table(tables),
        "diverged": {name: header["diverged"] for name, (_, header) in tables.items()},
        "code": merged_code(own, *headers),
    }
    quantities = module.fit(frames, settings)
    write_json(output, {"quantities": quantities}, header)

"""The registry of data sets: config/datasets.yaml, validated against its closed schema."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from scalinglaws.errors import InputError

Entry = Mapping[str, Any]
CONFIG = Path(__file__).resolve().parents[3] / "config"
REGISTRY = CONFIG / "datasets.yaml"
SCHEMA = CONFIG / "schemas" / "datasets.schema.json"


def load_registry(path: str | Path = REGISTRY, schema: str | Path = SCHEMA) -> dict[str, Entry]:
    """All entries by name. Raises InputError naming the first key that breaks the schema."""
    try:
        entries = yaml.safe_load(Path(path).read_bytes())
    except FileNotFoundError as problem:
        raise InputError(
            f"{path} does not exist; restore it with: git checkout -- {path}"
        ) from problem
    except yaml.YAMLError as problem:
        raise InputError(f"{path} is not YAML: {' '.join(str(problem).split())}") from problem
    validator = Draft202012Validator(json.loads(Path(schema).read_bytes()))
    errors = sorted(validator.iter_errors(entries), key=lambda error: error.json_path)
    if errors:
        where = errors[0].json_path.removeprefix("$.")
        raise InputError(f"{path}, key {where}: {errors[0].message}; expected what {schema} says.")
    return dict(entries)


def entry_of(name: str, entries: Mapping[str, Entry]) -> Entry:
    """One entry. Raises InputError when there is no data set of that name."""
    if name not in entries:
        raise InputError(
            f"data set {name} is unknown: expected one of {', '.join(sorted(entries))}; correct "
            "the name or describe the set in config/datasets.yaml."
        )
    return entries[name]

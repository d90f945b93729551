"""Configuration: YAML files read strictly and validated against closed schemas."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from scalinglaws.errors import InputError

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIG = REPOSITORY / "config"
PAPERS = ("bahri2021", "damico2025", "worschech2024")
DEVICES = ("cpu", "cuda")


class StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A safe loader that refuses a key written twice: YAML would silently keep the last."""


def mapping_without_duplicates(loader: Any, node: Any) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise InputError(
                f"{node.start_mark.name}, line {node.start_mark.line + 1}: key {key!r} is written "
                "more than once; keep one of them."
            )
    loader.flatten_mapping(node)
    return dict(loader.construct_pairs(node, deep=True))


StrictLoader.add_constructor(
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping_without_duplicates
)


def read_yaml(path: Path) -> Any:
    """Parse a YAML file. Raises InputError for a missing file, bad syntax or a repeated key."""
    try:
        with path.open(encoding="utf-8") as stream:
            return yaml.load(stream, Loader=StrictLoader)
    except FileNotFoundError as problem:
        raise InputError(f"{path} does not exist; restore it from the repository.") from problem
    except yaml.YAMLError as problem:
        reason = " ".join(str(problem).split())
        raise InputError(f"{path} is not valid YAML: {reason}; mend that line.") from problem


@cache
def schema(name: str) -> Any:
    return json.loads((CONFIG / "schemas" / f"{name}.json").read_text(encoding="utf-8"))


def validate(value: Any, schema_name: str, where: str) -> None:
    """Check a record against config/schemas/{schema_name}.json; ``where`` names its file.

    Raises InputError with the first problem: the key, what was found, what was expected.
    """
    problem = best_match(Draft202012Validator(schema(schema_name)).iter_errors(value))
    if problem is not None:
        raise InputError(f"{where}: {explain(problem)}")


def explain(problem: ValidationError) -> str:
    """One sentence for one schema violation."""
    key = ".".join(str(part) for part in problem.absolute_path) or "the file"
    found: Any = problem.instance
    expected: Any = problem.validator_value
    if problem.validator == "additionalProperties" and isinstance(problem.schema, Mapping):
        known = sorted(problem.schema.get("properties", {}))
        unknown = sorted(set(found) - set(known))
        return (
            f"unknown key {', '.join(map(repr, unknown))} in {key}; expected only: "
            f"{', '.join(known)}. Correct the spelling or remove it."
        )
    if problem.validator == "enum":
        choices = ", ".join(map(str, expected))
        return f"{key} is {found!r}; expected one of: {choices}."
    if problem.validator == "required":
        missing = sorted(set(expected) - set(found))
        return f"{key} lacks the key {', '.join(map(repr, missing))}; add it."
    return f"{key} is {found!r}; {problem.message}."


def read_config(overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """config/config.yaml with overrides, validated. Raises InputError."""
    merged = {**read_yaml(CONFIG / "config.yaml"), **(overrides or {})}
    validate(merged, "config.schema", "config/config.yaml or --config")
    if merged["device"] == "auto":
        merged["device"] = read_scale_file(merged["scale"])["device"]
    return merged


def read_scale_file(scale: str) -> dict[str, Any]:
    """One scale's file: the device it is made for, a section per paper. Raises InputError."""
    found = read_yaml(CONFIG / "scales" / f"{scale}.yaml")
    if not isinstance(found, dict) or sorted(found) != sorted(("device", *PAPERS)):
        sections = ", ".join(sorted(map(str, found))) if isinstance(found, dict) else repr(found)
        raise InputError(
            f"config/scales/{scale}.yaml has the sections {sections}; expected exactly "
            f"{', '.join(sorted(('device', *PAPERS)))}."
        )
    if found["device"] not in DEVICES:
        raise InputError(
            f"config/scales/{scale}.yaml: device is {found['device']!r}; expected cpu or cuda."
        )
    return found


def read_scale(scale: str) -> dict[str, dict[str, Any]]:
    """Sizes of every experiment at one scale: paper -> experiment -> sizes. Raises InputError."""
    sizes = {paper: values for paper, values in read_scale_file(scale).items() if paper in PAPERS}
    known = {file.stem for file in (CONFIG / "schemas" / "experiments").glob("*.json")}
    for paper, experiments in sizes.items():
        for experiment, values in (experiments or {}).items():
            where = f"config/scales/{scale}.yaml, {paper}.{experiment}"
            if experiment not in known:
                raise InputError(
                    f"{where}: unknown experiment; expected one of {', '.join(sorted(known))}."
                )
            validate(values, f"experiments/{experiment}", where)
    return {paper: experiments or {} for paper, experiments in sizes.items()}


def read_paper(slug: str) -> dict[str, Any]:
    """Figures and fits of one paper. Raises InputError."""
    record = read_yaml(CONFIG / "papers" / f"{slug}.yaml")
    validate(record, "papers.schema", f"config/papers/{slug}.yaml")
    return dict(record)


def read_claims(slug: str) -> list[dict[str, Any]]:
    """The ledger's left half for one paper. Raises InputError."""
    claims = read_yaml(CONFIG / "claims" / f"{slug}.yaml")
    validate(claims, "claims.schema", f"config/claims/{slug}.yaml")
    return list(claims)


def read_departures() -> list[dict[str, Any]]:
    """The departure register. Raises InputError."""
    departures = read_yaml(CONFIG / "departures.yaml") or []
    validate(departures, "departures.schema", "config/departures.yaml")
    return list(departures)


def read_datasets() -> dict[str, Any]:
    """The dataset registry: name -> entry. Raises InputError."""
    datasets = read_yaml(CONFIG / "datasets.yaml")
    validate(datasets, "datasets.schema", "config/datasets.yaml")
    return dict(datasets)

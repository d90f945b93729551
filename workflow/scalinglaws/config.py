"""Configuration: YAML files validated against closed schemas."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend

from scalinglaws.errors import InputError, unreadable
from scalinglaws.strict_yaml import read_mapping, read_yaml

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIG = REPOSITORY / "config"
PAPERS = ("bahri2021", "damico2025", "worschech2024")
SCALES = ("quick", "laptop", "workstation", "paper")
DEVICES = ("cpu", "cuda")
OF_THE_PAPER = ("printed", "stated", "sign")  # provenances of what a paper itself says
MOST_PRIMARY = 15  # claims of a paper


@cache
def schema(name: str) -> Any:
    return json.loads((CONFIG / "schemas" / f"{name}.json").read_text(encoding="utf-8"))


def is_whole(_: Any, value: Any) -> bool:
    """JSON schema takes 7.0 for an integer; digests, random streams and ranges do not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_finite(_: Any, value: Any) -> bool:
    """NaN would pass every bound of a schema."""
    return is_whole(_, value) or (isinstance(value, float) and math.isfinite(value))


StrictValidator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": is_whole, "number": is_finite}
    ),
)


def validate(value: Any, schema_name: str, where: str) -> None:
    """Check a record against config/schemas/{schema_name}.json; ``where`` names its file.

    Raises InputError with the first problem: the key, what was found, what was expected.
    """
    check(value, schema(schema_name), where)


def check(value: Any, form: Any, where: str) -> None:
    """The same against a schema at hand. Raises InputError."""
    problem = best_match(StrictValidator(form).iter_errors(value))
    if problem is not None:
        raise InputError(f"{where}: {explain(problem)}")


def explain(problem: ValidationError) -> str:
    """One sentence for one schema violation."""
    key = ".".join(str(part) for part in problem.absolute_path) or "the file"
    found: Any = problem.instance
    expected: Any = problem.validator_value
    if problem.validator == "additionalProperties" and isinstance(problem.schema, Mapping):
        known = sorted(problem.schema.get("properties", {}))
        patterns = list(problem.schema.get("patternProperties", {}))
        unknown = [
            name
            for name in sorted(map(str, found))
            if name not in known and not any(re.search(pattern, name) for pattern in patterns)
        ]
        return (
            f"unknown key {', '.join(map(repr, unknown))} in {key}; expected only: "
            f"{', '.join([*known, *patterns])}. Correct the spelling or remove it."
        )
    if problem.validator == "enum":
        choices = ", ".join(map(str, expected))
        return f"{key} is {found!r}; expected one of: {choices}."
    if problem.validator == "required":
        missing = sorted(set(expected) - set(found))
        return f"{key} lacks the key {', '.join(map(repr, missing))}; add it."
    if problem.validator == "type" and expected in NAMES:
        return f"{key} is {found!r}; expected {NAMES[expected]}{remedy(found, expected)}."
    return f"{key} is {found!r}; {problem.message}."


NAMES = {
    "integer": "a whole number",
    "number": "a finite number",
    "array": "a list",
    "object": "keys with values",
    "string": "text",
    "boolean": "true or false",
}


def remedy(found: Any, expected: str) -> str:
    """How to write the number that was meant, where that is clear; YAML takes 1e-3 for text."""
    try:
        meant = float(found) if isinstance(found, str | float) else math.nan
    except ValueError:
        return ""
    if not math.isfinite(meant) or expected not in ("integer", "number"):
        return ""
    if expected == "integer":
        return f", write {meant:.0f}" if meant.is_integer() else ""
    mantissa, _, exponent = str(found).lower().partition("e")
    power = f"e{int(exponent):+d}" if exponent else ""
    return f", write {mantissa if '.' in mantissa else mantissa + '.0'}{power}"


def read_config(overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """config/config.yaml with overrides, validated. Raises InputError."""
    own = read_mapping(CONFIG / "config.yaml", "config/config.yaml")
    if overrides is not None and not isinstance(overrides, Mapping):
        raise InputError(
            f"--config is {overrides!r}; expected keys with values, for example "
            '{"scale": "laptop", "seed": 7}.'
        )
    merged = {**own, **(overrides or {})}
    validate(merged, "config.schema", "config/config.yaml or --config")
    check_scale(merged["scale"])
    if merged["device"] == "auto":
        merged["device"] = read_scale_file(merged["scale"])["device"]
    if merged["seed"] == "registered":
        merged["seed"] = registered_seed(merged["scale"])
    if merged["look"] > len(read_ladder()):
        raise InputError(
            f"look is {merged['look']}; expected 1 to {len(read_ladder())}, the rungs of "
            "config/ladder.yaml."
        )
    return merged


def registered_seed(scale: str) -> int:
    """The root seed that a scale is run with. Raises InputError where nothing is registered."""
    registration = registration_for(read_registrations(), scale)
    if registration is None:
        raise InputError(
            "seed is 'registered' but config/registration.yaml holds no registration; expected "
            "one, made with: python -m scalinglaws register (or give a number, as seed=7)."
        )
    return int(registration["seed"])


def registration_for(
    registrations: Sequence[Mapping[str, Any]], scale: str
) -> Mapping[str, Any] | None:
    """The one that a scale is run under: the earliest since which nothing of that scale changed.

    So a registration that plans one scale anew gives no other scale a new root seed. None where
    nothing is registered.
    """
    found = None
    for one in reversed(registrations):
        if found is not None and terms_at(one, scale) != terms_at(found, scale):
            break
        found = one
    return found


def terms_at(registration: Mapping[str, Any], scale: str) -> list[Any]:
    """What of a registration bears on one scale."""
    common = [registration[name] for name in ("claims", "fits", "ladder")]
    return [*common, *(registration.get(name, {}).get(scale) for name in ("sizes", "reach"))]


def read_registrations(file: str | Path | None = None) -> list[dict[str, Any]]:
    """What was fixed before results were seen, oldest first. Raises InputError."""
    registrations = read_yaml(Path(file or CONFIG / "registration.yaml")) or []
    validate(registrations, "registration.schema", str(file or "config/registration.yaml"))
    return list(registrations)


def read_reach() -> dict[str, dict[str, str]]:
    """Scale -> claim that it cannot decide -> why. Raises InputError, also for unknown names."""
    reach = read_mapping(CONFIG / "reach.yaml", "config/reach.yaml")
    validate(reach, "reach.schema", "config/reach.yaml")
    known = {claim["id"] for slug in PAPERS for claim in read_claims(slug)}
    for scale, claims in reach.items():
        check_scale(scale)
        if unknown := sorted(set(claims) - known):
            raise InputError(
                f"config/reach.yaml names {', '.join(unknown)} at scale {scale}; expected claims "
                "of config/claims: remove it, or make the list with 'python -m scalinglaws plan "
                f"--scale {scale} --power --pilot FOLDER --reach'."
            )
    return {scale: dict(claims) for scale, claims in reach.items()}


def read_ladder() -> list[dict[str, Any]]:
    """The looks at a scale's results: their seeds and shares of the error rate, in order.

    Raises InputError, also for shares that add up to more than the whole.
    """
    ladder = read_yaml(CONFIG / "ladder.yaml")
    validate(ladder, "ladder.schema", "config/ladder.yaml")
    if (total := math.fsum(rung["share"] for rung in ladder)) > 1 + 1e-9:
        raise InputError(
            f"config/ladder.yaml: the shares add up to {total:g}; expected at most 1, all looks "
            "together may spend the error rate once."
        )
    return list(ladder)


def check_place() -> None:
    """Refuse a path that Snakemake or typst would read as something else. Raises InputError."""
    for character in "{}\\":
        if character in str(REPOSITORY):
            raise InputError(
                f"the path of this repository, {REPOSITORY}, holds {character}, which Snakemake "
                "and typst do not take for a letter; move the repository to a path without it."
            )


def check_files(files: Sequence[Path]) -> None:
    """What Snakemake reads by itself, and with YAML's surprises. Raises InputError."""
    for path in (CONFIG / "config.yaml", *files):
        read_mapping(path, str(path))


def check_scale(scale: str) -> None:
    """Refuse a scale without a file. Raises InputError."""
    if not scale_path(scale).is_file():
        raise InputError(
            "config/config.yaml or --config: scale is "
            f"{scale!r}; expected one of: {', '.join(scale_names())}."
        )


def scale_path(scale: str) -> Path:
    return CONFIG / "scales" / f"{scale}.yaml"


def scale_names() -> list[str]:
    """The shipped scales, then all others that have a file."""
    own = {file.stem for file in (CONFIG / "scales").glob("*.yaml")}
    return [*SCALES, *sorted(own - set(SCALES))]


def read_scale_file(scale: str) -> dict[str, Any]:
    """One scale's file: the device it is made for, a section per paper. Raises InputError.

    A file with the key ``base`` holds only the sizes in which it differs from that scale.
    """
    where = f"config/scales/{scale}.yaml"
    found = read_mapping(scale_path(scale), where)
    if "base" in found:
        return with_base(found, where)
    if sorted(map(str, found)) != sorted(("device", *PAPERS)):
        raise InputError(
            f"{where} has the sections {', '.join(sorted(map(str, found)))}; expected exactly "
            f"{', '.join(sorted(('device', *PAPERS)))}."
        )
    if found["device"] not in DEVICES:
        raise InputError(f"{where}: device is {found['device']!r}; expected cpu or cuda.")
    return dict(found)


def with_base(changes: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The sections of the scale named under ``base``, with these changes. Raises InputError."""
    if changes["base"] not in SCALES:
        raise InputError(
            f"{where}: base is {changes['base']!r}; expected one of: {', '.join(SCALES)}."
        )
    if unknown := sorted(set(map(str, changes)) - {"base", *PAPERS}):
        raise InputError(
            f"{where} has the section {unknown[0]}; expected only: base, {', '.join(PAPERS)}."
        )
    own = {paper: values for paper, values in changes.items() if paper in PAPERS and values}
    return dict(overlaid(read_scale_file(changes["base"]), own))


def overlaid(whole: Any, changes: Any) -> Any:
    """``changes`` in place of what stands at the same keys, record by record."""
    if not isinstance(whole, Mapping) or not isinstance(changes, Mapping):
        return changes
    return {
        **whole,
        **{key: overlaid(whole.get(key), value) for key, value in changes.items()},
    }


def base_of(scale: str) -> str:
    """The shipped scale that a scale is made of: itself, or its ``base``. Raises InputError."""
    if scale in SCALES:
        return scale
    where = f"config/scales/{scale}.yaml"
    return str(read_mapping(scale_path(scale), where).get("base", scale))


def read_scale(scale: str) -> dict[str, dict[str, Any]]:
    """Sizes of every experiment at one scale: paper -> experiment -> sizes. Raises InputError.

    Keys that take any number hold floats, however they are written.
    """
    where, sections = f"config/scales/{scale}.yaml", read_scale_file(scale)
    found = {paper: values for paper, values in sections.items() if paper in PAPERS}
    for paper, experiments in found.items():
        if not isinstance(experiments or {}, dict):
            raise InputError(
                f"{where}: {paper} is {experiments!r}; expected experiments, each with its sizes."
            )
    return {
        paper: {
            name: checked_sizes(families, name, values, f"{where}, {paper}.{name}")
            for name, values in (found[paper] or {}).items()
        }
        for paper, families in ((paper, read_families(paper)) for paper in found)
    }


def read_families(paper: str) -> dict[str, str]:
    """Which family each experiment of a paper belongs to, from config/papers. Raises InputError."""
    records = read_paper(paper)["experiments"]
    return {experiment: record["family"] for experiment, record in records.items()}


def checked_sizes(
    families: Mapping[str, str], experiment: str, sizes: Any, where: str
) -> dict[str, Any]:
    """One experiment's sizes, held against its family's sizes.json. Raises InputError."""
    if experiment not in families:
        raise InputError(
            f"{where}: unknown experiment; expected one of {', '.join(sorted(families))}."
        )
    form = sizes_form(families[experiment], experiment)
    check(sizes, form, where)
    return dict(with_floats(sizes, form))


@cache
def sizes_form(family: str, experiment: str) -> dict[str, Any]:
    """The schema of one experiment's sizes, from experiments/{family}/sizes.json.

    What stands under additionalProperties there is for all experiments that are not named.
    """
    path = Path(__file__).parent / "experiments" / family / "sizes.json"
    whole = json.loads(read_text(path))
    named = whole.get("properties", {}).get(experiment) or whole.get("additionalProperties")
    if not named:
        raise InputError(f"{path} says nothing of {experiment}; add the schema of its sizes.")
    return {"$defs": whole.get("$defs", {}), **named}


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as problem:
        raise InputError(unreadable(path, problem)) from problem


def with_floats(value: Any, form: Any, whole: Any = None) -> Any:
    """Sizes with 2 as 2.0 where their schema says number: digests and random streams know both.

    ``form`` is the schema of this value, ``whole`` the one that its references are looked up in.
    """
    whole = whole or form
    if "$ref" in form:
        form = whole["$defs"][form["$ref"].rpartition("/")[2]]
    if isinstance(value, dict):
        forms = form.get("properties", {})
        other: Any = next(iter(form.get("patternProperties", {}).values()), {})
        return {key: with_floats(part, forms.get(key, other), whole) for key, part in value.items()}
    if isinstance(value, list):
        return [with_floats(part, form.get("items", {}), whole) for part in value]
    return float(value) if form.get("type") == "number" else value


def read_paper(slug: str) -> dict[str, Any]:
    """Figures and fits of one paper. Raises InputError."""
    record = read_yaml(CONFIG / "papers" / f"{slug}.yaml")
    validate(record, "papers.schema", f"config/papers/{slug}.yaml")
    return dict(record)


def read_claims(slug: str, file: str | Path | None = None) -> list[dict[str, Any]]:
    """The ledger's left half for one paper, by default that of config/claims. Raises InputError."""
    claims = read_yaml(Path(file or CONFIG / "claims" / f"{slug}.yaml"))
    where = str(file or f"config/claims/{slug}.yaml")
    validate(claims, "claims.schema", where)
    check_claims(claims, where)
    return list(claims)


def check_claims(claims: Sequence[Mapping[str, Any]], where: str) -> None:
    """What the schema cannot say about claims: see config/README.md. Raises InputError."""
    judged: dict[str, str] = {}
    for claim in claims:
        name, provenance = claim["id"], claim["provenance"]
        if claim["primary"] and provenance not in OF_THE_PAPER:
            raise InputError(
                f"{where}: {name} is primary with provenance {provenance}; expected one of "
                f"{', '.join(OF_THE_PAPER)}, a primary claim is one that the paper makes."
            )
        if claim["published_decimals"] is not None and provenance != "printed":
            raise InputError(
                f"{where}: {name} has published_decimals with provenance {provenance}; expected "
                "null, only a number that the authors printed has printed decimals."
            )
        for quantity in claim["quantities"]:
            if quantity in judged:
                raise InputError(
                    f"{where}: {quantity} is judged by {judged[quantity]} and again by {name}; "
                    "merge the two claims (kind within has two bounds)."
                )
            judged[quantity] = name
    primary = [claim["id"] for claim in claims if claim["primary"]]
    if len(primary) > MOST_PRIMARY:
        raise InputError(
            f"{where}: {len(primary)} claims are primary; expected at most {MOST_PRIMARY}, more "
            "would weaken all of them."
        )


def read_departures(file: str | Path | None = None) -> list[dict[str, Any]]:
    """The departure register, by default config/departures.yaml. Raises InputError."""
    departures = read_yaml(Path(file or CONFIG / "departures.yaml")) or []
    validate(departures, "departures.schema", str(file or "config/departures.yaml"))
    return list(departures)


def read_datasets() -> dict[str, Any]:
    """The dataset registry: name -> entry. Raises InputError."""
    datasets = read_yaml(CONFIG / "datasets.yaml")
    validate(datasets, "datasets.schema", "config/datasets.yaml")
    return dict(datasets)

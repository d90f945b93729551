"""Does a shipped reference still follow from this repository? Minutes, on any machine.

The run behind a reference is not here, only its small part: so its files are held against its
record, verdicts and findings are derived again from its fits by today's code and config, and one
block per paper is trained again. Code that has changed since and claims that are worded otherwise
are told; they fail nothing by themselves.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from scalinglaws.canonical import canonical_json, digest
from scalinglaws.claims.findings import findings
from scalinglaws.claims.registration import WORDS
from scalinglaws.claims.templates import read_findings
from scalinglaws.config import read_families, read_ladder
from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import run_module
from scalinglaws.planning.plan import Plan, assemble
from scalinglaws.provenance.reference import (
    RECORD,
    RELATIVE,
    beyond,
    changed_since,
    file_facts,
    json_of_any_code,
    listed,
    own_files,
    read_reference,
)
from scalinglaws.provenance.verify import CONFIGURED, check_released, collected
from scalinglaws.stations.block import BlockJob, compute
from scalinglaws.stations.judge import judged_rows
from scalinglaws.stations.ledger import ledger_of_any_code

FINDINGS = "findings/findings.json"
Record = Mapping[str, Any]
Check = Iterator[str]
# What config says of a claim, in the order in which a difference is told.
OWN_FIELDS = (
    *("margin", "published", "published_error", "published_decimals", "kind", "quantities"),
    *("primary", "provenance", "exploratory_why", "verdict"),
)


def verify_reference(folder: Path, say: Callable[[str], None]) -> bool:
    """Run every check on a reference, which is only read; True when all pass.

    Raises InputError when the folder's record is none.
    """
    record = read_reference(folder)
    plan = assemble({key: record[key] for key in CONFIGURED})
    say(
        f"{folder}: scale {record['scale']}, commit {record['commit'][:12]}, registration "
        f"{(record['registration'] or {}).get('number', 'none')}"
    )
    checks: list[tuple[str, Check]] = [
        (f"every file is the one that {RECORD} names", check_shipped(folder, record)),
        ("fits were made with this configuration", check_settings(folder, plan)),
        ("the ledger follows from the fits, claim by claim", check_claims(folder, plan)),
        ("the findings follow from the ledger and the fits", check_findings(folder, record, plan)),
        *(
            (f"{block['experiment']}/{block['name']} of {block['paper']}, repeated", check)
            for block, check in ((each, check_repeated(folder, each)) for each in record["blocks"])
        ),
        ("the authors' exponents follow from their released curves", check_released()),
    ]
    sound = [told(say, title, list(collected(problems))) for title, problems in checks]
    if worded := reworded(folder, plan):
        say(
            f"{'note':6s} claims that are worded otherwise since, judged alike: {', '.join(worded)}"
        )
    if changed := changed_since(record["code"]):
        say(
            f"{'note':6s} code that has changed since, which fails nothing while the above holds: "
            f"{', '.join(changed)}"
        )
    return all(sound)


def told(say: Callable[[str], None], title: str, problems: Sequence[str]) -> bool:
    say(f"{'FAILED' if problems else 'ok':6s} {title}")
    for problem in problems:
        say(f"       {problem}")
    return not problems


def check_shipped(folder: Path, record: Record) -> Check:
    """The record itself, then every file: lost, cut short, changed or added."""
    if digest({key: value for key, value in record.items() if key != "digest"}) != record["digest"]:
        yield f"{folder / RECORD} was changed after it was written; {restored(folder / RECORD)}"
    files, present = record["files"], own_files(folder)
    for name in sorted(set(files) - set(present)):
        yield f"{folder / name} is missing; {restored(folder / name)}"
    for name in sorted(set(present) - set(files)):
        yield (
            f"{folder / name} was added, {RECORD} names no such file; remove it with: "
            f"rm '{folder / name}'"
        )
    for name in (name for name in present if name in files):
        yield from changed_file(folder / name, files[name])


def changed_file(path: Path, expected: Record) -> Check:
    content = path.read_bytes()
    facts = file_facts(path.name, content)
    if facts["sha256"] == expected["sha256"]:
        return
    for unit in ("lines", "bytes"):
        has, whole = facts.get(unit), expected.get(unit)
        if has is not None and whole is not None and has < whole:
            yield f"{path} is cut short: it has {has} {unit}, expected {whole}; {restored(path)}"
            return
    yield (
        f"{path} was changed: its sha256 is {facts['sha256'][:12]}…, expected "
        f"{expected['sha256'][:12]}…; {restored(path)}"
    )


def restored(path: Path) -> str:
    return f"restore it with: git checkout -- {path}"


def fits_in(folder: Path, paper: str) -> dict[str, dict[str, Any]]:
    """Fit -> its file. Raises InputError."""
    files = sorted((folder / "fits" / paper).glob("*.json"))
    return {file.stem: json_of_any_code(file) for file in files}


def check_settings(folder: Path, plan: Plan) -> Check:
    """Windows and rules of fits, sizes and seeds of the blocks that they read."""
    experiments = set(plan.experiments())
    for paper, entry in plan.papers.items():
        found = fits_in(folder, paper)
        for name in sorted(set(entry["fits"]) - set(found)):
            yield f"{folder}/fits/{paper}/{name}.json is missing; config asks for this fit"
        for name, fit in found.items():
            file = f"{folder}/fits/{paper}/{name}.json"
            made = fit.get("header", {})
            if name not in entry["fits"]:
                yield f"{file} is a fit that config/papers/{paper}.yaml does not have"
                continue
            if canonical_json(made.get("settings")) != canonical_json(
                entry["fits"][name]["settings"]
            ):
                yield f"{file} has other settings than fit {name} in config/papers/{paper}.yaml"
            recut = [
                experiment
                for experiment, blocks in made.get("tables", {}).items()
                if experiment not in experiments or plan.table_digest(experiment) != blocks
            ]
            if recut:
                yield (
                    f"{file} rests on other sizes or seeds of {listed(recut)} than "
                    f"config/scales/{plan.config['scale']}.yaml asks for"
                )


def stored_rows(folder: Path, paper: str) -> dict[str, dict[str, Any]]:
    """Claim -> its row in the shipped ledger. Raises InputError."""
    return {row["id"]: row for row in ledger_of_any_code(ledger_file(folder, paper))[1]["claims"]}


def ledger_file(folder: Path, paper: str) -> Path:
    return folder / "ledger" / f"{paper}.json"


def judged_again(folder: Path, paper: str, plan: Plan) -> dict[str, dict[str, Any]]:
    """Claim -> its row, judged from the shipped fits. Raises InputError."""
    rows = judged_rows(paper, fits_in(folder, paper), plan.config)
    return {row["id"]: row for row in rows}


def reworded(folder: Path, plan: Plan) -> list[str]:
    """Claims whose words, by which nothing is judged, are others in config than in the ledger."""
    found = []
    for paper in plan.papers:
        stored, again = stored_rows(folder, paper), judged_again(folder, paper, plan)
        for name in stored.keys() & again.keys():
            pairs = [(stored[name].get(word), again[name].get(word)) for word in WORDS]
            if not all(alike(one, two) for one, two in pairs):
                found.append(name)
    return sorted(found)


def check_claims(folder: Path, plan: Plan) -> Check:
    """Judge every paper again from its shipped fits; one sentence per claim that comes out
    otherwise.
    """
    for paper in plan.papers:
        file, stored = ledger_file(folder, paper), stored_rows(folder, paper)
        again = judged_again(folder, paper, plan)
        for name in [name for name in again if name not in stored]:
            yield f"claim {name} of config/claims/{paper}.yaml is not in {file}"
        for name in [name for name in stored if name not in again]:
            yield f"claim {name} of {file} is not in config/claims/{paper}.yaml"
        yield from other_rows(paper, file, stored, again)


def other_rows(paper: str, file: Path, stored: Record, again: Record) -> Check:
    """Claims that config itself changed, each; what follows from those for others is counted."""
    both = {name: (stored[name], again[name]) for name in stored if name in again}
    other = {name: fields for name, pair in both.items() if (fields := other_fields(*pair))}
    edited = {name: fields for name, fields in other.items() if fields[0] in OWN_FIELDS[:-2]}
    for name, fields in (edited or other).items():
        field = fields[0]
        yield (
            f"claim {name}: {field} is {brief(again[name].get(field))} judged again from the fits "
            f"by config/claims/{paper}.yaml, {brief(stored[name].get(field))} in {file}"
        )
    if edited and (rest := [name for name in other if name not in edited]):
        yield f"with {listed(list(edited))} {len(rest)} other claims of {file} come out otherwise"


def other_fields(stored: Record, again: Record) -> list[str]:
    """Fields that differ, config's first. What only today's code tells is no difference."""
    judged = [key for key in stored if key not in WORDS]
    differing = [key for key in judged if not alike(stored[key], again.get(key))]
    return sorted(
        differing, key=lambda key: OWN_FIELDS.index(key) if key in OWN_FIELDS else len(OWN_FIELDS)
    )


def alike(one: Any, two: Any) -> bool:
    """Equal, but for the last digits of numbers, and for entries that only the second has."""
    if isinstance(one, Mapping):
        return isinstance(two, Mapping) and all(
            key in two and alike(value, two[key]) for key, value in one.items()
        )
    if isinstance(one, list | tuple):
        return isinstance(two, list | tuple) and len(one) == len(two) and all(map(alike, one, two))
    if isinstance(one, float) and isinstance(two, int | float):
        return math.isclose(one, two, rel_tol=RELATIVE, abs_tol=1e-12)
    return bool(one == two)


def brief(value: Any) -> str:
    text = value if isinstance(value, str) else canonical_json(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def check_findings(folder: Path, record: Record, plan: Plan) -> Check:
    """Say again what was found, from the shipped ledgers and fits, and compare every sentence."""
    file = folder / FINDINGS
    if FINDINGS not in record["files"]:
        yield f"{folder / RECORD} names no {FINDINGS}; expected the findings of the run"
        return
    stored = {key: value for key, value in json_of_any_code(file).items() if key != "header"}
    ledgers = {
        paper: ledger_of_any_code(folder / "ledger" / f"{paper}.json")[1] for paper in plan.papers
    }
    fits = {paper: fits_in(folder, paper) for paper in plan.papers}
    again = findings(
        {paper: ledger["claims"] for paper, ledger in ledgers.items()},
        {
            paper: {name: fit["quantities"] for name, fit in found.items()}
            for paper, found in fits.items()
        },
        {paper: read_findings(paper) for paper in plan.papers},
        plan.papers,
        plan.config["scale"],
        share=read_ladder()[plan.config["look"] - 1]["share"],
        registration=next(iter(ledgers.values()))["header"].get("registration"),
    )
    if other := first_difference(stored, json.loads(json.dumps(again))):
        place, old, new = other
        yield f"{file}: {place} is {brief(old)}, {brief(new)} when said again from the fits"


def first_difference(stored: Any, again: Any, place: str = "") -> tuple[str, Any, Any] | None:
    """Where two records differ first: its keys, and what stands there in both."""
    if alike(stored, again):
        return None
    if isinstance(stored, Mapping) and isinstance(again, Mapping):
        pairs = [(key, value, again.get(key)) for key, value in stored.items()]
    elif isinstance(stored, list) and isinstance(again, list) and len(stored) == len(again):
        pairs = [(number, *pair) for number, pair in enumerate(zip(stored, again, strict=True))]
    else:
        return place, stored, again
    found = (first_difference(old, new, f"{place}.{key}".strip(".")) for key, old, new in pairs)
    return next((each for each in found if each), (place, stored, again))


def check_repeated(folder: Path, block: Record) -> Check:
    """Train a block again with the settings that it was made with, and compare all its rows."""
    path = folder / block["file"]
    stored, made = shipped_table(path)
    job = repeated_job(block, made)
    columns, _ = compute(job)
    again = pd.DataFrame(columns)
    if len(again) != len(stored):
        yield f"{path} has {len(stored)} rows, {len(again)} when the block is repeated"
        return
    identity = [name for name in stored.columns if name != "value"]
    for name in identity:
        if name not in again or not np.array_equal(stored[name], again[name]):
            yield f"{path}: column {name} differs when the block is repeated"
            return
    yield from other_values(path, stored, again)


def other_values(path: Path, stored: pd.DataFrame, again: pd.DataFrame) -> Check:
    old, new = stored["value"].to_numpy(float), again["value"].to_numpy(float)
    distance = beyond(stored["quantity"], old, new)
    if not distance.any():
        return
    worst = int(np.argmax(distance))
    row = stored.iloc[worst]
    yield (
        f"{path}: {np.count_nonzero(distance)} of {len(old)} values differ when the block is "
        f"repeated, most of all {row['quantity']} of {row['member']}: {new[worst]:.9g} repeated, "
        f"{old[worst]:.9g} shipped, expected within {RELATIVE:g}"
    )


def shipped_table(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Rows and header of a block, whichever version of the code made it. Raises InputError."""
    try:
        table = pq.read_table(path)
        return table.to_pandas(), json.loads(table.schema.metadata[b"scalinglaws"])
    except Exception as problem:
        raise InputError(f"{path} is no parquet table with a header; {restored(path)}") from problem


def repeated_job(block: Record, made: Record) -> BlockJob:
    """The block as it was asked for then, in today's code. Raises InputError without that code."""
    families = read_families(block["paper"])
    if block["experiment"] not in families:
        raise InputError(
            f"config/papers/{block['paper']}.yaml has no experiment {block['experiment']}; "
            f"expected it, to repeat {block['file']}."
        )
    return BlockJob(
        station=made["station"],
        experiment=block["experiment"],
        name=block["name"],
        module=run_module(families[block["experiment"]], block["run"]),
        digest=made["block"],
        settings=made["settings"],
        data_files=(),
        threads=1,
        device="cpu",
    )

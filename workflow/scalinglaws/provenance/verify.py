"""Do the results on disk say what their sources say? One exit code, minutes, no Snakemake."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from scalinglaws.config import read_config
from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.plan import Plan, assemble, config_digest
from scalinglaws.provenance.manifest import file_sha256
from scalinglaws.provenance.released import released_problems
from scalinglaws.stations.block import compute, job_of
from scalinglaws.stations.ledger import judged_rows, read_fits, read_ledger
from scalinglaws.storage import read_json, read_table

CONFIGURED = ("scale", "papers", "seed", "device")
Check = Iterator[str]  # yields one sentence per problem


def results_folder(asked: str | None, scale: str | None) -> Path:
    """The folder to verify: the one asked for, else this scale's, else the shipped reference.

    Raises InputError when none holds a manifest.
    """
    scale = scale or read_config()["scale"]
    known = [Path(asked)] if asked else [Path(f"results/{scale}"), Path("results/reference")]
    for folder in known:
        if (folder / "manifest.json").is_file():
            return folder
    raise InputError(
        f"no manifest.json in {' or '.join(map(str, known))}; make results first with: "
        "make reproduce"
    )


def verify(folder: Path, say: Callable[[str], None]) -> bool:
    """Run every check on a results folder, which is only read; True when all pass.

    Raises InputError when its manifest is none.
    """
    record = read_manifest(folder / "manifest.json")
    overrides = {key: record[key] for key in CONFIGURED}
    plan = assemble(overrides)
    checks: list[tuple[str, Check]] = [
        ("every file has the sha256 of the manifest", check_files(folder, record)),
        ("the manifest belongs to this configuration", check_config(plan, record)),
        ("results were made by this source code", check_code(folder, record)),
        ("the ledger follows from the fits", check_ledger(folder, plan)),
        ("one block, repeated, gives the same rows", check_block(folder, plan)),
        ("the authors' exponents follow from their released curves", check_released()),
    ]
    sound = True
    for title, problems in checks:
        found = list(collected(problems))
        say(f"{'FAILED' if found else 'ok':6s} {title}")
        for problem in found:
            say(f"       {problem}")
        sound = sound and not found
    return sound


def read_manifest(path: Path) -> dict[str, Any]:
    record = read_json(path)
    lacking = sorted({*CONFIGURED, "config", "files"} - set(record))
    if lacking or not isinstance(record["files"], dict):
        raise InputError(
            f"{path} is not a manifest (it lacks {', '.join(lacking) or 'files'}); name a folder "
            "that make reproduce wrote, as results/quick."
        )
    return record


def collected(problems: Check) -> Check:
    """A check that cannot go on is a failed check, not a crash."""
    try:
        yield from problems
    except InputError as problem:
        yield str(problem)


def check_files(folder: Path, record: dict[str, Any]) -> Check:
    for name, expected in record["files"].items():
        if (found := file_sha256(folder / name)) != expected:
            yield f"{folder / name} has sha256 {found[:12]}…, the manifest says {expected[:12]}…"


def check_config(plan: Plan, record: dict[str, Any]) -> Check:
    if config_digest(plan) != record["config"]:
        yield (
            f"the configuration has digest {config_digest(plan)}, the results were made with "
            f"{record['config']}; run: make reproduce"
        )


def check_code(folder: Path, record: dict[str, Any]) -> Check:
    for name in record["files"]:
        readers = {".parquet": read_table, ".json": read_json}
        if read := readers.get(Path(name).suffix):
            try:
                read(folder / name)
            except InputError as problem:
                yield str(problem)


def check_ledger(folder: Path, plan: Plan) -> Check:
    """Judge again from the stored fits and compare with the stored verdicts."""
    for paper in plan.papers:
        _, stored = read_ledger(folder / "ledger" / f"{paper}.json")
        fits = [str(folder / "fits" / paper / f"{fit}.json") for fit in plan.papers[paper]["fits"]]
        judged = judged_rows(paper, read_fits(fits))
        if json.loads(json.dumps(judged)) != stored:
            yield f"{folder}/ledger/{paper}.json differs from what its fits give when judged again"


def cheapest_block(folder: Path, plan: Plan) -> Block:
    stored = [block for block in plan.blocks if block_file(folder, block).is_file()]
    stored = [block for block in stored if block.station == "runs"]
    if not stored:
        raise InputError(f"{folder} holds no trained block to repeat; run: make reproduce")
    return min(stored, key=lambda block: (block.core_seconds, block.name))


def block_file(folder: Path, block: Block) -> Path:
    return folder / block.station / block.paper / block.experiment / f"{block.name}.parquet"


def check_block(folder: Path, plan: Plan) -> Check:
    """Repeat the cheapest trained block: equal on this kind of machine, 1e-6 elsewhere."""
    block = cheapest_block(folder, plan)
    stored, _ = read_table(block_file(folder, block))
    columns, _ = compute(job_of(block, plan.data_files(block)), None)
    for name in stored.columns:
        old, new = stored[name].to_numpy(), np.asarray(columns[name])
        if name == "value":
            same = np.allclose(old, new.astype(float), rtol=1e-6, atol=0.0, equal_nan=True)
        else:
            same = len(old) == len(new) and bool(np.all(old == new))
        if not same:
            yield f"block {block.experiment}/{block.name}: column {name} differs when repeated"


def check_released() -> Check:
    """Refit the released curves by the authors' procedure; compare with the published table."""
    yield from released_problems()

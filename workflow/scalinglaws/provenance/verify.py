"""Do the results on disk say what their sources say? One exit code, minutes, no Snakemake."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scalinglaws.config import read_config
from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.plan import Plan, assemble, config_digest
from scalinglaws.provenance.manifest import file_sha256
from scalinglaws.provenance.reference import RECORD, references
from scalinglaws.provenance.released import released_problems
from scalinglaws.stations.block import compute, job_of
from scalinglaws.stations.judge import judged_rows, read_fits
from scalinglaws.stations.ledger import read_ledger
from scalinglaws.storage import read_json, read_table

CONFIGURED = ("scale", "papers", "seed", "look", "device")
Check = Iterator[str]  # yields one sentence per problem
Files = Mapping[str, str]  # name in the results' folder -> sha256


def folders(asked: str | None, scale: str | None) -> list[Path]:
    """What to verify: the folder asked for; else the results of this scale; else what is shipped:
    of the scale asked for, or all.

    Raises InputError when there is none.
    """
    own = Path(asked) if asked else Path(f"results/{scale or read_config()['scale']}")
    if (own / "manifest.json").is_file() or (own / RECORD).is_file():
        return [own]
    shipped = [] if asked else references()
    if found := [folder for folder in shipped if scale in (None, folder.name)]:
        return found
    others = f"; shipped are {', '.join(map(str, shipped))}" if shipped else ""
    raise InputError(
        f"no manifest.json in {own}{others}; expected results, made with: make reproduce"
        + (f" SCALE={scale}" if scale else "")
    )


def is_reference(folder: Path) -> bool:
    return (folder / RECORD).is_file()


def verify(folder: Path, say: Callable[[str], None]) -> bool:
    """Run every check on a results folder, which is only read; True when all pass.

    What the manifest lists is checked: it may list less than a whole run leaves, as a small
    reference does, and a check that finds nothing of its kind there says so and does not fail.
    Raises InputError when the folder's manifest is none.
    """
    record = read_manifest(folder / "manifest.json")
    plan = assemble({key: record[key] for key in CONFIGURED})
    files = record["files"]
    papers, blocks = judged_papers(plan, files), trained_blocks(plan, files)
    checks: list[tuple[str, Check | None]] = [
        ("every file has the sha256 of the manifest", check_files(folder, files)),
        ("the manifest belongs to this configuration", check_config(plan, record["config"])),
        ("results were made by this source code", check_code(folder, files)),
        (
            "the ledger follows from the fits",
            check_ledger(folder, plan, papers) if papers else None,
        ),
        (
            "one block, repeated, gives the same rows",
            check_block(folder, plan, blocks) if blocks else None,
        ),
        ("the authors' exponents follow from their released curves", check_released()),
    ]
    sound = True
    for title, problems in checks:
        if problems is None:
            say(f"{'none':6s} {title}: the manifest lists none")
            continue
        found = list(collected(problems))
        say(f"{'FAILED' if found else 'ok':6s} {title}")
        for problem in found:
            say(f"       {problem}")
        sound = sound and not found
    return sound


def read_manifest(path: Path) -> dict[str, Any]:
    record = read_json(path)
    lacking = sorted({*CONFIGURED, "config", "files"} - set(record))
    if lacking or not isinstance(record["files"], dict) or not record["files"]:
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


def check_files(folder: Path, files: Files) -> Check:
    for name, expected in files.items():
        try:
            found = file_sha256(folder / name)
        except InputError as problem:  # go on: all that is lost is told at once
            yield str(problem)
            continue
        if found != expected:
            yield f"{folder / name} has sha256 {found[:12]}…, the manifest says {expected[:12]}…"


def check_config(plan: Plan, recorded: str) -> Check:
    if config_digest(plan) != recorded:
        yield (
            f"the configuration has digest {config_digest(plan)}, the results were made with "
            f"{recorded}; run: make reproduce"
        )


def check_code(folder: Path, files: Files) -> Check:
    """Files that are there; `check_files` tells of the others."""
    readers = {".parquet": read_table, ".json": read_json}
    for path in (folder / name for name in files):
        if path.suffix in readers and path.is_file():
            try:
                readers[path.suffix](path)
            except InputError as problem:
                yield str(problem)


def judged_papers(plan: Plan, files: Files) -> dict[str, list[str]]:
    """Paper -> its fits' files, of papers whose ledger and fits the manifest lists."""
    fits = {
        paper: [f"fits/{paper}/{fit}.json" for fit in record["fits"]]
        for paper, record in plan.papers.items()
    }
    return {
        paper: named
        for paper, named in fits.items()
        if f"ledger/{paper}.json" in files and all(name in files for name in named)
    }


def check_ledger(folder: Path, plan: Plan, papers: Mapping[str, Sequence[str]]) -> Check:
    """Judge again from the stored fits and compare with the stored verdicts."""
    for paper, fits in papers.items():
        _, stored = read_ledger(folder / "ledger" / f"{paper}.json")
        judged = judged_rows(paper, read_fits([str(folder / name) for name in fits]), plan.config)
        if json.loads(json.dumps(judged)) != stored["claims"]:
            yield f"{folder}/ledger/{paper}.json differs from what its fits give when judged again"


def block_file(block: Block) -> str:
    return f"{block.station}/{block.paper}/{block.experiment}/{block.name}.parquet"


def trained_blocks(plan: Plan, files: Files) -> list[Block]:
    """Those that the manifest lists, cheapest first."""
    listed = [block for block in plan.blocks if block_file(block) in files]
    trained = [block for block in listed if block.station == "runs"]
    return sorted(trained, key=lambda block: (block.core_seconds, block.name))


def check_block(folder: Path, plan: Plan, blocks: Sequence[Block]) -> Check:
    """Repeat the cheapest block whose data are here: equal on this kind of machine, else 1e-6."""
    ready = [block for block in blocks if all(map(os.path.isfile, plan.data_files(block)))]
    block = (ready or blocks)[0]
    stored, _ = read_table(folder / block_file(block))
    columns, _ = compute(job_of(block, plan.data_files(block)))
    for name in stored.columns:
        old, new = stored[name].to_numpy(), np.asarray(columns[name])
        if len(old) != len(new) or not same(name, old, new):
            yield f"block {block.experiment}/{block.name}: column {name} differs when repeated"


def same(name: str, old: np.ndarray, new: np.ndarray) -> bool:
    """Two columns of one length."""
    if name == "value":
        return np.allclose(old, new.astype(float), rtol=1e-6, atol=0.0, equal_nan=True)
    return bool(np.all(old == new))


def check_released() -> Check:
    """Refit the released curves by the authors' procedure; compare with the published table."""
    yield from released_problems()

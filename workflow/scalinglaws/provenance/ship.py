"""The verb ship: a finished run, made small, into results/reference/SCALE.

Shipped are verdicts, fits, pictures, plotted values and pages, with the tables of one cheap block
per paper, which `verify` repeats on any machine, and small tables behind figures, for
`verify --point`. Pictures are stored in 256 colours and large texts packed; all other files are
copied as they are.
"""

import gzip
import io
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from scalinglaws.errors import InputError
from scalinglaws.files import read_bytes, write_whole
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.plan import Plan, assemble
from scalinglaws.provenance.manifest import OUTPUTS
from scalinglaws.provenance.reference import (
    RECORD,
    REFERENCE,
    code_of,
    file_facts,
    listed,
    sealed,
)
from scalinglaws.provenance.verify import (
    CONFIGURED,
    block_file,
    check_code,
    check_config,
    check_files,
    check_ledger,
    judged_papers,
    read_manifest,
    trained_blocks,
)
from scalinglaws.repository import clean_commit
from scalinglaws.stations.judge import registration_record
from scalinglaws.storage import read_json, read_table, write_json

MOST_BYTES = 15_000_000  # of a reference, all files together
LARGEST_BLOCK = 256_000  # bytes of a block's table that is shipped
LARGEST_TABLES, MOST_TABLES = 200_000, 2_000_000  # bytes of the tables of a figure, and of all
PACKED_FROM = 100_000  # bytes of a text that is shipped packed, where no page of ours shows it
COLOURS = 256
SHIPPED = (
    *("manifest.json", "environment.json", "numbers.json", "ledger.html", "replication.pdf"),
    *("plan/*.json", "findings/*", "fits/*/*.json", "ledger/*.json", "benchmarks/**/*"),
    *("figures/*.csv", "figures/*.json", "figures/*.png", "figures/*.html"),
)
BESIDE = ("manifest.json", "benchmarks/**/*")  # shipped though in no manifest
PACKED = ("numbers.json", "figures/*.csv")
Files = dict[str, bytes]  # name in the reference -> content


def ship(scale: str, say: Callable[[str], None]) -> None:
    """Copy results/SCALE, small, to results/reference/SCALE: whole, or not at all.

    Raises InputError for a run that is unfinished, stale or not of a clean commit, and for a
    reference that would be too large.
    """
    folder = Path(f"results/{scale}")
    plan, manifest = finished(folder, scale)
    head = shipped_commit()
    check_source(folder, manifest, scale)
    blocks = repeated_blocks(plan, folder, manifest["files"])
    names = shipped_names(folder, manifest["files"]) + [block_file(block) for block in blocks]
    files = as_shipped(folder, names)
    tables = point_tables(plan, folder, manifest["files"], MOST_BYTES - total(files))
    files |= {name: read_bytes(folder / name) for name in tables}
    record = sealed(
        {
            **{key: manifest[key] for key in (*CONFIGURED, "config")},
            "commit": head,
            "run": manifest["source"],
            "registration": registration_record(plan.config["seed"]),
            "code": code_of(headers(folder, [*names, *tables])),
            "blocks": [block_record(block) for block in blocks],
            "files": {name: file_facts(name, content) for name, content in sorted(files.items())},
        }
    )
    check_size(files)
    replace_folder(REFERENCE / scale, files, record)
    say(
        f"{REFERENCE / scale}: {len(files)} files, {total(files) / 1e6:.1f} MB, "
        f"from {folder} at commit {head[:12]}; add them with: git add {REFERENCE / scale}"
    )


def finished(folder: Path, scale: str) -> tuple[Plan, dict[str, Any]]:
    """The plan and the manifest of a run that is whole and up to date. Raises InputError."""
    if not (folder / "manifest.json").is_file():
        raise InputError(
            f"{folder} is not finished: it holds no manifest.json; expected a whole run, made "
            f"with: make reproduce SCALE={scale}"
        )
    manifest = read_manifest(folder / "manifest.json")
    plan = assemble({key: manifest[key] for key in CONFIGURED})
    files = manifest["files"]
    again = f"make it anew with: make reproduce SCALE={scale}"
    if lost := [name for name in files if not (folder / name).is_file()]:
        raise InputError(f"{folder} is not finished: it lacks {listed(lost)}; {again}")
    checks = (
        check_config(plan, manifest["config"]),
        check_files(folder, files),
        check_code(folder, files),
        check_ledger(folder, plan, judged_papers(plan, files)),
        check_registration(folder, plan),
    )
    for problems in checks:
        for problem in problems:
            raise InputError(f"{folder} is stale: {problem.rstrip('.')}; {again}")
    return plan, manifest


def check_registration(folder: Path, plan: Plan) -> Iterator[str]:
    for paper in plan.papers:
        file = folder / "ledger" / f"{paper}.json"
        if read_json(file)["header"].get("registration") != registration_record(
            plan.config["seed"]
        ):
            yield f"{file} was judged under another registration than config/registration.yaml's"


def shipped_commit() -> str:
    """The commit that holds all that the repository computes with. Raises InputError.

    References themselves may be uncommitted: a second one would else be refused for the first.
    """
    sources = ("Snakefile", "config", "envs", "paper", "workflow")
    states = [("-uno", "--", ".", OUTPUTS), ("--", *sources)]
    return clean_commit(states, "a reference names the commit that made it", "ship")


def check_source(folder: Path, manifest: Mapping[str, Any], scale: str) -> None:
    """Raises InputError for a manifest that was not written from a clean commit."""
    source = manifest.get("source") or {}
    if source.get("commit") is None or source.get("modified") is not False:
        raise InputError(
            f"{folder}/manifest.json was written "
            f"{'outside a clone' if source.get('commit') is None else 'with edits not committed'}; "
            "expected a clean commit: write it again with: "
            f"snakemake --cores 1 --config scale={scale} --force {folder}/manifest.json"
        )


def repeated_blocks(plan: Plan, folder: Path, files: Mapping[str, str]) -> list[Block]:
    """One block per paper for `verify` to repeat: of those that train without a data set, which a
    fresh clone does not have, and whose table is small, the one expected to be cheapest.

    Raises InputError when a paper has none.
    """
    trained = [block for block in trained_blocks(plan, files) if not block.datasets]
    small = [b for b in trained if (folder / block_file(b)).stat().st_size <= LARGEST_BLOCK]
    cheapest = {block.paper: block for block in reversed(small)}  # they come cheapest first
    if lacking := sorted(set(plan.papers) - set(cheapest)):
        raise InputError(
            f"{lacking[0]} has no block that trains without a data set and whose table is at most "
            f"{LARGEST_BLOCK} bytes; expected one, to be repeated by verify."
        )
    return [cheapest[paper] for paper in sorted(cheapest)]


def block_record(block: Block) -> dict[str, str]:
    """A block by what finds it again, whatever its module is called now."""
    return {
        "file": block_file(block),
        "paper": block.paper,
        "experiment": block.experiment,
        "name": block.name,
        "run": block.run,
    }


def shipped_names(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Files of the run that a reference holds, in order: of what the manifest lists, as a figure
    that a scale no longer has may still lie in its folder, and what is written beside it.
    """
    beside = set(found(folder, BESIDE))
    return [name for name in found(folder, SHIPPED) if name in beside or name in files]


def found(folder: Path, patterns: Sequence[str]) -> list[str]:
    """Names of the files that fit one of the patterns, in order."""
    paths = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def as_shipped(folder: Path, names: Sequence[str]) -> Files:
    """What a reference holds of these files, by the names that they have there."""
    texts = set(found(folder, PACKED))
    shipped: Files = {}
    for name in names:
        content = read_bytes(folder / name)
        if name.endswith(".png"):
            shipped[name] = in_few_colours(content)
        elif name in texts and len(content) >= PACKED_FROM:
            shipped[f"{name}.gz"] = gzip.compress(content, mtime=0)
        else:
            shipped[name] = content
    return shipped


def total(files: Mapping[str, bytes]) -> int:
    return sum(map(len, files.values()))


def point_tables(plan: Plan, folder: Path, files: Mapping[str, str], room: int) -> list[str]:
    """Tables of figures whose dots `verify --point` then repeats on a fresh clone: of those that
    need little, in order of what they need, as long as there is room.
    """
    tables = {name: figure_tables(plan, name) for name in plan.figures()}
    whole = {name: own for name, own in tables.items() if own and all(map(files.get, own))}
    sizes = {file: (folder / file).stat().st_size for own in whole.values() for file in own}
    needs = {name: sum(sizes[file] for file in own) for name, own in whole.items()}
    chosen: list[str] = []
    for name in sorted(needs, key=lambda name: (needs[name], name)):
        more = [file for file in whole[name] if file not in chosen]
        held = sum(sizes[file] for file in chosen + more)
        if needs[name] <= LARGEST_TABLES and held <= min(room, MOST_TABLES):
            chosen += more
    return chosen


def figure_tables(plan: Plan, figure: str) -> list[str]:
    """Names of the tables that a figure is drawn from, in the folder of the results."""
    paths = (Path(plan.table_file(name)) for name in plan.figure(figure)["tables"])
    return [path.relative_to(plan.results).as_posix() for path in paths]


def in_few_colours(content: bytes) -> bytes:
    """A picture of lines and letters needs a third of its bytes with a palette."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    method, plain = Image.Quantize.MEDIANCUT, Image.Dither.NONE
    buffer = io.BytesIO()
    picture.quantize(COLOURS, method=method, dither=plain).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def headers(folder: Path, names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Of all shipped results that have one."""
    for name in names:
        if name.endswith(".json") and "header" in (content := read_json(folder / name)):
            yield content["header"]
        if name.endswith(".parquet"):
            yield read_table(folder / name)[1]


def check_size(files: Mapping[str, bytes]) -> None:
    """Raises InputError for more than a repository should carry."""
    if total(files) <= MOST_BYTES:
        return
    kinds: Counter[str] = Counter()
    for name, content in files.items():
        folder = f"{name.split('/')[0]}/*" if "/" in name else ""
        kinds[f"{folder}{Path(name).suffix}" if folder else name] += len(content)
    largest = ", ".join(f"{kind} {size / 1e6:.1f} MB" for kind, size in kinds.most_common(4))
    raise InputError(
        f"the reference would hold {total(files) / 1e6:.1f} MB ({largest}); expected at most "
        f"{MOST_BYTES / 1e6:g} MB: make these smaller, nothing was written."
    )


def replace_folder(target: Path, files: Mapping[str, bytes], record: Mapping[str, Any]) -> None:
    """Write all files beside the target, then put them in its place. Raises InputError."""
    fresh = target.parent / f".{target.name}.{secrets.token_hex(4)}"
    old = fresh.with_suffix(".old")
    try:
        for name, content in files.items():
            write_whole(fresh / name, content)
        write_json(fresh / RECORD, record)
        if target.exists():
            os.rename(target, old)
        os.rename(fresh, target)
    except OSError as problem:
        raise InputError(
            f"{target} could not be written ({problem.strerror}); free or unlock the folder and "
            "run the same command again."
        ) from problem
    finally:
        if old.exists() and not target.exists():
            os.rename(old, target)
        for left in (fresh, old):
            shutil.rmtree(left, ignore_errors=True)

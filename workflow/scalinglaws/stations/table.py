"""Rule collect_table: one tidy table per experiment from its blocks; and reading such tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from scalinglaws.codedigest import code_digest
from scalinglaws.errors import InputError
from scalinglaws.storage import FORMAT, Header, merged_code, read_table, write_table

Tables = Mapping[str, tuple[pd.DataFrame, Header]]


def read_tables(files: Sequence[str], digests: Sequence[str]) -> Tables:
    """Tables by experiment, with their headers.

    `digests`: of each file's blocks, joined by commas. An experiment of one block has no table of
    its own, its block's file is read. Raises InputError for blocks of other sizes or seeds.
    """
    tables = {}
    for file, expected in zip(files, digests, strict=True):
        frame, header = read_table(file)
        check_blocks(file, header, expected)
        tables[header["name"].partition("/")[0]] = (frame, header)
    return tables


def collect_table(
    experiment: str, files: Sequence[str], digests: Sequence[str], output: str | Path
) -> None:
    """Concatenate and sort, as columns.in_order does.

    Refuses blocks with other settings and members computed twice.
    """
    frames, headers = [], []
    for file, expected in zip(files, digests, strict=True):
        frame, header = read_table(file)
        check_blocks(file, header, expected)
        frames.append(frame)
        headers.append(header)
    check_members(experiment, frames)
    table = pd.concat(frames, ignore_index=True)
    keys = [name for name in table.columns if name != "value"]
    table = table.sort_values(keys, kind="stable", ignore_index=True)
    columns = {name: table[name].to_numpy() for name in table.columns}
    write_table(output, columns, table_header(experiment, headers))


def table_header(experiment: str, headers: Sequence[Header]) -> Header:
    own = {"code": code_digest("scalinglaws.stations.table")}
    datasets: dict[str, Any] = {}
    devices: list[Any] = []
    for header in headers:
        datasets |= header["datasets"]
        if (device := header.get("made_on")) not in devices:
            devices.append(device)
    return {
        "format": FORMAT,
        "station": "tables",
        "name": experiment,
        "settings": {"blocks": [header["block"] for header in headers]},
        "made_on": devices,
        "diverged": sorted(member for header in headers for member in header["diverged"]),
        "datasets": datasets,
        "code": merged_code(own, *headers),
    }


def blocks_of(header: Header) -> str:
    """A block's file names its block, a table all those collected in it."""
    return header["block"] if "block" in header else ",".join(header["settings"]["blocks"])


def blocks_by_table(tables: Tables) -> dict[str, str]:
    """Experiment -> the blocks it was computed in: with these a result is up to date, or not."""
    return {name: blocks_of(header) for name, (_, header) in tables.items()}


def check_blocks(file: str, header: Header, expected: str) -> None:
    if (own := blocks_of(header)) != expected:
        raise InputError(
            f"{file} holds block {own} but the configuration asks for {expected}: it "
            f"was made with other sizes or another seed; make it again with: "
            f"snakemake --force {file}"
        )


def check_members(experiment: str, frames: Sequence[pd.DataFrame]) -> None:
    seen: set[str] = set()
    for frame in frames:
        members = set(frame["member"].unique())
        if twice := sorted(seen & members):
            raise InputError(
                f"experiment {experiment}: member {twice[0]} is in two blocks; expected each "
                "member once: cut the blocks in its family's plan.py without overlap."
            )
        seen |= members

"""Rules train_block and compute_theory: run one block and write its tidy table."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scalinglaws.canonical import digest
from scalinglaws.codedigest import code_digest
from scalinglaws.columns import Columns, in_order
from scalinglaws.data.dataset import Dataset
from scalinglaws.data.stored import load_dataset
from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block, code_modules
from scalinglaws.stations.own_gpu import made_on, own_gpu
from scalinglaws.storage import FORMAT, Header, write_table
from scalinglaws.training.session import Session

REQUIRED = ("member", "quantity", "value")


@dataclass(frozen=True)
class BlockJob:
    """One block as a rule hands it over; ``digest`` names its settings (planning.blocks)."""

    station: str
    experiment: str
    name: str
    module: str
    digest: str
    settings: Mapping[str, Any]
    data_files: Sequence[str]
    threads: int
    device: str


def job_of(block: Block, data_files: Sequence[str]) -> BlockJob:
    """A planned block as its rule hands it over."""
    return BlockJob(
        station=block.station,
        experiment=block.experiment,
        name=block.name,
        module=block.module,
        digest=block.digest,
        settings=block.settings,
        data_files=data_files,
        threads=block.threads,
        device="cuda" if block.gpu else "cpu",
    )


def run_block(job: BlockJob, state_folder: Path | None, output: str | Path) -> None:
    """Compute a block, resuming from its state if a kill left one, and write its table."""
    with own_gpu(job.device):
        columns, header = compute(job, state_folder)
    write_table(output, columns, header)
    if state_folder is not None:
        session(job, state_folder).clear()


def compute(job: BlockJob, state_folder: Path | None) -> tuple[Columns, Header]:
    """The block's rows, in a table's order, and header, without writing them."""
    experiment = importlib.import_module(job.module)
    data = {dataset.name: dataset for dataset in map(load_named, job.data_files)}
    running = session(job, state_folder)
    set_libraries(running)
    columns = experiment.run(job.settings, data, running)
    diverged = check_columns(job, columns)
    if diverged:
        print(
            f"{job.experiment}/{job.name}: {len(diverged)} members diverged and are masked from "
            f"there on: {'; '.join(diverged)}",
            file=sys.stderr,
        )
    return in_order(columns), {
        "format": FORMAT,
        "station": job.station,
        "name": f"{job.experiment}/{job.name}",
        "block": job.digest,
        "settings": job.settings,
        "made_on": made_on(job.device),
        "diverged": diverged,
        "datasets": {name: record.card["sha256"] for name, record in data.items()},
        "code": block_code(job.station, job.module),
    }


def load_named(path: str) -> Dataset:
    return load_dataset(path)


def set_libraries(running: Session) -> None:
    """Threads, precision and repeatable kernels as the block asks, before it computes anything.

    The environment limits all other libraries (shell.environment). A block that has not loaded
    torch by now does without it, and is spared the seconds that loading takes.
    """
    if "torch" in sys.modules:
        from scalinglaws.training.arithmetic import set_arithmetic

        set_arithmetic(running.device, running.threads, running.precision)


def block_code(station: str, module: str) -> dict[str, str]:
    """Source digests of an experiment and all it imports: these decide its numbers."""
    return code_digest(*code_modules(station, module))


def session(job: BlockJob, state_folder: Path | None) -> Session:
    key = digest([job.digest, job.device, job.threads, block_code(job.station, job.module)])
    precision = job.settings.get("precision", "float32")
    return Session(state_folder, key, threads=job.threads, device=job.device, precision=precision)


def check_columns(job: BlockJob, columns: Columns) -> list[str]:
    """Names of diverged members. Raises InputError when an experiment breaks the contract."""
    lacking = [name for name in REQUIRED if name not in columns]
    lengths = {len(values) for values in columns.values()}
    if lacking or len(lengths) != 1:
        raise InputError(
            f"{job.module}.run returned columns {sorted(columns)} of lengths {sorted(lengths)}; "
            f"expected equal lengths and at least {', '.join(REQUIRED)}."
        )
    bad = ~np.isfinite(columns["value"].astype(float))
    return sorted(set(columns["member"][bad].tolist()))

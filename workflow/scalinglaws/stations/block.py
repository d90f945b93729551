"""Rules train_block and compute_theory: run one block and write its tidy table."""

import importlib
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scalinglaws.canonical import digest
from scalinglaws.codedigest import code_digest, code_now, named_code
from scalinglaws.columns import Columns, in_order
from scalinglaws.data.dataset import Dataset
from scalinglaws.data.stored import load_dataset
from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block, code_modules
from scalinglaws.stations.one_writer import one_writer, remove_torn
from scalinglaws.stations.own_gpu import made_on, own_gpu
from scalinglaws.storage import FORMAT, Header, write_table
from scalinglaws.training.session import Session

REQUIRED = ("member", "quantity", "value")


def nothing() -> None:
    pass


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
    code: str = ""  # of the module as planned (planning.jobs); empty asks for none in particular


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
    """Compute a block, resuming from its state if a kill left one, and write its table.

    Raises InputError when another process writes this block, or when the code is not, or is no
    longer, the one that was planned.
    """
    check_code(job)
    with one_writer(state_folder) if state_folder else nullcontext(nothing) as check_held:
        if state_folder:
            remove_torn(Path(output).parent, Path(output).name)
        own_session = session(job, state_folder, check_held)
        with own_gpu(job.device):
            columns, header = computed(job, own_session)
        check_held()
        check_code(job)
        write_table(output, columns, header)
        own_session.clear()


def check_code(job: BlockJob) -> None:
    """Raises InputError when the source says something else than it said when the run was planned.

    Asked before and after: modules are read at their first use, so an edit in between would mix.
    """
    if not job.code:
        return
    try:
        found = named_code(code_now(*code_modules(job.station, job.module)))
    except (SyntaxError, ValueError):  # half-edited, or removed
        found = "no code that could be read"
    if found != job.code:
        raise InputError(
            f"the code of {job.experiment}/{job.name} ({job.module} and what it imports) was "
            f"{job.code} when this run was planned and is {found} now; no result is written: "
            "run the same command again, which plans anew."
        )


def compute(job: BlockJob) -> tuple[Columns, Header]:
    """The block's rows, in a table's order, and header, without writing anything."""
    return computed(job, session(job, None))


def computed(job: BlockJob, own_session: Session) -> tuple[Columns, Header]:
    experiment = importlib.import_module(job.module)
    data = {dataset.name: dataset for dataset in map(load_named, job.data_files)}
    set_libraries(own_session)
    columns = experiment.run(job.settings, data, own_session)
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


@dataclass
class HeldSession(Session):
    """A session whose states are written only while this process is the block's writer."""

    check_held: Callable[[], None] = nothing
    checked_at: float = 0.0

    def save(
        self,
        state: Mapping[str, np.ndarray] | Callable[[], Mapping[str, np.ndarray]],
        force: bool = False,
    ) -> None:
        now = time.monotonic()
        if now - self.checked_at >= 1.0:  # asked every step, and a step may take microseconds
            self.check_held()
            self.checked_at = now
        super().save(state, force)


def session(
    job: BlockJob, state_folder: Path | None, check_held: Callable[[], None] = nothing
) -> Session:
    return HeldSession(
        state_folder,
        digest([job.digest, job.device, job.threads, block_code(job.station, job.module)]),
        threads=job.threads,
        device=job.device,
        precision=job.settings.get("precision", "float32"),
        check_held=check_held,
    )


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

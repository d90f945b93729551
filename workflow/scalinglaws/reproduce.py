"""``make reproduce``: Snakemake with progress a person can read, then report and verdicts."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from scalinglaws.config import REPOSITORY
from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.devices import check_gpu_present, visible_gpus
from scalinglaws.planning.machine import this_machine
from scalinglaws.planning.plan import Plan, assemble
from scalinglaws.planning.table import plan_table
from scalinglaws.progress import Progress, Show, line_printer, painter

LOCK = REPOSITORY / ".snakemake" / "reproduce.lock"


def reproduce(scale: str | None, cores: int | None, targets: Sequence[str]) -> int:
    """Run the targets; for ``all`` also write the HTML report. Returns Snakemake's exit status.

    Raises InputError for bad configuration, where networks need a GPU and there is none, or when
    another run is under way.
    """
    overrides = {"scale": scale} if scale else {}
    plan = assemble(overrides, this_machine())
    cores = cores or available_cores()
    os.chdir(REPOSITORY)
    progress = Progress(plan, targets, cores)
    progress.gpus = gpus_for(progress.waiting)
    lock = only_run()
    options = [f"scale={plan.config['scale']}"]
    print(plan_table(plan), flush=True)
    snakemake("--unlock", "--config", *options)
    command = ["--cores", str(cores), "--rerun-incomplete", *targets, "--config", *options]
    command += ["--resources", f"gpu={progress.gpus}"] if progress.gpus else []
    status = watched(progress, command, lock.fileno())
    if status == 0 and "all" in targets:
        report = f"{plan.results}/report.html"
        snakemake("--report", report, *targets, "--config", *options)
        show_verdicts(plan, report)
    return status


def gpus_for(blocks: Sequence[Block]) -> int:
    """How many blocks may train on a GPU at once; zero where none does. Raises InputError."""
    if not any(block.gpu for block in blocks):
        return 0
    gpus = visible_gpus()
    check_gpu_present(blocks, gpus)
    return len(gpus)


def available_cores() -> int:
    """Cores this process may use; a container may grant fewer than the machine has."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1


def only_run() -> IO[str]:
    """Hold a lock that dies with this process and its Snakemake, however they die.

    Whoever holds it may clear Snakemake's own lock, which survives a kill. Raises InputError
    when a run is under way.
    """
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    handle = LOCK.open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        raise InputError(
            f"another run holds {LOCK.relative_to(REPOSITORY)}; wait for it to end or stop it, "
            "then run the same command again."
        ) from problem
    return handle


def snakemake(*arguments: str) -> None:
    """A quick Snakemake call; shows its output only when it fails. Raises InputError then."""
    command = [sys.executable, "-m", "snakemake", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
        raise InputError(f"'snakemake {' '.join(arguments)}' failed; its output is above.")


def watched(progress: Progress, arguments: Sequence[str], lock: int) -> int:
    """Run Snakemake, keep its whole output in a log, show progress and failures."""
    print(f"snakemake {' '.join(arguments)}", flush=True)
    log = Path(progress.plan.results) / "logs" / "snakemake.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    show = painter() if sys.stderr.isatty() else line_printer()
    process = subprocess.Popen(
        [sys.executable, "-m", "snakemake", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=(lock,),
    )
    reader = threading.Thread(target=progress.follow, args=(process.stdout, log))
    reader.start()
    status = wait(process, progress, show)
    reader.join()
    show(progress.line(), True)
    if status:
        print("\n".join(progress.complaints()), file=sys.stderr)
        print(f"the run stopped; everything it said is in {log}", file=sys.stderr)
    return status


def wait(process: subprocess.Popen[str], progress: Progress, show: Show) -> int:
    while True:
        try:
            if (status := process.poll()) is not None:
                return status
            show(progress.line(), False)
            time.sleep(0.5)
        except KeyboardInterrupt:  # Snakemake got the signal too and stops its jobs
            print("\nstopping; the same command resumes where this one ends", file=sys.stderr)


def show_verdicts(plan: Plan, report: str) -> None:
    from scalinglaws.stations.ledger import terminal_table

    print(terminal_table([f"{plan.results}/ledger/{paper}.json" for paper in plan.papers]))
    for name, path in {
        "replication paper": f"{plan.results}/replication.pdf",
        "report": report,
        "ledger": f"{plan.results}/ledger.html",
        "figures": f"{plan.results}/figures/",
    }.items():
        print(f"{name + ':':19s}{path}")

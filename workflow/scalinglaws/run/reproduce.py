"""``make reproduce``: Snakemake with progress a person can read, then report and findings."""

import contextlib
import difflib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType

import psutil

from scalinglaws.codedigest import ROOT
from scalinglaws.config import REPOSITORY, check_place
from scalinglaws.errors import InputError, Stopped
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.devices import check_gpu_present, visible_gpus
from scalinglaws.planning.machine import this_machine
from scalinglaws.planning.plan import Plan, assemble, target_titles
from scalinglaws.planning.table import plan_table
from scalinglaws.run.clock import mend_times
from scalinglaws.run.progress import Progress, Show, line_printer, painter
from scalinglaws.run.sole_run import only_run

Handler = Callable[[int, FrameType | None], object]
OPENING = "workflow/report/metadata.yaml"  # what the HTML report shows first
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Seconds until jobs that are asked to stop are ended: long calls into libraries do not listen.
PATIENCE = {signal.SIGINT: 0.0, signal.SIGTERM: 5.0, signal.SIGKILL: 15.0}


def reproduce(scale: str | None, cores: int | None, targets: Sequence[str]) -> int:
    """Run the targets; for ``all`` also write the HTML report. Returns Snakemake's exit status.

    Raises InputError for bad configuration, an unknown target, where networks need a GPU and there
    is none, or when another run is under way, and Stopped when a signal ended the run.
    """
    check_place()
    if cores is not None and cores < 1:
        raise InputError(f"--cores is {cores}; expected 1 or more.")
    plan = assemble({"scale": scale} if scale else {}, this_machine())
    check_targets(targets)
    cores = cores or available_cores()
    options = [f"scale={plan.config['scale']}"]
    os.chdir(REPOSITORY)
    progress = Progress(plan, targets, cores)
    progress.gpus = gpus_for(progress.waiting)
    with on_signals(raise_stopped), only_run() as (lock, stale):
        if mended := mend_times(REPOSITORY, REPOSITORY / plan.results):
            print(f"note: {mended}", file=sys.stderr)
        print(plan_table(plan))
        print(progress.promise(), flush=True)
        environment = snakemake_environment()
        if stale:
            snakemake(environment, "--unlock", "--config", *options)
        # A night's run must not stand still because one step failed in its first hour.
        resuming = ("--rerun-incomplete", "--keep-going")
        command = ["--cores", str(cores), *resuming, *targets, "--config", *options]
        command += ["--resources", f"gpu={progress.gpus}"] if progress.gpus else []
        status = watched(progress, command, environment, lock)
        if status == 0 and "all" in targets:
            report = f"{plan.results}/report.html"
            opening = ("--report-metadata", OPENING)
            snakemake(environment, "--report", report, *opening, *targets, "--config", *options)
            show_findings(plan, report)
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


def check_targets(targets: Sequence[str]) -> None:
    """Refuse a name that no rule has; files are left to Snakemake. Raises InputError."""
    known = rule_names()
    for target in targets:
        if target not in known and "/" not in target:
            near = difflib.get_close_matches(target, known, n=1)
            raise InputError(
                f"there is no target {target}"
                + (f"; did you mean {near[0]}?" if near else ".")
                + " All of them: snakemake --list-target-rules"
            )


def rule_names() -> list[str]:
    """All rules: those written out, and the targets that the Snakefile makes of config/papers."""
    files = [REPOSITORY / "Snakefile", *sorted((REPOSITORY / "workflow" / "rules").glob("*.smk"))]
    written = "".join(file.read_text("utf-8") for file in files)
    return [*re.findall(r"^rule (\w+):", written, re.M), *target_titles()]


def snakemake_environment() -> dict[str, str]:
    """The environment of Snakemake: without a profile, and with a cache that can be written.

    A profile may silence Snakemake, whose events the progress is read from, or send jobs elsewhere.
    The plugin that writes these lies beside the package.
    """
    inherited = dict(os.environ)
    given = inherited.get("PYTHONPATH")
    inherited["PYTHONPATH"] = os.pathsep.join([str(ROOT.parent), *([given] if given else [])])
    if profile := inherited.pop("SNAKEMAKE_PROFILE", ""):
        print(f"SNAKEMAKE_PROFILE={profile} is set aside here; snakemake itself heeds it")
    if not can_be_made(inherited.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")):
        inherited["XDG_CACHE_HOME"] = str(REPOSITORY / ".snakemake" / "cache")
    return inherited


def can_be_made(folder: str) -> bool:
    """Whether a folder can be written, or made where it does not exist."""
    path = Path(folder, "snakemake")
    there = next((part for part in (path, *path.parents) if part.exists()), path)
    return path.is_absolute() and there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def snakemake(environment: dict[str, str], *arguments: str) -> None:
    """A quick Snakemake call; shows its output only when it fails. Raises InputError then."""
    command = [sys.executable, "-m", "snakemake", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
        raise InputError(f"'snakemake {' '.join(arguments)}' failed; its output is above.")


def watched(
    progress: Progress, arguments: Sequence[str], environment: dict[str, str], lock: int
) -> int:
    """Run Snakemake, keep its whole output in a log, show progress and failures.

    Raises InputError when the log cannot be written, Stopped when a signal ended the run.
    """
    print(f"snakemake {' '.join(arguments)}", flush=True)
    log = made_log(Path(progress.plan.results) / "logs" / "snakemake.log")
    show = painter() if sys.stderr.isatty() else line_printer()
    process = subprocess.Popen(
        [sys.executable, "-m", "snakemake", *arguments, "--logger", "scalinglaws"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
        pass_fds=(lock,),
    )
    reader = threading.Thread(target=progress.follow, args=(process.stdout, log), daemon=True)
    reader.start()
    status = wait(process, progress, show)
    reader.join(timeout=5)  # a job that outlives a killed Snakemake keeps the pipe open
    shown(show, progress.line(), True)
    if status:
        print("\n".join(progress.complaints()), file=sys.stderr)
        rest = ", but all that needs no failed step" if progress.failed else ""
        print(f"not everything was made{rest}; what was said is in {log}", file=sys.stderr)
    return status if status >= 0 else 128 - status


def made_log(log: Path) -> Path:
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()
        log.write_text("")
    except OSError as problem:
        raise InputError(
            f"{log} could not be written ({problem.strerror}); free or unlock its folder and run "
            "the same command again."
        ) from problem
    return log


def shown(show: Show, line: str, last: bool) -> None:
    """Progress never harms: who closed the terminal has not stopped the run."""
    with contextlib.suppress(OSError):
        show(line, last)


def wait(process: subprocess.Popen[str], progress: Progress, show: Show) -> int:
    """Show progress until Snakemake ends. Raises Stopped once a signal has ended it."""
    received: list[int] = []
    with on_signals(lambda number, frame: received.append(number)):
        while not received:
            if (status := process.poll()) is not None:
                return status
            shown(show, progress.line(), False)
            time.sleep(0.5)
        with contextlib.suppress(OSError):
            print("\nstopping; the same command resumes where this one ends", file=sys.stderr)
        end(process, received[0])
    raise Stopped(received[0])


def end(process: subprocess.Popen[str], received: int) -> None:
    """End Snakemake and its jobs: asked first, then made to.

    On its own Snakemake waits until its jobs have ended, and a killed one leaves them running.
    The terminal has sent Ctrl-C to all of them, and a second one makes Snakemake leave its lock.
    """
    began = time.monotonic()
    family: list[psutil.Process] = []
    due = list(PATIENCE)[received == signal.SIGINT :]
    while process.poll() is None or any(map(alive, family)):
        with contextlib.suppress(psutil.Error):
            found = psutil.Process(process.pid)
            family = list({*family, found, *found.children(recursive=True)})
        if due and time.monotonic() - began >= PATIENCE[due[0]]:
            send(due.pop(0), family)
        time.sleep(0.1)


def send(number: int, family: Sequence[psutil.Process]) -> None:
    for member in family:
        with contextlib.suppress(psutil.Error):
            member.send_signal(number)


def alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@contextlib.contextmanager
def on_signals(handler: Handler) -> Iterator[None]:
    """Handle what asks a run to stop, but what is ignored (nohup) stays ignored."""
    before = {number: signal.getsignal(number) for number in STOPPING}
    for number, old in before.items():
        if old != signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def raise_stopped(number: int, frame: FrameType | None) -> None:
    raise Stopped(number)


def show_findings(plan: Plan, report: str) -> None:
    from scalinglaws.stations.findings import terminal_text

    print(terminal_text(f"{plan.results}/findings/findings.json"))
    for name, path in {
        "findings": f"{plan.results}/findings/findings.md",
        "replication paper": f"{plan.results}/replication.pdf",
        "report": report,
        "ledger": f"{plan.results}/ledger.html",
        "figures": f"{plan.results}/figures/",
    }.items():
        print(f"{name + ':':19s}{path}")

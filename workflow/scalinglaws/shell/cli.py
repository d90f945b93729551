"""The command line: one verb per rule, explicit inputs and outputs, heavy imports in the verb."""

import argparse
import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO, cast

from scalinglaws.errors import InputError, Stopped, unreadable
from scalinglaws.shell.fit import add_fit
from scalinglaws.shell.theory import add_theory

Verb = Callable[[argparse.Namespace], int | None]
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")


READER_GONE = 128 + 13  # the status of a program that SIGPIPE ends


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one verb; exits 0, 1 (a check failed) or 2 (the user can mend it: one sentence).

    A signal that stops it gives 128 and its number, as in a shell.
    """
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast(TextIO, Output(sys.stdout)), cast(TextIO, Messages(sys.stderr))
    try:
        status = answered(arguments)
    finally:
        sys.stdout, sys.stderr = streams
    sys.exit(status)


def answered(arguments: Sequence[str] | None) -> int:
    """Exit status of one verb, its output written and its problem told."""
    try:
        status = verb_status(arguments)
        sys.stdout.flush()
        return status
    except ReaderGone:  # of a pipe, as head: what it wanted it has
        abandon_output()
        return READER_GONE
    except InputError as problem:
        if isinstance(problem, OutputError):
            abandon_output()
        print(f"error: {problem}", file=sys.stderr)
        return 2
    except OSError as problem:  # what no place foresaw; without a file it is no user's to mend
        if problem.filename is None:
            raise
        print(f"error: {unreadable(problem.filename, problem)}", file=sys.stderr)
        return 2
    except Stopped as stop:
        return 128 + int(stop.args[0])
    except KeyboardInterrupt:
        return 130


def verb_status(arguments: Sequence[str] | None) -> int:
    try:
        options = parser().parse_args(arguments)
    except SystemExit as stop:  # --help, or arguments that are none
        return int(stop.code or 0)
    steady_environment()
    check_repository()
    return int(options.verb(options) or 0)


def parser() -> argparse.ArgumentParser:
    top = Parser(prog="python -m scalinglaws", description=__doc__)
    verbs = top.add_subparsers(required=True, metavar="VERB")
    for register in (add_for_people, add_theory, add_fit, add_for_rules):
        register(verbs)
    return top


class Parser(argparse.ArgumentParser):
    """Takes -1,2 and -1e3 for values, which argparse takes for options; one sentence of refusal."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._negative_number_matcher = re.compile(r"-\.?(\d|inf\b|nan\b).*", re.IGNORECASE)

    def error(self, message: str) -> NoReturn:
        message = re.sub(r"^argument (\S+): it is ", r"\1 is ", message)
        self.exit(2, f"error: {message}; '{self.prog} --help' tells more.\n")


class ReaderGone(Exception):
    """Whoever read standard output has closed it."""


class OutputError(InputError):
    """Standard output takes nothing."""


class Output:
    """Standard output that fails in a sentence: closed, on a full device, or its reader gone."""

    def __init__(self, stream: TextIO | None) -> None:
        self.closed_from_start = stream is None
        self.stream = stream or io.StringIO()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        if self.closed_from_start:
            raise OutputError(cannot_write("it is closed"))
        return int(self.tried(self.stream.write, text))

    def flush(self) -> None:
        self.tried(self.stream.flush)

    def tried(self, act: Callable[..., Any], *arguments: str) -> Any:
        try:
            return act(*arguments)
        except BrokenPipeError:
            raise ReaderGone from None
        except OSError as problem:
            raise OutputError(cannot_write(problem.strerror)) from None


def cannot_write(reason: str | None) -> str:
    return (
        f"standard output cannot be written ({reason}); expected a terminal, a pipe or a file on a "
        "disk with room: direct it there and run the same command again."
    )


class Messages(Output):
    """Standard error: where nobody listens, nothing is said, and the work goes on."""

    def write(self, text: str) -> int:
        with contextlib.suppress(ReaderGone, OutputError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(ReaderGone, OutputError):
            super().flush()


def abandon_output() -> None:
    """Python would try the rest once more at its end and complain then."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def add_for_people(verbs: Any) -> None:
    verb = add(verbs, "reproduce", reproduce, "run the DAG with progress, then show the verdicts")
    verb.add_argument(
        "--scale", default=None, help="quick, laptop, workstation or paper (default: config.yaml)"
    )
    verb.add_argument("--cores", type=int, default=None, help="default: all cores")
    verb.add_argument("targets", nargs="*", default=["all"], help="rule names (default: all)")

    verb = add(verbs, "plan", plan, "what will run and what it will cost")
    verb.add_argument("--config", type=json_text, default={}, metavar="JSON")
    verb.add_argument("--scale", help="short for --config '{\"scale\": ...}'")
    verb.add_argument("--json", action="store_true", help="hours, jobs and memory as json")
    verb.add_argument("--output", type=Path, help="write every block as json here instead")
    verb.add_argument("figures", nargs="*", default=[], help="figures or papers (default: all)")

    verb = add(verbs, "calibrate", calibrate, "measure this machine for plan and time left")
    verb.add_argument("--json", action="store_true", help="print what is stored as json")

    verb = add(verbs, "verdicts", verdicts, "the ledger as a table on the terminal")
    verb.add_argument("ledgers", nargs="+", type=Path)

    verb = add(verbs, "verify", verify, "check results against manifest, fits, code and a rerun")
    verb.add_argument("--results", help="folder (default: this scale's, else results/reference)")
    verb.add_argument("--scale", help="default: config.yaml's")


def add_for_rules(verbs: Any) -> None:
    verb = add(verbs, "fetch", fetch, "rule fetch_data")
    verb.add_argument("name")
    verb.add_argument("--entry", type=json_text, required=True)
    verb.add_argument("--output", required=True)
    verb.add_argument("--card", required=True)

    verb = add(verbs, "block", block, "rules train_block and compute_theory")
    for name in ("station", "paper", "experiment", "name", "run", "digest", "output", "device"):
        verb.add_argument(f"--{name}", required=True)
    verb.add_argument("--settings", type=json_text, required=True)
    verb.add_argument("--data", nargs="*", default=[])
    verb.add_argument("--threads", type=int, required=True)
    verb.add_argument("--state", type=Path)

    verb = add(verbs, "table", table, "rule collect_table")
    verb.add_argument("experiment")
    verb.add_argument("--blocks", nargs="+", required=True)
    verb.add_argument("--digests", nargs="+", required=True)
    verb.add_argument("--output", required=True)

    verb = add(verbs, "estimate", estimate, "rule estimate_quantities")
    verb.add_argument("name")
    verb.add_argument("--tables", nargs="+", required=True)
    verb.add_argument("--digests", nargs="+", required=True)
    verb.add_argument("--settings", type=json_text, required=True)
    verb.add_argument("--output", required=True)

    verb = add(verbs, "draw", draw, "rule draw_figure")
    verb.add_argument("figure")
    verb.add_argument("--tables", nargs="*", default=[])
    verb.add_argument("--digests", nargs="*", default=[])
    verb.add_argument("--fits", nargs="*", default=[])
    verb.add_argument("--record", type=json_text, required=True)
    verb.add_argument("--scale", required=True)
    verb.add_argument("--output", type=Path, required=True, help="path without its ending")

    verb = add(verbs, "judge", judge, "rule judge_claims")
    verb.add_argument("paper")
    verb.add_argument("--fits", nargs="+", required=True)
    verb.add_argument("--output", required=True)

    verb = add(verbs, "ledger", ledger, "rule write_ledger")
    verb.add_argument("--ledgers", nargs="+", required=True)
    verb.add_argument("--scale", required=True)
    verb.add_argument("--output", required=True)

    verb = add(verbs, "environment", environment, "rule record_environment")
    verb.add_argument("--output", required=True)

    verb = add(verbs, "numbers", numbers, "rule gather_numbers")
    verb.add_argument("--results", type=Path, required=True)
    verb.add_argument("--papers", nargs="+", required=True)
    verb.add_argument("--cards", nargs="*", type=Path, default=[])
    verb.add_argument("--output", required=True)

    verb = add(verbs, "compile", compile_paper, "rule compile_paper")
    verb.add_argument("source", type=Path)
    verb.add_argument("--results", type=Path, required=True)
    verb.add_argument("--output", type=Path, required=True)

    verb = add(verbs, "manifest", manifest, "rule write_manifest")
    verb.add_argument("--config", type=json_text, required=True)
    verb.add_argument("--root", type=Path, required=True)
    verb.add_argument("--files", nargs="+", required=True)
    verb.add_argument("--output", required=True)


def add(verbs: Any, name: str, verb: Verb, text: str) -> argparse.ArgumentParser:
    added: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text)
    added.set_defaults(verb=verb)
    return added


def json_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"{text!r} is not JSON ({problem})") from None


def check_repository() -> None:
    """Refuse to act in one repository with the code of another. Raises InputError.

    Its environment may be that of the folder it was copied from, whose results would be changed.
    """
    for folder in (Path.cwd(), *Path.cwd().parents):
        own = folder / "workflow" / "scalinglaws" / "cli.py"
        if (folder / "Snakefile").is_file() and own.is_file() and not own.samefile(__file__):
            raise InputError(
                f"this folder belongs to the repository {folder}, but the code that runs is "
                f"{Path(__file__).parent}; make this repository's own environment with: "
                "make environment"
            )


def steady_environment() -> None:
    """Set what a notebook, a GPU shell or a cluster may have set otherwise, before libraries load.

    Theory is float64 on the CPU, and figures are drawn into files.
    """
    for variable in [name for name in os.environ if name.startswith("JAX_")]:
        del os.environ[variable]
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["MPLBACKEND"] = "Agg"
    set_xla_flags(threads=1)


def set_xla_flags(threads: int) -> None:
    """XLA takes all cores otherwise, and its reductions then depend on how many there are."""
    os.environ["XLA_FLAGS"] = (
        f"--xla_cpu_multi_thread_eigen={str(threads > 1).lower()} "
        f"intra_op_parallelism_threads={threads}"
    )


def limit_threads(threads: int) -> None:
    """Before numpy, torch or XLA load: they read these once."""
    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(threads)
    set_xla_flags(threads)


def reproduce(options: argparse.Namespace) -> int:
    from scalinglaws.run.reproduce import reproduce

    return reproduce(options.scale, options.cores, options.targets)


def plan(options: argparse.Namespace) -> None:
    from scalinglaws.planning.machine import this_machine
    from scalinglaws.planning.plan import assemble
    from scalinglaws.planning.stale import stale_figures
    from scalinglaws.planning.table import cost_record, departure_lines, plan_record, plan_table
    from scalinglaws.storage import write_json

    asked = options.config
    if options.scale and isinstance(asked, dict):
        asked = {**asked, "scale": options.scale}
    if options.output:  # a result: the same on every machine
        write_json(options.output, plan_record(assemble(asked)))
        return
    assembled, figures = assemble(asked, this_machine()), options.figures
    if options.json:
        print(json.dumps(cost_record(assembled, figures), indent=1))
        return
    lines = [plan_table(assembled, figures), *departure_lines(assembled, figures)]
    print("\n".join([*lines, *stale_figures(assembled, assembled.figures_of(figures))]))


def calibrate(options: argparse.Namespace) -> None:
    limit_threads(1)
    from scalinglaws.planning.calibrate import calibrate

    calibrate(options.json)


def verdicts(options: argparse.Namespace) -> None:
    from scalinglaws.stations.ledger import terminal_table

    print(terminal_table(options.ledgers))


def verify(options: argparse.Namespace) -> int:
    limit_threads(1)
    from scalinglaws.provenance.verify import results_folder, verify

    folder = results_folder(options.results, options.scale)
    print(f"verifying {folder}")
    return 0 if verify(folder, lambda line: print(line, flush=True)) else 1


def fetch(options: argparse.Namespace) -> None:
    from scalinglaws.data.prepare import fetch

    fetch(options.name, options.entry, options.output, options.card)


def block(options: argparse.Namespace) -> None:
    limit_threads(options.threads)
    from scalinglaws.config import read_families
    from scalinglaws.planning.blocks import run_module
    from scalinglaws.stations.block import BlockJob, run_block

    family = read_families(options.paper)[options.experiment]
    job = BlockJob(
        station=options.station,
        experiment=options.experiment,
        name=options.name,
        module=run_module(family, options.run),
        digest=options.digest,
        settings=options.settings,
        data_files=options.data,
        threads=options.threads,
        device=options.device,
    )
    run_block(job, options.state, options.output)


def table(options: argparse.Namespace) -> None:
    from scalinglaws.stations.table import collect_table

    collect_table(options.experiment, options.blocks, options.digests, options.output)


def estimate(options: argparse.Namespace) -> None:
    limit_threads(1)
    from scalinglaws.stations.fit import estimate_quantities
    from scalinglaws.stations.table import read_tables

    tables = read_tables(options.tables, options.digests)
    estimate_quantities(options.name, tables, options.settings, options.output)


def draw(options: argparse.Namespace) -> None:
    limit_threads(1)
    from scalinglaws.stations.figure import draw_figure
    from scalinglaws.stations.table import read_tables

    draw_figure(
        options.figure,
        read_tables(options.tables, options.digests),
        options.fits,
        options.record,
        options.scale,
        options.output,
    )


def judge(options: argparse.Namespace) -> None:
    from scalinglaws.stations.ledger import judge_claims

    judge_claims(options.paper, options.fits, options.output)


def ledger(options: argparse.Namespace) -> None:
    from scalinglaws.stations.ledger import write_ledger

    write_ledger(options.ledgers, options.scale, options.output)


def environment(options: argparse.Namespace) -> None:
    from scalinglaws.provenance.environment import environment
    from scalinglaws.storage import write_json

    write_json(options.output, environment())


def numbers(options: argparse.Namespace) -> None:
    from scalinglaws.stations.paper import write_numbers

    write_numbers(options.results, options.papers, options.cards, options.output)


def compile_paper(options: argparse.Namespace) -> None:
    from scalinglaws.stations.paper import compile_paper

    compile_paper(options.source, options.results, options.output)


def manifest(options: argparse.Namespace) -> None:
    from scalinglaws.planning.plan import assemble
    from scalinglaws.provenance.manifest import manifest
    from scalinglaws.storage import write_json

    write_json(options.output, manifest(assemble(options.config), options.files, options.root))

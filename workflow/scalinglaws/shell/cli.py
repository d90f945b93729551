"""The command line: reads the verb, runs it, and turns what went wrong into one sentence."""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO, cast

from scalinglaws.errors import InputError, Stopped, unreadable
from scalinglaws.shell.environment import steady_environment
from scalinglaws.shell.fit import add_fit
from scalinglaws.shell.forecast import add_forecast
from scalinglaws.shell.output import Messages, Output, OutputError, ReaderGone, abandon_output
from scalinglaws.shell.people import add_for_people
from scalinglaws.shell.rules import add_for_rules
from scalinglaws.shell.theory import add_theory

PACKAGE = Path(__file__).resolve().parents[1]
PROGRAM = "python -m scalinglaws"
PURPOSE = "Every figure of three papers on neural scaling laws, and a verdict on every claim."
EXAMPLES = (
    ("what a scale runs, and what it costs", "plan --scale laptop"),
    ("what one figure needs", "plan bahri2021_fig1a"),
    ("every figure, every verdict, the report and the paper as PDF", "reproduce"),
    ("one figure", "reproduce damico2025_fig1"),
    ("claim by claim: reproduced, differs or undecided", "verdicts results/quick/ledger/*.json"),
    ("whether results on disk are what they say", "verify"),
    ("which verdicts of one run came again in another", "compare results/quick results/laptop"),
    ("a theory's predictions for your parameters", "theory perceptron --alpha 3 --lam 0.5,2"),
    ("the exponent of your own curve", "fit curve.csv --x D --y loss"),
    ("what your own curve will be further on", "forecast curve.csv --x D --y loss --at 1e6,1e7"),
)
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
    raw = argparse.RawDescriptionHelpFormatter
    top = Parser(prog=PROGRAM, description=opening(), formatter_class=raw, add_help=False)
    verbs = top.add_subparsers(required=True, metavar="VERB", title="verbs")
    for register in (add_for_people, add_theory, add_fit, add_forecast):
        register(verbs)
    shown = set(verbs.choices)
    add_for_rules(verbs)
    hidden = {name: verb for name, verb in verbs.choices.items() if name not in shown}
    more = top.add_argument_group("more")
    more.add_argument("-h", "--help", action="help", help="this page; VERB --help tells the rest")
    text = "verbs that rules of the workflow use"
    more.add_argument("--help-rules", action="version", version=listed(hidden), help=text)
    return top


def opening() -> str:
    """What a person can do, by examples."""
    lines = [f"  # {text}\n  {PROGRAM} {example}" for text, example in EXAMPLES]
    return "\n".join([f"{PURPOSE}\n", *lines])


def listed(verbs: Mapping[str, argparse.ArgumentParser]) -> str:
    lines = [f"  {name:12s} {verb.description}" for name, verb in verbs.items()]
    return "\n".join(["Verbs that rules of the workflow use, one each:\n", *lines])


class Parser(argparse.ArgumentParser):
    """Takes -1,2 and -1e3 for values, which argparse takes for options; one sentence of refusal."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._negative_number_matcher = re.compile(r"-\.?(\d|inf\b|nan\b).*", re.IGNORECASE)

    def error(self, message: str) -> NoReturn:
        message = re.sub(r"^argument (\S+): it is ", r"\1 is ", message)
        message = re.sub(r"^argument VERB: invalid choice: (\S+) .*", r"\1 is no verb", message)
        self.exit(2, f"error: {message}; '{self.prog} --help' tells more.\n")


def check_repository() -> None:
    """Refuse to act in one repository with the code of another. Raises InputError.

    Its environment may be that of the folder it was copied from, whose results would be changed.
    """
    for folder in (Path.cwd(), *Path.cwd().parents):
        own = folder / "workflow" / "scalinglaws"
        if (folder / "Snakefile").is_file() and own.is_dir() and not own.samefile(PACKAGE):
            raise InputError(
                f"this folder belongs to the repository {folder}, but the code that runs is "
                f"{PACKAGE}; make this repository's own environment with: "
                "make environment"
            )

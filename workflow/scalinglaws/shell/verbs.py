"""What verbs share: how they are added, how their values are read, how answers are printed.

A theory registers itself with a function (names) -> None that adds its arguments and gives
``answer``: parsed options to columns of equal length, None for what cannot be told. Answers go to
stdout as tidy csv, or as json records. What a user can mend raises InputError; heavy imports stay
inside the verbs.
"""

import argparse
import csv
import json
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.rounding import number_of

Verb = Callable[[argparse.Namespace], int | None]
Answer = Callable[[argparse.Namespace], Mapping[str, Sequence[float | None]]]
MOST_DIGITS = 18  # of a whole number
WHOLE = re.compile(rf"[+-]?[0-9]{{1,{MOST_DIGITS}}}")


def add_verb(
    verbs: Any, name: str, verb: Verb, text: str, epilog: str = "", *, shown: bool = True
) -> argparse.ArgumentParser:
    """A verb's parser; one that is not ``shown`` is left out of the list of verbs in --help."""
    listed = {"help": text} if shown else {}
    added: argparse.ArgumentParser = verbs.add_parser(
        name,
        description=text,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        **listed,
    )
    added.set_defaults(verb=verb)
    return added


def add_answer(
    names: Any, name: str, answer: Answer, text: str, source: str
) -> argparse.ArgumentParser:
    """A theory's parser; ``source`` is shown under the arguments of --help."""
    added = add_verb(names, name, print_answer, text, source)
    added.add_argument("--json", action="store_true", help="json records instead of csv")
    added.set_defaults(answer=answer)
    return added


def print_answer(options: argparse.Namespace) -> None:
    columns = columns_of(options)
    rows = list(zip(*columns.values(), strict=True))
    if options.json:
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        print(json.dumps(records, indent=1, allow_nan=False))
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([["" if value is None else f"{value:.12g}" for value in row] for row in rows])


def columns_of(options: argparse.Namespace) -> dict[str, list[float | None]]:
    """The answer's columns. Raises InputError where one is no finite number."""
    import numpy as np

    try:
        with np.errstate(all="ignore"):
            found = options.answer(options)
    except ArithmeticError as problem:
        raise InputError(beyond(str(problem.args[-1]))) from problem
    columns = {
        name: [None if value is None else float(value) for value in values]
        for name, values in found.items()
    }
    for name, values in columns.items():
        for value in values:
            if value is not None and not math.isfinite(value):
                raise InputError(beyond(f"{name} is {value}"))
    return columns


def beyond(found: str) -> str:
    return (
        f"these parameters lead beyond double precision ({found}); expected a finite answer: take "
        "values nearer to one."
    )


def number(text: str) -> float:
    """A finite number. Raises ArgumentTypeError."""
    try:
        value = number_of(text)
    except ValueError as expected:
        raise argparse.ArgumentTypeError(f"it is {shortened(text)}; expected {expected}") from None
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"it is {value}; expected a finite number")
    return value


def numbers(text: str) -> list[float]:
    """Comma-separated finite numbers, as 0.5,2,8. Raises ArgumentTypeError."""
    for part in text.split(","):
        try:
            number_of(part)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"{shortened(text)!r} is not a list of numbers; expected for example 1,10,100"
            ) from None
    return [number(part) for part in text.split(",")]


def whole(text: str) -> int:
    """A whole number. Raises ArgumentTypeError."""
    if not WHOLE.fullmatch(text.strip()):
        raise argparse.ArgumentTypeError(
            f"it is {shortened(text)}; expected a whole number of up to {MOST_DIGITS} digits"
        )
    return int(text)


def shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."


def require(option: str, value: float, allowed: bool, expected: str) -> None:
    """Raises InputError, naming the option, unless the value is allowed."""
    if not allowed:  # a NaN fails every comparison, so it is refused too
        raise InputError(f"--{option} is {value:g}; expected {expected}.")


def require_positive(**options: float) -> None:
    for name, value in options.items():
        option = name.replace("_", "-")
        require(option, value, 0 < value < float("inf"), "a finite number above 0")


def require_alphas(alphas: Sequence[float]) -> None:
    for alpha in alphas:
        require("alpha", alpha, 0 <= alpha < float("inf"), "finite numbers of 0 or more")


def json_text(text: str) -> Any:
    """Any value. Raises ArgumentTypeError."""
    try:
        return json.loads(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"{text!r} is not JSON ({problem})") from None

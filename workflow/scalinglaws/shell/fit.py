"""The fitter on the terminal: ``python -m scalinglaws fit curve.csv --x D --y loss``."""

import argparse
import json
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.shell.verbs import add_verb, number


def add_fit(verbs: Any) -> None:
    """Add the verb ``fit``."""
    text = "exponent of a power law in a csv of your own, with its interval, as json"
    verb = add_verb(
        verbs,
        "fit",
        print_fit,
        text,
        "keys: exponent a of y = A x^-a [+ offset] (positive for a decay); interval [low, "
        "high] at 95 %\n  (over seeds: bootstrap with Student t; without seeds: from the residuals "
        "around the law);\n  window [first x, last x] fitted; scan [lowest, highest] exponent over "
        "all windows of at least\n  4 neighbouring points (5 with an offset), of curves of more "
        "than 200 (32) points over those\n  between 48 (12) points evenly spaced in log x; "
        "n_masked values that are missing or not finite;\n  left_out x that one seed alone has; "
        "without an offset seeds are averaged in log y.",
    )
    verb.add_argument("file", help="csv with a header line")
    verb.add_argument("--x", required=True, help="column of abscissae, positive")
    verb.add_argument("--y", required=True, help="column of values, positive")
    verb.add_argument("--seed-column", help="column that names the independent repetitions")
    verb.add_argument("--offset", action="store_true", help="fit an irreducible offset jointly")
    text = "fit only LOW <= x <= HIGH (default: all points)"
    verb.add_argument("--window", nargs=2, type=number, metavar=("LOW", "HIGH"), help=text)


MASKED = (
    "{n} values are missing or not finite: the mean over seeds is over fewer of them there, which "
    "bends the curve where seeds differ in level"
)


def print_fit(options: argparse.Namespace) -> None:
    from scalinglaws.statistics.curve_file import fit_file

    if options.window is not None:
        check_window(*options.window)
    found = fit_file(
        options.file, options.x, options.y, options.seed_column, options.offset, options.window
    )
    if found["estimate"] is None:
        raise InputError(f"{options.file}: {found['why']}")
    kept = ("interval", "window", "scan", "standard_error", "interval_kind", "n_points", "n_seeds")
    answer = {"exponent": found["estimate"], **{name: found[name] for name in kept}}
    answer |= {name: found[name] for name in ("n_masked", "left_out")}
    if found["n_masked"]:
        answer["note"] = MASKED.format(n=found["n_masked"])
    answer |= {"why": found["why"]} if found["why"] else {}
    print(json.dumps(answer, indent=1, allow_nan=False))


def check_window(low: float, high: float) -> None:
    if not 0 <= low < high:
        raise InputError(
            f"--window is {low:g} {high:g}; expected two numbers, LOW of 0 or more below HIGH."
        )

"""The fitter on the terminal: ``python -m scalinglaws fit curve.csv --x D --y loss``."""

import argparse
import json
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.shell.verbs import add_verb, number, whole

MODELS = ("line", "offset", "shifted", "auto")
EPILOG = """\
keys: exponent a of y = A x^-a [+ offset] (positive for a decay), amplitude A, offset, each with
  interval [low, high] at 95 % (over seeds: Student over seeds; without seeds: from the residuals
  around the law, wider where neighbouring points are correlated); window [first x, last x] fitted;
  scan [lowest, highest] exponent over all windows of at least 4 neighbouring points (5 with an
  offset), of curves of more than 200 (32) points over those between 48 (12) points evenly spaced
  in log x; lack_of_fit: test of a curvature that the law does not have; influence: points that
  carry the exponent; autocorrelation of neighbouring residuals; n_masked values that are missing
  or not finite; left_out x that one seed alone has; without an offset seeds are averaged in log y.
--law joint: parameters E, A, alpha, B, beta of E + A N^-alpha + B D^-beta, each [value, low, high]
  (Huber loss of log L, bootstrap over runs), influential runs by their line, the allocation of
  least loss at --compute operations (6 N D).
csv needs a header line and rows of numbers; write percentages as numbers without a % sign."""


def add_fit(verbs: Any) -> None:
    """Add the verb ``fit``."""
    text = "exponent of a power law in a csv of your own, with its interval, as json"
    verb = add_verb(verbs, "fit", print_fit, text, EPILOG)
    verb.add_argument("file", help="csv with a header line")
    verb.add_argument("--x", help="column of abscissae, positive")
    verb.add_argument("--y", required=True, help="column of values, positive")
    verb.add_argument("--seed-column", help="column that names the independent repetitions")
    text = "line (default), offset, shifted (x + s), or auto: the best at rolling origins"
    verb.add_argument("--model", choices=MODELS, help=text)
    text = "fit an irreducible offset jointly, as --model offset"
    verb.add_argument("--offset", action="store_true", help=text)
    text = "least offset: a number (default 0, for losses and errors) or none"
    verb.add_argument("--floor", type=floor, default=0.0, help=text)
    text = "also the fit by Huber's loss of log y, which single points do not bend"
    verb.add_argument("--huber", action="store_true", help=text)
    text = "fit only LOW <= x <= HIGH (default: all points)"
    verb.add_argument("--window", nargs=2, type=number, metavar=("LOW", "HIGH"), help=text)
    verb.add_argument("--law", choices=("joint",), help="the law of runs in two sizes")
    verb.add_argument("--n", help="--law joint: column of parameters N")
    verb.add_argument("--d", help="--law joint: column of data D")
    text = "--law joint: budgets 6 N D, comma-separated (default: the largest of the runs)"
    verb.add_argument("--compute", help=text)
    text = "--law joint: leave out so many runs, the most influential ones (default 0)"
    verb.add_argument("--leave-out", type=whole, default=0, help=text)
    verb.add_argument("--json", action="store_true", help="the answer is json in any case")


def floor(text: str) -> float | None:
    return None if text == "none" else number(text)


def print_fit(options: argparse.Namespace) -> None:
    answer = joint_answer(options) if options.law else curve_answer(options)
    print(json.dumps(answer, indent=1, allow_nan=False))


def curve_answer(options: argparse.Namespace) -> dict[str, Any]:
    from scalinglaws.forecast.whole_fit import whole_fit

    if options.x is None:
        raise InputError("--x is missing; expected the column of abscissae (or --law joint).")
    for name in ("n", "d", "compute"):
        if getattr(options, name) is not None:
            raise InputError(f"--{name} belongs to --law joint; leave it out, or add --law joint.")
    if options.offset and options.model not in (None, "offset"):
        raise InputError(f"--offset is --model offset, but --model is {options.model}; give one.")
    if options.window is not None:
        check_window(*options.window)
    model = options.model or ("offset" if options.offset else "line")
    return whole_fit(
        options.file,
        options.x,
        options.y,
        model=model,
        floor=options.floor,
        seed_column=options.seed_column,
        window=options.window,
        huber=options.huber,
    )


def joint_answer(options: argparse.Namespace) -> dict[str, Any]:
    from scalinglaws.forecast.joint_fit import joint_fit
    from scalinglaws.shell.verbs import numbers

    if options.n is None or options.d is None:
        raise InputError(
            "--law joint needs --n and --d; expected the columns of parameters and of data."
        )
    for name in ("x", "seed_column", "window", "model"):
        if getattr(options, name) is not None:
            option = name.replace("_", "-")
            raise InputError(f"--{option} does not belong to --law joint; leave it out.")
    try:
        budgets = None if options.compute is None else numbers(options.compute)
    except argparse.ArgumentTypeError as problem:
        raise InputError(f"--compute: {problem}.") from None
    if budgets and min(budgets) <= 0:
        raise InputError(f"--compute is {min(budgets):g}; expected numbers above 0.")
    return joint_fit(options.file, options.n, options.d, options.y, budgets, options.leave_out)


def check_window(low: float, high: float) -> None:
    if not 0 <= low < high:
        raise InputError(
            f"--window is {low:g} {high:g}; expected two numbers, LOW of 0 or more below HIGH."
        )

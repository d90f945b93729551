"""Forecasts on the terminal: ``python -m scalinglaws forecast curve.csv --x D --y loss --at 1e6``.

With --target instead of --at: how large x must be.
"""

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scalinglaws.errors import InputError
from scalinglaws.shell.verbs import add_verb, number, numbers, require

if TYPE_CHECKING:
    from scalinglaws.forecast.forecasts import Forecaster, Need, Point

ENDS = ("low_50", "high_50", "low_90", "high_90")
EPILOG = """\
columns: x, value, low_50, high_50, low_90, high_90: the forecast and its 50 % and 90 % intervals;
  --target: target, x at which the forecast gets there, and the same for both intervals (an end is
  empty where it does not get there within what the curve's own record supports).
Intervals come from forecasts that the curve's earlier points would have given, and grow with
log(x / last x). Assumed: the later points follow the law of the earlier ones. Not so in a new
regime, with repeated data, or for checkpoints of one run whose learning rate still decays. With
several seeds the forecast is of their mean. --html shows the record. With a worked example:
workflow/scalinglaws/forecast/README.md"""


def add_forecast(verbs: Any) -> None:
    """Add the verb ``forecast``."""
    text = "what a curve in a csv of your own will be further on, with intervals that it has earned"
    verb = add_verb(verbs, "forecast", print_forecast, text, EPILOG)
    verb.add_argument("file", help="csv with a header line")
    verb.add_argument("--x", required=True, help="column of sizes, steps or examples; positive")
    verb.add_argument("--y", required=True, help="column of losses or errors; positive, falling")
    verb.add_argument("--at", type=numbers, help="x to forecast at, comma-separated")
    verb.add_argument("--target", type=numbers, help="y to be reached, comma-separated")
    verb.add_argument("--seed-column", help="column that names the independent repetitions")
    text = "what y cannot fall below (default %(default)s)"
    verb.add_argument("--floor", type=number, default=0.0, help=text)
    verb.add_argument("--png", metavar="FILE", help="also draw forecast and record")
    verb.add_argument("--html", metavar="FILE", help="also write a page with picture and record")
    verb.add_argument("--json", action="store_true", help="json records instead of csv")


def print_forecast(options: argparse.Namespace) -> None:
    from scalinglaws.forecast.curve import TooShort

    check_asked(options)
    try:
        made = forecaster_of(options)
    except TooShort as problem:
        if not options.json:
            raise
        name = "x" if options.at else "target"
        records = [{name: value, "why": str(problem)} for value in options.at or options.target]
        print(json.dumps(records, indent=1, allow_nan=False))
        return
    found = answers(made, options)
    for note in made.curve.notes:
        print(f"note: {note}.", file=sys.stderr)
    write_pictures(made, found, options)
    if options.json:
        print(json.dumps([record_of(one) for one in found], indent=1, allow_nan=False))
    else:
        print_table(found)


def check_asked(options: argparse.Namespace) -> None:
    if (options.at is None) == (options.target is None):
        raise InputError(
            "give --at (x to forecast at) or --target (y to be reached), one of the two."
        )
    for name in ("at", "target"):
        for value in getattr(options, name) or ():
            require(name, value, value > 0, "numbers above 0")
    require("floor", options.floor, options.floor >= 0, "0 or more")
    for value in options.target or ():
        require("target", value, value > options.floor, f"more than the floor {options.floor:g}")


def forecaster_of(options: argparse.Namespace) -> "Forecaster":
    import numpy as np

    from scalinglaws.forecast.curve import mean_of_seeds
    from scalinglaws.forecast.forecasts import forecaster
    from scalinglaws.statistics.curve_file import by_seed, read_columns

    if options.x == options.y:
        raise InputError(f"--x and --y both name column {options.x!r}; expected two columns.")
    columns = read_columns(options.file, [options.x, options.y], options.seed_column)
    x, y = columns[options.x], columns[options.y]
    if options.seed_column is not None:
        x, samples = by_seed(options.file, columns, options.x, options.y, options.seed_column)
        held = np.isfinite(samples).any(axis=0)
        x, y = x[held], mean_of_seeds(samples[:, held])
    try:
        return forecaster(x, y, floor=options.floor)
    except InputError as problem:
        raise type(problem)(f"{options.file}: {problem}") from None


def answers(made: "Forecaster", options: argparse.Namespace) -> "Sequence[Point | Need]":
    """Raises InputError where the curve supports none of what was asked (json tells it)."""
    from scalinglaws.forecast.forecasts import need_for, points_at

    found: Sequence[Point | Need]
    if options.at is not None:
        found = points_at(made, options.at)
        told = any(point.value is not None for point in found)
    else:
        found = [need_for(made, target) for target in options.target]
        told = any(need.x is not None or need.low_90 is not None for need in found)
    if not told and not options.json:
        raise InputError(f"{options.file}: {found[0].why}.")
    return found


def record_of(one: "Point | Need") -> dict[str, Any]:
    """As json: what is not told is left out, and why."""
    return {name: value for name, value in one._asdict().items() if value is not None}


def print_table(found: "Sequence[Point | Need]") -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    names = [name for name in found[0]._fields if name != "why"]
    writer.writerow(names)
    for one in found:
        values = [getattr(one, name) for name in names]
        writer.writerow(["" if value is None else f"{value:.6g}" for value in values])
    for one in found:
        if one.why:
            print(f"note: {one.why}.", file=sys.stderr)


def write_pictures(
    made: "Forecaster", found: "Sequence[Point | Need]", options: argparse.Namespace
) -> None:
    if not (options.png or options.html):
        return
    from scalinglaws.files import write_whole
    from scalinglaws.forecast.forecasts import points_at
    from scalinglaws.shell.forecast_page import page, picture

    at = options.at or [need.x for need in found if need.x is not None]
    points = points_at(made, at)
    drawn, caption = picture(made, points, options.x, options.y)
    if options.png:
        write_whole(options.png, drawn)
    if options.html:
        write_whole(options.html, page(options.file, made, found, drawn, caption).encode())

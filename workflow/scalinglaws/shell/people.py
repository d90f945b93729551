"""Verbs that people use: what a run costs, the run, its verdicts, its verification.

Heavy imports stay in the verbs.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.shell.environment import limit_threads
from scalinglaws.shell.verbs import add_verb, json_text, number

STATUS = """\
Exit status: 0 where verdicts are the same or one run leaves open what the other decides, 1 where
some flipped between reproduced and differs, 2 where two folders cannot be compared. Of two scales
it also says how many forecasts of the smaller for the larger held ('register --forecasts'); the
status does not depend on that."""
FORECASTS = """\
--forecasts adds an entry to config/forecasts/A_for_B.json: every curve that scale B carries beyond
the last size of the finished run at scale A, with 50 % and 90 % intervals. 'compare results/A
results/B' then says how many held. With results of B on disk it refuses."""
POINT = """\
--point takes dots of every figure whose tables are there. Of scans over seeds and sizes
(teacher-student, variance-limited, Gaussian features, linear student, committee, square-loss
perceptron) only the members behind the dot are trained, of all other figures whole blocks. A point
of a fitted line, a published value or a guide comes from no seed, and a sentence says so."""


def add_for_people(verbs: Any) -> None:
    verb = add_verb(verbs, "reproduce", reproduce, "run the DAG, then show the verdicts")
    verb.add_argument(
        "--scale", default=None, help="quick, laptop, workstation or paper (default: config.yaml)"
    )
    verb.add_argument("--cores", type=int, default=None, help="default: all cores")
    verb.add_argument("targets", nargs="*", default=["all"], help="rule names (default: all)")

    verb = add_verb(verbs, "plan", plan, "what will run and what it will cost")
    verb.add_argument("--config", type=json_text, default={}, metavar="JSON")
    verb.add_argument("--scale", help="short for --config '{\"scale\": ...}'")
    verb.add_argument("--json", action="store_true", help="what is shown, as json")
    instead = verb.add_mutually_exclusive_group()
    instead.add_argument("--output", type=Path, help="write every block as json here instead")
    text = "show which claims a run will decide, and the seeds that would decide the others"
    instead.add_argument("--power", action="store_true", help=text)
    text = "deal seeds out for the most decided claims within this core time, as 120min or 2h"
    instead.add_argument("--budget", metavar="TIME", help=text)
    text = "how long each scale, paper and figure takes on this machine"
    instead.add_argument("--times", action="store_true", help=text)
    text = "finished run that --power and --budget learn from (default: this scale's results)"
    verb.add_argument("--pilot", type=Path, metavar="FOLDER", help=text)
    text = "write what --budget found as a scale, config/scales/NAME.yaml (default: show it)"
    verb.add_argument("--write", type=Path, metavar="FILE", help=text)
    text = "write the claims that --power finds this scale cannot decide into config/reach.yaml"
    verb.add_argument("--reach", action="store_true", help=text)
    verb.add_argument("figures", nargs="*", default=[], help="figures or papers (default: all)")

    verb = add_verb(verbs, "calibrate", calibrate, "measure this machine for plan and time left")
    verb.add_argument("--json", action="store_true", help="print what is stored as json")

    verb = add_verb(verbs, "verdicts", verdicts, "the ledger as a table on the terminal")
    verb.add_argument("ledgers", nargs="+", type=Path)

    verb = add_verb(
        verbs, "compare", compare, "two runs: verdicts that came again, numbers moved", STATUS
    )
    verb.add_argument("first", type=Path, metavar="FOLDER")
    verb.add_argument("second", type=Path, metavar="FOLDER")
    verb.add_argument("--json", action="store_true", help="verdicts and shifts as json")
    text = "status 1 also where numbers moved further than chance allows"
    verb.add_argument("--numbers", action="store_true", help=text)

    text = "fix claims, windows and seeds, or forecasts, before results are seen"
    verb = add_verb(verbs, "register", register, text, FORECASTS)
    text = "instead, what a finished scale predicts for this larger one, before that is run"
    verb.add_argument("--forecasts", metavar="SCALE", help=text)
    verb.add_argument("--scale", help="the finished scale (default: config.yaml's)")
    text = "forecasts although results are there: the entry says so"
    verb.add_argument("--late", action="store_true", help=text)

    verb = add_verb(
        verbs, "verify", verify, "check results by manifest, fits, code and a rerun", POINT
    )
    text = "instead, one plotted dot again from its seeds: a figure, and series and x of its csv"
    verb.add_argument("--point", nargs=3, metavar=("FIGURE", "SERIES", "X"), help=text)
    verb.add_argument("--panel", help="of the csv, where several panels have that series")
    verb.add_argument("--results", help="folder (default: this scale's, else results/reference)")
    verb.add_argument("--scale", help="default: config.yaml's")

    verb = add_verb(verbs, "ship", ship, "a finished run, made small, into results/reference")
    verb.add_argument("--scale", help="default: config.yaml's")


def reproduce(options: argparse.Namespace) -> int:
    from scalinglaws.run.reproduce import reproduce

    return reproduce(options.scale, options.cores, options.targets)


def plan(options: argparse.Namespace) -> None:
    from scalinglaws.planning.machine import this_machine
    from scalinglaws.planning.plan import assemble
    from scalinglaws.planning.stale import stale_figures
    from scalinglaws.planning.table import cost_record, departure_lines, plan_record, plan_table
    from scalinglaws.storage import write_json

    check_plan_options(options)
    asked = options.config
    if options.scale and isinstance(asked, dict):
        asked = {**asked, "scale": options.scale}
    if options.output:  # a result: the same on every machine
        write_json(options.output, plan_record(assemble(asked)))
        return
    if options.times:
        print("\n".join(times(asked)))
        return
    assembled, figures = assemble(asked, this_machine()), options.figures
    if options.power or options.budget is not None:
        from scalinglaws.planning.foresight import foretold

        print(foretold(assembled, figures, **foresight_options(options)))
        return
    if options.json:
        print(json.dumps(cost_record(assembled, figures), indent=1))
        return
    lines = [plan_table(assembled, figures), *departure_lines(assembled, figures)]
    print("\n".join([*lines, *stale_figures(assembled, assembled.figures_of(figures))]))


def times(asked: dict[str, Any]) -> list[str]:
    """How long commands take here; the scale asked for first, which figures are told of."""
    from scalinglaws.config import SCALES
    from scalinglaws.planning.devices import visible_gpus
    from scalinglaws.planning.machine import this_machine
    from scalinglaws.planning.plan import assemble
    from scalinglaws.planning.spans import span_lines
    from scalinglaws.run.reproduce import available_cores

    machine = this_machine()
    first = assemble(asked, machine)
    others = [name for name in SCALES if name != first.config["scale"]]
    plans = [first, *(assemble({**asked, "scale": name}, machine) for name in others)]
    return span_lines(plans, available_cores(), len(visible_gpus()))


def check_plan_options(options: argparse.Namespace) -> None:
    """Raises InputError for options of what is not asked for."""
    if options.pilot and not options.power and options.budget is None:
        raise InputError(
            "--pilot is for --power and --budget; expected one of these: add it, or leave --pilot "
            "out."
        )
    if options.write and options.budget is None:
        raise InputError(
            "--write is for --budget; expected it too, for example --budget 120min: add it, or "
            "leave --write out."
        )
    if options.reach and not options.power:
        raise InputError("--reach is for --power; expected it too: add it, or leave --reach out.")
    if options.reach and (options.figures or options.json):
        raise InputError(
            "--reach lists all claims of a scale; expected neither figures nor --json beside it: "
            "leave them out."
        )


def foresight_options(options: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(options, name) for name in ("pilot", "budget", "write", "reach", "json")}


def calibrate(options: argparse.Namespace) -> None:
    limit_threads(1)
    from scalinglaws.planning.calibrate import calibrate

    calibrate(options.json)


def verdicts(options: argparse.Namespace) -> None:
    from scalinglaws.stations.ledger import terminal_table

    print(terminal_table(options.ledgers))


def compare(options: argparse.Namespace) -> int:
    """0: the same verdicts; 1: some flipped, or with --numbers numbers moved beyond chance."""
    from scalinglaws.provenance.compare import compare, comparison_record, comparison_text

    found = compare(options.first, options.second)
    if options.json:
        print(json.dumps(comparison_record(found), indent=1))
    else:
        print(comparison_text(found, [str(options.first), str(options.second)]))
    return 0 if (found.agree if options.numbers else found.same_verdicts) else 1


def register(options: argparse.Namespace) -> None:
    if options.forecasts is None and (options.scale or options.late):
        raise InputError(
            "--scale and --late are for --forecasts; expected it too, for example --forecasts "
            "laptop: add it, or leave them out."
        )
    if options.forecasts is None:
        from scalinglaws.stations.registration import register

        register(print)
        return
    from scalinglaws.config import read_config
    from scalinglaws.stations.forecasts import register_forecasts

    own = options.scale or read_config()["scale"]
    register_forecasts(own, options.forecasts, options.late, print)


def verify(options: argparse.Namespace) -> int:
    limit_threads(1)
    from scalinglaws.provenance.verify import folders, is_reference, verify
    from scalinglaws.provenance.verify_reference import verify_reference

    chosen = folders(options.results, options.scale)
    if options.point:
        return point(options, chosen[0])
    sound = True
    for folder in chosen:
        say(f"verifying {folder}")
        sound = (verify_reference if is_reference(folder) else verify)(folder, say) and sound
    return 0 if sound else 1


def point(options: argparse.Namespace, folder: Path) -> int:
    from scalinglaws.provenance.point import verify_point

    figure, series, text = options.point
    try:
        x = number(text)
    except argparse.ArgumentTypeError as problem:
        raise InputError(f"--point: of X {problem}.") from None
    return 0 if verify_point(folder, figure, series, x, options.panel, say) else 1


def say(line: str) -> None:
    print(line, flush=True)


def ship(options: argparse.Namespace) -> None:
    from scalinglaws.config import read_config
    from scalinglaws.provenance.ship import ship

    ship(options.scale or read_config()["scale"], say)

"""What one scale predicts for a larger one, written down before the larger is run.

config/forecasts/A_for_B.json holds numbered entries, each of every curve that scale B carries
beyond the last size of a finished run at scale A: values and intervals, what they were made from,
and which settings differ between the scales. Entries are only ever added; each holds a digest of
its own content and that of the entry before, so that one edited by hand is refused.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from scalinglaws.canonical import digest
from scalinglaws.config import CONFIG, check_scale, validate
from scalinglaws.curves.scaling_curves import experiments, scaling_curves
from scalinglaws.errors import InputError
from scalinglaws.files import read_bytes, write_whole
from scalinglaws.forecast.between_scales import Prediction, predictions
from scalinglaws.forecast.forecasts import Point
from scalinglaws.planning.plan import Plan, assemble
from scalinglaws.repository import clean_commit
from scalinglaws.stations.table import read_tables

Record = dict[str, Any]
BEFORE, AFTER = "before", "after"
STATIONS = ("runs", "theory", "tables", "fits", "ledger")  # folders of results that hold any
HEADS = ("number", "written", "commit", "previous", "digest")  # of an entry: not what it predicts


def forecast_file(own: str, larger: str) -> Path:
    return CONFIG / "forecasts" / f"{own}_for_{larger}.json"


def register_forecasts(
    own: str, larger: str, late: bool = False, say: Callable[[str], None] = print
) -> None:
    """Add an entry of what `own`, finished, predicts for `larger`.

    Raises InputError where results of `larger` are there already, unless `late`, which the entry
    then says; and for what is not committed, not finished, or has nothing to predict.
    """
    check_pair(own, larger)
    known, there = forecast_entries(own, larger), first_result(larger)
    if there and not late:
        raise InputError(
            f"{there} is there, so these would be no forecasts; expected no results of scale "
            f"{larger} yet: remove them if nobody has looked, or add --late, and the entry says "
            f"that it was written {AFTER} them."
        )
    commit = committed()
    plan, other = (assemble({"scale": scale, **UNLIMITED}) for scale in (own, larger))
    content = {"from": own, "for": larger, **predicted(plan, other)}
    if known and content == {key: value for key, value in known[-1].items() if key not in HEADS}:
        say(f"nothing was changed since entry {known[-1]['number']}; none is added")
        return
    made = entry(known, AFTER if there else BEFORE, commit, content)
    file = forecast_file(own, larger)
    write_whole(file, text_of([*known, made]).encode())
    say(f"{summary(made)}; commit config/forecasts/{file.name}, then run {larger}")


UNLIMITED = {"budget_core_hours": 0, "budget_gpu_hours": 0}  # plans that nobody runs here


def check_pair(own: str, larger: str) -> None:
    for scale in (own, larger):
        check_scale(scale)
    if own == larger:
        raise InputError(
            f"--scale and --forecasts both name {own}; expected another scale whose larger sizes "
            "are forecast, for example: register --scale quick --forecasts laptop"
        )


def first_result(scale: str) -> str | None:
    """Some file of results of a scale, finished or not, also of those that are shipped."""
    places = [*(Path("results") / scale / name for name in STATIONS), Path("results/reference")]
    places[-1] /= scale
    for place in places:
        found = sorted(path for path in place.rglob("*") if path.is_file())
        if found:
            return str(found[0])
    return None


def committed() -> str:
    """The commit that holds code and config as they are. Raises InputError without one."""
    states = [("--", "config", "workflow", ":!config/forecasts")]
    return clean_commit(states, "a forecast names the commit that made it", "register")


def predicted(plan: Plan, larger: Plan) -> Record:
    """What an entry says, and what it was made from: digests of the tables' files."""
    names = experiments(list(plan.papers))
    files = [plan.table_file(name) for name in names]
    tables = read_tables(files, [plan.table_digest(name) for name in names])
    made = predictions(
        scaling_curves({name: frame for name, (frame, _) in tables.items()}),
        *({name: one.sizes for name, one in of.requests.items()} for of in (plan, larger)),
    )
    if not made:
        raise InputError(
            f"scale {larger.config['scale']} runs no curve beyond the sizes of "
            f"{plan.config['scale']}; expected a larger scale: name one with --forecasts."
        )
    papers = {name: plan.of_experiment(name)[0].paper for name in names}
    return {
        "seed": plan.config["seed"],
        "look": plan.config["look"],
        "inputs": {
            f"{papers[name]}.{name}": file_digest(file)
            for name, file in zip(names, files, strict=True)
        },
        "curves": [curve_record(one) for one in made],
    }


def file_digest(file: str | Path) -> str:
    return hashlib.sha256(read_bytes(file)).hexdigest()[:16]


def curve_record(made: Prediction) -> Record:
    """As it is kept, in JSON's own types: what is None is left out."""
    found = {field.name: getattr(made, field.name) for field in fields(made)}
    found["points"] = [without_none(point._asdict()) for point in made.points]
    kept: Record = json.loads(json.dumps(without_none(found), allow_nan=False))
    return kept


def without_none(record: Mapping[str, Any]) -> Record:
    return {key: value for key, value in record.items() if value is not None}


def prediction_of(record: Mapping[str, Any]) -> Prediction:
    """The inverse of `curve_record`."""
    empty = dict.fromkeys(Point._fields)
    points = [Point(**{**empty, **point}) for point in record["points"]]
    return Prediction(**{**record, "points": points})


def entry(known: Sequence[Record], written: str, commit: str, content: Record) -> Record:
    previous = known[-1]["digest"] if known else None
    head = {"number": len(known) + 1, "written": written, "commit": commit, "previous": previous}
    made = {**head, **content}
    return {**made, "digest": digest(made)}


def forecast_entries(own: str, larger: str) -> list[Record]:
    """The entries, oldest first, checked; none without a file.

    Raises InputError for an entry that is not as it was made.
    """
    file = forecast_file(own, larger)
    where = f"config/forecasts/{file.name}"
    if not file.is_file():
        return []
    try:
        found = json.loads(read_bytes(file))
    except ValueError as problem:
        raise InputError(
            f"{where} is not JSON ({problem}); restore the file from the repository."
        ) from problem
    validate(found, "forecasts.schema", where)
    previous = None
    for number, one in enumerate(found, start=1):
        own_content = {key: value for key, value in one.items() if key != "digest"}
        as_made = (one["number"], one["previous"], one["from"], one["for"], one["digest"])
        if as_made != (number, previous, own, larger, digest(own_content)):
            raise InputError(
                f"{where}: entry {number} is not as it was made (its number, its scales or its "
                "digest do not fit its content); restore the file from the repository."
            )
        previous = one["digest"]
    return list(found)


def text_of(entries: Sequence[Record]) -> str:
    """JSON with a line for each curve: an added entry is an added piece of text."""
    return "[\n" + ",\n".join(map(entry_text, entries)) + "\n]\n"


def entry_text(made: Record) -> str:
    lines = []
    for key, value in made.items():
        text = spelt(value)
        if key == "curves":
            text = "[\n" + ",\n".join(f"  {spelt(curve)}" for curve in value) + "\n ]"
        lines.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}"


def spelt(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def summary(made: Record) -> str:
    with_points = [curve for curve in made["curves"] if "why" not in curve]
    points = sum("value" in point for curve in with_points for point in curve["points"])
    same = sum(not curve["differences"] for curve in with_points)
    return (
        f"entry {made['number']}, written {made['written']} results of {made['for']}: {points} "
        f"points of {len(with_points)} curves ({same} by the same protocol), "
        f"{len(made['curves']) - len(with_points)} curves without a forecast"
    )
